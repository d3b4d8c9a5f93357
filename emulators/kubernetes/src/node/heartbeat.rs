//! Heartbeats: what a kubelet would have written by now, told when it is read.
//!
//! Nothing is written for them, so that they neither fill the history nor keep a jumping clock from settling. Periods
//! are the kubelet's (`nodeLeaseDurationSeconds` of 40, a quarter of it between renewals; `nodeStatusReportFrequency`).

use std::sync::PoisonError;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{NAME, Node};
use crate::kinds::Kind;
use crate::store::Stored;
use crate::store::object::{self, list_mut, text};

/// Where the Leases of nodes are.
const NAMESPACE: &str = "kube-node-lease";
const LEASE_SECONDS: i64 = 40;
const RENEWAL: Duration = Duration::from_secs(10);
const STATUS_REPORT: Duration = Duration::from_secs(300);

/// The Lease of a node.
pub(crate) fn lease(node: &Value, now: Timestamp) -> Value {
    let name = object::name(node);
    let owner = json!({"apiVersion": "v1", "kind": "Node", "name": name, "uid": object::uid(node)});
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": NAMESPACE, "ownerReferences": [owner]},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": micro_time(now)},
    })
}

fn micro_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

impl Node {
    /// A Node or its Lease with the heartbeats up to now; anything else as it is.
    pub(crate) fn heard_of(&self, kind: &Kind, stored: Stored) -> Stored {
        let is_lease = &*kind.resource == "leases.coordination.k8s.io";
        if !is_lease && &*kind.resource != "nodes" {
            return stored;
        }
        let Some(begin) = object::parse_time(text(&stored.object, "/metadata/creationTimestamp")) else {
            return stored;
        };
        let name = object::name(&stored.object);
        let mut new = (*stored.object).clone();
        if !is_lease {
            let at = object::time(latest(begin, self.last_heard_of(name), STATUS_REPORT));
            for condition in list_mut(&mut new, &["status", "conditions"]).filter(|one| one["status"] != "Unknown") {
                condition["lastHeartbeatTime"] = json!(at);
            }
        } else if object::namespace(&new) == NAMESPACE && text(&new, "/spec/holderIdentity") == name {
            let at = latest(begin, self.last_heard_of(name), RENEWAL);
            object::set(&mut new, &["spec", "renewTime"], micro_time(at));
        }
        Stored { object: new.into(), cause: stored.cause }
    }

    /// Now, or the moment at which a rule for faults silenced the kubelet.
    fn last_heard_of(&self, name: &str) -> Timestamp {
        let since = *self.silent_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.filter(|_| name == NAME).unwrap_or_else(|| self.clock().now())
    }

    /// Whether a rule for faults keeps the kubelet from telling anything.
    pub(super) fn is_silent(&self) -> bool {
        self.silent_since.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// A rule for faults silences the kubelet, or does so no more.
    pub(super) fn note_silence(&self, silent: bool) {
        let since = silent.then(|| self.clock().now());
        *self.silent_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// The last of the moments that lie whole periods after the beginning.
fn latest(begin: Timestamp, now: Timestamp, period: Duration) -> Timestamp {
    let passed = now.duration_since(begin).as_secs().max(0);
    let period = i64::try_from(period.as_secs()).unwrap_or(i64::MAX);
    begin + SignedDuration::from_secs(passed - passed % period)
}
