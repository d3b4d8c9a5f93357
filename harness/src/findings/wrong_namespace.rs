//! An object is in another namespace than the one that is looked in, or than what belongs to it.

use std::collections::{BTreeMap, BTreeSet};

use stagegate_reports::journal::{ChangeVerb, CommandFate, Finding};

use super::applied::{self, Applied};
use super::evidence::Evidence;
use super::observed::{Command, Observed};
use super::{purpose, telling};
use crate::shell::EXPECTED;

pub(super) const KIND: &str = "wrong-namespace";

/// Finds commands that look in a namespace where the object is not, and applies whose objects are
/// left in `default` while what belongs to them is elsewhere.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut found = looked_for_elsewhere(evidence);
    found.extend(left_in_default(evidence));
    found
}

/// A kubectl command asks in one namespace for what the run made in another.
fn looked_for_elsewhere(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for command in evidence.scripts_commands().filter(|command| command.tool_name() == "kubectl") {
        let not_there = command.said().to_lowercase().contains("not found") && command.failed()
            || purpose::says_nothing_found(command);
        // It is looked that it is not there.
        if is_to_be_absent(command) || !not_there || !seen.insert((&command.started.source, &command.started.argv)) {
            continue;
        }
        let Some((kind, name)) = asked_for(command) else { continue };
        let asked = namespace(command);
        let Some(there) = place_of(observed, kind, &name, command.began).filter(|there| *there != asked) else {
            continue;
        };
        if exists(observed, kind, &name, asked) || have_their_own(observed, &name, [asked, there]) {
            continue;
        }
        let message = format!(
            "{} looks for {kind} `{name}` in namespace `{asked}`, but it is in `{there}`",
            telling::short(command)
        );
        let mut finding = evidence.finding(KIND, command, message);
        finding.output = telling::telling_lines(&command.said());
        finding.cause = None;
        finding.help = Some(format!("look in `-n {there}`, or have the object made in `{asked}`"));
        found.push(finding);
    }
    found
}

fn is_to_be_absent(command: &Command<'_>) -> bool {
    match &command.finished.fate {
        Some(CommandFate::Handled { by }) => by == EXPECTED,
        Some(CommandFate::Discarded { by }) => by == "`!`",
        _ => false,
    }
}

fn namespace<'a>(command: &Command<'a>) -> &'a str {
    command.flag("-n").or_else(|| command.flag("--namespace")).unwrap_or("default")
}

/// The kind and name that a kubectl command is about.
fn asked_for(command: &Command<'_>) -> Option<(&'static str, String)> {
    if command.has_flag("-A") || command.has_flag("--all-namespaces") {
        return None;
    }
    let words = command.words();
    let (["rollout", _, rest @ ..]
    | ["get" | "describe" | "logs" | "wait" | "delete" | "scale" | "port-forward" | "exec", rest @ ..]) =
        words.as_slice()
    else {
        return None;
    };
    let selector = command.flag("-l").or_else(|| command.flag("--selector"));
    if let Some(selector) = selector {
        // What our manifests and most others label their pods with.
        let name = selector.split(',').find_map(|part| part.strip_prefix("app="))?;
        return Some(("Deployment", name.trim_start_matches('=').to_owned()));
    }
    let first = rest.first()?;
    let (kind, name) = match first.split_once('/') {
        Some((kind, name)) => (kind, name),
        None => (*first, *rest.get(1)?),
    };
    let kind = match kind.split('.').next().unwrap_or(kind) {
        "deploy" | "deployment" | "deployments" => "Deployment",
        "svc" | "service" | "services" => "Service",
        "cm" | "configmap" | "configmaps" => "ConfigMap",
        "secret" | "secrets" => "Secret",
        "sts" | "statefulset" | "statefulsets" => "StatefulSet",
        "ds" | "daemonset" | "daemonsets" => "DaemonSet",
        "job" | "jobs" => "Job",
        _ => return None,
    };
    Some((kind, name.to_owned()))
}

/// The only namespace in which such an object was made before this.
fn place_of<'a>(observed: &Observed<'a>, kind: &str, name: &str, before: usize) -> Option<&'a str> {
    let made = observed.effects.iter().filter(|effect| {
        effect.index < before && effect.verb == ChangeVerb::Created && effect.kind == kind && effect.name == name
    });
    let scopes: BTreeSet<&str> = made.filter_map(|effect| effect.what.scope.as_deref()).collect();
    (scopes.len() == 1).then(|| scopes.first().copied()).flatten()
}

fn exists(observed: &Observed<'_>, kind: &str, name: &str, namespace: &str) -> bool {
    observed.effects.iter().any(|effect| {
        effect.kind == kind
            && effect.name == name
            && effect.scope.as_deref() == Some(namespace)
            && effect.verb == ChangeVerb::Created
    })
}

/// Whether spaces called as these namespaces each have a unit of that name: then the one that is looked for has not been
/// made, and the other one is somebody else's.
fn have_their_own(observed: &Observed<'_>, name: &str, namespaces: [&str; 2]) -> bool {
    let has_unit = |space: &str| {
        observed
            .effects
            .iter()
            .any(|effect| effect.kind == "Unit" && effect.name == name && effect.scope.as_deref() == Some(space))
    };
    namespaces.into_iter().all(has_unit)
}

/// Whether units of the space are linked: that is how they come to be where they belong.
fn has_links(observed: &Observed<'_>, space: Option<&str>) -> bool {
    // Without a flag the space is that of the client's context.
    observed.effects.iter().any(|effect| effect.kind == "Link" && (space.is_none() || effect.scope.as_deref() == space))
}

/// Whether nothing else of the space is in `default`: several there are there on purpose. A Deployment and its Service
/// have one name.
fn is_the_odd_one(objects: &[Applied<'_>], odd: &Applied<'_>) -> bool {
    let of_space = objects.iter().filter(|object| object.space() == odd.space());
    let (here, elsewhere): (Vec<_>, Vec<_>) = of_space.partition(|object| object.namespace == "default");
    let names: BTreeSet<&str> = here.iter().map(|object| object.name.as_str()).collect();
    names.len() == 1 && !elsewhere.is_empty()
}

/// Of the units of one space some go to a namespace of their own and others to `default`.
fn left_in_default(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut objects = applied::objects(&evidence.observed);
    objects.retain(|object| !object.is_of_some_space());
    let mut spaces: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    for object in &objects {
        spaces.entry(object.space()).or_default().insert(&object.namespace);
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for object in objects.iter().filter(|object| object.namespace == "default") {
        let space = object.space();
        if !has_links(&evidence.observed, space) && !is_the_odd_one(&objects, object) {
            continue;
        }
        let Some(other) = spaces.get(&space).and_then(|all| all.iter().find(|namespace| **namespace != "default"))
        else {
            continue;
        };
        if !seen.insert((object.command.number(), space)) {
            continue;
        }
        let space = space.map(|space| format!(" of space `{space}`")).unwrap_or_default();
        let message = format!(
            "{} `{}`{space} is in namespace `default`, while others of the space are in `{other}`",
            object.resource, object.name
        );
        let mut finding = evidence.finding(KIND, object.command, message);
        finding.cause = Some(
            "its data names `default` or no namespace at all; links fill in only what holds a placeholder".to_owned(),
        );
        finding.help = Some(format!(
            "write `confighubplaceholder` as the namespace in its data and link it to the namespace unit, or set `{other}` in its data"
        ));
        found.push(finding);
    }
    found
}
