//! Removing what a run has made, and nothing else.

use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject};
use stagegate_reports::diagnostic::chain;
use stagegate_tap::{HubRefusal, HubUpstream, Made};

use super::sweep::{LIMIT, LOOK_AGAIN};
use super::{cordon, deletion};

/// What spaces of a hub hold: types, and the names of their lists below a space, links before what they link.
const IN_SPACES: [(&str, &str); 11] = [
    ("Link", "link"),
    ("Unit", "unit"),
    ("Target", "target"),
    ("BridgeWorker", "bridge_worker"),
    ("Trigger", "trigger"),
    ("Invocation", "invocation"),
    ("View", "view"),
    ("Filter", "filter"),
    ("ChangeSet", "change_set"),
    ("Set", "set"),
    ("Tag", "tag"),
];

/// The longest that one answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// Where nothing has answered for so long, nothing is waited for.
const GIVE_UP: Duration = Duration::from_secs(10);

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
        let mut answered = began;
        let mut unreached = Vec::new();
        let mut remaining: Vec<Made> = made.to_vec();
        loop {
            let (mut still, mut silent) = (Vec::new(), true);
            for one in &remaining {
                let end = match self.end_of(one) {
                    Ok(end) => end,
                    // That will not become better by waiting.
                    Err(reason) => {
                        unreached.push(Remaining { made: one.clone(), reason: reason.to_owned() });
                        continue;
                    }
                };
                let removed = tokio::time::timeout(ANSWER, end.remove(one, &remaining)).await;
                let left = removed.unwrap_or_else(|_| Some(Left::silent(format!("no answer within {ANSWER:?}"))));
                silent &= left.as_ref().is_some_and(|left| left.silent);
                still.extend(left.map(|left| Remaining { made: one.clone(), reason: left.reason }));
            }
            if !silent {
                answered = tokio::time::Instant::now();
            }
            if still.is_empty() || began.elapsed() >= LIMIT || answered.elapsed() >= GIVE_UP {
                still.extend(unreached);
                return still;
            }
            remaining = still.into_iter().map(|still| still.made).collect();
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What of `made` is there now, as far as that can be seen.
    pub(super) async fn present(&self, made: &[Made]) -> Vec<Remaining> {
        let mut present = Vec::new();
        for one in made {
            let there = match self.end_of(one) {
                Ok(end) => end.has(one).await,
                Err(reason) => Err(reason.to_owned()),
            };
            match there {
                Ok(false) => {}
                Ok(true) => present.push(Remaining { made: one.clone(), reason: String::new() }),
                Err(reason) => present.push(Remaining { made: one.clone(), reason }),
            }
        }
        present
    }

    /// The end at which something was made, or why that is out of reach.
    fn end_of(&self, made: &Made) -> Result<End<'_>, &str> {
        match made {
            Made::Object { .. } | Made::Cordon { .. } => {
                self.cluster.as_ref().map(End::Cluster).map_err(String::as_str)
            }
            Made::Space { .. } => self.hub.as_ref().map(End::Hub).map_err(String::as_str),
        }
    }
}

/// An end that can be reached.
enum End<'a> {
    Cluster(&'a Client),
    Hub(&'a HubUpstream),
}

impl End<'_> {
    async fn has(&self, made: &Made) -> Result<bool, String> {
        match self {
            Self::Cluster(client) => {
                let there = match made {
                    Made::Cordon { node } => is_cordoned(client, node).await,
                    _ => object(client, made).await.map(|found| found.is_some()),
                };
                there.map_err(|error| chain(&error))
            }
            Self::Hub(hub) => space(hub, made.id()).await,
        }
    }

    /// Asks for its deletion if it is there; gives why it still is, which may be nothing but that it takes a while.
    async fn remove(&self, made: &Made, all: &[Made]) -> Option<Left> {
        match self {
            Self::Cluster(client) => match made {
                Made::Cordon { node } => uncordon(client, node).await.err().map(|error| Left::of_cluster(&error)),
                _ => remove_object(client, made, all).await,
            },
            Self::Hub(hub) => remove_space(hub, made.id()).await,
        }
    }
}

/// Why something is still there.
struct Left {
    reason: String,
    /// Nobody answered.
    silent: bool,
}

impl Left {
    fn said(reason: String) -> Self {
        Self { reason, silent: false }
    }

    fn silent(reason: String) -> Self {
        Self { reason, silent: true }
    }

