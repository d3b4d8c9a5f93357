//! A script says that something was done which was not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{Finding, ShellStep};

use super::evidence::Evidence;
use super::observed::{Command, Placed};
use super::purpose::{self, Purpose};
use super::{empty_selection, failed_operation, false_success, masked_failure, no_effect, telling};

pub(super) const KIND: &str = "claim-without-effect";

/// Marks before what has been done.
const MARKS: [char; 4] = ['✓', '✅', '✔', '🎉'];
/// Words for what has been done.
static WORDED: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(\bsuccess|\bcompleted\b|\bcomplete\s*[!.…✓✅🎉]*\s*$|\bcreated\b|\bdeployed\b|\bupdated\b|\bscaled\b|\bapplied\b|\binstalled\b|\bdeleted\b|\bpromoted\b|\bregistered\b|\brolled back\b)",
    )
});
/// `✅ Audit trail: who changed what`: a mark before what is explained, not before what has been done.
static EXPLAINS: LazyLock<Result<Regex, regex::Error>> =
    LazyLock::new(|| Regex::new(r"^\s*[✓✅✔🎉•*-]+\s*[[:alpha:]][^:]{2,40}:\s+\S+\s+\S+"));
/// `✓ Destroying units…`: what is being done.
static PROGRESS: LazyLock<Result<Regex, regex::Error>> =
    LazyLock::new(|| Regex::new(r"(?i)^\W*[a-z]+ing\b.*(\.\.\.|…)\s*$"));
/// What says that it has not, or only talks about it.
static NOT: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(\bnot\b|\bfail|\berror|\bcannot\b|\bwarn|⚠|❌|✗|\bif\b|\bwhen\b|\bwill\b|\bwait|\bshould\b|\bonce\b|\bafter\b|\bbefore\b|\bnext\b|\bexists?\b|already|:\s*[0-9]+\S*\s*\S?\s*$|\?\s*$|:\s*$|^\s*(cub|kubectl|#|\$|\./|[0-9]+\.)|could)",
    )
});

/// Something that a script passed over although it did not work.
struct Unfounded<'a> {
    script: u64,
    began: usize,
    ended: usize,
    source: Option<&'a Location>,
    /// What it is and what came of it, for people.
    told: String,
}

/// Finds each line that claims success although what it is about failed or changed nothing.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let unfounded = unfounded(evidence);
    let claims: Vec<&Placed<'_, ShellStep>> = observed.steps.iter().filter(|step| is_claim(&text(step))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for step in &claims {
        let Some(source) = &step.source else { continue };
        let sums_up = is_summary(&text(step));
        let since = if sums_up { 0 } else { last_claim_before(&claims, step) };
        let earlier: Vec<&Unfounded<'_>> = unfounded
            .iter()
            .filter(|one| one.script == step.script && one.ended < step.index && one.began > since)
            .collect();
        let said = text(step);
        let Some(first) = about(&earlier, source, (sums_up, &said)) else { continue };
        let is_of_another =
            !sums_up && !shares_a_word(&first.told, &said) && is_about_what_worked(evidence, first, step);
        if is_of_another || !seen.insert(source.clone()) {
            continue;
        }
        let said = telling::clipped_line(said.trim());
        let message = format!("“{said}” was printed although {}", first.told);
        let mut finding = evidence.finding_of_step(KIND, step.what, message);
        finding.follows = first.source.cloned();
        finding.help =
            Some("print it only when the commands that it is about worked and their effect can be seen".to_owned());
        found.push(finding);
    }
    found
}

/// What did not do what it was for while the script went on, in order.
fn unfounded<'e>(evidence: &'e Evidence<'_>) -> Vec<Unfounded<'e>> {
    let observed = &evidence.observed;
    let mut commands = masked_failure::masked(evidence);
    let passed = evidence.scripts_commands().filter(|command| command.finished.exit_status == Some(0));
    commands.extend(passed.filter(|command| {
        no_effect::is_idle(observed, command)
            || (false_success::is_help(command) && command.effects.is_empty())
            || empty_selection::is_empty(evidence, command)
            || !failed_operation::failed(command).is_empty()
    }));
    let of_command = |command: &&'e Command<'_>| Unfounded {
        script: command.started.parent.unwrap_or_default(),
        began: command.began,
        ended: command.ended,
        source: command.started.source.as_ref(),
        told: format!("{}{} {}", telling::short(command), place(command.started.source.as_ref()), came_of(command)),
    };
    let of_step = |step: &'e Placed<'_, ShellStep>| Unfounded {
        script: step.script,
        began: step.index,
        ended: step.index,
        source: step.source.as_ref(),
        told: format!("`{}`{} had failed", telling::clipped_line(&step.argv.join(" ")), place(step.source.as_ref())),
    };
    let mut all: Vec<Unfounded<'_>> = commands.iter().map(of_command).collect();
    all.extend(masked_failure::masked_steps(evidence).into_iter().map(of_step));
    all.sort_by_key(|one| one.began);
    all
}

