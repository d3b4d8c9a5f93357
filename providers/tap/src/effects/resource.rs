//! The resources of a cluster that can be watched.

use std::sync::Arc;

use kube::core::ApiResource;
use kube::discovery::{Discovery, verbs};
use kube::{Client, Error};
use serde_json::Value;

use super::object::{list, text};

/// A resource whose objects are watched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Resource {
    /// Group-qualified, such as `deployments.apps`.
    pub(super) name: Arc<str>,
    pub(super) kind: Arc<str>,
    pub(super) api: ApiResource,
}

impl Resource {
    fn of(api: ApiResource) -> Self {
        let name = if api.group.is_empty() { api.plural.clone() } else { format!("{}.{}", api.plural, api.group) };
        Self { name: name.into(), kind: api.kind.as_str().into(), api }
    }

    /// All that the cluster serves now, in the version that is recommended of each.
    pub(super) async fn all(client: &Client) -> Result<Vec<Self>, Error> {
        let discovery = Discovery::new(client.clone()).run().await?;
        let resources = discovery.groups().flat_map(kube::discovery::ApiGroup::resources_by_stability);
        let watchable = resources.filter(|(_, can)| can.supports_operation(verbs::WATCH));
        // The Events of events.k8s.io are those of the core group.
        let found = watchable.map(|(api, _)| api).filter(|api| api.group != "events.k8s.io");
        Ok(found.map(Self::of).collect())
    }

    /// The resource that a CustomResourceDefinition defines, once it is served.
    pub(super) fn defined_by(definition: &Value) -> Option<Self> {
        let established = list(definition, "/status/conditions")
            .iter()
            .any(|condition| condition["type"] == "Established" && condition["status"] == "True");
        let versions = list(definition, "/spec/versions").iter().filter(|version| version["served"] == true);
        let stored = |version: &&Value| version["storage"] == true;
        let version = versions.clone().find(stored).or_else(|| versions.clone().next())?;
        let (group, version) = (text(definition, "/spec/group"), text(version, "/name"));
        let api = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: format!("{group}/{version}"),
            kind: text(definition, "/spec/names/kind").to_owned(),
            plural: text(definition, "/spec/names/plural").to_owned(),
        };
        established.then(|| Self::of(api))
    }
}
