//! Server-side apply of an object of any kind.

use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::{Scope, pinned_kind};
use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;
use stagegate_harness::vocabulary::{Arguments, VocabularyBuilder};

use super::{client, cluster_failure};
use crate::confighub::EXPORTED;
use crate::manifest;

/// The field manager of what steps apply.
const FIELD_MANAGER: &str = "stagegate";

pub(super) fn add(builder: &mut VocabularyBuilder) {
    builder.sentence(
        "object",
        "I apply the exported data to the cluster by hand",
        "Applies each object of the data that was exported of a unit past the hub, and takes over the fields that \
         somebody else manages.",
        by_hand,
    );
}

async fn by_hand(scenario: &mut Scenario, _: &Arguments) -> StepResult {
    let data = scenario.variable(EXPORTED).map(str::to_owned).map_err(|_| {
        Failure::assertion("no data has been exported").help("add the step `When I export the data of unit …` before")
    })?;
    for document in manifest::documents(&data)? {
        let api = place_of(scenario, &document).await?;
        patch(&api, &document, &PatchParams::apply(FIELD_MANAGER).force()).await?;
    }
    Ok(())
}

/// Applies one object of the harness's own. Where it makes it on a cluster that others use, it bears the run's label; what
/// is there already keeps the label that it has, or has none.
pub(crate) async fn object(scenario: &mut Scenario, mut object: Value) -> StepResult {
    let api = place_of(scenario, &object).await?;
    if let Some((key, run)) = scenario.environment().await?.label_of_made() {
        let found = api.get_opt(text(&object, "/metadata/name")).await.map_err(|error| not_applied(&object, &error))?;
        // Left out it would be taken away: it has the same field manager.
        if let Some(run) = found.map_or(Some(run.to_owned()), |found| found.labels().get(key).cloned()) {
            object["metadata"]["labels"][key] = run.into();
        }
    }
    patch(&api, &object, &PatchParams::apply(FIELD_MANAGER)).await
}

async fn place_of(scenario: &mut Scenario, object: &Value) -> Result<Api<DynamicObject>, Failure> {
    api_of(&client(scenario).await?, object).await.map_err(|error| not_applied(object, &error))
}

async fn patch(api: &Api<DynamicObject>, object: &Value, how: &PatchParams) -> StepResult {
    let name = text(object, "/metadata/name");
    api.patch(name, how, &Patch::Apply(object)).await.map_err(|error| not_applied(object, &error))?;
    Ok(())
}

fn not_applied(object: &Value, error: &kube::Error) -> Failure {
    let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
    cluster_failure(format!("{kind} `{name}` was not applied"), error)
}

/// Where the cluster keeps an object that is written as in a manifest.
pub(crate) async fn api_of(client: &kube::Client, object: &Value) -> Result<Api<DynamicObject>, kube::Error> {
    let (api_version, namespace) = (text(object, "/apiVersion"), text(object, "/metadata/namespace"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = GroupVersionKind::gvk(group, version, text(object, "/kind"));
    let (resource, capabilities) = pinned_kind(client, &kind).await?;
    Ok(match capabilities.scope {
        Scope::Cluster => Api::all_with(client.clone(), &resource),
        Scope::Namespaced if namespace.is_empty() => Api::default_namespaced_with(client.clone(), &resource),
        Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, &resource),
    })
}

/// A text in an object; empty where there is none.
pub(crate) fn text<'o>(object: &'o Value, pointer: &str) -> &'o str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
