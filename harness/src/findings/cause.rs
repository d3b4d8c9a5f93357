//! Why a command failed, where what was observed makes that plain.

use stagegate_reports::journal::{ChangeVerb, Effect};

use super::observed::{Command, Observed};
use super::{telling, usage_error};

/// A plain cause and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The cause, in one sentence.
    pub cause: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Cause {
    fn new(cause: String, help: impl Into<String>) -> Self {
        Self { cause, help: Some(help.into()) }
    }
}

/// The first cause that what was observed bears out.
pub(super) fn of(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    swapped_set_target(observed, command)
        .or_else(|| refused_as_written(command))
        .or_else(|| quota(command))
        .or_else(|| target_not_registered(observed, command))
        .or_else(|| worker_never_created(observed, command))
        .or_else(|| operation_failed(observed, command))
        .or_else(|| creation_failed(observed, command))
        .or_else(|| refused(command))
        .or_else(|| unreachable(command))
}

/// `cub unit set-target TARGET UNIT`: the client takes the unit first (August 2025 contract).
pub(super) fn swapped_set_target(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    let words = command.words();
    let ["unit", "set-target", first, second] = words.as_slice() else { return None };
    if !command.failed() {
        return None;
    }
    let is = |kind: &str, name: &str| observed.effects.iter().any(|effect| effect.kind == kind && effect.name == name);
    // Workers name the targets they register after themselves, with this before it.
    let target = is("Target", first) || (first.starts_with("k8s-") && !is("Unit", first));
    if !target || is("Target", second) {
        return None;
    }
    let space = command.flag("--space").map_or_else(|| "the space".to_owned(), |space| format!("space `{space}`"));
    Some(Cause::new(
        format!(
            "`cub unit set-target` takes the unit first, then the target; these two look swapped: \
             `{first}` is a target of {space}"
        ),
        format!("write `cub unit set-target {second} {first}`"),
    ))
}

fn refused_as_written(command: &Command<'_>) -> Option<Cause> {
    let said = command.said();
    let complaint = usage_error::complaint(&said)?;
    Some(Cause::new(
        format!("it was refused as written: {complaint}"),
        format!("see `{} --help` of the version in use for what it takes", command.tool()),
    ))
}

/// `cub unit set-target UNIT TARGET` before the worker has registered the target.
fn target_not_registered(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    let words = command.words();
    let ["unit", "set-target", _, target] = words.as_slice() else { return None };
    if !says_not_found(command) || !command.said().contains(target) {
        return None;
    }
    let when = match created(observed, "Target", target) {
        Some(_) => "registered only later",
        None => "had not registered",
    };
    Some(Cause::new(
        format!("target `{target}` {when}: it appears once its worker's pod runs and has connected"),
        "wait until `cub target list` shows the target, with a limit well above the 12 to 15 s it takes",
    ))
}

/// The hub's quota for a kind of entity is used up; it answers 403 and says so.
fn quota(command: &Command<'_>) -> Option<Cause> {
    let refusal = command.refusals().into_iter().find(|exchange| {
        exchange.status == 403
            && exchange.error.as_deref().is_some_and(|error| {
                let error = error.to_lowercase();
                ["quota", "limit", "exceed", "maximum"].iter().any(|word| error.contains(word))
            })
    })?;
    let error = refusal.error.as_deref().unwrap_or_default();
    Some(Cause::new(
        format!(
            "a quota is used up: {} answered 403 to {} {}: {error}",
            system(&refusal.system),
            refusal.method,
            path(&refusal.target)
        ),
        "delete what is no longer needed, or have the quota raised",
    ))
}

/// The operation that the command queued failed at the worker, or never ended because of a pod.
fn operation_failed(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    let ["unit", "apply" | "destroy" | "refresh", ..] = command.words().as_slice() else { return None };
    let own = || observed.effects.iter().filter(|effect| effect.command == Some(command.number())).rev();
    let image = own().find(|effect| effect.kind == "Pod" && effect.summary.starts_with("ImagePullBackOff"));
    if let Some(pod) = image {
        return Some(Cause::new(
            format!("pod `{}` cannot start: {}", pod.name, pod.summary),
            "check that the image's name and tag are right and that it has been published",
        ));
    }
    let failed = own().find(|effect| effect.kind == "Unit" && effect.summary.contains(" Failed: "))?;
    let help = failed.summary.contains("namespaces \"").then(|| {
        "create the namespace before the unit is applied, or have the unit's data name one that exists".to_owned()
    });
    Some(Cause { cause: format!("unit `{}`: {}", failed.name, failed.summary), help })
}

/// `cub worker install W` with no worker W; the hub does not make one on the way.
fn worker_never_created(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    let words = command.words();
    let ["worker", "install" | "get-secret" | "get-envs", worker, ..] = words.as_slice() else { return None };
    if !says_not_found(command) || created(observed, "BridgeWorker", worker).is_some() {
        return None;
    }
    let created_later = observed
        .commands
        .iter()
        .find(|other| other.number() > command.number() && other.words().starts_with(&["worker", "create", worker]));
    let when = match created_later.and_then(|other| other.started.source.as_ref()) {
        Some(place) => format!("worker `{worker}` is created only later, at {place}"),
        None => format!("worker `{worker}` was never created"),
    };
    Some(Cause::new(when, format!("run `cub worker create {worker}` first")))
}

/// Something it names does not exist because its creation failed before.
fn creation_failed(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    if !says_not_found(command) {
        return None;
    }
    let said = command.said();
    let earlier = observed.commands.iter().filter(|other| other.number() < command.number() && other.failed());
    let (other, name) = earlier.rev().find_map(|other| {
        let words = other.words();
        let create = words.iter().position(|word| *word == "create")?;
        let name = words[create + 1..]
            .iter()
            .find(|word| said.contains(&format!("{word} not found")) || said.contains(&format!("\"{word}\"")))?;
        Some((other, *name))
    })?;
    let place = other.started.source.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
    Some(Cause {
        cause: format!("`{name}` does not exist: {} failed before{place}", telling::short(other)),
        help: None,
    })
}

/// The hub or the cluster refused, and said why.
fn refused(command: &Command<'_>) -> Option<Cause> {
    let refusal = command.refusals().into_iter().next_back()?;
    let error = refusal.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
    let (method, path, status) = (&refusal.method, path(&refusal.target), refusal.status);
    Some(Cause {
        cause: format!("{} answered {status} to {method} {path}{error}", system(&refusal.system)),
        help: None,
    })
}

fn unreachable(command: &Command<'_>) -> Option<Cause> {
    let said = command.said();
    let line = said.lines().find(|line| {
        ["connection refused", "no such host", "i/o timeout", "was refused - did you specify the right host"]
            .iter()
            .any(|sign| line.contains(sign))
    })?;
    Some(Cause { cause: format!("its server cannot be reached: {}", line.trim()), help: None })
}

fn says_not_found(command: &Command<'_>) -> bool {
    let said = command.said().to_lowercase();
    command.failed() && (said.contains("not found") || said.contains("notfound"))
}

fn created<'a>(observed: &Observed<'a>, kind: &str, name: &str) -> Option<&'a Effect> {
    let creation = |effect: &&&Effect| effect.verb == ChangeVerb::Created && effect.kind == kind && effect.name == name;
    observed.effects.iter().find(creation).copied()
}

fn system(name: &str) -> &str {
    match name {
        "confighub" => "the hub",
        "kubernetes" => "the cluster",
        other => other,
    }
}

/// A request's target without its query.
fn path(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}
