//! A real ConfigHub endpoint, which a run shares with everybody who uses it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;
use stagegate_reports::journal::{Event, RealHub};
use stagegate_tap::{HubRefusal, HubUpstream, OnMade};

use super::EnvironmentError;
use super::ledger::{Ledger, Place};
use crate::journal::Journal;

/// Entities without which no feature could run.
const NEEDED: [&str; 4] = ["unit", "bridge_worker", "target", "link"];
/// What a hub of another version may not have.
const MORE: [&str; 6] = ["change_set", "filter", "function", "tag", "trigger", "view"];

/// A hub, as an environment needs to know it.
#[derive(Clone)]
pub(super) struct RemoteHub {
    pub(super) upstream: HubUpstream,
    /// Who the token's owner is (OpenAPI schema `OrganizationMember`).
    pub(super) member: Value,
    pub(super) made: OnMade,
    /// What it does not have, by the name in the API, and the status that it answered.
    pub(super) unanswered: BTreeMap<String, u16>,
}

impl RemoteHub {
    /// Asks the hub what it is, and who the token belongs to.
    pub(super) async fn prepare(
        (url, token): (&str, &str),
        (ledger, journal): (&Ledger, &Journal),
    ) -> Result<Self, EnvironmentError> {
        let began = Instant::now();
        journal.write(Event::Preparing { what: format!("looking at the hub {url}") });
        journal.secret(token);
        let upstream = HubUpstream::new(url, token)?;
        let fail = |source: HubRefusal| EnvironmentError::Hub { url: url.to_owned(), source };
        let info: Value = upstream.get("/api/info").await.map_err(fail)?;
        let member: Value = upstream.get("/api/me").await.map_err(fail)?;
        let Some(organization) = member["OrganizationID"].as_str().map(str::to_owned) else {
            return Err(fail(unreadable("GET /api/me", "it tells of no organization")));
        };
        let spaces = upstream.get("/api/space").await.map_err(fail)?;
        let Some(spaces) = spaces.as_array() else {
            return Err(fail(unreadable("GET /api/space", "it is no list")));
        };
        let unanswered = unanswered(&upstream).await.map_err(fail)?;
        ledger.place(Place::Organization(organization))?;
        let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
        journal.write(Event::HubReady(RealHub {
            url: url.to_owned(),
            build: text(&info, "Build"),
            revision: text(&info, "Revision"),
            user: text(&member, "Username"),
            spaces: spaces.len(),
            unanswered: unanswered.clone(),
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
        }));
        Ok(Self { upstream, member, made: ledger.on_made(), unanswered })
    }
}

/// Asks for a list of each entity; gives those of which the hub has none.
async fn unanswered(upstream: &HubUpstream) -> Result<BTreeMap<String, u16>, HubRefusal> {
    let asked = |name| async move { (name, upstream.get(&list(name)).await) };
    // All at once: each takes a way to the hub and back.
    let answers = futures::future::join_all(NEEDED.into_iter().chain(MORE).map(asked)).await;
    let mut missing = BTreeMap::new();
    for (name, answer) in answers {
        match answer {
            Ok(_) => {}
            Err(HubRefusal::Refused { status, .. })
                if MORE.contains(&name) && matches!(status.as_u16(), 403..=405 | 501) =>
            {
                missing.insert(name.to_owned(), status.as_u16());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}

/// A list in which there is nothing, as an organization may have very much. Functions have no clause.
fn list(name: &str) -> String {
    let clause = if name == "function" { "" } else { "?where=Slug%20%3D%20%27stagegate-asks-what-there-is%27" };
    format!("/api/{name}{clause}")
}

fn unreadable(asked: &str, reason: &str) -> HubRefusal {
    HubRefusal::Unreadable { asked: asked.to_owned(), reason: reason.to_owned() }
}
