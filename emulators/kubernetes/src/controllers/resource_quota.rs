//! ResourceQuotas: `status` says what is used of them
//! (`k8s.io/kubernetes/pkg/controller/resourcequota`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Context, Outcome};
use crate::admission::amount::{Amount, Amounts, to_json};
use crate::admission::{scope, usage};
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::store::object::{self, set};
use crate::store::{Event, EventKind, Key};

const NAME: &str = "resourcequota-controller";
const RESOURCE: &str = "resourcequotas";

/// The quotas that an event may have something to do with.
pub(super) fn concerned(context: &Context, event: &Event) -> Vec<Key> {
    let (key, new) = (&event.key, &*event.object);
    if key.namespace.is_empty() {
        return Vec::new();
    }
    if &*key.resource == RESOURCE && event.kind == EventKind::Modified {
        let is_stale = new["spec"]["hard"] != new["status"]["hard"];
        return if is_stale { vec![key.clone()] } else { Vec::new() };
    }
    let changed = match (&*key.resource, event.old.as_deref(), event.kind) {
        (_, _, EventKind::Added | EventKind::Deleted) => true,
        ("pods", Some(old), _) => usage::counts(old, context.now()) != usage::counts(new, context.now()),
        ("services" | "persistentvolumeclaims", Some(old), _) => old["spec"] != new["spec"],
        _ => false,
    };
    if !changed {
        return Vec::new();
    }
    let (quotas, _) = context.store.list(RESOURCE, Some(&key.namespace));
    quotas.iter().map(|quota| Key::new(RESOURCE, &key.namespace, object::name(&quota.object))).collect()
}

/// Counts what is used.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(quota) = context.store.at(key) else { return Ok(Outcome::Done) };
    let hard = quota.object["spec"]["hard"].clone();
    let used = to_json(&count(context, &quota.object));
    context.update(NAME, key, &quota.cause, |quota| {
        if quota["spec"]["hard"] == hard && (quota["status"]["hard"] != hard || quota["status"]["used"] != used) {
            set(quota, &["status", "hard"], hard);
            set(quota, &["status", "used"], used);
        }
    })?;
    Ok(Outcome::Done)
}

fn count(context: &Context, quota: &Value) -> Amounts {
    let hard = Amount::all(&quota["spec"]["hard"]);
    let mut used: Amounts = hard.keys().map(|name| (name.clone(), Amount::default())).collect();
    let now = context.now();
    // A resource of several versions is counted once.
    let kinds: BTreeMap<_, _> = context.registry.all().into_iter().map(|kind| (kind.resource.clone(), kind)).collect();
    for kind in kinds.values().filter(|kind| is_limited(kind, &hard)) {
        let (objects, _) = context.store.list(&kind.resource, Some(object::namespace(quota)));
        for one in objects.iter().filter(|one| scope::includes(quota, &kind.resource, &one.object)) {
            for (name, amount) in usage::of(kind, &one.object, now) {
                if let Some(sum) = used.get_mut(&name) {
                    *sum = sum.plus(amount);
                }
            }
        }
    }
    used
}

/// Whether objects of a kind may count for one of the resources.
fn is_limited(kind: &Kind, hard: &Amounts) -> bool {
    const MEASURED: [&str; 7] = [
        "pods",
        "services",
        "persistentvolumeclaims",
        "configmaps",
        "secrets",
        "resourcequotas",
        "replicationcontrollers",
    ];
    kind.namespaced && (MEASURED.contains(&&*kind.resource) || hard.contains_key(&format!("count/{}", kind.resource)))
}
