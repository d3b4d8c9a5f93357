//! What the fuzz targets call: each parser and each patch engine behind a plain function.
//!
//! Not a public API: it is there with the feature `fuzzing` alone, and promises nothing. Errors are the
//! messages that a client is told.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use stagegate_kubernetes_schema::{Shape, schemas};

use super::field_set::FieldSet;
use super::label_selector::Requirement;
use super::managed_fields::{self, managed_part};
use super::query::Query;
use super::request::{self, Target};
use super::server_side_apply::{self, Applier};
use super::status::ApiError;
use super::{
    continue_token, field_selector, fields, go_json, go_yaml, json_patch, label_selector, merge_patch, protobuf,
    strategic_merge,
};
use crate::admission::amount::Amount;
use crate::controllers::Schedule as Times;
use crate::kinds::custom::{Definition, unsupported};
use crate::kinds::{Kind, Registry, built_in_named, cron_schedule};

pub use super::streaming::fuzzing::{data_frames, spdy_frames};

/// A time at which everything happens.
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn told(error: ApiError) -> String {
    error.message
}

/// What the JSON patch in a body makes of an object.
pub fn apply_json_patch(target: &Value, patch: &[u8]) -> Result<Value, String> {
    let mut patched = target.clone();
    let operations = json_patch::read(patch).map_err(told)?;
    json_patch::apply(&mut patched, &operations).map_err(told)?;
    Ok(patched)
}

/// What a JSON merge patch makes of an object.
pub fn apply_merge_patch(target: &Value, patch: &Value) -> Value {
    let mut patched = target.clone();
    merge_patch::apply(&mut patched, patch);
    patched
}

/// What a strategic merge patch makes of an object whose type has the short name `of`, such as `apps.v1.Deployment`.
pub fn apply_strategic_merge_patch(of: &str, target: &Value, patch: &Value) -> Result<Value, String> {
    let mut patched = target.clone();
    strategic_merge::apply(&mut patched, patch, &schemas().root(of)).map_err(told)?;
    Ok(patched)
}

fn kind_of(object: &Value) -> Result<&'static Kind, String> {
    let said = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let found = built_in_named(&said("apiVersion"), &said("kind"));
    found.map(std::convert::AsRef::as_ref).ok_or_else(|| "not a built-in kind".to_owned())
}

/// An object with no more than its kind, as server-side apply begins with.
pub fn blank(config: &Value) -> Result<Value, String> {
    Ok(kind_of(config)?.object(json!({})))
}

/// What `manager` makes of a live object by server-side apply of a configuration, which is checked first.
pub fn server_side_apply(live: &Value, config: &Value, manager: &str, force: bool) -> Result<Value, String> {
    let kind = kind_of(config)?;
    server_side_apply::check(kind, config).map_err(told)?;
    let applier = Applier { manager, subresource: "", force, now: NOW };
    server_side_apply::apply(kind, live, config, &applier).map_err(told)
}

/// What `manager` makes of a live object by replacing it, with the note of it in `managedFields`.
pub fn update(live: &Value, object: &Value, manager: &str) -> Result<Value, String> {
    let kind = kind_of(object)?;
    let mut new = object.clone();
    fields::decode_fields(kind, &mut new, Vec::new())?;
    managed_fields::record_update(kind, live, &mut new, manager, "", NOW);
    Ok(new)
}

/// An object without `managedFields`.
pub fn content(object: &Value) -> Value {
    managed_fields::content(object)
}

/// The encodings of the fields that a configuration claims, before and after one decoding.
pub fn claimed_fields(config: &Value) -> Result<(Value, Value), String> {
    let shape = schemas().root(&kind_of(config)?.schema);
    let written = FieldSet::of(&managed_part(config), &shape).to_json();
    let again = FieldSet::from_json(&written).to_json();
    Ok((written, again))
}

/// An object as it is stored, and the fields that its schema does not know; the error is that of Go's decoder.
pub fn decode_fields(object: &Value) -> Result<(Value, Vec<String>), String> {
    let mut decoded = object.clone();
    let unknown = fields::decode_fields(kind_of(object)?, &mut decoded, Vec::new())?;
    Ok((decoded, unknown))
}

/// A label selector.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSelector(Vec<Requirement>);

impl LabelSelector {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, String> {
        label_selector::parse(text).map(Self)
    }

    /// Whether it selects an object.
    pub fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|one| one.matches(object))
    }
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(Requirement::to_string).collect();
        f.write_str(&all.join(","))
    }
}

/// Reads a field selector for the kind of an object: whether that is selected, and the selector written again.
pub fn field_selector(text: &str, object: &Value) -> Result<(bool, String), String> {
    let requirements = field_selector::parse(text, kind_of(object)?)?;
    let selected = requirements.iter().all(|one| one.matches(object));
    let again: Vec<_> = requirements.iter().map(ToString::to_string).collect();
    Ok((selected, again.join(",")))
}

/// The name that a field selector asks for, if it asks for one.
pub fn name_asked_for(selector: &str) -> Option<String> {
    field_selector::name_asked_for(selector)
}

/// A quantity as quotas write it; `None` when it is none.
pub fn quota_amount(text: &str) -> Option<String> {
    Amount::parse(&json!(text)).map(|amount| amount.to_string())
}

