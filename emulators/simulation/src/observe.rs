//! What an emulator reports: each exchange it answered and each change it made.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::operations::{NamedObject, UnitName};
use crate::origin::Origin;

/// One request and its answer. Bodies are left out: they can hold secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// `confighub` or `kubernetes`.
    pub system: String,
    /// Who sent it.
    pub origin: Origin,
    /// The unit for which it was sent, when a worker did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitName>,
    /// The HTTP method.
    pub method: String,
    /// The path with its query string.
    pub target: String,
    /// The status answered; 0 when the connection was dropped instead of an answer.
    pub status: u16,
    /// The `message` of an answer of 400 and above; of one below that, what it did not do, such as an item of a
    /// bulk operation that failed, or that nothing was selected.
    pub error: Option<String>,
    /// Environment time of the request.
    pub at: Timestamp,
    /// Wall time until the answer's head was ready.
    pub duration: Duration,
    /// What the server made of it, where it has users and resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
}

/// Who wanted to do what to which object: what an audit event of Kubernetes says (`audit.k8s.io/v1`, `Event`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The user for whom the request was answered; empty when nobody could be made out.
    pub user: String,
    /// Who sent it, when that is somebody else: the impersonator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impersonator: Option<String>,
    /// Such as `list` and `deletecollection`; the HTTP method in lower case for what is no resource.
    pub verb: String,
    /// `pods`, `deployments.apps`, `pods/log`; the path for what is no resource.
    pub resource: String,
    /// The namespace, if it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The object's name, if one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What happened to an entity or object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It came into being.
    Created,
    /// Some of its fields changed.
    Updated,
    /// It is gone.
    Deleted,
}

/// One change of one hub entity or Kubernetes object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// `confighub` or `kubernetes`.
    pub system: String,
    /// Who made it.
    pub origin: Origin,
    /// Environment time.
    pub at: Timestamp,
    /// What happened.
    pub verb: Verb,
    /// Entity type (`Unit`) or Kubernetes kind (`Deployment`).
    pub kind: String,
    /// The space's slug or the namespace; `None` for organization- and cluster-scoped ones.
    pub scope: Option<String>,
    /// The slug or name.
    pub name: String,
    /// One line for people: what is different now, such as `replicas 1 → 3` or `Ready`.
    pub summary: String,
}

/// A worker has applied an object. The hub tells it where nobody sees the worker's own requests
/// ([`Operations::follow_objects`](crate::Operations::follow_objects)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The worker, with the command that queued it.
    pub origin: Origin,
    /// The unit whose data the object is from.
    pub unit: Option<UnitName>,
    /// The object, as the unit's data names it.
    pub object: NamedObject,
}

/// A rule for faults did something: what went wrong was meant to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Injected {
    /// `confighub` or `kubernetes`.
    pub system: String,
    /// Whom it met.
    pub origin: Origin,
    /// Environment time.
    pub at: Timestamp,
    /// The number of the rule.
    pub rule: u64,
    /// The label of the rule.
    pub label: Option<String>,
    /// One line for people: what it did, such as `latency 2s`.
    pub effect: String,
    /// What it was done to: method and path of a request, or what else it was.
    pub target: String,
}

/// Takes what emulators report. Called on their tasks, so it must not block.
pub trait Observer: Send + Sync {
    /// An answer's head was sent.
    fn exchange(&self, exchange: Exchange);
    /// An entity or object changed.
    fn change(&self, change: Change);
    /// A rule for faults did something.
    fn injected(&self, injected: Injected);
    /// A worker has applied an object.
    fn applied(&self, _: Applied) {}
    /// A value that no journal, log or report may show, such as a worker's secret, came into being.
    fn secret(&self, value: &str);
}

/// An observer that keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn exchange(&self, _: Exchange) {}
    fn change(&self, _: Change) {}
    fn injected(&self, _: Injected) {}
    fn secret(&self, _: &str) {}
}
