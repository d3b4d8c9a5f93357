//! What rules for faults must know of the cluster's requests.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use serde_json::Value;
use stagegate_simulation::{ClientCertificate, FaultyApi, Origin, Subject};

use super::Api;
use crate::kinds::built_in;
use crate::observation::{self, Asked};
use crate::store::object;

/// How rules and records call the cluster.
pub(crate) const SYSTEM: &str = "kubernetes";

/// The cluster's API, for the layer that injects faults.
pub(super) struct ClusterApi(pub(super) Arc<Api>);

impl FaultyApi for ClusterApi {
    fn operation(&self, request: &Parts) -> Option<String> {
        Some(Asked::of(&request.method, &request.uri).operation())
    }

    fn principal(&self, request: &Parts) -> Option<String> {
        let certificate = request.extensions.get::<ClientCertificate>();
        match certificate.and_then(|certificate| self.0.authority.subject(certificate)) {
            Some(subject) => Some(subject.name),
            None => {
                self.0.access.user_of(&request.headers, self.0.store.simulation.clock.now()).ok().map(|user| user.name)
            }
        }
    }

    fn audience(&self, request: &Parts) -> Option<String> {
        self.principal(request)
    }

    fn refuse(&self, status: StatusCode, message: String) -> Response {
        observation::refusal(status, message)
    }
}

/// An object of the cluster that a rule may meet, by the path under which it is served.
pub(crate) fn subject_of(object: &Value, resource: &str, operation: &str, origin: &Origin) -> Subject {
    let namespace = object::namespace(object);
    let base = built_in(resource).map_or_else(String::new, |kind| match kind.group.as_str() {
        "" => format!("/api/{}", kind.version),
        group => format!("/apis/{group}/{}", kind.version),
    });
    let space = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
    Subject {
        system: SYSTEM,
        operation: Some(operation.to_owned()),
        method: operation.split(' ').next().unwrap_or_default().to_owned(),
        path: format!("{base}{space}/{resource}/{}", object::name(object)),
        principal: None,
        user_agent: String::new(),
        origin: origin.clone(),
    }
}
