//! Bridge workers.

use serde_json::{Value, json};
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::{Capability, Scenario};
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::wait::{NotYet, until};
use super::{client, hub_failure, space_id, text, worker_entity};
use crate::kubernetes::apply;
use crate::table::Table;

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder
        .sentence("worker", "I create worker {string} in space {string}", "Creates a bridge worker.", create)
        .sentence(
            "worker",
            "I install worker {string} of space {string} in namespace {string}",
            "Applies the worker's Namespace, ServiceAccount, ClusterRoleBinding, Secret and Deployment.",
            install,
        )
        .needing(Capability::Containers)
        .sentence(
            "worker",
            "I install worker {string} of space {string} in namespace {string} without its secret",
            "As installing, but leaves the Secret out.",
            install_without_secret,
        )
        .needing(Capability::Containers)
        .sentence(
            "worker",
            "I run these workers in namespace {string}:",
            "Creates each worker and installs it with a Secret and a ClusterRoleBinding of its own, so that several \
             can share a namespace: | worker | space |.",
            run_each,
        )
        .needing(Capability::Containers)
        .sentence(
            "worker",
            "worker {string} in space {string} is ready within {duration}",
            "The worker's condition becomes Ready, and the hub knows when it was last seen.",
            is_ready,
        )
        .sentence(
            "worker",
            "the hub notices within {duration} that worker {string} in space {string} is away",
            "The worker's condition becomes another one than Ready.",
            is_noticed,
        );
}

async fn create(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    create_named(scenario, arguments.text(0)?, arguments.text(1)?).await
}

async fn create_named(scenario: &mut Scenario, slug: &str, space: &str) -> StepResult {
    let hub = client(scenario).await?;
    let path = format!("/space/{}/bridge_worker", space_id(&hub, space).await?);
    let body = json!({ "Slug": slug });
    let _created: Value = hub.post(&path, &[], &body).await.map_err(|error| hub_failure(&error))?;
    Ok(())
}

async fn install(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, namespace) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    install_in(scenario, slug, space, namespace, Installation::AsTheClientDoes).await
}

async fn install_without_secret(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, namespace) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    install_in(scenario, slug, space, namespace, Installation::WithoutSecret).await
}

async fn run_each(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let namespace = arguments.text(0)?;
    for row in Table::of(arguments, &["worker", "space"], &[])?.rows() {
        let (slug, space) = (row.get("worker"), row.get("space"));
        create_named(scenario, slug, space).await?;
        install_in(scenario, slug, space, namespace, Installation::OnItsOwn).await?;
    }
    Ok(())
}

/// What is installed with a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Installation {
    /// Secret and ClusterRoleBinding have the same names for all workers, so that those of one namespace
    /// overwrite each other's Secret.
    AsTheClientDoes,
    /// No Secret.
    WithoutSecret,
    /// Secret and ClusterRoleBinding bear the worker's name.
    OnItsOwn,
}

impl Installation {
    fn secret_of(self, slug: &str) -> String {
        if self == Self::OnItsOwn { format!("{slug}-env") } else { "confighub-worker-env".to_owned() }
    }

    fn binding_of(self, slug: &str) -> String {
        if self == Self::OnItsOwn { format!("{slug}-admin") } else { "confighub-worker-admin".to_owned() }
    }
}

async fn install_in(
    scenario: &mut Scenario,
    slug: &str,
    space: &str,
    namespace: &str,
    installation: Installation,
) -> StepResult {
    let hub = client(scenario).await?;
    let worker = worker_entity(&hub, space, slug).await?;
    let secret = text(&worker, "/BridgeWorker/Secret");
    if secret.is_empty() {
        return Err(Failure::assertion(format!("the hub does not give the secret of worker `{slug}`")));
    }
    scenario.scribe()?.secret(&secret);
    let url = scenario.environment().await?.hub().url.clone();
    let port = url.rsplit_once(':').map(|(_, port)| port.to_owned()).unwrap_or_default();
    let id = text(&worker, "/BridgeWorker/BridgeWorkerID");
    let env = json!([
        { "name": "CONFIGHUB_WORKER_ID", "value": id },
        { "name": "CONFIGHUB_URL", "value": url },
        { "name": "CONFIGHUB_WORKER_PORT", "value": port },
    ]);
    for object in manifest(slug, namespace, &env, &secret, installation) {
        apply::object(scenario, object).await?;
    }
    Ok(())
}

