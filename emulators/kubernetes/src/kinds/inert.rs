//! What a real cluster does with objects of a kind and the emulator does not.
//!
//! Such objects are there so that the manifests of controllers and operators, which contain them, can be applied as on a
//! real cluster. What does not follow from them here is told to whoever writes one, by a `Warning` header, so that nobody
//! takes "created" for more than it is.

use serde_json::Value;

use super::{Kind, Treatment, api_service, metrics};
use crate::store::object;

/// How the sentence "the emulator stores … but …" ends for a kind; `None` for kinds that the emulator acts on.
pub(super) fn missing(group: &str, kind: &str) -> Option<&'static str> {
    Some(match (group, kind) {
        ("networking.k8s.io", "NetworkPolicy") => "does not act on them",
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
            "calls no webhooks: this configuration has no effect here"
        }
        ("admissionregistration.k8s.io", _) => "evaluates no admission policies: nothing is refused by this one here",
        ("apiregistration.k8s.io", _) => "forwards no requests to other API servers: what this one serves is not there",
        ("certificates.k8s.io", _) => "has no signers: no certificate is issued here",
        ("flowcontrol.apiserver.k8s.io", _) => "holds no requests back: this configuration has no effect here",
        ("node.k8s.io", _) => "runs all Pods alike: the handler has no effect here",
        ("resource.k8s.io", _) => "has no devices: nothing is allocated here",
        ("storage.k8s.io", "StorageClass") => return None,
        ("storage.k8s.io", _) => "has no storage drivers: this has no effect here",
        _ => return None,
    })
}

/// What whoever has written an object is to be told, if anything.
pub(crate) fn warning(kind: &Kind, object: &Value) -> Option<String> {
    let Treatment::Inert(missing) = kind.treatment else { return None };
    let told = format!("the stagegate Kubernetes emulator stores {} but {missing}", kind.plural);
    (!is_complete(object)).then_some(told)
}

/// Whether the sentence does not hold for this one, with which a real cluster would do nothing else.
fn is_complete(object: &Value) -> bool {
    match object::text(object, "/kind") {
        // The API server itself answers for these; for the metrics API as soon as there is a metrics-server.
        "APIService" => api_service::is_local(object) || object["spec"]["group"] == metrics::GROUP,
        // The runtime that every node of Kind has.
        "RuntimeClass" => object["handler"] == "runc",
        _ => false,
    }
}