fn place(source: Option<&Location>) -> String {
    source.map(|at| format!(" at {at}")).unwrap_or_default()
}

fn came_of(command: &Command<'_>) -> &'static str {
    match command.finished.exit_status {
        Some(0) if !failed_operation::failed(command).is_empty() => "had set off an operation that failed",
        Some(0) if false_success::is_help(command) => "only printed its usage",
        Some(0) if purpose::of(command) == Purpose::Asks => "found nothing",
        Some(0) => "brought nothing about",
        _ => "had failed",
    }
}

/// What a claim is about: what went wrong before it in its own file and is named in it or stands on its line, or else the
/// first that did, or, for one that sums up what other scripts did, the first of theirs.
fn about<'u, 'a>(
    earlier: &[&'u Unfounded<'a>],
    claim: &Location,
    (sums_up, said): (bool, &str),
) -> Option<&'u Unfounded<'a>> {
    let own = |one: &&&Unfounded<'_>| one.source.is_some_and(|at| at.file == claim.file && at.line <= claim.line);
    let others = |one: &&&Unfounded<'_>| one.source.is_none_or(|at| at.file != claim.file);
    let named = |one: &&&Unfounded<'_>| own(one) && shares_a_word(&one.told, said);
    let in_line = |one: &&&Unfounded<'_>| one.source == Some(claim);
    let closest = earlier.iter().find(named).or_else(|| earlier.iter().find(in_line));
    let in_file = closest.or_else(|| earlier.iter().find(own));
    in_file.or_else(|| earlier.iter().find(others).filter(|_| sums_up)).copied()
}

/// Whether a command of the claim's file worked after what went wrong, and the claim names it, or says nothing but a mark.
/// What was only asked is no reason for a word such as “updated”.
fn is_about_what_worked(evidence: &Evidence<'_>, wrong: &Unfounded<'_>, claim: &Placed<'_, ShellStep>) -> bool {
    let file = |at: Option<&Location>| at.map(|at| at.file.clone());
    let mut between = evidence.scripts_commands().filter(|command| {
        command.began > wrong.ended
            && command.ended < claim.index
            && file(command.started.source.as_ref()) == file(claim.source.as_ref())
    });
    let said = text(claim);
    between.any(|command| {
        let names = || purpose::of(command) == Purpose::Changes && shares_a_word(&telling::short(command), &said);
        command.finished.exit_status == Some(0) && (!is_worded(&said) || names())
    })
}

/// Whether a claim speaks of what the command's own words name.
fn shares_a_word(told: &str, said: &str) -> bool {
    const SHORTEST: usize = 4;
    let command = told.split('`').nth(1).unwrap_or_default().to_lowercase();
    let said = said.to_lowercase();
    let words = command.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= SHORTEST);
    words.into_iter().any(|word| said.contains(word))
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
    let is_done = text.contains(MARKS) || is_worded(text);
    is_done && NOT.as_ref().is_ok_and(|not| !not.is_match(text)) && !is_explanation(text)
}

fn is_explanation(text: &str) -> bool {
    const STATES: [&str; 9] =
        ["healthy", "running", "ready", "live", "online", "established", "configured", "connected", " is up"];
    let is_state = || STATES.iter().any(|state| text.to_lowercase().contains(state));
    let explains = EXPLAINS.as_ref().is_ok_and(|explains| explains.is_match(text)) && !is_state();
    let progress = PROGRESS.as_ref().is_ok_and(|progress| progress.is_match(text));
    (explains || progress) && !is_worded(text)
}

fn is_worded(text: &str) -> bool {
    WORDED.as_ref().is_ok_and(|worded| worded.is_match(text))
}
