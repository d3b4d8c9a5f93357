//! A script says that something was done which was not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use stagegate_reports::journal::{Finding, ShellStep};

use super::evidence::Evidence;
use super::observed::{Command, Placed};
use super::{empty_selection, failed_operation, false_success, masked_failure, no_effect, telling};

pub(super) const KIND: &str = "claim-without-effect";

/// What says that something has been done.
static DONE: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(✓|✅|✔|🎉|\bsuccess|\bcompleted\b|\bcomplete\s*[!.…✓✅🎉]*\s*$|\bcreated\b|\bdeployed\b|\bupdated\b|\bscaled\b|\bapplied\b|\binstalled\b|\bdeleted\b|\bpromoted\b|\bregistered\b|\brolled back\b)",
    )
});
/// What says that it has not, or only talks about it.
static NOT: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(\bnot\b|\bfail|\berror|\bcannot\b|\bwarn|⚠|❌|✗|\bif\b|\bwhen\b|\bwill\b|\bwait|\bshould\b|\bonce\b|\bafter\b|\bbefore\b|\bnext\b|\bexists?\b|already|\?\s*$|:\s*$|^\s*(cub|kubectl|#|\$|\./|[0-9]+\.)|could)",
    )
});

/// Finds each line that claims success although what it is about failed or changed nothing.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut groups: BTreeMap<u64, Vec<&Command<'_>>> = BTreeMap::new();
    for command in unfounded(evidence) {
        groups.entry(command.started.parent.unwrap_or_default()).or_default().push(command);
    }
    let claims: Vec<&Placed<'_, ShellStep>> = observed.steps.iter().filter(|step| is_claim(&text(step))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for step in &claims {
        let Some(commands) = groups.get(&step.script) else { continue };
        let Some(source) = &step.source else { continue };
        let since = if is_summary(&text(step)) { 0 } else { last_claim_before(&claims, step) };
        let earlier: Vec<&&Command<'_>> =
            commands.iter().filter(|command| command.ended < step.index && command.began > since).collect();
        let Some(first) = about(&earlier, step) else { continue };
        if !seen.insert(source.clone()) {
            continue;
        }
        let place = first.started.source.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
        let what = match first.finished.exit_status {
            Some(0) if !failed_operation::failed(first).is_empty() => "had set off an operation that failed",
            Some(0) => "brought nothing about",
            _ => "had failed",
        };
        let said = telling::clipped_line(text(step).trim());
        let message = format!("“{said}” was printed although {}{place} {what}", telling::short(first));
        let mut finding = evidence.finding_of_step(KIND, step.what, message);
        finding.help =
            Some("print it only when the commands that it is about worked and their effect can be seen".to_owned());
        found.push(finding);
    }
    found
}

/// Where the claim before this one stands in the same file: what came before that is not what this one is about.
fn last_claim_before(claims: &[&Placed<'_, ShellStep>], step: &Placed<'_, ShellStep>) -> usize {
    let file = |step: &ShellStep| step.source.as_ref().map(|at| at.file.clone());
    let before = claims.iter().filter(|other| other.index < step.index && file(other) == file(step));
    before.map(|other| other.index).max().unwrap_or_default()
}

/// Whether a claim is about all that the script did.
fn is_summary(text: &str) -> bool {
    let text = text.to_lowercase();
    ["complete", "success", "all ", "finished", "ready", "🎉"].iter().any(|word| text.contains(word))
}

/// The commands that did not do what they were for while the script went on.
fn unfounded<'e, 'a>(evidence: &'e Evidence<'a>) -> Vec<&'e Command<'a>> {
    let mut all = masked_failure::masked(evidence);
    let observed = &evidence.observed;
    let passed = observed
        .commands
        .iter()
        .filter(|command| !evidence.is_printed(command) && command.finished.exit_status == Some(0));
    all.extend(passed.filter(|command| {
        no_effect::is_idle(observed, command)
            || (false_success::is_help(command) && command.effects.is_empty())
            || empty_selection::is_empty(evidence, command)
            || !failed_operation::failed(command).is_empty()
    }));
    all.sort_by_key(|command| command.number());
    all
}

/// The failure that a claim is about: one in its own file since the last claim there, or, for a
/// claim of a script that calls others, one in them.
fn about<'c, 'a>(earlier: &[&&'c Command<'a>], claim: &ShellStep) -> Option<&'c Command<'a>> {
    let file = &claim.source.as_ref()?.file;
    let line = claim.source.as_ref()?.line;
    let own = earlier
        .iter()
        .filter(|command| command.started.source.as_ref().is_some_and(|at| at.file == *file && at.line <= line));
    let of_others =
        || earlier.iter().filter(|command| command.started.source.as_ref().is_none_or(|at| at.file != *file));
    own.min_by_key(|command| command.number())
        .or_else(|| of_others().min_by_key(|command| command.number()))
        .map(|command| **command)
}

/// What an `echo` or `printf` says, without colours.
pub(super) fn text(step: &ShellStep) -> String {
    let words = step.argv.iter().skip(1).skip_while(|word| matches!(word.as_str(), "-e" | "-n" | "-ne" | "-en" | "-E"));
    let joined = words.cloned().collect::<Vec<_>>().join(" ");
    without_colours(&joined)
}

fn without_colours(text: &str) -> String {
    let mut plain = text.replace("\\033", "\u{1b}").replace("\\e[", "\u{1b}[").replace("\\x1b", "\u{1b}");
    while let Some(start) = plain.find('\u{1b}') {
        let end = plain[start..].find('m').map_or(plain.len(), |end| start + end + 1);
        plain.replace_range(start..end, "");
    }
    plain
}

/// Whether a text says that something has been done.
pub(super) fn is_claim(text: &str) -> bool {
    let (Ok(done), Ok(not)) = (DONE.as_ref(), NOT.as_ref()) else { return false };
    done.is_match(text) && !not.is_match(text)
}
