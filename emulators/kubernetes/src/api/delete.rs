//! DELETE of objects and collections.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::request::Resource;
use super::selectors::Selection;
use super::status::{ApiError, FieldError};
use super::{Api, Call, body, go_json, go_yaml, list_options, read, write_options};
use crate::kinds::Kind;
use crate::kinds::custom::{CLEANUP_FINALIZER, DEFINITIONS};
use crate::store::object::{self, integer, list, set, text};
use crate::store::{Key, Store, Stored, Writer};

/// `DeleteOptions`, from the body and the query.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    grace: Option<i64>,
    propagation: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    dry_run: bool,
}

impl Options {
    /// Deletion in the background, at once.
    pub(crate) fn background() -> Self {
        Self { propagation: Some("Background".to_owned()), ..Self::default() }
    }

    /// As an Eviction says.
    pub(super) fn of_eviction(call: &Call, eviction: &Value) -> Self {
        Self {
            grace: integer(eviction, "/deleteOptions/gracePeriodSeconds"),
            dry_run: call.dry_run(),
            ..Self::background()
        }
    }

    /// Deletion once everything that depends on the object is gone.
    pub(crate) fn foreground() -> Self {
        Self { propagation: Some("Foreground".to_owned()), ..Self::default() }
    }

    async fn read(call: &Call, body: Body) -> Result<Self, ApiError> {
        let bytes = body::bytes(body).await?;
        let options = if bytes.is_empty() {
            json!({})
        } else {
            let media_type = body::media_type(call);
            match media_type.as_str() {
                super::protobuf::MEDIA_TYPE => super::protobuf::decode(&bytes)?,
                "application/yaml" => go_yaml::read(&bytes).map_err(ApiError::unknown)?.value,
                _ => go_json::value(&bytes).map_err(|detail| {
                    ApiError::unknown(format!("couldn't get version/kind; json parse error: {detail}"))
                })?,
            }
        };
        let query = |name: &str| call.query.get(name).map(str::to_owned);
        let said = |pointer: &str| Some(text(&options, pointer).to_owned()).filter(|text| !text.is_empty());
        let orphan = options["orphanDependents"].as_bool().map(|orphan| if orphan { "Orphan" } else { "Background" });
        let propagation =
            said("/propagationPolicy").or_else(|| query("propagationPolicy")).or_else(|| orphan.map(str::to_owned));
        let mut errors = Vec::new();
        let both = said("/propagationPolicy").filter(|_| options["orphanDependents"].is_boolean());
        if let Some(policy) = both {
            let detail = "orphanDependents and deletionPropagation cannot be both set";
            errors.push(FieldError::invalid("propagationPolicy", policy, detail));
        }
        if let Some(policy) = &propagation
            && !["Orphan", "Background", "Foreground"].contains(&policy.as_str())
        {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            errors.push(FieldError::not_supported("propagationPolicy", policy.as_str(), &supported));
        }
        write_options::dry_run(call, &mut errors);
        if !errors.is_empty() {
            return Err(ApiError::invalid_options("DeleteOptions", &errors));
        }
        Ok(Self {
            grace: integer(&options, "/gracePeriodSeconds")
                .or_else(|| query("gracePeriodSeconds").and_then(|text| text.parse().ok())),
            propagation,
            uid: said("/preconditions/uid"),
            resource_version: said("/preconditions/resourceVersion"),
            dry_run: call.dry_run() || list(&options, "/dryRun").iter().any(|one| one == "All"),
        })
    }

    /// The Pods of a Job stay when nobody says otherwise, as they did before there was a propagation
    /// policy (`pkg/registry/batch/job`). Says whether that is so here.
    fn orphan_by_default(&mut self, kind: &Kind) -> bool {
        let chosen = &*kind.resource != "jobs.batch" || self.propagation.is_some();
        if !chosen {
            self.propagation = Some("Orphan".to_owned());
        }
        !chosen
    }

