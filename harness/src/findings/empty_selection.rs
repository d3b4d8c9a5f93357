//! A command chose what to work on and nothing was chosen.

use stagegate_reports::journal::{CommandFate, Finding, ShellStep};

use super::evidence::Evidence;
use super::observed::{Command, Observed};
use super::purpose::{self, Purpose};
use super::telling;

pub(super) const KIND: &str = "empty-selection";

/// Finds every command that matched nothing and ended with status 0 all the same.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut seen = std::collections::BTreeSet::new();
    let commands = evidence.scripts_commands();
    let empty = commands.filter(|command| is_empty(evidence, command) && !found_later(observed, command));
    let first = empty.filter(|command| seen.insert((command.started.source.as_ref(), telling::family(command))));
    first.map(|command| finding(evidence, command)).collect()
}

/// Whether `command` matched nothing, and nobody asked whether it would.
pub(super) fn is_empty(evidence: &Evidence<'_>, command: &Command<'_>) -> bool {
    if gives_null(evidence, command) || passed_over(evidence, command).is_some() {
        return true;
    }
    if command.finished.exit_status != Some(0)
        || !command.effects.is_empty()
        || command.has_flag("--ignore-not-found")
        || !purpose::says_nothing_found(command)
    {
        return false;
    }
    match purpose::of(command) {
        Purpose::Changes => purpose::selects(command) || command.has_flag("--all") || is_bulk(command),
        // What is captured or piped is looked at by something else, mostly.
        Purpose::Asks => {
            purpose::selects(command)
                && (!evidence.is_read(command) || evidence.is_only_told(command))
                && !looks_for_trouble(command)
        }
    }
}

/// Whether it selects what is in trouble by its state: then nothing is the good answer.
fn looks_for_trouble(command: &Command<'_>) -> bool {
    const TROUBLE: [&str; 13] = [
        "reason=Failed",
        "reason=FailedScheduling",
        "reason=BackOff",
        "reason=Unhealthy",
        "reason=Evicted",
        "status.phase=Failed",
        "status.phase==Failed",
        "status.phase=Pending",
        "status.phase==Pending",
        "status.phase=Unknown",
        "status.phase!=Running",
        "type=Warning",
        "type!=Normal",
    ];
    let selectors: Vec<&str> =
        command.flag("--field-selector").into_iter().flat_map(|value| value.split(',')).collect();
    let names_one =
        |selector: &&str| selector.split(['=', '!']).next().and_then(|field| field.rsplit('.').next()) == Some("name");
    selectors.iter().any(|selector| TROUBLE.contains(selector)) && !selectors.iter().any(names_one)
}

/// What was to find out whether `command` lists anything, said no, and was passed over: `cub unit list … | grep -q . || true`.
fn passed_over<'e>(evidence: &'e Evidence<'_>, command: &Command<'_>) -> Option<(&'e ShellStep, &'e str)> {
    let lists = matches!(command.tool_name(), "cub" | "kubectl") && purpose::of(command) == Purpose::Asks;
    let gave_nothing = command.finished.exit_status == Some(0) && command.finished.stdout.text.trim().is_empty();
    let search = evidence.silent_search(command).filter(|_| lists && gave_nothing)?;
    let mut later = evidence.observed.steps.iter().filter(|step| step.index > command.began);
    later.find_map(|step| {
        let is_it = Some(step.script) == command.started.parent
            && step.source == command.started.source
            && step.argv.first() == Some(&search)
            && step.exit_status == Some(1);
        let by = dropped_by(step.what).filter(|_| is_it)?;
        Some((step.what, by))
    })
}

/// What passed over a step's status without acting on it.
fn dropped_by(step: &ShellStep) -> Option<&str> {
    let Some(CommandFate::Discarded { by }) = &step.fate else { return None };
    let acts_on_nothing = by.starts_with("`|| true`") || by.starts_with("`|| :`") || by.contains("without `set -e`");
    acts_on_nothing.then_some(by)
}

/// Whether a finding about a command tells of this step: it looked whether there is anything, and was passed over.
pub(super) fn tells_of(evidence: &Evidence<'_>, step: &ShellStep) -> bool {
    let is_it =
        |command: &Command<'_>| passed_over(evidence, command).is_some_and(|(found, _)| std::ptr::eq(found, step));
    let searches = step.exit_status == Some(1) && dropped_by(step).is_some();
    searches && evidence.scripts_commands().any(is_it)
}

