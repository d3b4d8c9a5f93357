//! GET of one object and of lists.

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Value, json};

use super::list_options::{check_reached, check_version};
use super::request::Resource;
use super::selectors::Selection;
use super::status::ApiError;
use super::{Api, Call, continue_token, list_options, table};
use crate::kinds::Kind;
use crate::store::{Store, Stored, object};

/// How the client wants objects shown, by its Accept header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Object,
    Table,
    /// `PartialObjectMetadata`, as metadata-only clients ask.
    Metadata,
}

impl Form {
    /// The first form in the Accept header that can be answered. Protobuf is answered as JSON, which all
    /// clients that ask for it accept as well.
    pub(super) fn of(call: &Call) -> Result<Self, ApiError> {
        let accept = call.header(header::ACCEPT);
        let form = accept.split(',').map(str::trim).find_map(|wanted| {
            let (media_type, parameters) = wanted.split_once(';').unwrap_or((wanted, ""));
            let known = matches!(
                media_type,
                "" | "*/*" | "application/*" | "application/json" | "application/yaml" | super::protobuf::MEDIA_TYPE
            );
            match parameters.split(';').map(str::trim).find_map(|one| one.strip_prefix("as=")) {
                _ if !known => None,
                Some("Table") => Some(Self::Table),
                Some(form) if form.starts_with("PartialObjectMetadata") => Some(Self::Metadata),
                Some(_) => None,
                None => Some(Self::Object),
            }
        });
        form.ok_or_else(ApiError::not_acceptable)
    }
}

/// One object.
pub(super) fn get(api: &Api, call: &Call, resource: &Resource) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let stored = find(&api.store, kind, resource.namespace(), resource.name())
        .ok_or_else(|| ApiError::not_found(kind, resource.name()))?;
    let form = Form::of(call)?;
    if let Some(version) = call.query.get("resourceVersion") {
        check_reached(check_version(version).map_err(ApiError::unknown)?, api.store.revision())?;
    }
    let stored = api.node.heard_of(kind, stored);
    let now = api.store.simulation.clock.now();
    let body = match form {
        Form::Object => (*stored.object).clone(),
        Form::Table => {
            let version = object::text(&stored.object, "/metadata/resourceVersion").to_owned();
            table::of(kind, &[stored], &json!({"resourceVersion": version}), &call.query, now)
        }
        Form::Metadata => metadata_only(&stored.object),
    };
    Ok(Json(body).into_response())
}

/// All objects that a list request selects, in pages.
pub(super) fn list(api: &Api, call: &Call, resource: &Resource) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let form = Form::of(call)?;
    let selection = Selection::of(&call.query, kind)?;
    list_options::check(&call.query, false)?;
    if form == Form::Table {
        table::check(&call.query)?;
    }
    let token = call.query.get("continue");
    // A list that goes on does not look at the selector for that (`SelectionPredicate.MatchesSingleNamespace`).
    let selected = selection.namespace().filter(|_| token.is_none() && kind.namespaced);
    let namespace = resource.namespace.as_deref().or(selected);
    let (mut objects, revision) = all(&api.store, kind, namespace);
    if let Some(version) = call.query.number("resourceVersion") {
        check_reached(version, revision)?;
    }
    objects.retain(|stored| selection.matches(&stored.object));
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if let Some(token) = token {
        let place = continue_token::read(token, namespace, api.store.oldest_revision())?;
        let at = place.revision.unwrap_or(revision);
        check_reached(at, revision)?;
        metadata["resourceVersion"] = json!(at.to_string());
        objects.retain(|stored| key(stored) >= place.key);
    }
    let limit = call.query.number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
    if limit > 0 && objects.len() > limit {
        // With a selector etcd cannot say how many there are.
        if selection.is_empty() {
            metadata["remainingItemCount"] = json!(objects.len() - limit);
        }
        objects.truncate(limit);
        if let Some(last) = objects.last() {
            metadata["continue"] = json!(continue_token::write(&key(last), namespace, revision));
        }
    }
    objects = objects.into_iter().map(|stored| api.node.heard_of(kind, stored)).collect();
    let now = api.store.simulation.clock.now();
    let body = match form {
        Form::Object => list_of(kind, &objects, &metadata),
        Form::Table => table::of(kind, &objects, &metadata, &call.query, now),
        Form::Metadata => json!({
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "items": objects.iter().map(|stored| metadata_only(&stored.object)).collect::<Vec<_>>(),
        }),
    };
    Ok(Json(body).into_response())
}

