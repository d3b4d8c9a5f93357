//! What requests through a tap have made, told at once, so that it can be removed whatever becomes of the run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stagegate_kubernetes::observation::Asked;

use crate::effects::text;

/// Something that did not exist before a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Made {
    /// An object of the cluster.
    Object {
        /// `GROUP/VERSION`, or the version alone.
        api_version: String,
        /// Its kind.
        kind: String,
        /// Its resource: the kind's plural, as in paths.
        resource: String,
        /// Its namespace, if it is in one.
        namespace: Option<String>,
        /// Its name.
        name: String,
        /// Which one of that name.
        uid: String,
    },
    /// A space of the hub, with all that is in it.
    Space {
        /// Its id.
        id: String,
        /// Its slug.
        slug: String,
    },
    /// A node that gets no Pods because the run has cordoned it.
    Cordon {
        /// The node's name.
        node: String,
    },
}

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Object { kind, namespace: Some(namespace), name, .. } => write!(f, "{kind} {namespace}/{name}"),
            Self::Object { kind, namespace: None, name, .. } => write!(f, "{kind} {name}"),
            Self::Space { slug, .. } => write!(f, "space {slug}"),
            Self::Cordon { node } => write!(f, "cordon of node {node}"),
        }
    }
}

/// What is told of making something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Making {
    /// A request that may make it goes on to its server now. Its id is empty: nobody knows it yet.
    Asked(Made),
    /// It has been made.
    Made(Made),
    /// The server has answered the request that asked for it, whatever came of it.
    Answered(Made),
}

/// Is told what a request may make before it goes on, and what has been made before the client that made it is answered.
#[derive(Clone)]
pub struct OnMade(Arc<dyn Fn(Making) + Send + Sync>);

impl OnMade {
    /// Calls `told` each time.
    pub fn new(told: impl Fn(Making) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(crate) fn tell(&self, made: Made) {
        (self.0)(Making::Made(made));
    }

    /// Tells that `wanted` is asked for, from now until the answer is dropped or told.
    pub(crate) fn asked(&self, wanted: Made) -> Awaited {
        (self.0)(Making::Asked(wanted.clone()));
        Awaited { told: self.clone(), wanted }
    }
}

/// A request is under way that may make something.
pub(crate) struct Awaited {
    told: OnMade,
    wanted: Made,
}

impl Awaited {
    /// Tells that its server has answered. Without that nobody knows what came of it.
    pub(crate) fn answered(self) {
        (self.told.0)(Making::Answered(self.wanted));
    }
}

impl std::fmt::Debug for OnMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnMade")
    }
}

impl Made {
    /// The uid of an object, the id of a space, or the name of a node.
    pub fn id(&self) -> &str {
        match self {
            Self::Object { uid, .. } => uid,
            Self::Space { id, .. } => id,
            Self::Cordon { node } => node,
        }
    }

    /// The object that a request asks for, by its body. A name that the server is to draw is known to nobody before.
    pub(crate) fn wanted(asked: &Asked, body: &[u8]) -> Option<Self> {
        let verb = asked.operation();
        let creates = asked.subresource().is_empty() && (verb.starts_with("create ") || verb.starts_with("patch "));
        let object = serde_json::from_slice::<Value>(body).ok().filter(|_| creates && asked.changes_objects())?;
        let (resource, namespace, in_path) = asked.place();
        let name = [in_path.as_str(), text(&object, "/metadata/name")].into_iter().find(|name| !name.is_empty())?;
        let kind = text(&object, "/kind");
        // A request for a namespace counts as one in it.
        let namespace = if kind == "Namespace" { String::new() } else { namespace };
        (!kind.is_empty()).then(|| Self::Object {
            api_version: text(&object, "/apiVersion").to_owned(),
            kind: kind.to_owned(),
            resource: resource.split('.').next().unwrap_or_default().to_owned(),
            namespace: Some(namespace).filter(|namespace| !namespace.is_empty()),
            name: name.to_owned(),
            uid: String::new(),
        })
    }

    /// The object in the answer to a request that created it. Reviews, bindings and the like are no objects that stay.
    pub(crate) fn by(asked: &Asked, answer: &Value) -> Option<Self> {
        if !asked.subresource().is_empty() {
            return None;
        }
        Self::object(&asked.place().0, answer)
    }

    /// An object of a group-qualified resource.
    pub(crate) fn object(resource: &str, object: &Value) -> Option<Self> {
        let of = |pointer: &str| text(object, pointer).to_owned();
        let uid = of("/metadata/uid");
        (!uid.is_empty()).then(|| Self::Object {
            api_version: of("/apiVersion"),
            kind: of("/kind"),
            resource: resource.split('.').next().unwrap_or_default().to_owned(),
            namespace: Some(of("/metadata/namespace")).filter(|namespace| !namespace.is_empty()),
            name: of("/metadata/name"),
            uid,
        })
    }

    /// Whether an operation makes spaces; the answers to all others need not be read for them.
    pub(crate) fn is_of_spaces(operation: &str) -> bool {
        matches!(operation, "CreateSpace" | "BulkCreateSpaces")
    }

    /// The spaces in the answer to an operation that makes some.
    pub(crate) fn spaces(operation: &str, answered: &Value) -> Vec<Self> {
        let space = |value: &Value| {
            let id = text(value, "/SpaceID").to_owned();
            (!id.is_empty()).then(|| Self::Space { id, slug: text(value, "/Slug").to_owned() })
        };
        match operation {
            "CreateSpace" => space(answered).into_iter().collect(),
            "BulkCreateSpaces" => {
                let each = answered.as_array().into_iter().flatten();
                each.filter_map(|one| space(one.get("Space").unwrap_or(&Value::Null))).collect()
            }
            _ => Vec::new(),
        }
    }
}