/// The sum and the greater of two quantities.
pub fn quota_sum(left: &str, right: &str) -> Option<(String, String)> {
    let (left, right) = (Amount::parse(&json!(left))?, Amount::parse(&json!(right))?);
    Some((left.plus(right).to_string(), left.larger(right).to_string()))
}

/// The object in a protobuf body.
pub fn protobuf_body(bytes: &[u8]) -> Result<Value, String> {
    protobuf::decode(bytes).map_err(told)
}

/// The document in a JSON body, and the fields that come twice.
pub fn json_body(bytes: &[u8]) -> Result<(Value, Vec<String>), String> {
    go_json::read(bytes).map(|document| (document.value, document.duplicates))
}

/// The document in a YAML body, and the message about keys that come twice.
pub fn yaml_body(bytes: &[u8]) -> Result<(Value, Vec<String>), String> {
    go_yaml::read(bytes).map(|document| (document.value, document.duplicates))
}

/// A custom resource at the end of a write.
#[derive(Debug, PartialEq)]
pub struct CustomResource {
    /// It, pruned and with defaults.
    pub object: Value,
    /// The fields that were dropped.
    pub dropped: Vec<String>,
    /// What of it breaks the schema, as a client is told.
    pub error: Option<String>,
    /// Its cells.
    pub cells: Vec<Value>,
}

/// Prunes, completes and validates an object by an item of `spec.versions` of a CustomResourceDefinition.
pub fn custom_resource(version: &Value, object: &Value) -> Result<CustomResource, String> {
    let definition = json!({"spec": {"versions": [version]}});
    unsupported(&definition).map_err(told)?;
    let definition = Definition::of(&definition, version);
    let mut object = object.clone();
    let dropped = definition.prune(&mut object);
    definition.complete(&mut object);
    let mut errors = Vec::new();
    definition.validate(&object, &mut errors);
    let cells = definition.columns().iter().map(|column| column.cell(&object, NOW)).collect();
    let error = (!errors.is_empty()).then(|| told(ApiError::invalid_options("CustomResource", &errors)));
    Ok(CustomResource { object, dropped, error, cells })
}

/// What validation and the controller say of a schedule, and when a CronJob of it is due and comes next.
#[derive(Debug)]
pub struct Schedule {
    /// Why the API refuses it.
    pub refused: Option<String>,
    /// Why the controller cannot read it.
    pub unreadable: Option<String>,
    /// The last time that is due.
    pub due: Option<Timestamp>,
    /// The first time after now.
    pub next: Option<Timestamp>,
}

/// Reads the schedule of a CronJob and looks at it at `now`.
pub fn schedule(text: &str, cron_job: &Value, now: Timestamp) -> Schedule {
    let now = now.to_zoned(TimeZone::UTC);
    let mut found = Schedule { refused: cron_schedule::parse(text).err(), unreadable: None, due: None, next: None };
    match Times::parse(text, "UTC") {
        Err(error) => found.unreadable = Some(error),
        Ok(schedule) => {
            found.due = schedule.due(cron_job, &now).ok().flatten().map(|due| due.at.timestamp());
            found.next = schedule.next(&now).map(|at| at.timestamp());
        }
    }
    found
}

/// Where a list goes on by the token in its query, and the token of a list that goes on behind the key found.
pub fn continue_token(token: &str, namespace: Option<&str>) -> Result<(String, Option<u64>, String), String> {
    let place = continue_token::read(token, namespace, 2).map_err(told)?;
    let again = continue_token::write(&place.key, namespace, place.revision.unwrap_or(2));
    Ok((place.key, place.revision, again))
}

/// What a path and a query name: resource, namespace, name and subresource, and whether it is a watch.
pub fn request_target(path: &str, query: &str) -> Result<String, String> {
    let query = Query::parse(query);
    let watch = request::is_watch(path) || query.is_true("watch");
    match request::target(&Registry::new(), path).map_err(told)? {
        Target::Resource(found) => {
            let (namespace, name) = (found.namespace(), found.name());
            let subresource = found.subresource.as_deref().unwrap_or_default();
            Ok(format!("{} {namespace} {name} {subresource} {} {watch}", found.kind.resource, found.rest))
        }
        _ => Ok(path.to_owned()),
    }
}

/// Whether lists with keys, anywhere in an object of the type `of`, have the keys and each of them once, and
/// nothing in it is null or named like a directive: what a strategic merge patch leaves as it is when it is
/// patched with itself.
pub fn is_plain(of: &str, object: &Value) -> bool {
    plain(object, &schemas().root(of))
}

fn plain(value: &Value, shape: &Shape) -> bool {
    match value {
        Value::Null => false,
        Value::Object(members) => {
            members.iter().all(|(name, member)| !name.starts_with('$') && plain(member, &shape.child(name)))
        }
        Value::Array(items) => {
            let key = shape.merge_key();
            let id = |item: &Value| match key {
                Some("") | None => Some(item.clone()),
                Some(key) => item.get(key).cloned(),
            };
            let ids: Vec<_> = items.iter().map(id).collect();
            let once = |(at, id): (usize, &Option<Value>)| id.is_some() && !ids[..at].contains(id);
            (key.is_none() || ids.iter().enumerate().all(once)) && items.iter().all(|item| plain(item, &shape.item()))
        }
        _ => true,
    }
}
