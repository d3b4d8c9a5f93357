//! Addresses: cluster IPs, node ports and Pod IPs.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::api::status::{ApiError, FieldError};
use crate::kinds::Kind;
use crate::store::Store;
use crate::store::object::{integer, list, list_mut, set, set_default, text};

/// Gives out Pod IPs in 10.244.0.0/16, the range of a Kind cluster.
#[derive(Debug, Default)]
pub(super) struct PodAddresses {
    given: AtomicU32,
}

impl PodAddresses {
    pub(super) fn next(&self) -> String {
        // .0 and .1 of the first network are the network and its gateway.
        let number = self.given.fetch_add(1, Ordering::Relaxed) + 2;
        format!("10.244.{}.{}", (number >> 8) & 0xff, number & 0xff)
    }
}

/// Gives a Service its cluster IP (10.96.0.0/16) and its node ports (30000 to 32767).
pub(crate) fn allocate(store: &Store, kind: &Kind, old: Option<&Value>, service: &mut Value) -> Result<(), ApiError> {
    if kind.kind != "Service" || text(service, "/spec/type") == "ExternalName" {
        return Ok(());
    }
    let (services, _) = store.list(&kind.resource, None);
    let taken: HashSet<&str> = services.iter().map(|stored| text(&stored.object, "/spec/clusterIP")).collect();
    let wanted = text(service, "/spec/clusterIP").to_owned();
    let address = match wanted.as_str() {
        "None" => wanted,
        "" => loop {
            let number = store.simulation.seed.number("kubernetes-cluster-ip", 10..=65_000);
            let free = format!("10.96.{}.{}", number >> 8, number & 0xff);
            if !taken.contains(free.as_str()) {
                break free;
            }
        },
        _ if taken.contains(wanted.as_str()) && old.is_none() => {
            let detail = "failed to allocate IP ".to_owned() + &wanted + ": provided IP is already allocated";
            let error = FieldError::invalid("spec.clusterIPs", json!([wanted]), &detail);
            return Err(ApiError::invalid(kind, text(service, "/metadata/name"), &[error]));
        }
        _ => wanted,
    };
    set(service, &["spec", "clusterIP"], address.clone());
    set_default(service, &["spec", "clusterIPs"], json!([address]));
    if ["NodePort", "LoadBalancer"].contains(&text(service, "/spec/type")) {
        let mut taken: HashSet<i64> = services
            .iter()
            .flat_map(|stored| list(&stored.object, "/spec/ports"))
            .filter_map(|port| integer(port, "/nodePort"))
            .collect();
        let name = text(service, "/metadata/name").to_owned();
        for (index, port) in list_mut(service, &["spec", "ports"]).enumerate() {
            let given = port["nodePort"].as_i64().unwrap_or(0);
            if given != 0 {
                give(kind, &name, index, given, &mut taken)?;
            }
            while port["nodePort"].as_i64().unwrap_or(0) == 0 {
                let number = store.simulation.seed.number("kubernetes-node-port", 30_000..=32_767);
                let number = i64::try_from(number).unwrap_or(0);
                if taken.insert(number) {
                    port["nodePort"] = json!(number);
                }
            }
        }
    }
    Ok(())
}

/// Takes the node port that a Service asks for.
fn give(kind: &Kind, name: &str, index: usize, port: i64, taken: &mut HashSet<i64>) -> Result<(), ApiError> {
    let detail = if !(30_000..=32_767).contains(&port) {
        "provided port is not in the valid range. The range of valid ports is 30000-32767"
    } else if taken.insert(port) {
        return Ok(());
    } else {
        "provided port is already allocated"
    };
    let error = FieldError::invalid(format!("spec.ports[{index}].nodePort"), port, detail);
    Err(ApiError::invalid(kind, name, &[error]))
}

/// A changed Service keeps the addresses it has, unless it says others.
pub(crate) fn keep(kind: &Kind, old: &Value, new: &mut Value) {
    if kind.kind != "Service" || text(new, "/spec/type") == "ExternalName" {
        return;
    }
    for field in ["clusterIP", "clusterIPs"] {
        if let Some(value) = old["spec"].get(field) {
            set_default(new, &["spec", field], value.clone());
        }
    }
    if text(new, "/spec/type") == "ClusterIP" {
        drop_external(old, new);
        return;
    }
    for port in list_mut(new, &["spec", "ports"]) {
        let before = list(old, "/spec/ports")
            .iter()
            .find(|one| one["port"] == port["port"] && one["protocol"] == port["protocol"]);
        if let Some(number) = before.and_then(|before| before.get("nodePort")) {
            set_default(port, &["nodePort"], number.clone());
        }
    }
}

/// A Service that becomes internal loses what it had for the outside, as far as it was not changed.
fn drop_external(old: &Value, new: &mut Value) {
    if text(old, "/spec/type") == "ClusterIP" {
        return;
    }
    for field in ["externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"] {
        if new["spec"].get(field) == old["spec"].get(field) {
            crate::store::object::remove(new, &["spec", field]);
        }
    }
    let before: HashSet<i64> = list(old, "/spec/ports").iter().filter_map(|port| integer(port, "/nodePort")).collect();
    for port in list_mut(new, &["spec", "ports"]) {
        if integer(port, "/nodePort").is_some_and(|number| before.contains(&number)) {
            crate::store::object::remove(port, &["nodePort"]);
        }
    }
}
