//! Entities as the client's typed models print and send them.
//!
//! The client reads every answer into a typed value and writes it out again: keys sorted, empty
//! fields dropped, except those its model always writes. Which ones these are is the table below,
//! derived from the description of the API (required fields, ids and times; nullable references).

use serde_json::{Map, Value};

/// The nil UUID, which the client sends for ids it does not know.
pub(crate) const NIL: &str = "00000000-0000-0000-0000-000000000000";
/// Go's zero time, which the client sends for times it does not know.
pub(crate) const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// Fields a model always writes: `NAME` as an empty string, `NAME=id`, `NAME=time` and `NAME=null`
/// with these values when absent; `NAME=kept` only when it is there, but also when it is empty.
/// `NAME:MODEL` says what a field holds, `NAME:*MODEL` what the values of a map are.
const MODELS: &[(&str, &str)] = &[
    ("Space", "Slug CreatedAt=time UpdatedAt=time OrganizationID=id SpaceID=id"),
    (
        "Unit",
        "ApprovedBy=null MutationSources=null MutationSources:ResourceMutation SetID=null Slug TargetID=null ToolchainType UpstreamOrganizationID=null \
         UpstreamSpaceID=null UpstreamUnitID=null CreatedAt=time UpdatedAt=time OrganizationID=id SpaceID=id UnitID=id",
    ),
    (
        "BridgeWorker",
        "Slug UserID=null BridgeWorkerID=id CreatedAt=time LastSeenAt=time OrganizationID=id SpaceID=id UpdatedAt=time",
    ),
    (
        "Target",
        "BridgeWorkerID=id ProviderType Slug ToolchainType CreatedAt=time OrganizationID=id SpaceID=id TargetID=id \
         UpdatedAt=time",
    ),
    (
        "Link",
        "FromUnitID=id Slug ToUnitID=id CreatedAt=time LinkID=id OrganizationID=id SpaceID=id ToSpaceID=id UpdatedAt=time",
    ),
    ("Filter", "From FromSpaceID=null Slug CreatedAt=time FilterID=id OrganizationID=id SpaceID=id UpdatedAt=time"),
    ("Set", "Slug CreatedAt=time OrganizationID=id SetID=id SpaceID=id UpdatedAt=time"),
    (
        "ChangeSet",
        "EndTagID=null FilterID=null Slug StartTagID=null ChangeSetID=id CreatedAt=time OrganizationID=id SpaceID=id \
         UpdatedAt=time",
    ),
    ("Tag", "Slug CreatedAt=time OrganizationID=id SpaceID=id TagID=id UpdatedAt=time"),
    (
        "Trigger",
        "Arguments=null BridgeWorkerID=null Event InvocationID=null Slug ToolchainType CreatedAt=time OrganizationID=id \
         SpaceID=id TriggerID=id UpdatedAt=time",
    ),
    (
        "Invocation",
        "Arguments=null BridgeWorkerID=null Slug ToolchainType CreatedAt=time InvocationID=id OrganizationID=id SpaceID=id \
         UpdatedAt=time",
    ),
    ("View", "FilterID=id Slug CreatedAt=time OrganizationID=id SpaceID=id UpdatedAt=time ViewID=id"),
    ("BridgeWorkerStatus", "BridgeWorkerID=id BridgeWorkerStatusID=id OrganizationID=id SeenAt=time SpaceID=id"),
    ("OrganizationMember", "OrganizationID=id UserID=id"),
    (
        "Revision",
        "MutationSources=null MutationSources:ResourceMutation CreatedAt=time LiveAt=time OrganizationID=id RevisionID=id SpaceID=id UnitID=id \
         UpdatedAt=time UserID=id",
    ),
    (
        "Mutation",
        "InvocationID=null LinkID=null TriggerID=null CreatedAt=time MutationID=id OrganizationID=id RevisionID=id \
         SpaceID=id UnitID=id UpdatedAt=time",
    ),
    (
        "UnitEvent",
        "BridgeWorkerID=null TerminatedAt=time CreatedAt=time OrganizationID=id QueuedOperationID=id SpaceID=id \
         StartedAt=time UnitEventID=id UnitID=id UpdatedAt=time",
    ),
    (
        "QueuedOperation",
        "BridgeWorkerID=id CreatedAt=time OrganizationID=id QueuedOperationID=id SpaceID=id TargetID=id UnitID=id",
    ),
    ("Organization", "Slug BillingAccountID=id CreatedAt=time OrganizationID=id UpdatedAt=time"),
    ("User", "Slug CreatedAt=time UpdatedAt=time UserID=id"),
    (
        "ResourceMutation",
        "PathMutationMap=kept PathMutationMap:*MutationInfo Resource=kept Resource:ResourceInfo \
         ResourceMutationInfo=kept ResourceMutationInfo:MutationInfo",
    ),
    ("UnitStatus", "ActionStartedAt=time ActionTerminatedAt=time"),
    (
        "ExtendedSpace",
        "TargetCountByToolchainType=null TriggerCountByEventType=null Space:Space Organization:Organization",
    ),
    (
        "ExtendedUnit",
        "Unit:Unit Space:Space Target:Target UpstreamUnit:Unit UpstreamSpace:Space LatestUnitEvent:UnitEvent \
         UnitStatus:UnitStatus HeadRevision:Revision LiveRevision:Revision LastAppliedRevision:Revision \
         Organization:Organization Set:Set",
    ),
    ("ExtendedBridgeWorker", "BridgeWorker:BridgeWorker Space:Space Organization:Organization"),
    ("ExtendedTarget", "Target:Target BridgeWorker:BridgeWorker Space:Space Organization:Organization"),
    ("ExtendedLink", "Link:Link FromUnit:Unit ToUnit:Unit Space:Space ToSpace:Space Organization:Organization"),
    ("ExtendedFilter", "Filter:Filter Space:Space FromSpace:Space Organization:Organization"),
    ("ExtendedSet", "Set:Set Space:Space Organization:Organization"),
    ("ExtendedChangeSet", "ChangeSet:ChangeSet Filter:Filter StartTag:Tag EndTag:Tag Space:Space"),
    ("ExtendedTag", "Tag:Tag Space:Space Organization:Organization"),
    ("ExtendedTrigger", "Trigger:Trigger Space:Space BridgeWorker:BridgeWorker"),
    ("ExtendedInvocation", "Invocation:Invocation Space:Space BridgeWorker:BridgeWorker"),
    ("ExtendedView", "View:View Filter:Filter Space:Space"),
    ("ExtendedRevision", "Revision:Revision User:User Unit:Unit Space:Space"),
    ("ExtendedMutation", "Mutation:Mutation Revision:Revision Link:Link Trigger:Trigger Unit:Unit Space:Space"),
    ("UnitActionResponse", "Action:QueuedOperation"),
    ("UnitCreateOrUpdateResponse", "Unit:Unit"),
];

