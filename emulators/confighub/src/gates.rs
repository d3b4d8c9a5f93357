//! Apply gates: validating functions that triggers run on each change, and that must pass before an apply.

use std::collections::BTreeMap;

use crate::entity::{Trigger, Unit};
use crate::error::ApiError;
use crate::functions::{self, Done};
use crate::history;
use crate::store::Store;

/// Passes when the head revision was approved; it looks at the unit, not at its data.
const IS_APPROVED: &str = "is-approved";

/// The gates of a unit as it is: `<trigger>/<function>` for each trigger of its space that did not pass.
pub(crate) fn gates(store: &Store, unit: &Unit) -> BTreeMap<String, bool> {
    let triggers = store.triggers.of_group(unit.metadata.space_id);
    triggers
        .filter(|trigger| !trigger.disabled && trigger.toolchain_type == unit.toolchain_type)
        .filter(|trigger| !passes(trigger, unit))
        .map(|trigger| (format!("{}/{}", trigger.metadata.slug, trigger.function_name), true))
        .collect()
}

fn passes(trigger: &Trigger, unit: &Unit) -> bool {
    if trigger.function_name == IS_APPROVED {
        return !unit.approved_by.is_empty();
    }
    let arguments: Result<Vec<_>, _> =
        trigger.arguments.iter().map(|argument| serde_json::from_value(argument.clone())).collect();
    let (Ok(arguments), Some(data)) = (arguments, unit.data.text()) else { return false };
    match functions::run(&trigger.function_name, &arguments, data) {
        Ok(Done::Output(result, _)) => result[0]["Passed"] == true,
        _ => false,
    }
}

/// Refuses triggers that this hub would keep without ever running them.
pub(crate) fn check_trigger(trigger: &Trigger) -> Result<(), ApiError> {
    let refuse = |what: String| Err(ApiError::not_supported(&what));
    if trigger.event != "Mutation" {
        return refuse(format!("a trigger on event {}", trigger.event));
    }
    if trigger.toolchain_type != history::KUBERNETES {
        return refuse(format!("a trigger for {}", trigger.toolchain_type));
    }
    if trigger.invocation_id.is_some() {
        return refuse("a trigger with an invocation".to_owned());
    }
    if trigger.bridge_worker_id.is_some_and(|id| !id.is_nil()) {
        return refuse("a trigger that runs on a worker".to_owned());
    }
    if trigger.function_name != IS_APPROVED && !functions::is_validating(&trigger.function_name) {
        return refuse(format!("a trigger of function {}", trigger.function_name));
    }
    Ok(())
}
