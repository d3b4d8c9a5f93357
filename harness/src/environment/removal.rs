//! Removing what a run has made, and nothing else.

use kube::Client;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Preconditions, PropagationPolicy};
use stagegate_reports::diagnostic::chain;
use stagegate_tap::{HubRefusal, HubUpstream, Made};

use super::sweep::{LIMIT, LOOK_AGAIN};

/// What spaces of a hub hold, by the paths of their lists: links before what they link.
const IN_SPACES: [&str; 10] = [
    "/link",
    "/unit",
    "/target",
    "/bridge_worker",
    "/trigger",
    "/invocation",
    "/view",
    "/filter",
    "/change_set",
    "/tag",
];

/// The ends at which something was made.
pub(super) struct Reach {
    /// Or why it cannot be reached.
    pub(super) cluster: Result<Client, String>,
    /// Or why it cannot be reached.
    pub(super) hub: Result<HubUpstream, String>,
}

/// Something that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remaining {
    /// What.
    pub made: Made,
    /// Why, where that is known.
    pub reason: String,
}

impl std::fmt::Display for Remaining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.reason.is_empty() {
            return write!(f, "{}", self.made);
        }
        write!(f, "{}: {}", self.made, self.reason)
    }
}

impl Reach {
    /// Removes all of `made` and waits until it is gone; gives what is not.
    pub(super) async fn remove(&self, made: &[Made]) -> Vec<Remaining> {
        let began = tokio::time::Instant::now();
        let mut remaining: Vec<Made> = made.to_vec();
        loop {
            let mut still = Vec::new();
            for one in &remaining {
                if let Some(reason) = self.remove_one(one, &remaining).await {
                    still.push(Remaining { made: one.clone(), reason });
                }
            }
            if still.is_empty() || began.elapsed() >= LIMIT {
                return still;
            }
            remaining = still.into_iter().map(|still| still.made).collect();
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What of `made` is there now.
    pub(super) async fn present(&self, made: &[Made]) -> Vec<Remaining> {
        let mut present = Vec::new();
        for one in made {
            let there = match one {
                Made::Object { .. } => match &self.cluster {
                    Ok(client) => object(client, one).await.map(|found| found.map(|_| String::new())),
                    Err(reason) => Err(reason.clone()),
                },
                Made::Space { id, .. } => match &self.hub {
                    Ok(hub) => space(hub, id).await.map(|there| there.then(String::new)),
                    Err(reason) => Err(reason.clone()),
                },
            };
            match there {
                Ok(None) => {}
                Ok(Some(reason)) | Err(reason) => present.push(Remaining { made: one.clone(), reason }),
            }
        }
        present
    }

    /// Asks for its deletion if it is there; gives why it still is, which may be nothing but that it takes a while.
    async fn remove_one(&self, made: &Made, all: &[Made]) -> Option<String> {
        match made {
            Made::Object { .. } => match &self.cluster {
                Ok(client) => remove_object(client, made, all).await,
                Err(reason) => Some(reason.clone()),
            },
            Made::Space { id, .. } => match &self.hub {
                Ok(hub) => remove_space(hub, id).await,
                Err(reason) => Some(reason.clone()),
            },
        }
    }
}

fn api(client: &Client, made: &Made) -> Option<Api<DynamicObject>> {
    let Made::Object { api_version, kind, resource, namespace, .. } = made else { return None };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: api_version.clone(),
        kind: kind.clone(),
        plural: resource.clone(),
    };
    Some(match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    })
}

/// The object that was made, not another one of its name.
async fn object(client: &Client, made: &Made) -> Result<Option<DynamicObject>, String> {
    let (Some(api), Made::Object { name, uid, .. }) = (api(client, made), made) else { return Ok(None) };
    let found = api.get_opt(name).await.map_err(|error| chain(&error))?;
    Ok(found.filter(|object| object.metadata.uid.as_ref() == Some(uid)))
}

async fn remove_object(client: &Client, made: &Made, all: &[Made]) -> Option<String> {
    let Made::Object { kind, namespace, name, uid, .. } = made else { return None };
    let found = match object(client, made).await {
        Ok(None) => return None,
        Ok(Some(found)) => found,
        Err(reason) => return Some(reason),
    };
    let is_namespace = |other: &Made| matches!(other, Made::Object { kind, name, .. } if kind == "Namespace" && Some(name) == namespace.as_ref());
    let pod = kind == "Pod";
    // A Pod is told to end at once: its namespace would wait for as long as it takes its leave.
    if !pod && (found.metadata.deletion_timestamp.is_some() || all.iter().any(is_namespace)) {
        return Some(String::new());
    }
    let parameters = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Background),
        preconditions: Some(Preconditions { uid: Some(uid.clone()), ..Preconditions::default() }),
        grace_period_seconds: pod.then_some(0),
        ..DeleteParams::default()
    };
    match api(client, made)?.delete(name, &parameters).await {
        Ok(_) => Some(String::new()),
        Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => Some(String::new()),
        Err(error) => Some(chain(&error)),
    }
}

async fn space(hub: &HubUpstream, id: &str) -> Result<bool, String> {
    match hub.get(&format!("/api/space/{id}")).await {
        Ok(_) => Ok(true),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

/// Deletes a space, with what is in it where the hub does not do that by itself.
async fn remove_space(hub: &HubUpstream, id: &str) -> Option<String> {
    let path = format!("/api/space/{id}");
    let mut reason = match hub.delete(&format!("{path}?recursive=true")).await {
        Ok(_) => return None,
        Err(error) if is_gone(&error) => return None,
        Err(error) => error.to_string(),
    };
    for list in IN_SPACES {
        if let Err(error) = hub.delete(&format!("/api{list}?where=SpaceID%20%3D%20%27{id}%27")).await {
            reason = format!("{reason}; {error}");
        }
    }
    match hub.delete(&path).await {
        Ok(_) => None,
        Err(error) if is_gone(&error) => None,
        Err(_) => Some(reason),
    }
}

fn is_gone(error: &HubRefusal) -> bool {
    error.status() == Some(http::StatusCode::NOT_FOUND)
}
