//! Time budgets: how long the documents say that things take.

use std::time::Duration;

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::confighub::seconds;

const NOTED: &str = "noted-time";

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence("budget", "I note the time", "Begins a budget, in environment time.", note).sentence(
        "budget",
        "at most {duration} has passed since then, with a tolerance of {int} %",
        "So much environment time, and so many hundredths more, has passed since the time was noted.",
        at_most,
    );
}

async fn note(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let elapsed = scenario.environment().await?.clock().elapsed();
    scenario.set_variable(NOTED, elapsed.as_nanos().to_string());
    Ok(())
}

async fn at_most(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (budget, tolerance) = (arguments.duration(0)?, arguments.int(1)?);
    let noted = scenario.variable(NOTED).ok().and_then(|noted| noted.parse().ok());
    let noted: u64 = noted
        .ok_or_else(|| Failure::assertion("no time was noted").help("add the step `When I note the time` before"))?;
    let passed = scenario.environment().await?.clock().elapsed().saturating_sub(Duration::from_nanos(noted));
    let tolerance = u32::try_from(tolerance).map_err(|_| Failure::assertion("a tolerance is not negative"))?;
    let limit = budget + budget * tolerance / 100;
    if passed <= limit {
        return Ok(());
    }
    Err(Failure::assertion("more time has passed than the budget allows")
        .expected(format!("at most {}, which is {} with {tolerance} % more", seconds(limit), seconds(budget)))
        .actual(seconds(passed)))
}
