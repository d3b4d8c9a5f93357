//! All objects that a cluster holds, and how they differ from those it held before.

use std::collections::BTreeMap;

use kube::Client;
use kube::api::{ApiResource, DynamicObject};
use kube::discovery::{ApiCapabilities, verbs};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::objects::objects;

/// Kinds that come, go and change without anybody's doing.
const PASSING: [&str; 4] = ["Event", "Lease", "ComponentStatus", "CertificateSigningRequest"];

/// What controllers put into every namespace, and put back when it is deleted.
const PUT_BACK: [(&str, &str); 2] = [("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")];

/// The parts of an object that somebody wants; the rest is what the system says of it.
const WANTED: [&str; 7] = ["spec", "data", "stringData", "rules", "roleRef", "subjects", "webhooks"];

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    group: String,
    kind: String,
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

impl Key {
    /// Whether it is a namespace.
    pub(super) fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    /// Whether it is a pod.
    pub(super) fn is_pod(&self) -> bool {
        self.group.is_empty() && self.kind == "Pod"
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// One object of an inventory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) resource: ApiResource,
    uid: String,
    /// It goes and comes with another object.
    pub(super) owned: bool,
    wanted: [u8; 32],
}

/// All objects of a cluster but passing ones.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Key, Held)>", into = "Vec<(Key, Held)>")]
pub(super) struct Inventory {
    objects: BTreeMap<Key, Held>,
}

impl From<Vec<(Key, Held)>> for Inventory {
    fn from(objects: Vec<(Key, Held)>) -> Self {
        Self { objects: objects.into_iter().collect() }
    }
}

impl From<Inventory> for Vec<(Key, Held)> {
    fn from(inventory: Inventory) -> Self {
        inventory.objects.into_iter().collect()
    }
}

impl Inventory {
    /// What the cluster holds now.
    pub(super) async fn take(client: &Client) -> Result<Self, kube::Error> {
        let counts = |resource: &ApiResource, capabilities: &ApiCapabilities| {
            capabilities.supports_operation(verbs::DELETE) && !PASSING.contains(&resource.kind.as_str())
        };
        let found = objects(client, counts).await?;
        Ok(Self { objects: found.into_iter().map(|(resource, object)| held(resource, object)).collect() })
    }

    /// The objects that are not in `before`, or are there others of the same name.
    pub(super) fn added_since(&self, before: &Self) -> Vec<(&Key, &Held)> {
        let known = |key: &Key, held: &Held| before.objects.get(key).is_some_and(|former| former.uid == held.uid);
        self.objects.iter().filter(|(key, held)| !is_put_back(key) && !known(key, held)).collect()
    }

    /// Objects of `before` that are gone, or want something else than they did; a line each. What belongs to another
    /// object, such as a Deployment's Pods, counts with that one.
    pub(super) fn spoiled_since(&self, before: &Self) -> Vec<String> {
        let lasting = before.objects.iter().filter(|(key, held)| !held.owned && !is_put_back(key));
        lasting
            .filter_map(|(key, held)| match self.objects.get(key) {
                None => Some(format!("{key} is gone")),
                Some(now) if now.wanted != held.wanted => Some(format!("{key} has been changed")),
                Some(_) => None,
            })
            .collect()
    }
}

fn is_put_back(key: &Key) -> bool {
    PUT_BACK.iter().any(|(kind, name)| key.kind == *kind && key.name == *name)
}

fn held(resource: ApiResource, object: DynamicObject) -> (Key, Held) {
    let mut digest = Sha256::new();
    digest.update(serde_json::json!(object.metadata.labels).to_string());
    for part in WANTED {
        if let Some(value) = object.data.get(part) {
            digest.update(part);
            digest.update(value.to_string());
        }
    }
    let key = Key {
        group: resource.group.clone(),
        kind: resource.kind.clone(),
        namespace: object.metadata.namespace,
        name: object.metadata.name.unwrap_or_default(),
    };
    let held = Held {
        resource,
        uid: object.metadata.uid.unwrap_or_default(),
        owned: object.metadata.owner_references.is_some_and(|owners| !owners.is_empty()),
        wanted: digest.finalize().into(),
    };
    (key, held)
}