/// Whether `command` was to take a value out of JSON, gave `null`, and a script that never thinks of `null` took it.
fn gives_null(evidence: &Evidence<'_>, command: &Command<'_>) -> bool {
    let argv = &command.started.argv;
    let takes = match command.tool_name() {
        "jq" => !argv.iter().any(|word| word == "-n" || word == "--null-input"),
        "cub" => command.flag("--jq").is_some(),
        _ => false,
    };
    let mut given = command.finished.stdout.text.lines().map(str::trim).peekable();
    let is_null = given.peek().is_some() && given.all(|line| line == "null");
    let took_it = command.finished.exit_status == Some(0) && !found_later(&evidence.observed, command);
    takes && is_null && took_it && evidence.is_read(command) && !thinks_of_null(evidence, command)
}

/// Whether the script speaks of `null` where it has the value in its hands, or anywhere when it puts it nowhere.
fn thinks_of_null(evidence: &Evidence<'_>, command: &Command<'_>) -> bool {
    let file = command.started.source.as_ref().map(|at| at.file.as_str());
    let text = file.and_then(|file| evidence.text(file)).unwrap_or_default();
    let variable = evidence.taker(command);
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().enumerate().filter(|(_, line)| line.replace("/dev/null", "").contains("null")).any(|(at, line)| {
        let Some(variable) = &variable else { return true };
        let case =
            lines[at.saturating_sub(CASES)..at].iter().any(|line| line.contains("case ") && names(line, variable));
        names(line, variable) || case
    })
}

/// The most lines from `case … in` to the pattern that is looked for.
const CASES: usize = 4;

/// Whether a line has the variable as a whole word.
fn names(line: &str, variable: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == variable)
}

/// `cub unit apply --space S` without a unit takes those it finds.
fn is_bulk(command: &Command<'_>) -> bool {
    command.tool_name() == "cub" && command.words().len() == 2
}

/// Whether a later round of a poll found something.
fn found_later(observed: &Observed<'_>, command: &Command<'_>) -> bool {
    let found =
        |other: &Command<'_>| !purpose::says_nothing_found(other) && other.finished.stdout.text.trim() != "null";
    observed.later_rounds(command).any(found)
}

fn finding(evidence: &Evidence<'_>, command: &Command<'_>) -> Finding {
    if let Some((search, by)) = passed_over(evidence, command) {
        let search = telling::clipped_line(&search.argv.join(" "));
        let message =
            format!("{} matched nothing, and nothing saw that `{search}` said so: {by}", telling::short(command));
        let mut finding = evidence.finding(KIND, command, message);
        finding.cause = cause(&evidence.observed, command);
        finding.help = Some(format!("test it: `if … | {search}; then`, or have the script fail when nothing is found"));
        return finding;
    }
    let is_null = gives_null(evidence, command);
    let came = if is_null { "found no such value and gave `null`" } else { "matched nothing" };
    let message = format!("{} {came}, with exit status 0", telling::short(command));
    let mut finding = evidence.finding(KIND, command, message);
    if is_null {
        finding.cause =
            Some("what it reads has nothing at that path; names of fields are told apart by case".to_owned());
        finding.help = Some("check the path against the real output, and have it fail on nothing: `jq -e`".to_owned());
        return finding;
    }
    finding.output = telling::first_lines(&command.said());
    finding.cause = cause(&evidence.observed, command);
    finding.help = Some(
        "check the selector and the namespace or space, and have the script fail when nothing is found".to_owned(),
    );
    finding
}

/// A namespace or space in which there is nothing, while there is something elsewhere.
fn cause(observed: &Observed<'_>, command: &Command<'_>) -> Option<String> {
    let namespace = command.flag("-n").or_else(|| command.flag("--namespace"))?;
    let in_it = observed.effects.iter().any(|effect| {
        effect.system == "kubernetes"
            && (effect.scope.as_deref() == Some(namespace) || (effect.kind == "Namespace" && effect.name == namespace))
    });
    (!in_it).then(|| format!("nothing has been made in namespace `{namespace}`"))
}
