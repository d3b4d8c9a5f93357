//! Asking a real cluster to delete an object.

use kube::Client;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Preconditions, PropagationPolicy};

/// The API of the objects of a resource, in a namespace if they are in one.
pub(super) fn api(client: &Client, resource: &ApiResource, namespace: Option<&str>) -> Api<DynamicObject> {
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, resource),
        None => Api::all_with(client.clone(), resource),
    }
}

/// Asks for the deletion of what is called `name`, of the one with `uid` alone where that is given. A Pod is told to
/// end at once: its namespace would wait for as long as it takes its leave. What is gone, or on its way, is no error.
pub(super) async fn ask(
    api: &Api<DynamicObject>,
    name: &str,
    uid: Option<&str>,
    is_pod: bool,
) -> Result<(), kube::Error> {
    let parameters = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Background),
        preconditions: uid.map(|uid| Preconditions { uid: Some(uid.to_owned()), ..Preconditions::default() }),
        grace_period_seconds: is_pod.then_some(0),
        ..DeleteParams::default()
    };
    match api.delete(name, &parameters).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => Ok(()),
        Err(error) => Err(error),
    }
}
