//! FlowSchemas: whether the priority level that they name is there (`presyncFlowSchemaStatus` of
//! `k8s.io/apiserver/pkg/util/flowcontrol`).

use serde_json::json;

use super::pod_control::set_condition;
use super::work::{Controller, Work};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::store::Key;
use crate::store::object::{self, list, text};

/// The resource.
pub(super) const FLOW_SCHEMAS: &str = "flowschemas.flowcontrol.apiserver.k8s.io";
/// What a FlowSchema refers to.
pub(super) const PRIORITY_LEVELS: &str = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io";

const NAME: &str = "api-priority-and-fairness-config-consumer-v1";

/// Writes the condition Dangling.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(found) = context.store.at(key) else { return Ok(Outcome::Done) };
    let level = text(&found.object, "/spec/priorityLevelConfiguration/name");
    let names = format!("This FlowSchema references the PriorityLevelConfiguration object named {level:?}");
    let (status, reason, message) = match context.store.get(PRIORITY_LEVELS, "", level) {
        None => ("True", "NotFound", format!("{names} but there is no such object")),
        Some(_) => ("False", "Found", format!("{names} and it exists")),
    };
    let now = object::time(context.now());
    context.update(NAME, key, &found.cause, |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        let condition = json!({
            "type": "Dangling", "status": status, "reason": reason, "message": message, "lastTransitionTime": now,
        });
        set_condition(&mut conditions, condition);
        object::set(new, &["status", "conditions"], conditions);
    })?;
    Ok(Outcome::Done)
}

/// A priority level has come or gone: the FlowSchemas that name it look again.
pub(super) fn note_level(context: &Context, level: &str, work: &mut Work) {
    for schema in context.store.list(FLOW_SCHEMAS, None).0 {
        if text(&schema.object, "/spec/priorityLevelConfiguration/name") == level {
            work.add(Controller::FlowSchema, Key::new(FLOW_SCHEMAS, "", object::name(&schema.object)));
        }
    }
}
