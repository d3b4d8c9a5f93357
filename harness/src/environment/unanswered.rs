//! What came of requests whose answers nobody has seen: the run was killed, or the connection lost, meanwhile.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::Client;
use stagegate_reports::diagnostic::chain;
use stagegate_tap::{HubUpstream, Made};

use super::ledger::Ledger;
use super::removal::{Reach, Remaining, api};
use super::sweep::LOOK_AGAIN;

/// How long a server may take to carry out a request whose client is gone.
const CARRYING_OUT: Duration = Duration::from_secs(5);
/// How much the clock of a server may be behind this machine's. What is older was there before the request.
const BEHIND: SignedDuration = SignedDuration::from_secs(5);

/// Puts into the ledger what such requests have made; gives those of which that cannot be seen.
pub(super) async fn settle(ledger: &Ledger, reach: &Reach) -> Vec<Remaining> {
    let began = tokio::time::Instant::now();
    loop {
        let mut unseen = Vec::new();
        for (at, wanted) in ledger.unanswered() {
            match find(reach, at, &wanted).await {
                Ok(Some(made)) => ledger.settle(&wanted, Some(made)),
                Ok(None) if began.elapsed() >= CARRYING_OUT => ledger.settle(&wanted, None),
                Ok(None) => {}
                Err(reason) => unseen.push(Remaining { made: wanted, reason }),
            }
        }
        let outstanding = ledger.unanswered().len();
        if outstanding == 0 || outstanding == unseen.len() && began.elapsed() >= CARRYING_OUT {
            return unseen;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// What is there of that name and is not older than the request.
async fn find(reach: &Reach, asked_at: Timestamp, wanted: &Made) -> Result<Option<Made>, String> {
    let (found, made_at) = match wanted {
        Made::Space { slug, .. } => space(reach.hub.as_ref().map_err(String::clone)?, slug).await?,
        Made::Object { .. } => object(reach.cluster.as_ref().map_err(String::clone)?, wanted).await?,
        Made::Cordon { .. } => return Ok(None),
    }
    .unzip();
    Ok(found.filter(|_| made_at.flatten().is_some_and(|made_at| made_at >= asked_at - BEHIND)))
}

type Found = Option<(Made, Option<Timestamp>)>;

async fn space(hub: &HubUpstream, slug: &str) -> Result<Found, String> {
    let path = format!("/api/space?where=Slug%20%3D%20%27{slug}%27");
    let listed = hub.get(&path).await.map_err(|error| error.to_string())?;
    let first = listed.as_array().and_then(|spaces| spaces.first());
    Ok(first.and_then(|item| {
        let space = item.get("Space").unwrap_or(item);
        let id = space["SpaceID"].as_str()?.to_owned();
        let made_at = space["CreatedAt"].as_str().and_then(|text| text.parse().ok());
        Some((Made::Space { id, slug: slug.to_owned() }, made_at))
    }))
}

async fn object(client: &Client, wanted: &Made) -> Result<Found, String> {
    let (Some(api), Made::Object { name, .. }) = (api(client, wanted), wanted) else { return Ok(None) };
    let found = api.get_opt(name).await.map_err(|error| chain(&error))?;
    Ok(found.and_then(|object| {
        let mut made = wanted.clone();
        if let Made::Object { uid, .. } = &mut made {
            *uid = object.metadata.uid?;
        }
        let made_at = object.metadata.creation_timestamp.map(|time| time.0);
        Some((made, made_at))
    }))
}
