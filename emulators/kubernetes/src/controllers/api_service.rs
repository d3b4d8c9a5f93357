//! APIServices: whether what they announce is there.
//!
//! The conditions are those of `k8s.io/kube-aggregator/pkg/controllers/status` of Kubernetes 1.34. Where a real API
//! server would then ask the server behind the Service, which is no API server here, the condition says that nobody asks.

use serde_json::{Value, json};

use super::pod_control::set_condition;
use super::work::{Controller, Work};
use super::{Context, Outcome};
use crate::api::status::ApiError;
use crate::kinds::{api_service, metrics};
use crate::store::Key;
use crate::store::object::{self, integer, list, text};

/// The resource.
pub(super) const API_SERVICES: &str = "apiservices.apiregistration.k8s.io";

const NAME: &str = "kube-aggregator";

/// The APIService of metrics-server, the one whose API the emulator can answer.
const METRICS: &str = "v1beta1.metrics.k8s.io";

/// Status, reason and message of a condition.
type Finding = (&'static str, &'static str, String);

/// Writes the condition Available.
pub(super) fn reconcile(context: &Context, key: &Key) -> Result<Outcome, ApiError> {
    let Some(found) = context.store.at(key) else {
        if key.name == METRICS {
            metrics::remove(&context.registry);
        }
        return Ok(Outcome::Done);
    };
    let (status, reason, message) = if api_service::is_local(&found.object) {
        ("True", "Local", "Local APIServices are always available".to_owned())
    } else {
        remote(context, &found.object)
    };
    if key.name == METRICS {
        // Before the condition says so.
        if status == "True" { metrics::install(&context.registry) } else { metrics::remove(&context.registry) }
    }
    let now = object::time(context.now());
    context.update(NAME, key, &found.cause, |new| {
        let mut conditions = list(new, "/status/conditions").to_vec();
        let condition = json!({
            "type": "Available", "status": status, "reason": reason, "message": message, "lastTransitionTime": now,
        });
        set_condition(&mut conditions, condition);
        object::set(new, &["status", "conditions"], conditions);
    })?;
    Ok(Outcome::Done)
}

/// What is found of the Service behind an APIService (`remote_available_controller.go`).
fn remote(context: &Context, api: &Value) -> Finding {
    let at = &api["spec"]["service"];
    let (namespace, name) = (text(at, "/namespace"), text(at, "/name"));
    let wanted = integer(at, "/port").unwrap_or(443);
    let Some(service) = context.store.get("services", namespace, name) else {
        return ("False", "ServiceNotFound", format!("service/{name} in {namespace:?} is not present"));
    };
    let ports = list(&service.object, "/spec/ports");
    let Some(port) = ports.iter().find(|port| integer(port, "/port") == Some(wanted)) else {
        let message = format!("service/{name} in {namespace:?} is not listening on port {wanted}");
        return ("False", "ServicePortError", message);
    };
    let slices: Vec<_> = context
        .store
        .list("endpointslices.discovery.k8s.io", Some(namespace))
        .0
        .into_iter()
        .filter(|slice| slice.object["metadata"]["labels"]["kubernetes.io/service-name"] == name)
        .collect();
    if slices.is_empty() {
        let message = format!("cannot find endpointslices for service/{name} in {namespace:?}");
        return ("False", "EndpointsNotFound", message);
    }
    let port_name = text(port, "/name");
    let ready = |slice: &Value| {
        list(slice, "/endpoints").iter().any(|one| one["conditions"]["ready"] != false)
            && list(slice, "/ports").iter().any(|one| text(one, "/name") == port_name)
    };
    if !slices.iter().any(|slice| ready(&slice.object)) {
        let message = format!(
            "endpointslices for service/{name} in {namespace:?} have no addresses with port name {port_name:?}"
        );
        return ("False", "MissingEndpoints", message);
    }
    let announced = format!("{}/{}", text(api, "/spec/group"), text(api, "/spec/version"));
    if announced == metrics::API && slices.iter().any(|slice| is_served(context, namespace, &slice.object)) {
        return ("True", "Passed", "all checks passed".to_owned());
    }
    let ip = text(&service.object, "/spec/clusterIP");
    let message = format!(
        "failing or missing response from https://{ip}:{wanted}/apis/{announced}: the stagegate Kubernetes emulator forwards no requests to other API servers"
    );
    ("False", "FailedDiscoveryCheck", message)
}

/// Whether the Pods of an EndpointSlice run an image that is known to serve the metrics API.
fn is_served(context: &Context, namespace: &str, slice: &Value) -> bool {
    let pods = list(slice, "/endpoints").iter().map(|endpoint| text(endpoint, "/targetRef/name"));
    let pods = pods.filter_map(|name| context.store.get("pods", namespace, name));
    pods.into_iter().any(|pod| {
        let containers = list(&pod.object, "/spec/containers");
        containers.iter().any(|one| context.node.apis(text(one, "/image")).iter().any(|api| api == metrics::API))
    })
}

/// A Service, or what is behind it, has changed: the APIServices that name it look again.
pub(super) fn note_service(context: &Context, namespace: &str, name: &str, work: &mut Work) {
    for api in context.store.list(API_SERVICES, None).0 {
        let at = &api.object["spec"]["service"];
        if (text(at, "/namespace"), text(at, "/name")) == (namespace, name) {
            work.add(Controller::ApiService, Key::new(API_SERVICES, "", object::name(&api.object)));
        }
    }
}
