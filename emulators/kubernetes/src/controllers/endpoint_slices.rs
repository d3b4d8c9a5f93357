//! EndpointSlices of Services, and those that mirror Endpoints somebody wrote.
//!
//! Their form is that of `k8s.io/endpointslice` of Kubernetes 1.34.

use serde_json::{Value, json};
use stagegate_simulation::Origin;

use super::Context;
use super::endpoints::{CHANGED, HEADLESS, hostname, is_headless, ports_of, target_reference};
use super::pod_control::{controller_reference, is_ready};
use crate::api::status::ApiError;
use crate::store::object::{self, list, text};
use crate::store::{Key, Stored};

const NAME: &str = "endpointslice-controller";
const MIRRORING: &str = "endpointslicemirroring-controller";
const RESOURCE: &str = "endpointslices.discovery.k8s.io";

/// What one slice is to hold.
struct Content {
    ports: Value,
    endpoints: Vec<Value>,
}

/// Writes a Service's slices: Pods with the same ports share one.
pub(super) fn write(
    context: &Context,
    key: &Key,
    service: &Stored,
    pods: &[Stored],
    cause: &Origin,
) -> Result<(), ApiError> {
    let mut contents: Vec<Content> = Vec::new();
    for pod in pods {
        let ports = named(ports_of(&service.object, &pod.object));
        let endpoint = endpoint(&service.object, &pod.object);
        match contents.iter_mut().find(|slice| slice.ports == ports) {
            Some(slice) => slice.endpoints.push(endpoint),
            None => contents.push(Content { ports, endpoints: vec![endpoint] }),
        }
    }
    let mut labels = service.object["metadata"]["labels"].clone();
    object::set(&mut labels, &["kubernetes.io/service-name"], key.name.clone());
    object::set(&mut labels, &["endpointslice.kubernetes.io/managed-by"], "endpointslice-controller.k8s.io");
    if is_headless(&service.object) {
        object::set(&mut labels, &[HEADLESS], "");
    }
    keep(context, NAME, service, &labels, contents, cause, true)
}

/// Writes the slice that mirrors Endpoints of a Service without a selector.
pub(super) fn mirror(context: &Context, key: &Key) -> Result<(), ApiError> {
    let Some(endpoints) = context.store.at(key) else { return Ok(()) };
    let contents = list(&endpoints.object, "/subsets").iter().map(|subset| {
        let address = |one: &Value, ready: bool| {
            let mut endpoint = json!({"addresses": [text(one, "/ip")], "conditions": {"ready": ready}});
            for field in ["hostname", "nodeName", "targetRef"] {
                if let Some(value) = one.get(field) {
                    endpoint[field] = value.clone();
                }
            }
            endpoint
        };
        let ready = list(subset, "/addresses").iter().map(|one| address(one, true));
        let unready = list(subset, "/notReadyAddresses").iter().map(|one| address(one, false));
        Content { ports: named(list(subset, "/ports").to_vec()), endpoints: ready.chain(unready).collect() }
    });
    let mut labels = endpoints.object["metadata"]["labels"].clone();
    object::set(&mut labels, &["kubernetes.io/service-name"], key.name.clone());
    object::set(&mut labels, &["endpointslice.kubernetes.io/managed-by"], "endpointslicemirroring-controller.k8s.io");
    keep(context, MIRRORING, &endpoints, &labels, contents.collect(), &endpoints.cause, false)
}

/// Ports as a slice has them: each with a name, if an empty one.
fn named(mut ports: Vec<Value>) -> Value {
    for port in &mut ports {
        object::set_default(port, &["name"], "");
    }
    json!(ports)
}

fn endpoint(service: &Value, pod: &Value) -> Value {
    let (serving, ending) = (is_ready(pod), object::is_terminating(pod));
    let ready = service["spec"]["publishNotReadyAddresses"] == true || (serving && !ending);
    let mut endpoint = json!({
        "addresses": [text(pod, "/status/podIP")],
        "conditions": {"ready": ready, "serving": serving, "terminating": ending},
        "nodeName": text(pod, "/spec/nodeName"),
        "targetRef": target_reference(pod),
    });
    if let Some(hostname) = hostname(service, pod) {
        endpoint["hostname"] = json!(hostname);
    }
    endpoint
}

/// Brings the slices of an owner in line with `contents`; with none there is one empty slice.
fn keep(
    context: &Context,
    who: &'static str,
    owner: &Stored,
    labels: &Value,
    mut contents: Vec<Content>,
    cause: &Origin,
    timed: bool,
) -> Result<(), ApiError> {
    if contents.is_empty() {
        contents.push(Content { ports: Value::Null, endpoints: Vec::new() });
    }
    let mut slices = context.controlled(&owner.object, RESOURCE);
    let now = object::time(context.now());
    for wanted in contents {
        let endpoints = if wanted.endpoints.is_empty() { Value::Null } else { json!(wanted.endpoints) };
        let same = slices.iter().position(|(_, slice)| slice.object["ports"] == wanted.ports);
        let reused = same.or_else(|| slices.iter().position(|(_, slice)| slice.object["endpoints"].is_null()));
        if let Some(index) = reused {
            let (key, _) = slices.remove(index);
            context.update(who, &key, cause, |slice| {
                let before = slice.clone();
                slice["endpoints"] = endpoints;
                slice["ports"] = wanted.ports;
                if *slice != before {
                    let generation = object::integer(slice, "/metadata/generation").unwrap_or(1) + 1;
                    object::set(slice, &["metadata", "generation"], generation);
                    if timed {
                        object::set(slice, &["metadata", "annotations", CHANGED], now.clone());
                    }
                }
                object::set(slice, &["metadata", "labels"], labels.clone());
            })?;
            continue;
        }
        let mut slice = json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "generateName": format!("{}-", object::name(&owner.object)),
                "namespace": object::namespace(&owner.object),
                "labels": labels,
                "ownerReferences": [controller_reference(&owner.object)],
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": wanted.ports,
        });
        if timed {
            object::set(&mut slice, &["metadata", "annotations", CHANGED], now.clone());
        }
        context.create(who, RESOURCE, slice, &owner.cause)?;
    }
    for (key, _) in slices {
        context.delete(who, &key, cause)?;
    }
    Ok(())
}
