//! Ingresses: they have an address while a Pod of an ingress controller serves their class.
//!
//! Which address it is follows the controller's flags, as in `internal/ingress/status` of ingress-nginx.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pod_control::is_ready;
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::node::ingress::controller_of;
use crate::store::object::{self, list, set, text};
use crate::store::{Key, Stored};

const NAME: &str = "nginx-ingress-controller";
pub(super) const INGRESSES: &str = "ingresses.networking.k8s.io";

/// Gives an Ingress the address of its controller, or takes it away when that is gone.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let mut published = context.published();
    let Some(ingress) = context.store.at(key) else {
        published.remove(key);
        return Ok(Outcome::Done);
    };
    let (pods, _) = context.store.list("pods", None);
    let wanted = controller_of(&context.store, &ingress.object);
    let serves = |pod: &&Stored| {
        is_ready(&pod.object)
            && !object::is_terminating(&pod.object)
            && wanted.as_ref().is_some_and(|wanted| controllers_of(context, &pod.object).contains(wanted))
    };
    let serving: Vec<&Stored> = pods.iter().filter(serves).collect();
    let addresses = addresses(context, &serving);
    if serving.is_empty() && !published.remove(key) {
        return Ok(Outcome::Done);
    }
    if !serving.is_empty() && published.insert(key.clone()) {
        context.event(NAME, &ingress, "Normal", "Sync", "Scheduled for sync");
    }
    context.update(NAME, key, &ingress.cause, |ingress| {
        let balancer = if addresses.is_empty() { json!({}) } else { json!({"ingress": addresses}) };
        set(ingress, &["status", "loadBalancer"], balancer);
    })?;
    Ok(Outcome::Done)
}

/// The controllers (`k8s.io/ingress-nginx`) whose image a Pod runs.
pub(super) fn controllers_of(context: &Context, pod: &Value) -> BTreeSet<String> {
    let images = list(pod, "/spec/containers").iter().map(|container| text(container, "/image"));
    images.flat_map(|image| context.node.ingress_controllers(image)).collect()
}

fn addresses(context: &Context, serving: &[&Stored]) -> Vec<Value> {
    let Some(pod) = serving.first() else { return Vec::new() };
    let words = list(&pod.object, "/spec/containers")
        .iter()
        .flat_map(|one| list(one, "/command").iter().chain(list(one, "/args")));
    let words: Vec<&str> = words.filter_map(Value::as_str).collect();
    let flag = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let named: Vec<String> = if let Some(given) = flag("--publish-status-address") {
        given.split(',').map(|one| one.trim().to_owned()).collect()
    } else if let Some(service) = flag("--publish-service") {
        let service = service.replace("$(POD_NAMESPACE)", object::namespace(&pod.object));
        return of_service(context, &service);
    } else {
        let nodes: BTreeSet<&str> = serving.iter().map(|pod| text(&pod.object, "/spec/nodeName")).collect();
        nodes.into_iter().filter_map(|node| of_node(context, node)).collect()
    };
    named.iter().map(|one| entry(one)).collect()
}

fn entry(address: &str) -> Value {
    if address.parse::<std::net::IpAddr>().is_ok() { json!({"ip": address}) } else { json!({"hostname": address}) }
}

/// `NAMESPACE/NAME`: the addresses of its load balancer, or its own.
fn of_service(context: &Context, place: &str) -> Vec<Value> {
    let Some((namespace, name)) = place.split_once('/') else { return Vec::new() };
    let Some(service) = context.store.get("services", namespace, name) else { return Vec::new() };
    match text(&service.object, "/spec/type") {
        "LoadBalancer" => list(&service.object, "/status/loadBalancer/ingress").to_vec(),
        "ExternalName" => vec![entry(text(&service.object, "/spec/externalName"))],
        _ => vec![entry(text(&service.object, "/spec/clusterIP"))],
    }
}

fn of_node(context: &Context, name: &str) -> Option<String> {
    let node = context.store.get("nodes", "", name)?;
    let of =
        |kind: &str| list(&node.object, "/status/addresses").iter().find(|one| text(one, "/type") == kind).cloned();
    let found = of("ExternalIP").or_else(|| of("InternalIP"))?;
    Some(text(&found, "/address").to_owned())
}
