//! A managed object was changed outside of ConfigHub.

use std::collections::BTreeSet;

use stagegate_reports::journal::{ChangeVerb, Finding};

use super::applied;
use super::evidence::Evidence;
use super::telling;

pub(super) const KIND: &str = "drift-by-hand";

/// Finds every command that changes in the cluster what a worker has applied.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let commands = evidence.scripts_commands().filter(|command| command.tool_name() == "kubectl");
    for command in commands.filter(|command| !is_clean_up(command)) {
        let changed = command.effects.iter().find(|effect| {
            effect.actor == "command"
                && effect.verb != ChangeVerb::Created
                && applied::is_managed(observed, &effect.kind, effect.scope.as_deref(), &effect.name, command.began)
        });
        let Some(changed) = changed.filter(|_| seen.insert((&command.started.source, &command.started.argv))) else {
            continue;
        };
        let verb = if changed.verb == ChangeVerb::Deleted { "deletes" } else { "changes" };
        let scope = changed.scope.as_ref().map(|scope| format!(" in namespace `{scope}`")).unwrap_or_default();
        let message = format!(
            "{} {verb} {} `{}`{scope}, which ConfigHub manages",
            telling::short(command),
            changed.kind,
            changed.name
        );
        let mut finding = evidence.finding(KIND, command, message);
        finding.output = Some(changed.summary.clone()).filter(|summary| !summary.is_empty());
        finding.cause = Some(
            "a worker applied it; the unit's data still says otherwise, and the next apply undoes this".to_owned(),
        );
        finding.help =
            Some("change the unit's data, such as with `cub run set-replicas`, and apply the unit".to_owned());
        found.push(finding);
    }
    found
}

/// Deleting a namespace or everything is the end of what was managed.
fn is_clean_up(command: &super::observed::Command<'_>) -> bool {
    let words = command.words();
    let cleans = command.started.source.as_ref().is_some_and(|at| super::leftover::is_clean_up(&at.file));
    cleans || matches!(words.as_slice(), ["delete", "namespace" | "ns" | "namespaces" | "all", ..])
}
