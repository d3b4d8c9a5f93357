//! What speaks against using a cluster that is there for tests.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Node};
use kube::Client;
use kube::api::{Api, ListParams};

/// Parts of names that people give to what others depend on.
const TELLING: [&str; 5] = ["prod", "production", "prd", "live", "customer"];
/// Namespaces of the system's own. Those that begin with `kube-` are, too.
const OF_SYSTEM: [&str; 3] = ["default", "local-path-storage", "stagegate"];
/// The annotation of nodes that kwok feigns.
const FEIGNED: &str = "kwok.x-k8s.io/node";

/// What a cluster has, as far as that matters to a run.
pub(super) struct Inhabitants {
    pub(super) nodes: Vec<Node>,
    namespaces: Vec<String>,
    /// Deployments that run a ConfigHub worker, as `NAMESPACE/NAME`.
    pub(super) workers: Vec<String>,
}

impl Inhabitants {
    pub(super) async fn look(client: &Client) -> Result<Self, kube::Error> {
        let all = ListParams::default();
        let namespaces = Api::<Namespace>::all(client.clone()).list_metadata(&all).await?;
        let deployments = Api::<Deployment>::all(client.clone()).list(&all).await?;
        Ok(Self {
            nodes: Api::<Node>::all(client.clone()).list(&all).await?.items,
            namespaces: namespaces.items.into_iter().filter_map(|namespace| namespace.metadata.name).collect(),
            workers: deployments.items.iter().filter(|deployment| is_worker(deployment)).map(path).collect(),
        })
    }

    /// Whether containers run on its nodes: kwok's only say so.
    pub(super) fn runs_containers(&self) -> bool {
        self.nodes.iter().any(|node| !node.metadata.annotations.as_ref().is_some_and(|all| all.contains_key(FEIGNED)))
    }

    /// Why the cluster may be one that others depend on, a line each.
    pub(super) fn objections(&self, context: &str, (server, is_local): (&str, bool)) -> Vec<String> {
        let mut objections = Vec::new();
        if let Some(word) = telling_word(context).or_else(|| telling_word(server)) {
            objections.push(format!("its name has `{word}` in it"));
        }
        if !is_local {
            objections.push(format!("its API server {server} is not on this machine"));
        }
        let of_system = |name: &&String| OF_SYSTEM.contains(&name.as_str()) || name.starts_with("kube-");
        let foreign: Vec<&str> = self.namespaces.iter().filter(|name| !of_system(name)).map(String::as_str).collect();
        if !foreign.is_empty() {
            objections.push(format!("it has namespaces that are not the system's: {}", foreign.join(", ")));
        }
        if !self.workers.is_empty() {
            let workers = self.workers.join(", ");
            objections.push(format!("another ConfigHub worker applies to it: {workers}"));
        }
        objections
    }
}

fn telling_word(name: &str) -> Option<&'static str> {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    words.find_map(|word| TELLING.into_iter().find(|telling| *telling == word))
}

/// The image of the worker has this in its name (ConfigHub's install manifest).
fn is_worker(deployment: &Deployment) -> bool {
    let pod = deployment.spec.template.spec.as_ref();
    let images = pod.into_iter().flat_map(|pod| &pod.containers).filter_map(|container| container.image.as_deref());
    images.into_iter().any(|image| image.contains("confighub-worker"))
}

fn path(deployment: &Deployment) -> String {
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("{}/{}", of(&deployment.metadata.namespace), of(&deployment.metadata.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_and_inhabitants_speak_against_a_cluster() {
        let empty = || Inhabitants { nodes: Vec::new(), namespaces: Vec::new(), workers: Vec::new() };
        let local = ("https://127.0.0.1:6443", true);
        assert_eq!(empty().objections("kind-dev", local), Vec::<String>::new());
        assert_eq!(empty().objections("eu-prod-1", local), ["its name has `prod` in it"]);
        assert_eq!(empty().objections("reproduction", local), Vec::<String>::new());
        let elsewhere = ("https://10.0.0.4:6443", false);
        assert_eq!(
            empty().objections("dev", elsewhere),
            ["its API server https://10.0.0.4:6443 is not on this machine"]
        );
        let names = ["default", "kube-system", "shop"].map(str::to_owned).to_vec();
        let inhabited = Inhabitants { namespaces: names, workers: vec!["confighub/worker".to_owned()], ..empty() };
        assert_eq!(
            inhabited.objections("dev", local),
            [
                "it has namespaces that are not the system's: shop",
                "another ConfigHub worker applies to it: confighub/worker"
            ]
        );
    }
}
