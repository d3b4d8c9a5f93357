//! Triggers that look at changes, and the gates they put up.

use serde_json::{Value, json};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, hub_failure, space_id, unit};

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence(
            "trigger",
            "I create trigger {string} in space {string}, which demands of each change:",
            "The doc string is a CEL expression on each resource `r`. A unit for which it is false gets an apply gate.",
            create,
        )
        .sentence(
            "trigger",
            "unit {string} in space {string} has apply gate {string}",
            "The gate, TRIGGER/FUNCTION, keeps the unit from being applied.",
            has_gate,
        )
        .sentence(
            "trigger",
            "unit {string} in space {string} has no apply gate",
            "Nothing keeps the unit from being applied.",
            has_no_gate,
        )
        .all_needing("trigger", Capability::Triggers);
}

async fn create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space) = (arguments.text(0)?, arguments.text(1)?);
    let expression = arguments.doc_string()?.text.trim();
    let hub = client(scenario).await?;
    let path = format!("/space/{}/trigger", space_id(&hub, space).await?);
    let body = json!({
        "Slug": slug,
        "Event": "Mutation",
        "ToolchainType": "Kubernetes/YAML",
        "FunctionName": "cel-validate",
        "Arguments": [{ "Value": expression }],
    });
    let _created: Value = hub.post(&path, &[], &body).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

async fn gates(scenario: &mut Scenario, arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let unit = unit(&client(scenario).await?, arguments.text(1)?, arguments.text(0)?).await?;
    let gates = unit.pointer("/Unit/ApplyGates").and_then(Value::as_object);
    Ok(gates.into_iter().flat_map(|gates| gates.keys().cloned()).collect())
}

async fn has_gate(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (gate, found) = (arguments.text(2)?, gates(scenario, arguments).await?);
    if found.iter().any(|known| known == gate) {
        return Ok(());
    }
    let actual = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    Err(Failure::assertion("the unit's apply gates").expected(gate).actual(actual))
}

async fn has_no_gate(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    match gates(scenario, arguments).await? {
        none if none.is_empty() => Ok(()),
        found => Err(Failure::assertion("the unit has apply gates").actual(found.join(", "))),
    }
}
