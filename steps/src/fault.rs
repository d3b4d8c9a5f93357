//! Faults of hub and cluster: rules, what became of them, and their end.

use std::time::Duration;

use stagegate_harness::environment::Environment;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use crate::confighub::outage;

/// How long hub and cluster may take to answer after a fault has ended.
const MENDING: Duration = Duration::from_secs(30);

/// How long it may take until what is done meets a rule: streams and processes do so a moment later.
const MEETING: Duration = Duration::from_secs(5);
/// How often that is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "fault",
            "fault {string} has been met",
            "The rule of this label has done something at least once, so that what the scenario shows is shown under it.",
            has_been_met,
        )
        .sentence(
            "fault",
            "fault {string} ends",
            "Takes the rules of this label back; hub and cluster answer after that. At the end of a scenario all are \
             taken back, however it ends.",
            ends,
        );
}

/// Adds the rules of the doc string; those that name no system are about `system`.
pub(crate) async fn inject(scenario: &mut Scenario, arguments: &Arguments, system: &str) -> StepResult {
    let rules = &arguments.doc_string()?.text;
    match add_rules(scenario.environment().await?, system, rules)? {
        0 => Err(Failure::assertion("the doc string holds no rule")),
        _ => Ok(()),
    }
}

/// Adds rules; gives how many they are.
pub(crate) fn add_rules(environment: &Environment, system: &str, rules: &str) -> Result<usize, Failure> {
    environment.inject(system, rules).map_err(|error| {
        Failure::assertion("the rules for faults cannot be followed").caused_by(&error).help(error.help.clone())
    })
}

async fn has_been_met(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let label = arguments.text(0)?;
    let clock = scenario.environment().await?.clock().clone();
    let began = clock.now();
    while !is_met(scenario.environment().await?, label) && clock.since(began) < MEETING {
        let clock = clock.clone();
        let _passed = scenario.wait(MEETING, async move { clock.sleep(LOOK_AGAIN).await }).await?;
    }
    let rules = scenario.environment().await?.faults();
    let known: Vec<&str> = rules.iter().filter_map(|state| state.rule.label.as_deref()).collect();
    let labelled: Vec<_> = rules.iter().filter(|state| state.rule.label.as_deref() == Some(label)).collect();
    if labelled.is_empty() {
        return Err(Failure::assertion(format!("there was no fault `{label}`")).actual(known.join(", ")));
    }
    if is_met(scenario.environment().await?, label) {
        return Ok(());
    }
    let seen: Vec<String> = labelled.iter().map(|state| format!("{} fitted, none was met", state.seen)).collect();
    Err(Failure::assertion(format!("fault `{label}` has met nobody: nothing was shown under it"))
        .actual(seen.join("\n"))
        .help("see what the rule matches, and when"))
}

fn is_met(environment: &Environment, label: &str) -> bool {
    environment.faults().iter().any(|state| state.rule.label.as_deref() == Some(label) && state.hits > 0)
}

async fn ends(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let label = arguments.text(0)?;
    if scenario.environment().await?.end_faults(label) == 0 {
        return Err(Failure::assertion(format!("there is no fault `{label}` that could end")));
    }
    outage::until_it_answers(scenario, MENDING).await?;
    let cluster = scenario.environment().await?.cluster().client.clone();
    let answered = cluster.apiserver_version().await;
    answered.map_err(|error| Failure::environment("the cluster does not answer after the fault").caused_by(&error))?;
    Ok(())
}
