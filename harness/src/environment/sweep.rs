//! A real cluster outlives its scenarios: what one of them left there is removed before the next begins.

use std::time::Duration;

use kube::Client;

use super::deletion;
use super::inventory::{Held, Inventory, Key};

/// How long the cluster is given to let go of everything, in wall time.
pub(super) const LIMIT: Duration = Duration::from_secs(90);
/// How long is waited between looks.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// What a sweep came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Swept {
    /// Objects that were there and have been removed, a line each.
    pub(super) removed: Vec<String>,
    /// What still is not as it was, a line each: the cluster cannot be used for another scenario.
    pub(super) remains: Vec<String>,
}

/// Removes all that is in the cluster beyond `baseline`, and waits until it is gone.
///
/// # Errors
///
/// When the cluster's objects cannot be listed. An object that cannot be deleted is among what remains.
pub(super) async fn sweep(client: &Client, baseline: &Inventory) -> Result<Swept, kube::Error> {
    let mut swept = Swept::default();
    let began = tokio::time::Instant::now();
    loop {
        let present = Inventory::take(client).await?;
        let added = present.added_since(baseline);
        if swept.removed.is_empty() {
            swept.removed = added.iter().filter(|(_, held)| !held.owned).map(|(key, _)| key.to_string()).collect();
        }
        if added.is_empty() {
            swept.remains = present.spoiled_since(baseline);
            return Ok(swept);
        }
        // Asked for again at each look: what was made meanwhile goes too, and a deletion may have been refused.
        let mut refused = Vec::new();
        for (key, held) in &added {
            if let Some(refusal) = delete(client, key, held, &added).await {
                refused.push(refusal);
            }
        }
        if began.elapsed() >= LIMIT {
            swept.remains = added.iter().map(|(key, _)| key.to_string()).collect();
            swept.remains.extend(refused);
            return Ok(swept);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Deletes an object, unless it goes with its namespace or its owner; gives why that was refused.
async fn delete(client: &Client, key: &Key, held: &Held, added: &[(&Key, &Held)]) -> Option<String> {
    let goes_with_namespace = key
        .namespace
        .as_ref()
        .is_some_and(|namespace| added.iter().any(|(other, _)| other.is_namespace() && other.name == *namespace));
    if !key.is_pod() && (goes_with_namespace || held.owned) {
        return None;
    }
    let api = deletion::api(client, &held.resource, key.namespace.as_deref());
    let asked = deletion::ask(&api, &key.name, None, key.is_pod()).await;
    asked.err().map(|error| format!("{key} cannot be deleted: {error}"))
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test says what it expects")]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::api::core::v1::Namespace;
    use kube::Config;
    use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
    use kube::config::AuthInfo;
    use serde_json::json;
    use stagegate_kubernetes::{Cluster, Options};
    use stagegate_simulation::{Clock, Pace, Seed, Simulation};

    use super::*;

    async fn cluster() -> (Cluster, Client) {
        let clock = Clock::start(Timestamp::now(), Pace::Times(50.0));
        let cluster = Cluster::start(Simulation::silent(clock, Seed::new(1)), Options::default()).await;
        let cluster = cluster.expect("a cluster");
        let mut config = Config::new(cluster.url().parse().expect("a URL"));
        config.auth_info = AuthInfo { token: Some(cluster.token().to_owned().into()), ..AuthInfo::default() };
        (cluster, Client::try_from(config).expect("a client"))
    }

    async fn create(client: &Client, path: &str, object: serde_json::Value) {
        let request = http::Request::post(path).header("content-type", "application/json");
        let request = request.body(object.to_string().into_bytes()).expect("a request");
        client.request_text(request).await.expect("created");
    }

    #[tokio::test]
    async fn what_was_added_goes_and_what_was_there_stays() {
        let (_cluster, client) = cluster().await;
        let baseline = Inventory::take(&client).await.expect("an inventory");
        assert_eq!(sweep(&client, &baseline).await.expect("swept"), Swept::default());

        create(&client, "/api/v1/namespaces", json!({"metadata": {"name": "shop"}})).await;
        let container = json!({"name": "main", "image": "nowhere.example/web:1"});
        let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}});
        let deployment = json!({
            "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template},
        });
        create(&client, "/apis/apps/v1/namespaces/shop/deployments", deployment.clone()).await;
        create(&client, "/apis/apps/v1/namespaces/default/deployments", deployment).await;
        let role = json!({"metadata": {"name": "looker"}, "rules": []});
        create(&client, "/apis/rbac.authorization.k8s.io/v1/clusterroles", role).await;

        let swept = sweep(&client, &baseline).await.expect("swept");
        assert_eq!(swept.remains, Vec::<String>::new());
        for removed in ["Namespace shop", "Deployment shop/web", "Deployment default/web", "ClusterRole looker"] {
            assert!(swept.removed.iter().any(|line| line == removed), "{removed} in {:?}", swept.removed);
        }
        let after = Inventory::take(&client).await.expect("an inventory");
        assert!(after.added_since(&baseline).is_empty());
    }

    #[tokio::test]
    async fn what_was_there_and_is_changed_or_gone_is_told() {
        let (_cluster, client) = cluster().await;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let kept = serde_json::from_value(json!({"metadata": {"name": "kept"}})).expect("a namespace");
        namespaces.create(&PostParams::default(), &kept).await.expect("created");
        let baseline = Inventory::take(&client).await.expect("an inventory");
        let label = Patch::Merge(json!({"metadata": {"labels": {"by": "hand"}}}));
        namespaces.patch("kept", &PatchParams::default(), &label).await.expect("patched");
        assert_eq!(sweep(&client, &baseline).await.expect("swept").remains, ["Namespace kept has been changed"]);
        let written = serde_json::to_vec(&baseline).expect("written");
        let read: Inventory = serde_json::from_slice(&written).expect("read");
        namespaces.delete("kept", &DeleteParams::default()).await.expect("deleted");
        loop {
            let remains = sweep(&client, &read).await.expect("swept").remains;
            if remains.contains(&"Namespace kept is gone".to_owned()) {
                return;
            }
        }
    }
}
