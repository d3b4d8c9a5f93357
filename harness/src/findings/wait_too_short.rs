//! A wait ended before what it waits for had happened.

use std::collections::BTreeSet;

use stagegate_reports::journal::{ChangeVerb, Effect, Finding};

use super::evidence::Evidence;
use super::observed::{Command, Observed, Placed};
use super::{cause, telling};

pub(super) const KIND: &str = "wait-too-short";

/// How many commands before a failing one its wait may be.
const NEAR: usize = 6;

/// Finds waits after which a command failed for want of what came later.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for command in evidence.scripts_commands().filter(|command| command.failed()) {
        let Some(late) =
            came_later(observed, command).filter(|_| cause::swapped_set_target(observed, command).is_none())
        else {
            continue;
        };
        let wait = wait_before(observed, command);
        let at = wait.unwrap_or(command);
        if !seen.insert((at.started.source.clone(), late.kind.clone())) {
            continue;
        }
        found.push(finding(evidence, command, wait, late));
    }
    found
}

/// What the command says is missing and which was there only after it.
fn came_later<'o, 'a>(observed: &'o Observed<'a>, command: &Command<'a>) -> Option<&'o Placed<'a, Effect>> {
    let said = command.said();
    let lower = said.to_lowercase();
    if lower.contains("timed out") && command.tool_name() == "kubectl" {
        let words = command.words();
        return observed.effects.iter().find(|effect| {
            effect.index > command.ended
                && effect.kind == "Deployment"
                && words.iter().any(|word| word.rsplit('/').next() == Some(effect.name.as_str()))
                && is_all_ready(&effect.summary)
        });
    }
    if !lower.contains("not found") && !lower.contains("no matching resources") && !lower.contains("not connected") {
        return None;
    }
    observed.effects.iter().find(|effect| {
        effect.index > command.ended
            && effect.verb == ChangeVerb::Created
            && matches!(effect.kind.as_str(), "Target" | "BridgeWorker" | "Namespace" | "Deployment" | "Pod" | "Service" | "Secret")
            && said.contains(&effect.name)
            // Made by what was set off before, not by a later command of the script.
            && effect.command.is_none_or(|number| number < command.number())
    })
}

fn is_all_ready(summary: &str) -> bool {
    let ready = summary.split(", ").find_map(|part| part.strip_suffix(" ready")?.split_once('/'));
    ready.is_some_and(|(ready, wanted)| ready == wanted && ready != "0")
}

/// The last wait of the same file shortly before.
fn wait_before<'o, 'a>(observed: &'o Observed<'a>, command: &Command<'a>) -> Option<&'o Command<'a>> {
    let file = &command.started.source.as_ref()?.file;
    let earlier = observed.commands.iter().filter(|other| other.number() < command.number()).rev().take(NEAR);
    let mut here = earlier.filter(|other| other.started.source.as_ref().is_some_and(|at| at.file == *file));
    here.find(|other| other.tool_name() == "sleep")
}

fn finding(
    evidence: &Evidence<'_>,
    command: &Command<'_>,
    wait: Option<&Command<'_>>,
    late: &Placed<'_, Effect>,
) -> Finding {
    let passed = match (command.at, late.at) {
        (Some(then), Some(later)) => format!(", {} s later", later.duration_since(then).as_secs().max(1)),
        _ => String::new(),
    };
    let what = format!("{} `{}`", late.kind, late.name);
    let happened =
        if late.kind == "Deployment" && late.verb == ChangeVerb::Updated { "was ready" } else { "was there" };
    let message = match wait {
        Some(wait) => format!(
            "`{}` was too short: {what} {happened} only after {} had failed for want of it{passed}",
            telling::clipped_line(&telling::command_line(&wait.started.argv)),
            telling::short(command)
        ),
        None => format!("{} does not wait: {what} {happened} only after it{passed}", telling::short(command)),
    };
    let mut finding = evidence.finding(KIND, wait.unwrap_or(command), message);
    finding.output = telling::telling_lines(&command.said());
    finding.cause = Some(match late.kind.as_str() {
        "Target" => {
            "a target is registered once its worker's pod runs and has connected, 12 to 15 s after it was installed"
                .to_owned()
        }
        _ => format!("nothing makes the script wait until {what} {happened}"),
    });
    finding.help = Some(
        "wait for the condition itself, with a limit well above the usual time, and fail when it is reached".to_owned(),
    );
    finding
}
