//! A command changed what the run did not make.

use std::collections::BTreeSet;

use stagegate_reports::journal::{ChangeVerb, Effect, Finding};

use super::evidence::Evidence;
use super::observed::{Observed, Placed};
use super::telling;

pub(super) const KIND: &str = "out-of-scope-change";

/// Finds every command that changes or deletes what steps had made as somebody else's, or what is the cluster's own.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let own = own_names(observed);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for command in evidence.scripts_commands() {
        let foreign = command.effects.iter().copied().find(|effect| {
            effect.actor == "command"
                && effect.verb != ChangeVerb::Created
                && is_foreign(observed, effect, &own, command.ended)
        });
        let Some(effect) = foreign.filter(|_| seen.insert((&command.started.source, telling::family(command)))) else {
            continue;
        };
        let verb = if effect.verb == ChangeVerb::Deleted { "deleted" } else { "changed" };
        let scope = effect.scope.as_ref().map(|scope| format!(" in `{scope}`")).unwrap_or_default();
        let message = format!(
            "{} {verb} {} `{}`{scope}, which the tutorial did not make",
            telling::short(command),
            effect.kind,
            effect.name
        );
        let mut finding = evidence.finding(KIND, command, message);
        finding.output = Some(effect.summary.clone()).filter(|summary| !summary.is_empty());
        finding.cause = Some("its selection is wider than the run's own spaces and namespaces".to_owned());
        finding.help =
            Some("select by the run's prefix, such as `Space.Slug LIKE 'PREFIX-%'`, or name the objects".to_owned());
        found.push(finding);
    }
    found
}

/// The first word of the spaces that commands made: what the run calls its own.
fn own_names<'a>(observed: &Observed<'a>) -> BTreeSet<&'a str> {
    let made = observed.effects.iter().filter(|effect| {
        matches!(effect.kind.as_str(), "Space" | "Namespace")
            && effect.verb == ChangeVerb::Created
            && effect.actor == "command"
    });
    made.map(|effect| effect.what.name.as_str()).collect()
}

fn is_foreign(observed: &Observed<'_>, effect: &Effect, own: &BTreeSet<&str>, before: usize) -> bool {
    const SYSTEM: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];
    let scope = effect.scope.as_deref();
    if scope.is_some_and(|scope| SYSTEM.contains(&scope))
        || (effect.kind == "Namespace" && SYSTEM.contains(&effect.name.as_str()))
    {
        return true;
    }
    let place = scope.unwrap_or(&effect.name);
    let related = own.iter().any(|name| shares_prefix(name, place));
    let maker = observed.effects.iter().find(|made: &&Placed<'_, Effect>| {
        made.index < before
            && made.verb == ChangeVerb::Created
            && made.kind == effect.kind
            && made.scope == effect.scope
            && made.name == effect.name
    });
    // Only a step makes things before the scripts run; what belongs to the run's own spaces is its own.
    maker.is_some_and(|made| made.actor == "step") && !related && !own.is_empty()
}

/// Whether two names begin with the same two words, as a run's prefix has.
fn shares_prefix(name: &str, other: &str) -> bool {
    let prefix = |name: &str| name.split('-').take(2).map(str::to_owned).collect::<Vec<_>>();
    name == other || prefix(name) == prefix(other)
}
