//! Server-side apply of an object of any kind.

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::{Scope, pinned_kind};
use serde_json::Value;
use stagegate_harness::failure::{Failure, StepResult};
use stagegate_harness::run::Scenario;

use super::{client, cluster_failure};

/// The field manager of what steps apply.
const FIELD_MANAGER: &str = "stagegate";

/// Applies one object.
pub(crate) async fn object(scenario: &mut Scenario, object: &Value) -> StepResult {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    let what = format!("{kind} `{name}` was not applied");
    let client = client(scenario).await?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let (resource, capabilities) = pinned_kind(&client, &GroupVersionKind::gvk(group, version, &kind))
        .await
        .map_err(|error| cluster_failure(what.clone(), &error))?;
    let namespace = text("/metadata/namespace");
    let api: Api<DynamicObject> = match capabilities.scope {
        Scope::Cluster => Api::all_with(client, &resource),
        Scope::Namespaced if namespace.is_empty() => Api::default_namespaced_with(client, &resource),
        Scope::Namespaced => Api::namespaced_with(client, &namespace, &resource),
    };
    api.patch(&name, &PatchParams::apply(FIELD_MANAGER), &Patch::Apply(object))
        .await
        .map_err(|error| cluster_failure(what, &error))?;
    Ok::<(), Failure>(())
}
