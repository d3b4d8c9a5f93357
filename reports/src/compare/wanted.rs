//! What of a scenario is compared, as lines.

use crate::journal::{ChangeVerb, Effect};
use crate::model::{Activity, EffectReport, Run, ScenarioReport};

/// Who has effects that are wanted. Others are controllers, by their names.
const WANTING: [&str; 3] = ["step", "command", "worker"];

/// Kinds that say what goes on rather than what is wanted.
const TELLING: [&str; 3] = ["Event", "UnitEvent", "Lease"];

/// The effects that steps, commands and workers had, each once, in order. An update counts only for what is on the hub: on a
/// cluster the same will takes one write here and two there.
pub(super) fn effects(scenario: &ScenarioReport) -> Vec<String> {
    let attempt = &scenario.last;
    let activities = attempt.steps.iter().map(|step| &step.activity).chain([&attempt.outside_steps]);
    let mut lines: Vec<String> =
        activities.flat_map(all_effects).filter(|effect| is_wanted(effect)).map(line).collect();
    lines.sort();
    lines.dedup();
    lines
}

fn all_effects(activity: &Activity) -> impl Iterator<Item = &Effect> {
    let of_commands = activity.commands.iter().flat_map(|command| &command.effects);
    activity.effects.iter().chain(of_commands).map(|EffectReport { effect, .. }| effect)
}

fn is_wanted(effect: &Effect) -> bool {
    let update_of_cluster = effect.verb == ChangeVerb::Updated && effect.system == "kubernetes";
    WANTING.contains(&effect.actor.as_str()) && !TELLING.contains(&effect.kind.as_str()) && !update_of_cluster
}

fn line(effect: &Effect) -> String {
    let scope = effect.scope.as_ref().map_or_else(String::new, |scope| format!("{scope}/"));
    let verb = match effect.verb {
        ChangeVerb::Created => "created",
        ChangeVerb::Updated => "updated",
        ChangeVerb::Deleted => "deleted",
    };
    format!("{} {verb} {scope}{} by {}", effect.kind, effect.name, effect.actor)
}

/// The findings of a scenario's last attempt, each once, in order.
pub(super) fn findings(run: &Run, scenario: &ScenarioReport) -> Vec<String> {
    let of_attempt = run.findings_of(&scenario.last.findings);
    let mut lines: Vec<String> = of_attempt
        .map(|finding| {
            let place = finding.place().unwrap_or_default();
            let command = finding.command.clone().unwrap_or_default();
            format!("{} {place} {command}", finding.kind).trim_end().to_owned()
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines
}
