//! One entry of the audit trail.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What one request did to one entity, or that it was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its place in the trail, from 1.
    pub sequence: u64,
    /// Environment time of the request.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// Who did it.
    pub actor: AuditActor,
    /// The organization; `None` when it is not known, as without a good token.
    pub organization: Option<Uuid>,
    /// The operation's id in the OpenAPI description, or the login's name.
    pub operation: Cow<'static, str>,
    /// The id that the answer's `X-Request-Id` gave.
    pub request_id: String,
    /// What the client said it is.
    pub user_agent: String,
    /// The traced command that sent the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u64>,
    /// What it was about; `None` when that is not known, as in most refusals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<AuditEntity>,
    /// What is different now, such as `label tier a → b`; the refusal's message.
    pub summary: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditOutcome {
    /// The entity came into being.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
    /// The request was refused for want of a good credential, a permission or quota.
    Denied,
}

impl AuditOutcome {
    /// Its name, as in the JSON encoding.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Denied => "denied",
        }
    }
}

/// What kind of party acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActorKind {
    /// A user.
    User,
    /// A bridge worker, with its own secret.
    Worker,
    /// The hub itself, when time made it act.
    Hub,
    /// Somebody whose credential is not good.
    Unknown,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditActor {
    /// What kind of party it is.
    pub kind: ActorKind,
    /// The user's or worker's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The user's email or the worker's slug.
    pub name: String,
    /// The worker that logged in as the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Uuid>,
}

/// The entity that a change was made to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntity {
    /// Its type, such as `Unit`.
    pub kind: Cow<'static, str>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Its slug.
    pub slug: String,
    /// The slug of its space; `None` for what is in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// A unit's head revision after the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}
