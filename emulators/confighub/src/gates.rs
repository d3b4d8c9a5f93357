//! Apply gates: functions that triggers run on each change, and that must pass before an apply.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::entity::{Trigger, Unit};
use crate::error::ApiError;
use crate::functions::{self, Done};
use crate::history;
use crate::store::Store;
use crate::triggers::{Armed, Event, IS_APPROVED, armed, is_validating};

/// The gates of a unit as it is: `<trigger>/<function>` for each trigger whose function did not pass,
/// or could not be carried out at all.
///
/// Triggers run before a change is answered, so that the gate `awaiting/triggers`, for which clients
/// wait, is never seen.
pub(crate) fn gates(store: &Store, unit: &Unit) -> BTreeMap<String, bool> {
    let triggers = armed(store, unit, Event::Mutation);
    let mut gates: BTreeMap<String, bool> =
        triggers.iter().filter(|trigger| !passes(store, trigger, unit)).map(|trigger| (trigger.name(), true)).collect();
    if unit.upstream_unit_id.is_some() && !unit.apply_gates.is_empty() {
        let failed = armed(store, unit, Event::PostClone);
        let failed = failed.iter().filter(|trigger| unit.apply_gates.contains_key(&trigger.name()));
        gates.extend(failed.filter(|trigger| !trigger.is_done(store, unit)).map(|trigger| (trigger.name(), true)));
    }
    gates
}

/// Raises a gate on a unit, and on its head revision, for a trigger that failed when the unit was
/// cloned. It stays until the unit is as the trigger is to make it, or the trigger is no more.
pub(crate) fn raise(store: &mut Store, unit_id: Uuid, gate: &str) {
    let raised = |gates: &mut BTreeMap<String, bool>| {
        gates.insert(gate.to_owned(), true);
    };
    let head = store.units.get(unit_id).map(|unit| unit.head_revision_num);
    let head = head.and_then(|head| history::revision(store, unit_id, head)).map(|revision| revision.revision_id);
    if let Some(id) = head {
        store.revisions.update(id, |revision| raised(&mut revision.apply_gates));
    }
    store.units.update(unit_id, |unit| raised(&mut unit.apply_gates));
}

fn passes(store: &Store, trigger: &Armed, unit: &Unit) -> bool {
    if trigger.function.function_name == IS_APPROVED {
        return approvals_needed(trigger).is_some_and(|needed| unit.approved_by.len() >= needed);
    }
    match trigger.run(store, unit) {
        Ok(Done::Output(result, _)) => result[0]["Passed"] == true,
        Ok(Done::Data(_)) => true,
        Err(_) => false,
    }
}

/// The argument of `is-approved`, which is a number, or text for one.
fn approvals_needed(trigger: &Armed) -> Option<usize> {
    let value = &trigger.function.arguments.first()?["Value"];
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    usize::try_from(number).ok()
}

/// Looks at a unit's gates anew, after an approval or a change of triggers; the head revision has the
/// same ones.
pub(crate) fn look_again(store: &mut Store, unit_id: Uuid) {
    let Some(unit) = store.units.get(unit_id) else { return };
    let gates = gates(store, unit);
    if gates == unit.apply_gates {
        return;
    }
    let head = history::revision(store, unit_id, unit.head_revision_num).map(|revision| revision.revision_id);
    if let Some(id) = head {
        store.revisions.update(id, |revision| revision.apply_gates.clone_from(&gates));
    }
    store.units.update(unit_id, |unit| unit.apply_gates = gates);
}

/// The same for every unit of a space.
pub(crate) fn look_again_in_space(store: &mut Store, space_id: Uuid) {
    let units: Vec<Uuid> = store.units.of_group(space_id).map(|unit| unit.unit_id).collect();
    for id in units {
        look_again(store, id);
    }
}

/// Refuses triggers that cannot be, and those that this hub would keep without ever running them.
pub(crate) fn check_trigger(trigger: &Trigger, store: &Store) -> Result<(), ApiError> {
    match trigger.event.as_str() {
        "PreClone" => return Err(ApiError::not_supported("a trigger on event PreClone")),
        event if Event::of_name(event).is_none() => {
            let message = format!("Event: `{event}` is none of Mutation, PreClone and PostClone");
            return Err(ApiError::bad_request(message));
        }
        _ => {}
    }
    let function = match trigger.invocation_id {
        Some(id) => {
            let invocation = store.invocations.get(id);
            let invocation =
                invocation.ok_or_else(|| ApiError::bad_request(format!("InvocationID: no invocation {id}")))?;
            if invocation.toolchain_type != trigger.toolchain_type {
                return Err(ApiError::bad_request(format!(
                    "InvocationID: invocation {} is for {}, the trigger for {}",
                    invocation.metadata.slug, invocation.toolchain_type, trigger.toolchain_type
                )));
            }
            &invocation.function_name
        }
        None if trigger.function_name.is_empty() => {
            return Err(ApiError::bad_request("FunctionName or InvocationID is required".to_owned()));
        }
        None => &trigger.function_name,
    };
    check_function(trigger, function)
}

/// Refuses a trigger of a function that this hub would never run, or not as the trigger says.
pub(crate) fn check_function(trigger: &Trigger, function: &str) -> Result<(), ApiError> {
    if trigger.toolchain_type != history::KUBERNETES {
        return Err(ApiError::not_supported(&format!("a trigger for {}", trigger.toolchain_type)));
    }
    if trigger.bridge_worker_id.is_some_and(|id| !id.is_nil()) {
        return Err(ApiError::not_supported("a trigger that runs on a worker"));
    }
    if !can_run(function) {
        return Err(ApiError::not_supported(&format!("a trigger of function {function}")));
    }
    // After the clone is made it could only be told that it should not have been.
    if Event::of_name(&trigger.event) == Some(Event::PostClone) && is_validating(function) {
        return Err(ApiError::not_supported(&format!(
            "a trigger on event PostClone of validating function {function}"
        )));
    }
    Ok(())
}

/// Whether a function says if data is valid, or changes data.
fn can_run(function: &str) -> bool {
    is_validating(function) || functions::is_mutating(function)
}