/// The object, also when its kind is another view of stored objects.
pub(super) fn find(store: &Store, kind: &Kind, namespace: &str, name: &str) -> Option<Stored> {
    match view_of(kind) {
        None => store.get(&kind.resource, namespace, name).map(|stored| stored_in_version(kind, stored)),
        Some(source) => Some(as_events_v1(store.get(source, namespace, name)?)),
    }
}

/// All objects of a kind, in the order of their keys.
pub(super) fn all(store: &Store, kind: &Kind, namespace: Option<&str>) -> (Vec<Stored>, u64) {
    let Some(source) = view_of(kind) else {
        let (objects, revision) = store.list(&kind.resource, namespace);
        return (objects.into_iter().map(|stored| stored_in_version(kind, stored)).collect(), revision);
    };
    let (objects, revision) = store.list(source, namespace);
    (objects.into_iter().map(as_events_v1).collect(), revision)
}

/// A stored object as `kind` has it. Versions of a custom resource differ only in their name (conversion
/// `None`), and what is stored is pruned and completed by the schema as it now is.
pub(super) fn in_version<'a>(kind: &Kind, object: &'a Value) -> Cow<'a, Value> {
    let Some(custom) = &kind.custom else { return Cow::Borrowed(object) };
    let mut converted = object.clone();
    object::set(&mut converted, &["apiVersion"], kind.api_version());
    custom.prune(&mut converted);
    custom.complete(&mut converted);
    if converted == *object { Cow::Borrowed(object) } else { Cow::Owned(converted) }
}

fn stored_in_version(kind: &Kind, stored: Stored) -> Stored {
    match in_version(kind, &stored.object) {
        Cow::Owned(converted) => Stored { object: converted.into(), cause: stored.cause.clone() },
        Cow::Borrowed(_) => stored,
    }
}

/// The resource under which objects of this kind are stored, when that is another.
pub(super) fn view_of(kind: &Kind) -> Option<&'static str> {
    (&*kind.resource == "events.events.k8s.io").then_some("events")
}

fn as_events_v1(stored: Stored) -> Stored {
    Stored { object: events_v1(&stored.object).into(), cause: stored.cause }
}

/// A core/v1 Event as events.k8s.io/v1 shows it.
pub(super) fn events_v1(event: &Value) -> Value {
    let mut view = json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": event["metadata"],
        "eventTime": event["eventTime"],
        "reportingController": event["reportingComponent"],
        "reportingInstance": event["reportingInstance"],
        "action": event["action"],
        "reason": event["reason"],
        "regarding": event["involvedObject"],
        "note": event["message"],
        "type": event["type"],
        "deprecatedSource": event["source"],
        "deprecatedFirstTimestamp": event["firstTimestamp"],
        "deprecatedLastTimestamp": event["lastTimestamp"],
        "deprecatedCount": event["count"],
    });
    if let Some(members) = view.as_object_mut() {
        members.retain(|field, value| !value.is_null() || field == "eventTime");
    }
    view
}

/// `PartialObjectMetadata` of an object.
pub(super) fn metadata_only(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// A list. Only items of custom resources say what they are: built-in ones are encoded without. Lists of
/// the former always say where they continue.
pub(super) fn list_of(kind: &Kind, objects: &[Stored], metadata: &Value) -> Value {
    let mut metadata = metadata.clone();
    if kind.is_custom() {
        object::set_default(&mut metadata, &["continue"], "");
    }
    let item = |stored: &Stored| {
        let mut object = (*stored.object).clone();
        if !kind.is_custom() {
            object::remove(&mut object, &["apiVersion"]);
            object::remove(&mut object, &["kind"]);
        }
        object
    };
    json!({
        "kind": format!("{}List", kind.kind),
        "apiVersion": kind.api_version(),
        "metadata": metadata,
        "items": objects.iter().map(item).collect::<Vec<_>>(),
    })
}

/// As an object is named in etcd, below its resource.
fn key(stored: &Stored) -> String {
    match (object::namespace(&stored.object), object::name(&stored.object)) {
        ("", name) => name.to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}
