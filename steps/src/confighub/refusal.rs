//! What the hub refused, for scenarios in which it should.

use stagegate_harness::environment::HubError;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::hub_failure;

const STATUS: &str = "refused-status";
const MESSAGE: &str = "refused-message";

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "hub",
        "the hub refuses with status {int} and {string}",
        "The request of the step before was refused with this HTTP status and a message that contains the text.",
        refused,
    );
}

/// Remembers the outcome of a request that may be refused.
pub(super) fn remember<T>(scenario: &mut Scenario, outcome: Result<T, HubError>) -> StepResult {
    match outcome {
        Ok(_) => {
            scenario.set_variable(STATUS, "200");
            scenario.set_variable(MESSAGE, "");
            Ok(())
        }
        Err(HubError::Refused { status, message, .. }) => {
            scenario.set_variable(STATUS, status.to_string());
            scenario.set_variable(MESSAGE, message);
            Ok(())
        }
        Err(error) => Err(hub_failure(&error)),
    }
}

async fn refused(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (status, message) = (arguments.int(0)?, arguments.text(1)?);
    let known = scenario.variable(STATUS).and_then(|status| Ok((status, scenario.variable(MESSAGE)?)));
    let (actual_status, actual_message) = known.map_err(|_| {
        Failure::assertion("no request was tried before").help("add a step such as `When I try to create space \"…\"`")
    })?;
    if actual_status == status.to_string() && actual_message.contains(message) {
        return Ok(());
    }
    let actual = if actual_status == "200" {
        "the hub accepted it".to_owned()
    } else {
        format!("status {actual_status}: {actual_message}")
    };
    Err(Failure::assertion("the hub did not refuse as expected")
        .expected(format!("status {status}: … {message} …"))
        .actual(actual))
}