/// The value as the client would write it, had it read it as this model. Lists are taken item by item.
pub(crate) fn typed(model: &str, value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| typed(model, item)).collect(),
        Value::Object(fields) => typed_object(model, fields),
        other => other.clone(),
    }
}

fn typed_object(model: &str, fields: &Map<String, Value>) -> Value {
    let spec = MODELS.iter().find(|(name, _)| *name == model).map_or("", |(_, spec)| spec);
    let mut always = Map::new();
    let (mut holds, mut kept) = (Vec::new(), Vec::new());
    for word in spec.split_whitespace() {
        if let Some((name, inner)) = word.split_once(':') {
            holds.push((name, inner));
        } else {
            let (name, kind) = word.split_once('=').unwrap_or((word, ""));
            if kind == "kept" {
                kept.push(name);
            } else {
                always.insert(name.to_owned(), empty(kind));
            }
        }
    }
    let mut typed_fields: Vec<(String, Value)> = Vec::new();
    for (name, value) in fields {
        let inner = holds.iter().find(|(field, _)| field == name);
        let value = inner.map_or_else(|| value.clone(), |(_, inner)| typed_field(inner, value));
        match always.remove(name) {
            Some(default) if value.is_null() => typed_fields.push((name.clone(), default)),
            None if is_empty(&value) && (value.is_null() || !kept.contains(&name.as_str())) => {}
            _ => typed_fields.push((name.clone(), value)),
        }
    }
    typed_fields.extend(always);
    typed_fields.sort_by(|(left, _), (right, _)| left.cmp(right));
    Value::Object(typed_fields.into_iter().collect())
}

