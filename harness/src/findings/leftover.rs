//! A clean-up left something behind.

use std::collections::BTreeMap;

use stagegate_reports::journal::{ChangeVerb, Effect, Finding};

use super::evidence::Evidence;
use super::observed::Placed;

pub(super) const KIND: &str = "leftover";

/// Kinds that others make for themselves and take away again.
const DERIVED: [&str; 16] = [
    "Pod",
    "ReplicaSet",
    "Event",
    "Endpoints",
    "EndpointSlice",
    "UnitEvent",
    "Revision",
    "Mutation",
    "Target",
    "QueuedOperation",
    "ControllerRevision",
    "Lease",
    "Unit",
    "Link",
    "BridgeWorker",
    "ConfigMap",
];
/// The most leftovers that a finding names.
const MOST: usize = 8;

/// Whether a script is for cleaning up, told by its name.
pub(super) fn is_clean_up(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file).to_lowercase();
    ["cleanup", "clean-up", "clean_up", "teardown", "tear-down", "uninstall", "destroy"]
        .iter()
        .any(|word| name.contains(word))
}

/// Finds what commands had made and was still there after a clean-up that ended with status 0.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut found = Vec::new();
    for (number, line) in &observed.lines {
        let last = observed.commands.iter().rfind(|command| {
            command.started.parent == Some(*number)
                && command.started.source.as_ref().is_some_and(|at| is_clean_up(&at.file))
        });
        let asked_for = line.argv.last().and_then(|text| text.split([' ', ';', '|']).find(|word| is_clean_up(word)));
        if last.is_none() && asked_for.is_none() || observed.status_of(*number) != Some(0) {
            continue;
        }
        let own = observed.commands.iter().filter(|command| {
            command.started.parent == Some(*number)
                && command.started.source.as_ref().is_some_and(|at| is_clean_up(&at.file))
        });
        let began = own.map(|command| command.began).min();
        let (Some(began), Some(last)) = (began, last) else { continue };
        // A script that was told not to go on has deleted nothing.
        if last.words().is_empty()
            || !evidence
                .observed
                .effects
                .iter()
                .any(|effect| effect.index > began && effect.verb == ChangeVerb::Deleted)
        {
            continue;
        }
        let left = left_at(&observed.effects, began);
        if left.is_empty() {
            continue;
        }
        let names: Vec<String> = left.iter().take(MOST).map(|effect| told(effect)).collect();
        let more = if left.len() > MOST { format!(" and {} more", left.len() - MOST) } else { String::new() };
        let message = format!("the clean-up left {} behind{more}", names.join(", "));
        let claim = observed
            .steps
            .iter()
            .rfind(|step| step.script == *number && super::claim::is_claim(&super::claim::text(step)));
        let place = claim.and_then(|step| step.source.clone()).or_else(|| last.started.source.clone());
        let mut finding = evidence.finding_at(KIND, place.as_ref(), message);
        finding.help = Some("delete what the scripts make, and look at the end whether it is gone".to_owned());
        found.push(finding);
    }
    found
}

/// What was made by commands before `began` and has not been deleted since.
fn left_at<'o, 'a>(effects: &'o [Placed<'a, Effect>], began: usize) -> Vec<&'o Placed<'a, Effect>> {
    let mut there: BTreeMap<(&str, Option<&str>, &str), &Placed<'a, Effect>> = BTreeMap::new();
    for effect in effects {
        let what = (effect.kind.as_str(), effect.scope.as_deref(), effect.name.as_str());
        let going = effect.verb == ChangeVerb::Deleted
            || effect.summary.contains("being deleted")
            || effect.summary.contains("Terminating");
        if going {
            there.remove(&what);
            // With a namespace or space goes what is in it.
            if matches!(effect.kind.as_str(), "Namespace" | "Space") {
                there.retain(|(_, scope, _), _| *scope != Some(effect.name.as_str()));
            }
        } else if effect.verb == ChangeVerb::Created
            && effect.index < began
            && matches!(effect.actor.as_str(), "command" | "worker")
            && !DERIVED.contains(&effect.kind.as_str())
        {
            there.insert(what, effect);
        }
    }
    let mut left: Vec<_> = there.into_values().collect();
    left.sort_by_key(|effect| effect.index);
    left
}

fn told(effect: &Effect) -> String {
    let scope = effect.scope.as_ref().map(|scope| format!(" in `{scope}`")).unwrap_or_default();
    format!("{} `{}`{scope}", effect.kind, effect.name)
}
