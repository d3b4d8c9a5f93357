//! Operations that are queued for workers, and what workers report of them.

use serde_json::Value;
use stagegate_simulation::{Actor, Origin, Simulation};

/// Who acts by a request: a worker that reports on an operation does so because of the command that queued it.
pub(super) fn origin(simulation: &Simulation, operation: &str, asked: &Value, origin: Origin) -> Origin {
    if operation != "CreateActionResult" {
        return origin;
    }
    let id = asked["QueuedOperationID"].as_str().filter(|id| !id.trim_matches(['0', '-']).is_empty());
    let worker = Actor::Worker { operation: id.map(str::to_owned) };
    simulation.operations.resolve(Origin { actor: worker, command: origin.command })
}

/// The operations that an answer says were queued, by id.
pub(super) fn queued(answered: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    collect(answered, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => {
            let order = fields.contains_key("Action") && fields.contains_key("RevisionNum");
            match fields.get("QueuedOperationID").and_then(Value::as_str) {
                Some(id) if order => found.push((id.to_owned(), value.clone())),
                _ => fields.values().for_each(|value| collect(value, found)),
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
