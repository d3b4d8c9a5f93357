//! What a path names.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::status::ApiError;
use crate::kinds::{Kind, Registry};

/// What a request's path names.
pub(super) enum Target {
    Health,
    Version,
    Groups(Groups),
    Resources { group: String, version: String },
    OpenApiV2,
    OpenApiIndex,
    OpenApi { group: String, version: String },
    Resource(Resource),
}

/// Which groups a discovery request asks for.
pub(super) enum Groups {
    /// `/api`.
    Core,
    /// `/apis`.
    Named,
    /// `/apis/GROUP`.
    One(String),
}

/// A resource, or one object of it, or a subresource of that.
#[derive(Clone)]
pub(crate) struct Resource {
    pub(crate) kind: Arc<Kind>,
    /// `None` for cluster-scoped kinds and for all namespaces.
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    /// What follows `proxy`, with its leading slash.
    pub(crate) rest: String,
}

impl Resource {
    /// The object's name; empty when the path names a collection.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The namespace; empty when there is none.
    pub(crate) fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }
}

/// Whether a path is of the old form of a watch, such as `/api/v1/watch/pods`.
pub(crate) fn is_watch(path: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let at = if segments.next() == Some("api") { 1 } else { 2 };
    segments.nth(at) == Some("watch")
}

/// Reads a path.
pub(super) fn target(registry: &Registry, path: &str) -> Result<Target, ApiError> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => Ok(Target::Health),
        ["version"] => Ok(Target::Version),
        ["api"] => Ok(Target::Groups(Groups::Core)),
        ["apis"] => Ok(Target::Groups(Groups::Named)),
        ["apis", group] => Ok(Target::Groups(Groups::One((*group).to_owned()))),
        ["api", version] => Ok(Target::Resources { group: String::new(), version: (*version).to_owned() }),
        ["apis", group, version] => {
            Ok(Target::Resources { group: (*group).to_owned(), version: (*version).to_owned() })
        }
        ["openapi", "v2"] => Ok(Target::OpenApiV2),
        ["openapi", "v3"] => Ok(Target::OpenApiIndex),
        ["openapi", "v3", "api", version] => {
            Ok(Target::OpenApi { group: String::new(), version: (*version).to_owned() })
        }
        ["openapi", "v3", "apis", group, version] => {
            Ok(Target::OpenApi { group: (*group).to_owned(), version: (*version).to_owned() })
        }
        // `watch` is the old form of a watch, which the caller reads as the plain one.
        ["api", version, "watch", rest @ ..] | ["api", version, rest @ ..] => {
            resource(registry, "", version, rest, path)
        }
        ["apis", group, version, "watch", rest @ ..] | ["apis", group, version, rest @ ..] => {
            resource(registry, group, version, rest, path)
        }
        _ => Err(ApiError::not_a_page()),
    }
}

fn resource(
    registry: &Registry,
    group: &str,
    version: &str,
    segments: &[&str],
    path: &str,
) -> Result<Target, ApiError> {
    // `namespaces/NAME/status` is about the namespace, `namespaces/NAME/pods` about what is in it.
    let (namespace, rest) = match segments {
        ["namespaces", _, "status" | "finalize"] => (None, segments),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(decoded(namespace)), rest),
        _ => (None, segments),
    };
    let [plural, rest @ ..] = rest else { return Err(ApiError::no_such_path()) };
    let kind = registry.by_path(group, version, plural).ok_or_else(|| no_such_resource(registry, group, version))?;
    let name = rest.first().map(|name| decoded(name));
    let subresource = rest.get(1).map(|subresource| (*subresource).to_owned());
    let served = subresource.as_deref().is_none_or(|one| kind.has(one) && (one == "proxy" || rest.len() == 2));
    let placed = namespace.is_none() || kind.namespaced;
    let complete = kind.namespaced && name.is_some() && namespace.is_none();
    if !served || !placed || complete {
        return Err(ApiError::no_such_path());
    }
    let rest = path.split_once("/proxy").map_or("/", |(_, rest)| if rest.is_empty() { "/" } else { rest });
    Ok(Target::Resource(Resource { kind, namespace, name, subresource, rest: rest.to_owned() }))
}

/// A version that is served lacks the resource; of another nobody answers at all.
fn no_such_resource(registry: &Registry, group: &str, version: &str) -> ApiError {
    let served = registry.all().iter().any(|kind| kind.group == group && kind.version == version);
    if served { ApiError::no_such_path() } else { ApiError::not_a_page() }
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
