//! Findings: what a script hid.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::findings::catalogue;
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};
use stagegate_reports::journal::{Event, Finding, Policy};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence("finding", "no command failed unnoticed", "There is no finding whose policy is deny.", nothing_denied)
        .sentence("finding", "there are no findings", "No detector found anything.", nothing_found)
        .sentence(
            "finding",
            "there is a/an {word} finding for {string}",
            "A finding of this kind names a command that contains the text. It is then expected: it no longer \
             turns the scenario red.",
            is_found,
        )
        .sentence(
            "finding",
            "there is a/an {word} finding for {string} at {string}",
            "As without a place, and the finding names this FILE:LINE.",
            is_found_at,
        )
        .sentence(
            "finding",
            "there is a/an {word} finding for {string} because {string}",
            "As without a cause, and the finding's message, cause or output contains the second text.",
            is_found_because,
        );
}

async fn nothing_denied(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    // Without a script nothing could have failed, noticed or not.
    scenario.script()?;
    scenario.detect_again().await?;
    none(scenario, |finding| finding.policy == Policy::Deny, "commands failed unnoticed")
}

async fn nothing_found(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    scenario.script()?;
    scenario.detect_again().await?;
    none(scenario, |_| true, "there are findings")
}

fn none(scenario: &Scenario, counts: impl Fn(&Finding) -> bool, what: &str) -> StepResult {
    let findings: Vec<Finding> = scenario.findings()?.into_iter().filter(counts).collect();
    if findings.is_empty() {
        return Ok(());
    }
    Err(Failure::assertion(what).actual(findings.iter().map(line).collect::<Vec<_>>().join("\n")))
}

fn line(finding: &Finding) -> String {
    let at = finding.source.as_ref().map(|at| format!("{at}: ")).unwrap_or_default();
    format!("{at}{}: {}", finding.kind, finding.message)
}

async fn is_found(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    scenario.detect_again().await?;
    expect(scenario, arguments, |_| true, "")
}

async fn is_found_at(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let place = arguments.text(2)?;
    let there =
        |finding: &Finding| finding.source.as_ref().is_some_and(|at| format!("{}:{}", at.file, at.line) == place);
    scenario.detect_again().await?;
    expect(scenario, arguments, there, &format!(" at {place}"))
}

async fn is_found_because(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let cause = arguments.text(2)?;
    let says = |finding: &Finding| {
        let texts = [Some(&finding.message), finding.cause.as_ref(), finding.output.as_ref(), finding.help.as_ref()];
        texts.into_iter().flatten().any(|text| text.contains(cause))
    };
    scenario.detect_again().await?;
    expect(scenario, arguments, says, &format!(" because “{cause}”"))
}

fn expect(scenario: &Scenario, arguments: &Arguments, fits: impl Fn(&Finding) -> bool, which: &str) -> StepResult {
    let (kind, command) = (arguments.text(0)?, arguments.text(1)?);
    if command.is_empty() {
        return Err(Failure::assertion("the command to look for is empty"));
    }
    if !catalogue().iter().any(|known| known.kind == kind) {
        let known: Vec<&str> = catalogue().iter().map(|known| known.kind).collect();
        return Err(Failure::assertion(format!("no kind of finding is called `{kind}`"))
            .help(format!("the kinds are {}", known.join(", "))));
    }
    let findings = scenario.findings()?;
    let of_command = |finding: &&Finding| {
        finding.kind == kind && finding.command_line.as_ref().is_some_and(|line| line.contains(command))
    };
    let expected: Vec<&Finding> = findings.iter().filter(of_command).filter(|finding| fits(finding)).collect();
    if expected.is_empty() {
        let actual = if findings.is_empty() {
            "there are no findings".to_owned()
        } else {
            findings.iter().map(describe).collect::<Vec<_>>().join("\n")
        };
        return Err(Failure::assertion("the finding is missing")
            .expected(format!("{kind} for `{command}`{which}"))
            .actual(actual));
    }
    for finding in expected {
        let by = scenario.place()?;
        scenario.scribe()?.write(Event::FindingExpected { finding: finding.number, by });
    }
    Ok(())
}

fn describe(finding: &Finding) -> String {
    let command = finding.command_line.as_deref().unwrap_or_default();
    let cause = finding.cause.as_ref().map(|cause| format!("\n  cause: {cause}")).unwrap_or_default();
    format!("{} [{command}]{cause}", line(finding))
}