    fn check(&self, kind: &Kind, object: &Value) -> Result<(), ApiError> {
        let mismatch = |what: &str, wanted: &Option<String>, found: &str, end: &str| {
            let wanted = wanted.as_deref().filter(|wanted| *wanted != found)?;
            Some(format!(
                "the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). {end}"
            ))
        };
        let version = text(object, "/metadata/resourceVersion");
        let trouble =
            mismatch("UID", &self.uid, object::uid(object), "The object might have been deleted and then recreated")
                .or_else(|| {
                    mismatch("ResourceVersion", &self.resource_version, version, "The object might have been modified")
                });
        trouble.map_or(Ok(()), |detail| Err(ApiError::precondition(kind, object::name(object), &detail)))
    }
}

/// The namespaces that admission protects (plug-in NamespaceLifecycle).
const PERMANENT: [&str; 3] = ["default", "kube-system", "kube-public"];

/// What is answered with the object that is gone, where others are with a `Status`
/// (`ReturnDeletedObject` in `pkg/registry`).
const RETURNED: [&str; 7] = [
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "resourcequotas",
    "serviceaccounts",
    "services",
    "storageclasses.storage.k8s.io",
];

const ORPHANED_PODS: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

fn warned(text: &'static str) -> [(&'static str, String); 1] {
    [("warning", format!("299 - {text:?}"))]
}

/// DELETE of one object: a `Status` when it is gone, the object when its deletion goes on.
pub(super) async fn one(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let mut options = Options::read(call, body).await?;
    let kind = &resource.kind;
    let orphaning = options.orphan_by_default(kind);
    let key = Key::new(read::view_of(kind).unwrap_or(&kind.resource), resource.namespace(), resource.name());
    if &*kind.resource == "namespaces" && PERMANENT.contains(&resource.name()) {
        return Err(ApiError::forbidden(kind, resource.name(), "this namespace may not be deleted"));
    }
    let (object, gone) = delete(&api.store, kind, &key, &options, &call.writer)?;
    if orphaning {
        return Ok((warned(ORPHANED_PODS), Json(&*object)).into_response());
    }
    if gone && !RETURNED.contains(&&*kind.resource) {
        let mut details = json!({"name": key.name, "kind": kind.plural, "uid": object::uid(&object)});
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        let status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": details,
        });
        return Ok(Json(status).into_response());
    }
    Ok(Json(&*object).into_response())
}

/// DELETE of all selected objects of a collection.
pub(super) async fn collection(api: &Api, call: &Call, resource: &Resource, body: Body) -> Result<Response, ApiError> {
    let options = Options::read(call, body).await?;
    let kind = &resource.kind;
    let selection = Selection::of(&call.query, kind)?;
    list_options::check(&call.query, false)?;
    let (objects, revision) = read::all(&api.store, kind, resource.namespace.as_deref());
    let mut deleted = Vec::new();
    for stored in objects.into_iter().filter(|stored| selection.matches(&stored.object)) {
        let source = read::view_of(kind).unwrap_or(&kind.resource);
        let key = Key::new(source, object::namespace(&stored.object), object::name(&stored.object));
        match delete(&api.store, kind, &key, &options, &call.writer) {
            Ok((object, _)) => deleted.push(Stored { object, cause: stored.cause }),
            Err(error) if error.code == 404 => {}
            Err(error) => return Err(error),
        }
    }
    let body = read::list_of(kind, &deleted, &json!({"resourceVersion": revision.to_string()}));
    Ok(Json(body).into_response())
}

