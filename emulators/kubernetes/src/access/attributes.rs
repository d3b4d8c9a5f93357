//! What a request wants to do, as authorization sees it.
//!
//! Read from method, path and query alone, before anything is looked up, as
//! `k8s.io/apiserver/pkg/endpoints/request.RequestInfoFactory` does: so paths that serve nothing are
//! refused to those who may not see that.

use percent_encoding::percent_decode_str;
use stagegate_simulation::Audit;

use crate::api::query::Query;
use crate::api::selectors::name_of_field_selector;
use crate::api::status::ApiError;

/// A verb on a resource or on another path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub(crate) verb: String,
    /// Of a request that is not for a resource.
    pub(crate) path: String,
    pub(crate) of_resource: bool,
    pub(crate) namespace: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) subresource: String,
    pub(crate) name: String,
}

impl Attributes {
    /// Those of an HTTP request.
    pub(crate) fn of_request(method: &str, path: &str, query: &Query) -> Self {
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (group, parts) = match segments.as_slice() {
            ["api", _version, parts @ ..] if !parts.is_empty() => ("", parts),
            ["apis", group, _version, parts @ ..] if !parts.is_empty() => (*group, parts),
            _ => return Self { verb: method.to_lowercase(), path: decoded(path), ..Self::default() },
        };
        let (namespace, parts) = match parts {
            ["namespaces", name] | ["namespaces", name, "status" | "finalize", ..] => (*name, parts),
            ["namespaces", name, parts @ ..] => (*name, parts),
            _ => ("", parts),
        };
        let part = |index: usize| parts.get(index).copied().unwrap_or_default().to_owned();
        let mut attributes = Self {
            of_resource: true,
            namespace: namespace.to_owned(),
            group: group.to_owned(),
            resource: part(0),
            name: part(1),
            subresource: part(2),
            ..Self::default()
        };
        attributes.verb = attributes.verb_of(method, query).to_owned();
        attributes
    }

    /// The verb of a request for a resource. Lists of the object with one name count as of that object.
    fn verb_of(&mut self, method: &str, query: &Query) -> &'static str {
        let of_collection = self.name.is_empty();
        match method {
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" if of_collection => "deletecollection",
            "DELETE" => "delete",
            "GET" | "HEAD" if of_collection => {
                if let Some(name) = query.get("fieldSelector").and_then(name_of_field_selector) {
                    self.name = name;
                }
                if query.is_true("watch") { "watch" } else { "list" }
            }
            "GET" | "HEAD" => "get",
            _ => "",
        }
    }

    /// `RESOURCE` or `RESOURCE/SUBRESOURCE`.
    pub(crate) fn full_resource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    /// What the record of the request says (`audit.k8s.io/v1`).
    pub(crate) fn audit(&self, user: &str, impersonator: Option<String>) -> Audit {
        let resource = match self.group.as_str() {
            _ if !self.of_resource => self.path.clone(),
            "" => self.full_resource(),
            group if self.subresource.is_empty() => format!("{}.{group}", self.resource),
            group => format!("{}.{group}/{}", self.resource, self.subresource),
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Audit {
            user: user.to_owned(),
            impersonator,
            verb: self.verb.clone(),
            resource,
            namespace: some(&self.namespace),
            name: some(&self.name),
        }
    }

    /// The 403 for a user who may not do this
    /// (`k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.Forbidden`).
    pub(crate) fn forbidden(&self, user: &str, reason: &str) -> ApiError {
        let what = if self.of_resource {
            let place = match self.namespace.as_str() {
                "" => "at the cluster scope".to_owned(),
                namespace => format!("in the namespace {namespace:?}"),
            };
            format!("resource {:?} in API group {:?} {place}", self.full_resource(), self.group)
        } else {
            format!("path {:?}", self.path)
        };
        let mut detail = format!("User {user:?} cannot {} {what}", self.verb);
        if !reason.is_empty() {
            detail.push_str(": ");
            detail.push_str(reason);
        }
        ApiError::forbidden_resource(&self.group, &self.resource, &self.name, &detail)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects")]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Attributes {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Attributes::of_request(method, path, &Query::parse(query))
    }

    #[test]
    fn a_namespace_is_both_where_and_what() {
        let namespace = of("GET", "/api/v1/namespaces/a");
        assert_eq!((&*namespace.namespace, &*namespace.resource, &*namespace.name), ("a", "namespaces", "a"));
        let pods = of("DELETE", "/api/v1/namespaces/a/pods");
        assert_eq!((&*pods.namespace, &*pods.resource, &*pods.verb), ("a", "pods", "deletecollection"));
        let status = of("PUT", "/api/v1/namespaces/a/status");
        assert_eq!((&*status.resource, &*status.subresource, &*status.verb), ("namespaces", "status", "update"));
    }

    #[test]
    fn what_is_shorter_than_a_resource_is_a_path() {
        for path in ["/", "/api", "/api/v1", "/apis/apps", "/apis/apps/v1", "/openapi/v3/apis/apps/v1", "/healthz"] {
            assert!(!of("GET", path).of_resource, "{path}");
            assert_eq!(of("GET", path).path, path);
        }
    }

    #[test]
    fn a_watch_of_one_name_is_of_that_object() {
        let watch = of("GET", "/apis/apps/v1/namespaces/a/deployments?watch=1&fieldSelector=metadata.name%3Dweb");
        assert_eq!((&*watch.verb, &*watch.name), ("watch", "web"));
        assert_eq!(of("GET", "/api/v1/pods?watch=0").verb, "list");
    }
}
