//! A bridge worker: the process beside a cluster that applies units to it.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::Metadata;
use super::record::{Particular, entity};
use crate::identity::Secret;
use crate::where_clause::Value;

/// How many statuses are kept of one worker.
const STATUSES: usize = 100;

/// Whether a worker can be used (`Condition` of the OpenAPI description), by its stream and by the
/// time since it was last heard of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Condition {
    /// Its stream is open and it answers heartbeats.
    Ready,
    /// Its stream is open and it says that something is wrong with it.
    NotReady,
    /// Its stream is open and it has not been heard of for three heartbeats.
    Unresponsive,
    /// It has no stream, or has not been heard of for as long as its connection could be dead unnoticed.
    #[default]
    Disconnected,
}

impl Condition {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::NotReady => "NotReady",
            Self::Unresponsive => "Unresponsive",
            Self::Disconnected => "Disconnected",
        }
    }
}

/// What happened between the hub and a worker (`Status` of `BridgeWorkerStatus`, whose description names
/// these four).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WorkerContact {
    /// Its stream was opened, or it was heard of again on one that seemed dead.
    Connected,
    /// Its stream ended, or has been silent for as long as its connection could be dead unnoticed.
    Disconnected,
    /// It was sent an operation or functions to run; heartbeats are not told.
    ActionSent,
    /// It reported on one.
    ActionResultReceived,
}

/// One contact with a worker (`BridgeWorkerStatus` of the OpenAPI description).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BridgeWorkerStatus {
    #[serde(rename = "BridgeWorkerStatusID")]
    pub(crate) bridge_worker_status_id: Uuid,
    #[serde(rename = "IPAddress")]
    pub(crate) ip_address: String,
    /// When the worker was last heard of.
    pub(crate) seen_at: Timestamp,
    pub(crate) status: WorkerContact,
}

/// A bridge worker.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BridgeWorker {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "BridgeWorkerID")]
    pub(crate) bridge_worker_id: Uuid,
    #[serde(rename = "UserID")]
    pub(crate) user_id: Option<Uuid>,
    /// Its bearer token, made with it. It is no part of the JSON encoding: only its owner is shown it,
    /// by create, get and list.
    #[serde(skip)]
    pub(crate) secret: Secret,
    pub(crate) condition: Condition,
    #[serde(with = "super::time")]
    pub(crate) last_seen_at: Option<Timestamp>,
    pub(crate) last_message: String,
    #[serde(rename = "IPAddress")]
    pub(crate) ip_address: String,
    /// What it said it can do when it last connected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) provided_info: Option<Json>,
    /// The latest contacts with it, the oldest first; shown by operations of their own.
    #[serde(skip)]
    pub(crate) statuses: VecDeque<BridgeWorkerStatus>,
}

impl BridgeWorker {
    /// Notes a contact, and forgets the oldest one when there are too many.
    pub(crate) fn note(&mut self, status: BridgeWorkerStatus) {
        self.statuses.push_back(status);
        if self.statuses.len() > STATUSES {
            self.statuses.pop_front();
        }
    }
}

entity!(BridgeWorker, bridge_worker_id, bridge_workers, writable: [], required: [],
    fn inherit(&mut self, from: &Self) {
        self.secret = from.secret.clone();
        self.statuses.clone_from(&from.statuses);
    }
);

impl Particular for BridgeWorker {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        match attribute {
            "UserID" => Some(self.user_id.map_or(Value::Nothing, Value::Uuid)),
            _ => None,
        }
    }
}
