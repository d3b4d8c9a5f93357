//! Endpoints of Services: the addresses of the Pods they select.

use serde_json::{Value, json};

use super::pod_control::is_ready;
use super::{Context, Outcome, endpoint_slices};
use crate::api::status::ApiError;
use crate::node::traffic::named_port;
use crate::store::object::{self, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "endpoint-controller";

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
    if object::is_terminating(&service.object) {
        return Ok(Outcome::Done);
    }
    if service.object["spec"]["selector"].is_null() {
        endpoint_slices::mirror(context, &endpoints)?;
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
    let mut labels = service.object["metadata"]["labels"].clone();
    object::set(&mut labels, &["endpoints.kubernetes.io/managed-by"], "endpoint-controller");
    if is_headless(&service.object) {
        object::set(&mut labels, &[HEADLESS], "");
    }
    let now = object::time(context.now());
    if context.store.at(&endpoints).is_some() {
        context.update(NAME, &endpoints, &cause, |new| {
            let before = new.clone();
            set_subsets(new, &subsets);
            object::set(new, &["metadata", "labels"], labels);
            if *new != before {
                object::set(new, &["metadata", "annotations", CHANGED], now);
            }
        })?;
    } else {
        let mut object = json!({
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {
                "name": key.name,
                "namespace": key.namespace,
                "labels": labels,
                "annotations": {CHANGED: now},
            },
        });
        set_subsets(&mut object, &subsets);
        context.create(NAME, "endpoints", object, &service.cause)?;
    }
    endpoint_slices::write(context, key, &service, &pods, &cause)?;
    Ok(Outcome::Done)
}

/// The annotation with the time of what led to the latest change.
pub(super) const CHANGED: &str = "endpoints.kubernetes.io/last-change-trigger-time";
/// The label of what belongs to a Service without an address.
pub(super) const HEADLESS: &str = "service.kubernetes.io/headless";

pub(super) fn is_headless(service: &Value) -> bool {
    text(service, "/spec/clusterIP") == "None"
}

/// The host name of a Pod under a Service, which is the Pod's subdomain then.
pub(super) fn hostname<'a>(service: &Value, pod: &'a Value) -> Option<&'a str> {
    let name = text(pod, "/spec/hostname");
    (!name.is_empty() && text(pod, "/spec/subdomain") == object::name(service)).then_some(name)
}

fn set_subsets(endpoints: &mut Value, subsets: &[Value]) {
    if subsets.is_empty() {
        object::remove(endpoints, &["subsets"]);
    } else {
        endpoints["subsets"] = json!(subsets);
    }
}

/// The ports of a Service as one Pod serves them.
pub(super) fn ports_of(service: &Value, pod: &Value) -> Vec<Value> {
    let containers = list(pod, "/spec/containers");
    list(service, "/spec/ports")
        .iter()
        .filter_map(|port| {
            let number = containers.iter().find_map(|one| named_port(one, &port["targetPort"]))?;
            let mut entry = json!({"port": number, "protocol": port["protocol"]});
            if !text(port, "/name").is_empty() {
                entry["name"] = port["name"].clone();
            }
            if let Some(protocol) = port.get("appProtocol") {
                entry["appProtocol"] = protocol.clone();
            }
            Some(entry)
        })
        .collect()
}

pub(super) fn target_reference(pod: &Value) -> Value {
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
        // A real cluster puts the ports of a subset in the order of a hash; here they keep the Service's.
        let ports = json!(ports_of(service, pod));
        let index = subsets.iter().position(|one| one["ports"] == ports).unwrap_or_else(|| {
            subsets.push(json!({"ports": ports}));
            subsets.len() - 1
        });
        let list = if all || is_ready(pod) { "addresses" } else { "notReadyAddresses" };
        let mut address = json!({
            "ip": text(pod, "/status/podIP"),
            "nodeName": text(pod, "/spec/nodeName"),
            "targetRef": target_reference(pod),
        });
        if let Some(hostname) = hostname(service, pod) {
            address["hostname"] = json!(hostname);
        }
        match &mut subsets[index][list] {
            Value::Array(addresses) => addresses.push(address),
            empty => *empty = json!([address]),
        }
    }
    subsets
}
