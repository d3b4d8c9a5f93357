//! A placeholder was used as it stands.

use std::collections::BTreeSet;

use stagegate_reports::journal::{ChangeVerb, Finding};

use super::evidence::Evidence;
use super::observed::Command;
use super::telling;

pub(super) const KIND: &str = "unresolved-placeholder";

/// What ConfigHub puts where a link is to fill in a value.
const PLACEHOLDER: &str = "confighubplaceholder";

/// Finds every command that passed a placeholder on.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let commands = evidence.scripts_commands();
    let found = commands.filter_map(|command| finding(evidence, command));
    found.filter(|finding| seen.insert((finding.source.clone(), finding.message.clone()))).collect()
}

fn finding(evidence: &Evidence<'_>, command: &Command<'_>) -> Option<Finding> {
    if let Some(word) = in_words(command) {
        let message = format!("{} was called with `{word}`, which nobody replaced", telling::short(command));
        let mut finding = evidence.finding(KIND, command, message);
        finding.help = Some("put the value in its place".to_owned());
        return Some(finding);
    }
    let applied = command.effects.iter().find_map(|effect| {
        let named =
            effect.scope.as_deref() == Some(PLACEHOLDER) || (effect.kind == "Namespace" && effect.name == PLACEHOLDER);
        let made = effect.system == "kubernetes" && effect.verb == ChangeVerb::Created && named;
        let refused = effect.kind == "Unit" && effect.summary.contains(PLACEHOLDER);
        match (made, refused) {
            (true, _) => {
                Some(format!("{} `{}` was made in the cluster with `{PLACEHOLDER}` in it", effect.kind, effect.name))
            }
            (_, true) => Some(format!("unit `{}` was applied with `{PLACEHOLDER}` in its data", effect.name)),
            _ => None,
        }
    });
    let said = || command.failed() && command.said().contains(PLACEHOLDER);
    let what =
        applied.or_else(|| said().then(|| format!("{} met `{PLACEHOLDER}` in the data", telling::short(command))))?;
    let mut finding = evidence.finding(KIND, command, what);
    finding.output = telling::telling_lines(&command.said());
    finding.cause = Some("no link fills the placeholder in: it stands for what another unit provides".to_owned());
    finding.help = Some(
        "link the unit to the one that provides the value, such as its namespace, before it is applied, or write the value".to_owned(),
    );
    Some(finding)
}

/// The argument of `command` that somebody was to replace.
pub(super) fn in_words<'a>(command: &Command<'a>) -> Option<&'a String> {
    command.started.argv.iter().skip(1).find(|word| is_placeholder(word))
}

fn is_placeholder(word: &str) -> bool {
    let inner = word.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(name, _)| name);
    let angled = inner
        .is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_ ".contains(c)));
    let shouted =
        ["REPLACE_ME", "CHANGE_ME", "CHANGEME", "YOUR_", "your-", "TODO"].iter().any(|sign| word.starts_with(sign));
    let template = word.starts_with("{{") && word.ends_with("}}");
    angled || shouted || (template && !word.contains('.'))
}
