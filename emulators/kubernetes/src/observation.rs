//! What is told of a cluster's requests and changes, for those who watch a real one.
//!
//! A proxy before a real API server that uses these functions tells what the emulator tells of its own: the
//! same operations, audits, summaries and refusals.

use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, Uri};
use serde_json::Value;
use stagegate_simulation::{Audit, Verb};

use crate::access::Attributes;
use crate::api::query::Query;
use crate::api::status::ApiError;
use crate::api::{SYSTEM as NAME, is_watch};
use crate::kinds;

/// How rules and records call a cluster.
pub const SYSTEM: &str = NAME;

/// The user of a request that presents no credentials.
pub const ANONYMOUS: &str = crate::access::user::ANONYMOUS;

/// What a request wants to do, read from its method, path and query
/// (`k8s.io/apiserver/pkg/endpoints/request.RequestInfoFactory`).
#[derive(Debug, Clone)]
pub struct Asked {
    attributes: Attributes,
    dry_run: bool,
}

impl Asked {
    /// What `method` on `uri` asks for.
    pub fn of(method: &Method, uri: &Uri) -> Self {
        let mut query = Query::parse(uri.query().unwrap_or_default());
        if is_watch(uri.path()) {
            query.add("watch", "true");
        }
        let attributes = Attributes::of_request(method.as_str(), uri.path(), &query);
        Self { attributes, dry_run: query.get("dryRun").is_some_and(|value| value == "All") }
    }

    /// `VERB RESOURCE[/SUBRESOURCE]`, such as `watch pods` or `create pods/eviction`: verbs as in RBAC.
    pub fn operation(&self) -> String {
        format!("{} {}", self.attributes.verb, self.attributes.full_resource()).trim_end().to_owned()
    }

    /// The audit of a request of `user`, sent by `impersonator` when that is somebody else.
    pub fn audit(&self, user: &str, impersonator: Option<String>) -> Audit {
        self.attributes.audit(user, impersonator)
    }

    /// Whether the answer goes on for as long as the objects change.
    pub fn is_watch(&self) -> bool {
        self.attributes.verb == "watch"
    }

    /// Whether it changes stored objects when it succeeds. What it does inside of a Pod does not count.
    pub fn changes_objects(&self) -> bool {
        let verbs = ["create", "update", "patch", "delete", "deletecollection"];
        let inside = ["exec", "attach", "portforward", "proxy", "log"];
        let subresource = self.attributes.subresource.as_str();
        self.attributes.of_resource
            && !self.dry_run
            && verbs.contains(&self.attributes.verb.as_str())
            && !inside.contains(&subresource)
    }

    /// Whether objects are to be deleted.
    pub fn is_deletion(&self) -> bool {
        self.attributes.verb.starts_with("delete")
    }

    /// Group-qualified resource, namespace and name of what it is about; empty where there is none.
    pub fn place(&self) -> (String, String, String) {
        let Attributes { group, resource, namespace, name, .. } = &self.attributes;
        let resource = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
        (resource, namespace.clone(), name.clone())
    }

    /// The subresource; empty when the object itself is meant.
    pub fn subresource(&self) -> &str {
        &self.attributes.subresource
    }
}

/// The user a request is to be answered as (`Impersonate-User`).
pub fn impersonated(headers: &http::HeaderMap) -> Option<&str> {
    headers.get("impersonate-user")?.to_str().ok().filter(|name| !name.is_empty())
}

/// What the API server of a cluster would say in place of `status`: a `Status` object with the reason that
/// goes with it.
pub fn refusal(status: StatusCode, message: String) -> Response {
    ApiError::injected(status.as_u16(), message).into_response()
}

/// One line for people about a change of an object of `kind`: what is different now. Never shows a Secret's values.
pub fn summary(kind: &str, verb: Verb, old: Option<&Value>, new: &Value) -> String {
    match verb {
        Verb::Deleted => String::new(),
        Verb::Created | Verb::Updated => kinds::summary::summary(kind, old, new),
    }
}

/// The values in an object that no record may show; none in what is no Secret.
pub fn secrets_of(kind: &str, object: &Value) -> Vec<String> {
    if kind == "Secret" { kinds::summary::secret_values(object) } else { Vec::new() }
}

/// A kubeconfig (YAML) with one context, `stagegate`: the server at `address`, whose certificate `authority` (PEM)
/// has signed, for a user with `credentials`, which are lines of the user's entry.
pub fn kubeconfig(address: &str, authority: &str, credentials: &str) -> String {
    use base64::Engine;
    let authority = base64::engine::general_purpose::STANDARD.encode(authority);
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: stagegate\n  cluster:\n    server: https://{address}\n    \
         certificate-authority-data: {authority}\n\
         contexts:\n- name: stagegate\n  context:\n    cluster: stagegate\n    user: stagegate\n\
         current-context: stagegate\nusers:\n- name: stagegate\n  user:\n    {credentials}\n"
    )
}
