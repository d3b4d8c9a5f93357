//! Why a command failed, where what was observed makes that plain.

use stagegate_reports::journal::{ChangeVerb, Effect};

use super::observed::{Command, Observed};
use super::pod_trouble::{self, PodTrouble};
use super::{expected, telling, usage_error};

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
        .or_else(|| not_in_the_stand_in(command))
        .or_else(|| exists_otherwise(observed, command))
        .or_else(|| refused_as_written(command))
        .or_else(|| quota(command))
        .or_else(|| not_logged_in(command))
        .or_else(|| target_not_registered(observed, command))
        .or_else(|| worker_never_created(observed, command))
        .or_else(|| operation_failed(observed, command))
        .or_else(|| worker_not_running(observed, command))
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

/// Whether the command failed for something outside of the script, which stops every one of its kind alike.
pub(super) fn is_outside(command: &Command<'_>) -> bool {
    quota(command).is_some() || unreachable(command).is_some() || not_logged_in(command).is_some()
}

/// The client has no session, or one that the hub does not know any more.
fn not_logged_in(command: &Command<'_>) -> Option<Cause> {
    let unauthorized = command.refusals().iter().any(|exchange| exchange.status == 401);
    // The wording of the client of August 2025 that has no session at all.
    let none = command.failed() && command.said().contains("must be authenticated");
    (unauthorized || none).then(|| {
        Cause::new(format!("`{}` is not logged in", command.tool_name()), "log in before the script, or at its start")
    })
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

/// Why an operation that the command set off failed.
pub(super) fn of_operation(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    operation_failed(observed, command)
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
    let pods = || own().filter(|effect| effect.kind == "Pod");
    let has_node = |name: &str| pods().any(|pod| pod.name == name && pod_trouble::is_scheduled(&pod.summary));
    let mut refused = pods().filter(|pod| !has_node(&pod.name));
    if let Some((pod, refusal)) = refused.find_map(|pod| Some((pod, pod_trouble::refusal(&pod.summary)?))) {
        let cause = format!("no node takes pod `{}`: {refusal}", pod.name);
        return Some(Cause::new(cause, pod_trouble::SCHEDULING_HELP));
    }
    let events = own().filter(|effect| effect.kind == "Event").map(|effect| effect.what.summary.as_str());
    if let Some(cause) = PodTrouble::of(events).and_then(pods_not_ready) {
        return Some(cause);
    }
    let failed = own().find(|effect| effect.kind == "Unit" && effect.summary.contains(" Failed: "))?;
    let help = failed.summary.contains("namespaces \"").then(|| {
        "create the namespace before the unit is applied, or have the unit's data name one that exists".to_owned()
    });
    Some(Cause { cause: format!("unit `{}`: {}", failed.name, failed.summary), help })
}

/// The built-in client says that it does not do this; the tutorial may be right.
fn not_in_the_stand_in(command: &Command<'_>) -> Option<Cause> {
    const UNSUPPORTED: i32 = 70;
    (command.tool_name() == "cub" && command.finished.exit_status == Some(UNSUPPORTED)).then(|| {
        Cause::new(
            "the built-in client does not support this command, so nothing can be said of it".to_owned(),
            "run with a real client: `--cub PATH`",
        )
    })
}

/// What it was to create exists, but is not what it was to create.
fn exists_otherwise(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    let maker = expected::exists_already(command).then(|| expected::made_otherwise(observed, command)).flatten()?;
    let place = maker.started.source.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
    Some(Cause::new(
        format!(
            "it exists already, but was made{place} with other arguments: {}",
            telling::command_line(&maker.started.argv)
        ),
        "delete it first, or change it to what is meant",
    ))
}

/// An operation that no worker takes up, because the worker's pod does not run.
fn worker_not_running(observed: &Observed<'_>, command: &Command<'_>) -> Option<Cause> {
    let ["unit", "apply" | "destroy" | "refresh", ..] = command.words().as_slice() else { return None };
    if !command.said().contains("didn't complete") {
        return None;
    }
    let space = command.flag("--space");
    let workers: Vec<&str> = observed
        .effects
        .iter()
        .filter(|effect| {
            effect.kind == "BridgeWorker" && effect.verb == ChangeVerb::Created && effect.scope.as_deref() == space
        })
        .map(|effect| effect.what.name.as_str())
        .collect();
    let connected = |worker: &str| {
        observed.effects.iter().any(|effect| {
            effect.kind == "BridgeWorker"
                && effect.name == worker
                && effect.summary.contains("Ready")
                && effect.index < command.ended
        })
    };
    let worker = workers.iter().find(|worker| !connected(worker))?;
    let pod = observed.effects.iter().rfind(|effect| {
        effect.kind == "Pod"
            && effect.name.starts_with(*worker)
            && effect.summary.contains("Error")
            && effect.index < command.ended
    });
    let why = pod.map(|pod| format!(": its pod `{}` is in {}", pod.name, pod.summary)).unwrap_or_default();
    Some(Cause::new(
        format!("no worker takes the operation up: worker `{worker}` has not connected{why}"),
        "install the worker with `--include-secret`, and wait until `cub worker list` shows it as Ready",
    ))
}

fn pods_not_ready(trouble: PodTrouble<'_>) -> Option<Cause> {
    let help = match trouble {
        PodTrouble::Probe(_) => pod_trouble::PROBE_HELP,
        PodTrouble::Crash(_) => {
            "the container ends by itself: `kubectl describe pod` has its exit code, `kubectl logs --previous` its output"
        }
        PodTrouble::Creation(_) => "mend what the pods ask for, or what their namespace allows",
        PodTrouble::Other(_) => return None,
    };
    Some(Cause::new(format!("pods do not become ready: {}", trouble.said()), help))
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
    let (creation, name) = failed_creation(observed, command)?;
    let place = creation.started.source.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
    Some(Cause {
        cause: format!("`{name}` does not exist: {} failed before{place}", telling::short(creation)),
        help: None,
    })
}

/// The earlier command that was to create what `command` did not find, and the name of that.
pub(super) fn failed_creation<'o>(
    observed: &'o Observed<'_>,
    command: &Command<'_>,
) -> Option<(&'o Command<'o>, &'o str)> {
    if !says_not_found(command) {
        return None;
    }
    let said = command.said();
    let earlier = observed.commands.iter().filter(|other| other.number() < command.number() && other.failed());
    earlier.rev().find_map(|other| {
        let words = other.words();
        let create = words.iter().position(|word| *word == "create")?;
        let name = words[create + 1..]
            .iter()
            .filter(|word| !is_file(word))
            .find(|word| said.contains(&format!("{word} not found")) || said.contains(&format!("\"{word}\"")))?;
        Some((other, *name))
    })
}

/// Whether a word names what is read rather than what is made.
fn is_file(word: &str) -> bool {
    word.contains('/') || [".yaml", ".yml", ".json"].iter().any(|ending| word.ends_with(ending))
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
    let creation = |effect: &&Effect| effect.verb == ChangeVerb::Created && effect.kind == kind && effect.name == name;
    observed.effects.iter().map(|placed| placed.what).find(creation)
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
