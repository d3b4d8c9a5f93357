//! A Secret that something else relies on was overwritten.

use std::collections::BTreeMap;

use stagegate_reports::journal::{ChangeVerb, Finding};

use super::evidence::Evidence;
use super::observed::Command;
use super::telling;

pub(super) const KIND: &str = "secret-overwritten";

/// Finds every Secret that a command made and a command with other arguments changed.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut owners: BTreeMap<(&str, &str), (&Command<'_>, Option<String>)> = BTreeMap::new();
    let mut found: Vec<Finding> = Vec::new();
    for effect in observed.effects.iter().filter(|effect| effect.kind == "Secret" && effect.actor == "command") {
        let Some(command) = effect.command.and_then(|number| observed.command(number)) else { continue };
        let secret = (effect.what.scope.as_deref().unwrap_or_default(), effect.what.name.as_str());
        let whose = deployment(command);
        match (effect.verb, owners.get(&secret)) {
            (ChangeVerb::Updated, Some((first, owner))) if *owner != whose && first.number() != command.number() => {
                let (scope, name) = secret;
                let other = |owner: &Option<String>| {
                    owner.as_ref().map_or_else(|| "another workload".to_owned(), |owner| format!("`{owner}`"))
                };
                let place = first.started.source.as_ref().map(|at| format!(" (made at {at})")).unwrap_or_default();
                let message = format!(
                    "{} overwrote Secret `{name}` in namespace `{scope}`, which {}{place} relies on, with that of {}",
                    telling::short(command),
                    other(owner),
                    other(&whose)
                );
                let mut finding = evidence.finding(KIND, command, message);
                finding.cause =
                    Some("every one of these manifests has a Secret of the same name in the same namespace".to_owned());
                finding.help =
                    Some("give each worker a namespace of its own, or a Secret with a name of its own".to_owned());
                if found.iter().all(|known| known.source != finding.source) {
                    found.push(finding);
                }
            }
            (ChangeVerb::Deleted, _) => _ = owners.remove(&secret),
            (_, None) => _ = owners.insert(secret, (command, whose)),
            _ => {}
        }
    }
    found
}

/// The Deployment that came with the Secret.
fn deployment(command: &Command<'_>) -> Option<String> {
    let made = command.effects.iter().find(|effect| effect.kind == "Deployment" && effect.actor == "command");
    made.map(|effect| effect.name.clone())
}