/// A field that holds a model, or a map of one.
fn typed_field(model: &str, value: &Value) -> Value {
    match (model.strip_prefix('*'), value) {
        (Some(model), Value::Object(entries)) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), typed(model, value))).collect())
        }
        _ => typed(model, value),
    }
}

fn empty(kind: &str) -> Value {
    match kind {
        "id" => NIL.into(),
        "time" => ZERO_TIME.into(),
        "null" => Value::Null,
        _ => "".into(),
    }
}

/// What Go's `omitempty` leaves out.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

/// JSON as Go's encoder indents it: two blanks, and `<`, `>`, `&` escaped.
pub(crate) fn pretty(value: &Value) -> String {
    escape_html(&serde_json::to_string_pretty(&sorted(value)).unwrap_or_default())
}

/// JSON in one line, escaped as Go's encoder does.
pub(crate) fn compact(value: &Value) -> String {
    escape_html(&sorted(value).to_string())
}

/// Keys in order at every level, whatever order the map type keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            fields.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(fields.into_iter().collect())
        }
        scalar => scalar.clone(),
    }
}

fn escape_html(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A text field; empty when absent.
pub(crate) fn text<'a>(entity: &'a Value, field: &str) -> &'a str {
    entity[field].as_str().unwrap_or_default()
}

/// A time as Go prints it: `2025-12-01 00:00:00 +0000 UTC`.
pub(crate) fn time(entity: &Value, field: &str) -> String {
    let written = match text(entity, field) {
        "" => ZERO_TIME,
        written => written,
    };
    match written.parse::<jiff::Timestamp>() {
        Ok(time) => {
            let fraction = format!("{:09}", time.subsec_nanosecond());
            let fraction = match fraction.trim_end_matches('0') {
                "" => String::new(),
                digits => format!(".{digits}"),
            };
            format!("{}{fraction} +0000 UTC", time.strftime("%Y-%m-%d %H:%M:%S"))
        }
        Err(_) => written.to_owned(),
    }
}

/// Whether a time field is absent or Go's zero time.
pub(crate) fn is_zero_time(entity: &Value, field: &str) -> bool {
    matches!(text(entity, field), "" | ZERO_TIME)
}

/// A number; zero when absent.
pub(crate) fn number(entity: &Value, field: &str) -> i64 {
    entity[field].as_i64().unwrap_or(0)
}

/// `key=value,…` of a map.
pub(crate) fn pairs(entity: &Value, field: &str) -> String {
    let pair = |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
    entity[field].as_object().map(|map| map.iter().map(pair).collect::<Vec<_>>().join(",")).unwrap_or_default()
}

/// How many entries a map of counts adds up to.
pub(crate) fn total(entity: &Value, field: &str) -> i64 {
    entity[field].as_object().map_or(0, |counts| counts.values().filter_map(Value::as_i64).sum())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn writes_what_the_model_always_writes_and_drops_what_is_empty() {
        let space = typed("Space", &json!({"Slug": "s", "DisplayName": "", "Version": 0, "Labels": {"a": ""}}));
        assert_eq!(
            compact(&space),
            format!(
                r#"{{"CreatedAt":"{ZERO_TIME}","Labels":{{"a":""}},"OrganizationID":"{NIL}","Slug":"s","SpaceID":"{NIL}","UpdatedAt":"{ZERO_TIME}"}}"#
            )
        );
    }

    #[test]
    fn prints_times_as_go_does() {
        let event = json!({"A": "2025-12-01T00:00:00Z", "B": "2025-12-01T10:20:30.12Z"});
        assert_eq!(time(&event, "A"), "2025-12-01 00:00:00 +0000 UTC");
        assert_eq!(time(&event, "B"), "2025-12-01 10:20:30.12 +0000 UTC");
        assert_eq!(time(&event, "C"), "0001-01-01 00:00:00 +0000 UTC");
    }

    #[test]
    fn escapes_as_go_does() {
        assert_eq!(compact(&json!({"w": "a < b && c > d"})), r#"{"w":"a \u003c b \u0026\u0026 c \u003e d"}"#);
    }
}