    fn of_cluster(error: &kube::Error) -> Self {
        Self { reason: chain(error), silent: !matches!(error, kube::Error::Api(_)) }
    }

    fn of_hub(refusal: &HubRefusal) -> Self {
        Self { reason: refusal.to_string(), silent: matches!(refusal, HubRefusal::Unreachable { .. }) }
    }
}

pub(super) fn api(client: &Client, made: &Made) -> Option<Api<DynamicObject>> {
    let Made::Object { api_version, kind, resource, namespace, .. } = made else { return None };
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: api_version.clone(),
        kind: kind.clone(),
        plural: resource.clone(),
    };
    Some(deletion::api(client, &resource, namespace.as_deref()))
}

/// The object that was made, not another one of its name.
async fn object(client: &Client, made: &Made) -> Result<Option<DynamicObject>, kube::Error> {
    let (Some(api), Made::Object { name, uid, .. }) = (api(client, made), made) else { return Ok(None) };
    let found = api.get_opt(name).await?;
    Ok(found.filter(|object| object.metadata.uid.as_ref() == Some(uid)))
}

async fn remove_object(client: &Client, made: &Made, all: &[Made]) -> Option<Left> {
    let Made::Object { kind, namespace, name, uid, .. } = made else { return None };
    let found = match object(client, made).await {
        Ok(None) => return None,
        Ok(Some(found)) => found,
        Err(error) => return Some(Left::of_cluster(&error)),
    };
    let is_namespace = |other: &Made| matches!(other, Made::Object { kind, name, .. } if kind == "Namespace" && Some(name) == namespace.as_ref());
    let pod = kind == "Pod";
    if !pod && (found.metadata.deletion_timestamp.is_some() || all.iter().any(is_namespace)) {
        return Some(Left::said(String::new()));
    }
    let asked = deletion::ask(&api(client, made)?, name, Some(uid), pod).await;
    Some(asked.err().map_or_else(|| Left::said(String::new()), |error| Left::of_cluster(&error)))
}

/// Whether the node is there and gets no Pods.
async fn is_cordoned(client: &Client, node: &str) -> Result<bool, kube::Error> {
    let found = Api::<Node>::all(client.clone()).get_opt(node).await?;
    Ok(found.as_ref().is_some_and(cordon::is_cordoned))
}

async fn uncordon(client: &Client, node: &str) -> Result<(), kube::Error> {
    if !is_cordoned(client, node).await? {
        return Ok(());
    }
    cordon::set_unschedulable(client, node, false).await
}

async fn space(hub: &HubUpstream, id: &str) -> Result<bool, String> {
    match hub.get(&format!("/api/space/{id}")).await {
        Ok(_) => Ok(true),
        Err(error) if is_gone(&error) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

/// Deletes a space, with what is in it where the hub does not do that by itself.
async fn remove_space(hub: &HubUpstream, id: &str) -> Option<Left> {
    let path = format!("/api/space/{id}");
    let refusal = match hub.delete(&format!("{path}?recursive=true")).await {
        Ok(_) => return None,
        Err(error) if is_gone(&error) => return None,
        Err(error) => error,
    };
    // It is not empty, or must not be deleted; all else is no reason to look inside.
    if !refusal.status().is_some_and(|status| [400, 409, 422].contains(&status.as_u16())) {
        return Some(Left::of_hub(&refusal));
    }
    for kind in IN_SPACES {
        if let Err(error) = empty(hub, &path, kind).await {
            return Some(Left::said(format!("{refusal}; {error}")));
        }
    }
    match hub.delete(&path).await {
        Ok(_) => None,
        Err(error) if is_gone(&error) => None,
        Err(error) => Some(Left::of_hub(&error)),
    }
}

/// Deletes the entities of one type in a space, each by its id.
async fn empty(hub: &HubUpstream, space: &str, (kind, list): (&str, &str)) -> Result<(), HubRefusal> {
    let listed = match hub.get(&format!("{space}/{list}")).await {
        Err(error) if is_gone(&error) => return Ok(()),
        listed => listed?,
    };
    for item in listed.as_array().into_iter().flatten() {
        let entity = item.get(kind).unwrap_or(item);
        let Some(id) = entity[format!("{kind}ID")].as_str() else { continue };
        match hub.delete(&format!("{space}/{list}/{id}")).await {
            Err(error) if !is_gone(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn is_gone(error: &HubRefusal) -> bool {
    error.status() == Some(http::StatusCode::NOT_FOUND)
}