/// Deletes an object, or begins to when something must happen first. Says whether it is gone.
pub(crate) fn delete(
    store: &Store,
    kind: &Kind,
    key: &Key,
    options: &Options,
    writer: &Writer,
) -> Result<(Arc<Value>, bool), ApiError> {
    let stored = store.at(key).ok_or_else(|| ApiError::not_found(kind, &key.name))?;
    options.check(kind, &stored.object)?;
    if options.dry_run {
        return Ok((stored.object, true));
    }
    if goes_at_once(kind, &stored.object, options) {
        return store.remove(kind, key, writer).map(|object| (object, true));
    }
    let object =
        store.update(kind, key, writer, |old| Ok::<_, ApiError>(Some(terminating(store, kind, old, options))))?;
    if store.at(key).is_none_or(|now| object::uid(&now.object) != object::uid(&object)) {
        return Ok((object, true));
    }
    Ok((object, false))
}

/// Whether an object is removed as it is: nothing holds it and it does not end by degrees.
fn goes_at_once(kind: &Kind, object: &Value, options: &Options) -> bool {
    let by_degrees = ["pods", "namespaces", DEFINITIONS].contains(&&*kind.resource);
    let held = !list(object, "/metadata/finalizers").is_empty()
        || matches!(options.propagation.as_deref(), Some("Foreground" | "Orphan"));
    !by_degrees && !held
}

/// The object with its deletion noted; the store removes it when nothing holds it.
fn terminating(store: &Store, kind: &Kind, old: &Value, options: &Options) -> Value {
    let mut new = old.clone();
    let mut finalizers = list(old, "/metadata/finalizers").to_vec();
    let mut want = |name: &str| {
        if !finalizers.iter().any(|one| one == name) {
            finalizers.push(json!(name));
        }
    };
    match options.propagation.as_deref() {
        Some("Foreground") => want("foregroundDeletion"),
        Some("Orphan") => want("orphan"),
        _ => {}
    }
    if &*kind.resource == DEFINITIONS {
        want(CLEANUP_FINALIZER);
        note_deletion(&mut new, store.simulation.clock.now());
    }
    let grace = if &*kind.resource == "pods" { pod_grace(old, options) } else { 0 };
    if finalizers.is_empty() {
        object::remove(&mut new, &["metadata", "finalizers"]);
    } else {
        set(&mut new, &["metadata", "finalizers"], finalizers);
    }
    let seconds = Duration::from_secs(u64::try_from(grace).unwrap_or(0));
    let namespace_ends = &*kind.resource == "namespaces" && object::is_terminating(old);
    let known = integer(old, "/metadata/deletionGracePeriodSeconds").or(namespace_ends.then_some(0));
    if known.is_none_or(|known| grace < known) {
        let at = store.simulation.clock.now() + seconds;
        set(&mut new, &["metadata", "deletionTimestamp"], object::time(at));
        // A namespace's deletion is begun by its own strategy, which sets no grace period.
        if &*kind.resource != "namespaces" {
            set(&mut new, &["metadata", "deletionGracePeriodSeconds"], grace);
        }
    }
    if &*kind.resource == "namespaces" {
        set(&mut new, &["status", "phase"], "Terminating");
    }
    if kind.counts_generations && known.is_none() {
        let generation = integer(old, "/metadata/generation").unwrap_or(0) + 1;
        set(&mut new, &["metadata", "generation"], generation);
    }
    new
}

/// A definition says that its objects will go (`registry/customresourcedefinition` of apiextensions).
fn note_deletion(definition: &mut Value, now: Timestamp) {
    let mut conditions = list(definition, "/status/conditions").to_vec();
    if conditions.iter().any(|condition| condition["type"] == "Terminating") {
        return;
    }
    conditions.push(json!({
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": object::time(now),
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    }));
    set(definition, &["status", "conditions"], conditions);
}

/// How long a Pod may take to stop: nothing when it never ran or has ended.
fn pod_grace(pod: &Value, options: &Options) -> i64 {
    let unscheduled = text(pod, "/spec/nodeName").is_empty();
    if unscheduled || ["Succeeded", "Failed"].contains(&text(pod, "/status/phase")) {
        return 0;
    }
    options.grace.or_else(|| integer(pod, "/spec/terminationGracePeriodSeconds")).unwrap_or(30).max(0)
}
