//! From an object's kind to its place in the API.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde_json::Value;

use super::client::Client;
use super::error::Error;

/// Where objects of a kind live.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    /// `/api/v1` or `/apis/GROUP/VERSION`.
    base: String,
    plural: String,
    pub(crate) namespaced: bool,
}

impl Resource {
    /// The path of an object of this kind.
    pub(crate) fn path(&self, object: &Value) -> String {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let (base, plural, name) = (&self.base, &self.plural, text("name"));
        if self.namespaced {
            format!("{base}/namespaces/{}/{plural}/{name}", text("namespace"))
        } else {
            format!("{base}/{plural}/{name}")
        }
    }
}

/// A kind whose objects can be listed.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) namespaced: bool,
    /// Where all its objects are.
    pub(crate) path: String,
}

/// Every kind that can be listed, of the core group first, at each group's preferred version.
pub(crate) async fn listable(client: &Client) -> Result<Vec<Listed>, Error> {
    let groups = client.request(Method::GET, "/apis", None).await?;
    let groups = groups["groups"].as_array().into_iter().flatten();
    let preferred = groups.filter_map(|group| group["preferredVersion"]["groupVersion"].as_str().map(str::to_owned));
    let mut found = Vec::new();
    for version in std::iter::once("v1".to_owned()).chain(preferred) {
        let base = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        let list = client.request(Method::GET, &base, None).await?;
        for entry in list["resources"].as_array().into_iter().flatten() {
            let (Some(plural), Some(kind)) = (entry["name"].as_str(), entry["kind"].as_str()) else { continue };
            let verbs = entry["verbs"].as_array();
            if !plural.contains('/') && verbs.is_some_and(|verbs| verbs.iter().any(|verb| verb == "list")) {
                found.push(Listed {
                    version: version.clone(),
                    kind: kind.to_owned(),
                    namespaced: entry["namespaced"].as_bool().unwrap_or_default(),
                    path: format!("{base}/{plural}"),
                });
            }
        }
    }
    Ok(found)
}

/// The kinds seen so far, by version and kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Discovery {
    known: Arc<Mutex<HashMap<(String, String), Resource>>>,
}

impl Discovery {
    /// Finds the resource of an object's kind; asks the server about kinds it has not seen.
    ///
    /// That a kind does not exist is not remembered: its definition may be applied next.
    pub(crate) async fn resource(&self, client: &Client, object: &Value) -> Result<Resource, Error> {
        let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let key = (text("apiVersion"), text("kind"));
        if let Some(resource) = self.lock().get(&key) {
            return Ok(resource.clone());
        }
        let (version, kind) = key.clone();
        let base = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        let no_match = || Error::NoMatch { kind: kind.clone(), version: version.clone() };
        let list = match client.request(Method::GET, &base, None).await {
            Err(error) if error.is_not_found() => return Err(no_match()),
            answer => answer?,
        };
        let mut known = self.lock();
        for entry in list["resources"].as_array().into_iter().flatten() {
            let (Some(plural), Some(kind)) = (entry["name"].as_str(), entry["kind"].as_str()) else { continue };
            if !plural.contains('/') {
                let namespaced = entry["namespaced"].as_bool().unwrap_or_default();
                let resource = Resource { base: base.clone(), plural: plural.to_owned(), namespaced };
                known.insert((version.clone(), kind.to_owned()), resource);
            }
        }
        known.get(&key).cloned().ok_or_else(no_match)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Resource>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
