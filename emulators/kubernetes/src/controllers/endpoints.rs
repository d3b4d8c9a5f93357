//! Endpoints and EndpointSlices of Services: the addresses of the Pods they select.

use serde_json::{Value, json};

use super::pod_control::{controller_reference, is_ready};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::node::traffic::named_port;
use crate::store::object::{self, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "endpoint-controller";
const SLICE_NAME: &str = "endpointslice-controller";

/// Whether a Service selects a Pod.
pub(super) fn selects(service: &Value, pod: &Value) -> bool {
    let labels = &pod["metadata"]["labels"];
    let selector = service["spec"]["selector"].as_object();
    selector.is_some_and(|selector| {
        !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
    })
}

/// Brings both up to date with the Pods there are.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let endpoints = Key::new("endpoints", &key.namespace, &key.name);
    let Some(service) = context.store.at(key) else {
        if let Some(left) = context.store.at(&endpoints) {
            context.delete(NAME, &endpoints, &left.cause)?;
        }
        return Ok(Outcome::Done);
    };
    if object::is_terminating(&service.object) || service.object["spec"]["selector"].is_null() {
        return Ok(Outcome::Done);
    }
    let (pods, _) = context.store.list("pods", Some(&key.namespace));
    let pods: Vec<_> = pods
        .into_iter()
        .filter(|pod| selects(&service.object, &pod.object) && !text(&pod.object, "/status/podIP").is_empty())
        .filter(|pod| !["Succeeded", "Failed"].contains(&text(&pod.object, "/status/phase")))
        .collect();
    // What made a Pod ready also made its Service answer.
    let cause = pods.last().map_or(&service.cause, |pod| &pod.cause).clone();
    let subsets = subsets(&service.object, &pods);
    if context.store.at(&endpoints).is_some() {
        context.update(NAME, &endpoints, &cause, |new| set_subsets(new, &subsets))?;
    } else {
        let mut object = json!({
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {
                "name": key.name,
                "namespace": key.namespace,
                "labels": service.object["metadata"]["labels"],
            },
        });
        if object["metadata"]["labels"].is_null() {
            object::remove(&mut object, &["metadata", "labels"]);
        }
        set_subsets(&mut object, &subsets);
        context.create(NAME, "endpoints", object, &service.cause)?;
    }
    write_slice(context, key, &service, &pods, &cause)?;
    Ok(Outcome::Done)
}

fn set_subsets(endpoints: &mut Value, subsets: &[Value]) {
    if subsets.is_empty() {
        object::remove(endpoints, &["subsets"]);
    } else {
        endpoints["subsets"] = json!(subsets);
    }
}

/// The ports of a Service as one Pod serves them.
fn ports_of(service: &Value, pod: &Value) -> Vec<Value> {
    let containers = list(pod, "/spec/containers");
    list(service, "/spec/ports")
        .iter()
        .filter_map(|port| {
            let number = containers.iter().find_map(|one| named_port(one, &port["targetPort"]))?;
            let mut entry = json!({"port": number, "protocol": port["protocol"]});
            if !text(port, "/name").is_empty() {
                entry["name"] = port["name"].clone();
            }
            Some(entry)
        })
        .collect()
}

fn target_reference(pod: &Value) -> Value {
    json!({
        "kind": "Pod",
        "namespace": pod["metadata"]["namespace"],
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
    })
}

/// Pods with the same ports form a subset.
fn subsets(service: &Value, pods: &[Stored]) -> Vec<Value> {
    let all = service["spec"]["publishNotReadyAddresses"] == true;
    let mut subsets: Vec<Value> = Vec::new();
    for pod in pods.iter().filter(|pod| all || !object::is_terminating(&pod.object)) {
        let pod = &*pod.object;
        let ports = json!(ports_of(service, pod));
        let index = subsets.iter().position(|one| one["ports"] == ports).unwrap_or_else(|| {
            subsets.push(json!({"ports": ports}));
            subsets.len() - 1
        });
        let list = if all || is_ready(pod) { "addresses" } else { "notReadyAddresses" };
        let address = json!({
            "ip": text(pod, "/status/podIP"),
            "nodeName": text(pod, "/spec/nodeName"),
            "targetRef": target_reference(pod),
        });
        match &mut subsets[index][list] {
            Value::Array(addresses) => addresses.push(address),
            empty => *empty = json!([address]),
        }
    }
    subsets
}

fn write_slice(
    context: &Context,
    key: &Key,
    service: &Stored,
    pods: &[Stored],
    cause: &stagegate_simulation::Origin,
) -> Result<(), ApiError> {
    let endpoints: Vec<_> = pods
        .iter()
        .map(|pod| {
            let pod = &*pod.object;
            let (ready, ending) = (is_ready(pod), object::is_terminating(pod));
            json!({
                "addresses": [text(pod, "/status/podIP")],
                "conditions": {"ready": ready && !ending, "serving": ready, "terminating": ending},
                "nodeName": text(pod, "/spec/nodeName"),
                "targetRef": target_reference(pod),
            })
        })
        .collect();
    let mut ports = pods.first().map_or_else(Vec::new, |pod| ports_of(&service.object, &pod.object));
    for port in &mut ports {
        object::set_default(port, &["name"], "");
    }
    let owned = context.controlled(&service.object, "endpointslices.discovery.k8s.io");
    if let Some((slice, _)) = owned.first() {
        context.update(SLICE_NAME, slice, cause, |new| {
            new["endpoints"] = json!(endpoints);
            new["ports"] = json!(ports);
        })?;
        return Ok(());
    }
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": format!("{}-", key.name),
            "namespace": key.namespace,
            "labels": {
                "kubernetes.io/service-name": key.name,
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [controller_reference(&service.object)],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": ports,
    });
    context.create(SLICE_NAME, "endpointslices.discovery.k8s.io", slice, &service.cause)?;
    Ok(())
}