/// The objects that the client's `worker install --export` makes (recorded run `cub worker install
/// w1 --namespace confighub --space p-traderx --include-secret --export`).
fn manifest(slug: &str, namespace: &str, env: &Value, secret: &str, installation: Installation) -> Vec<Value> {
    let (secret_name, binding) = (installation.secret_of(slug), installation.binding_of(slug));
    let metadata = |name: &str| json!({ "name": name, "namespace": namespace });
    let mut objects = vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } }),
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata("confighub-worker") }),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": { "name": binding },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": [{ "kind": "ServiceAccount", "name": "confighub-worker", "namespace": namespace }],
        }),
    ];
    if installation != Installation::WithoutSecret {
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata(&secret_name),
            "type": "Opaque",
            "stringData": { "CONFIGHUB_WORKER_SECRET": secret },
        }));
    }
    objects.push(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(slug),
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": slug } },
            "template": {
                "metadata": { "labels": { "app": slug } },
                "spec": {
                    "serviceAccountName": "confighub-worker",
                    "containers": [{
                        "name": "worker",
                        "image": "ghcr.io/confighubai/confighub-worker:latest",
                        "imagePullPolicy": "Always",
                        "args": ["kubernetes"],
                        "env": env,
                        "envFrom": [{ "secretRef": { "name": secret_name } }],
                    }],
                },
            },
        },
    }));
    objects
}

async fn is_ready(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (slug, space, limit) = (arguments.text(0)?, arguments.text(1)?, arguments.duration(2)?);
    let path = format!("/space/{}/bridge_worker", space_id(&client(scenario).await?, space).await?);
    let what = format!("worker `{slug}` in space `{space}` is not ready");
    let fetch = async |hub: &_| by_slug(hub, &path, slug, space).await;
    let check = |worker: &Value| {
        let condition = text(worker, "/BridgeWorker/Condition");
        let seen = text(worker, "/BridgeWorker/LastSeenAt");
        match condition.as_str() {
            "Ready" if seen.is_empty() || seen.starts_with("0001") => {
                Err(NotYet("it is Ready, but the hub does not say when it was last seen".to_owned()))
            }
            "Ready" => Ok(()),
            condition => Err(NotYet(format!("its condition is {condition}, last seen {seen}"))),
        }
    };
    until(scenario, &what, limit, fetch, check).await?;
    Ok(())
}

async fn is_noticed(scenario: &mut Scenario, arguments: &Arguments) -> StepResult {
    let (limit, slug, space) = (arguments.duration(0)?, arguments.text(1)?, arguments.text(2)?);
    let path = format!("/space/{}/bridge_worker", space_id(&client(scenario).await?, space).await?);
    let what = format!("the hub does not notice that worker `{slug}` in space `{space}` is away");
    let fetch = async |hub: &_| by_slug(hub, &path, slug, space).await;
    let check = |worker: &Value| match text(worker, "/BridgeWorker/Condition").as_str() {
        "Ready" => Err(NotYet("its condition is Ready".to_owned())),
        _ => Ok(()),
    };
    until(scenario, &what, limit, fetch, check).await?;
    Ok(())
}

async fn by_slug(
    hub: &stagegate_harness::environment::HubClient,
    path: &str,
    slug: &str,
    space: &str,
) -> Result<Value, stagegate_harness::environment::HubError> {
    hub.by_slug("worker", path, slug, "SpaceID", Some(space)).await
}
