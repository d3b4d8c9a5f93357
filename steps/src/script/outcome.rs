//! What a script did: exit status and output.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::findings::{Cause, diagnose};
use stagegate_harness::run::Scenario;
use stagegate_harness::script::{Ended, Outcome};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};
use stagegate_reports::journal::{CommandFate, CommandFinished, Event};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "script",
            "it exits with status {int}",
            "The script that was run last ended with this exit status.",
            exits_with,
        )
        .sentence(
            "script",
            "it exits with a status other than 0",
            "The script that was run last ended with a failure.",
            fails,
        )
        .sentence(
            "script",
            "it fails because {string}",
            "It ended with a failure, and the cause or the help for the command that ended it contains the text.",
            fails_because,
        )
        .sentence("script", "it prints {string}", "Its standard output or error contains the text.", prints)
        .sentence(
            "script",
            "it does not print {string}",
            "Neither its standard output nor its error contains the text.",
            does_not_print,
        )
        .sentence(
            "script",
            "it prints {string} although {string} failed",
            "Its output contains the first text, and a command that contains the second ended with a failure.",
            prints_although,
        );
}

fn how_it_ended(outcome: &Outcome) -> String {
    match outcome.ended {
        Ended::Status(status) => format!("status {status}"),
        Ended::Signal(signal) => format!("signal {signal}"),
        ended => ended.to_string(),
    }
}

/// The end of what a script wrote.
fn tail(outcome: &Outcome) -> String {
    const LINES: usize = 12;
    let lines: Vec<&str> = outcome.output.text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// The traced commands that failed and so may have ended the script.
fn failed_commands(outcome: &Outcome) -> Vec<String> {
    let failed = outcome.commands.iter().filter(|ran| ran.finished.exit_status != Some(0));
    failed
        .map(|ran| {
            let at = ran.started.source.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
            let fate = match &ran.finished.fate {
                Some(CommandFate::Propagated) => "propagated".to_owned(),
                Some(CommandFate::Handled { by }) => format!("handled by {by}"),
                Some(CommandFate::Discarded { by }) => format!("discarded by {by}"),
                None => "fate unknown".to_owned(),
            };
            format!("{at}{} ended with {} ({fate})", ran.started.argv.join(" "), status(&ran.finished))
        })
        .collect()
}

/// The commands of the script's own that failed and ended it, such as `exit 1`.
fn failed_steps(scenario: &Scenario) -> Result<Vec<String>, Failure> {
    let records = scenario.scribe()?.records();
    let steps = records.into_iter().filter_map(|record| match record.event {
        Event::ShellStep(step) if step.fate == Some(CommandFate::Propagated) => Some(step),
        _ => None,
    });
    let told = steps.filter_map(|step| {
        let status = step.exit_status.filter(|status| *status != 0)?;
        let at = step.source.map(|at| format!("{at}: ")).unwrap_or_default();
        Some(format!("{at}{} ended with status {status} (propagated)", step.argv.join(" ")))
    });
    Ok(told.collect())
}

/// Each text where it comes first; a line of the script that runs again fails with the same one.
fn once(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for text in texts {
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

fn status(finished: &CommandFinished) -> String {
    match (finished.exit_status, finished.signal) {
        (Some(status), _) => format!("status {status}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no status".to_owned(),
    }
}

async fn exits_with(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let expected = arguments.int(0)?;
    let outcome = scenario.check_status()?;
    if outcome.exit_status().map(i64::from) == Some(expected) {
        return Ok(());
    }
    let mut failure = Failure::assertion("the script ended otherwise")
        .expected(format!("status {expected}"))
        .actual(format!("{}\n{}", how_it_ended(outcome), tail(outcome)));
    // The trace has a command of the script both as a call of a tool and as a step of the shell.
    let told = failed_commands(outcome).into_iter().chain(failed_steps(scenario)?);
    failure.diagnostic.causes.extend(once(told));
    if let Some(Cause { cause, help }) = cause_of_end(scenario)? {
        failure.diagnostic.causes.push(cause);
        failure.diagnostic.help = help;
    }
    Err(failure)
}

/// Why the command failed whose failure came last and so ended the script, where that is known.
fn cause_of_end(scenario: &Scenario) -> Result<Option<Cause>, Failure> {
    let culprit = scenario.script()?.commands.iter().rfind(|ran| ran.finished.exit_status != Some(0));
    let Some(number) = culprit.map(|ran| ran.started.number) else { return Ok(None) };
    Ok(diagnose(&scenario.scribe()?.records(), number))
}

async fn fails_because(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    fails(scenario, arguments).await?;
    let expected = arguments.text(0)?;
    let cause = cause_of_end(scenario)?.map(|Cause { cause, help }| [Some(cause), help]);
    let told: Vec<String> = cause.into_iter().flatten().flatten().collect();
    if told.iter().any(|text| text.contains(expected)) {
        return Ok(());
    }
    let actual = if told.is_empty() { "no cause is known".to_owned() } else { told.join("\n") };
    let mut failure = Failure::assertion("the script failed for another reason").expected(expected).actual(actual);
    failure.diagnostic.causes.extend(once(failed_commands(scenario.script()?)));
    Err(failure)
}

async fn fails(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let outcome = scenario.check_status()?;
    match outcome.exit_status() {
        Some(0) => Err(Failure::assertion("the script ended with status 0").actual(tail(outcome))),
        Some(status @ (126 | 127)) => Err(Failure::assertion("the script itself could not be run")
            .actual(format!("status {status}\n{}", tail(outcome)))),
        Some(_) => Ok(()),
        None => Err(Failure::assertion("the script did not end by itself").actual(how_it_ended(outcome))),
    }
}

/// A text to look for; the empty one would be found in anything.
fn said(arguments: &Arguments, index: usize) -> Result<&str, Failure> {
    match arguments.text(index)? {
        "" => Err(Failure::assertion("the text to look for is empty")),
        text => Ok(text),
    }
}

async fn prints(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (expected, outcome) = (said(arguments, 0)?, scenario.script()?);
    if outcome.output.text.contains(expected) {
        return Ok(());
    }
    Err(Failure::assertion("the script did not print the text").expected(expected).actual(tail(outcome)))
}

async fn does_not_print(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (unwanted, outcome) = (said(arguments, 0)?, scenario.script()?);
    if outcome.output.truncated {
        return Err(Failure::assertion("the script printed more than is kept, so nothing can be said of all of it")
            .actual(format!("{} bytes", outcome.output.bytes)));
    }
    match outcome.output.text.lines().find(|line| line.contains(unwanted)) {
        None => Ok(()),
        Some(line) => Err(Failure::assertion("the script printed the text").actual(line)),
    }
}

async fn prints_although(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    prints(scenario, arguments).await?;
    let (command, outcome) = (arguments.text(1)?, scenario.script()?);
    let mut called = outcome.commands.iter().filter(|ran| ran.started.argv.join(" ").contains(command)).peekable();
    if called.peek().is_none() {
        return Err(Failure::assertion(format!("the script ran no command that contains `{command}`")));
    }
    if called.any(|ran| ran.finished.exit_status != Some(0)) {
        return Ok(());
    }
    Err(Failure::assertion(format!("no command that contains `{command}` failed")))
}
