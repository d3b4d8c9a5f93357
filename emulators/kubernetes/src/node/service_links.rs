//! Services as environment variables.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::store::Store;
use crate::store::object::{self, list, text};

/// The variables of Docker links that the kubelet makes of the Services there are when a container
/// starts (`k8s.io/kubernetes/pkg/kubelet/envvars`).
pub(super) fn variables(store: &Store, pod: &Value) -> BTreeMap<String, String> {
    let namespace = object::namespace(pod);
    let (mut services, _) = store.list("services", Some(namespace));
    if pod["spec"]["enableServiceLinks"] == false {
        services.clear();
    }
    // The API server's own is linked to from everywhere, and one of the same name is not.
    services.retain(|service| object::name(&service.object) != "kubernetes");
    services.extend(store.get("services", "default", "kubernetes"));
    let mut variables = BTreeMap::new();
    for service in services {
        let address = text(&service.object, "/spec/clusterIP").to_owned();
        if !address.is_empty() && address != "None" {
            link(&service.object, &address, &mut variables);
        }
    }
    variables
}

fn link(service: &Value, address: &str, variables: &mut BTreeMap<String, String>) {
    let name = object::name(service).to_uppercase().replace('-', "_");
    for (number, port) in list(service, "/spec/ports").iter().enumerate() {
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        let port_number = port["port"].as_i64().unwrap_or(0);
        let url = format!("{}://{address}:{port_number}", protocol.to_lowercase());
        if number == 0 {
            variables.insert(format!("{name}_SERVICE_HOST"), address.to_owned());
            variables.insert(format!("{name}_SERVICE_PORT"), port_number.to_string());
            variables.insert(format!("{name}_PORT"), url.clone());
        }
        let port_name = text(port, "/name").to_uppercase().replace('-', "_");
        if !port_name.is_empty() {
            variables.insert(format!("{name}_SERVICE_PORT_{port_name}"), port_number.to_string());
        }
        let prefix = format!("{name}_PORT_{port_number}_{}", protocol.to_uppercase());
        variables.insert(prefix.clone(), url);
        variables.insert(format!("{prefix}_PROTO"), protocol.to_lowercase());
        variables.insert(format!("{prefix}_PORT"), port_number.to_string());
        variables.insert(format!("{prefix}_ADDR"), address.to_owned());
    }
}
