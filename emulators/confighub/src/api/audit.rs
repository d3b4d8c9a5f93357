//! `GET /stagegate/audit`: the audit trail as lines of JSON. It is ours, outside the OpenAPI description.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::audit::AuditEntry;
use crate::error::ApiError;
use crate::hub::HubState;

/// Which entries are asked for; all that was given must hold.
#[derive(Debug, Default)]
struct Wanted {
    /// Later than this place in the trail.
    after: u64,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: Option<usize>,
    /// What must be equal, by the parameter's name.
    equal: BTreeMap<String, String>,
}

/// Gives the entries of the caller's organization, oldest first, to its owners and admins. Parameters:
/// `after` (a `sequence`), `since` and `until` (times), `limit` (the latest so many), and `user`,
/// `operation`, `outcome`, `kind`, `slug`, `space`, `request_id`, which must be equal.
pub(super) async fn read(
    State(hub): State<Arc<HubState>>,
    headers: HeaderMap,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Result<Response, ApiError> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (caller, _) = hub.caller(authorization)?;
    if !caller.role().is_some_and(crate::identity::Role::administers) {
        let who = caller.described();
        return Err(ApiError::forbidden(format!(
            "{who} may not read the audit trail: that needs the role admin or owner"
        )));
    }
    let wanted = Wanted::of(parameters)?;
    // What nobody in particular tried is for the administrators of the environment's organization.
    let of = |entry: &AuditEntry| entry.organization.unwrap_or(hub.primary()) == caller.organization;
    let entries = hub.audit();
    let mut chosen: Vec<&AuditEntry> = entries.iter().filter(|entry| of(entry) && wanted.holds_for(entry)).collect();
    if let Some(limit) = wanted.limit {
        chosen.drain(..chosen.len().saturating_sub(limit));
    }
    let mut lines = String::new();
    for entry in chosen {
        let line = serde_json::to_string(entry).map_err(|error| ApiError::bad_request(error.to_string()))?;
        let _written = writeln!(lines, "{line}");
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

impl Wanted {
    fn of(parameters: BTreeMap<String, String>) -> Result<Self, ApiError> {
        let mut wanted = Self::default();
        for (name, value) in parameters {
            match name.as_str() {
                "after" => wanted.after = parsed(&name, &value)?,
                "since" => wanted.since = Some(parsed(&name, &value)?),
                "until" => wanted.until = Some(parsed(&name, &value)?),
                "limit" => wanted.limit = Some(parsed(&name, &value)?),
                "user" | "operation" | "outcome" | "kind" | "slug" | "space" | "request_id" => {
                    wanted.equal.insert(name, value);
                }
                _ => return Err(ApiError::bad_request(format!("{name}: unknown parameter"))),
            }
        }
        Ok(wanted)
    }

    fn holds_for(&self, entry: &AuditEntry) -> bool {
        entry.sequence > self.after
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at <= until)
            && self.equal.iter().all(|(name, value)| text_of(entry, name).as_deref() == Some(value))
    }
}

fn text_of(entry: &AuditEntry, name: &str) -> Option<String> {
    let entity = entry.entity.as_ref();
    match name {
        "user" => Some(entry.actor.name.clone()),
        "operation" => Some(entry.operation.to_string()),
        "outcome" => Some(entry.outcome.name().to_owned()),
        "kind" => entity.map(|entity| entity.kind.to_string()),
        "slug" => entity.map(|entity| entity.slug.clone()),
        "space" => entity.and_then(|entity| entity.space.clone()),
        _ => Some(entry.request_id.clone()),
    }
}

fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| ApiError::bad_request(format!("{name}: cannot read `{text}`")))
}
