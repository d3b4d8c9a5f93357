//! Names for values.

use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

pub(crate) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "variable",
            "{string} is called {word}",
            "Gives a text a name that later steps write as {name}.",
            name,
        )
        .sentence("variable", "{string} is {string}", "The two texts are the same, once names are filled in.", is)
        .sentence("variable", "{string} is not {string}", "The two texts differ, once names are filled in.", is_not);
}

async fn name(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    scenario.set_variable(arguments.text(1)?, arguments.text(0)?);
    Ok(())
}

async fn is(_: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (actual, expected) = (arguments.text(0)?, arguments.text(1)?);
    if actual == expected {
        return Ok(());
    }
    Err(Failure::assertion("the texts differ").expected(expected).actual(actual))
}

async fn is_not(_: &mut Scenario, arguments: &Arguments) -> StepResult {
    match (arguments.text(0)?, arguments.text(1)?) {
        (one, other) if one == other => Err(Failure::assertion("the texts are the same").actual(one)),
        _ => Ok(()),
    }
}
