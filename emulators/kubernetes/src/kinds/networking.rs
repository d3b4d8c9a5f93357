//! Ingresses and network policies.

use serde_json::{Value, json};

use super::columns::{self, AGE, Column, NAME};
use super::{Rules, containers, names};
use crate::api::status::FieldError;
use crate::store::object::{list, list_mut, set_default, text};

/// Rules of Ingress.
pub(super) const INGRESS: Rules = Rules {
    defaults: |ingress| set_default(ingress, &["status", "loadBalancer"], json!({})),
    validate: |ingress, errors| {
        if list(ingress, "/spec/rules").is_empty() && ingress["spec"]["defaultBackend"].is_null() {
            let detail = "either `defaultBackend` or `rules` must be specified";
            // An empty spec has nothing to show.
            let spec = if ingress["spec"] == json!({}) { Value::Null } else { ingress["spec"].clone() };
            errors.push(FieldError::invalid("spec", spec, detail));
        }
        for (rule, one) in list(ingress, "/spec/rules").iter().enumerate() {
            let host = text(one, "/host");
            let plain = host.strip_prefix("*.").unwrap_or(host);
            if let Some(detail) = names::subdomain_errors(plain).filter(|_| !host.is_empty()) {
                errors.push(FieldError::invalid(format!("spec.rules[{rule}].host"), host, &detail));
            }
            for (index, path) in list(one, "/http/paths").iter().enumerate() {
                let at = format!("spec.rules[{rule}].http.paths[{index}]");
                let field = format!("{at}.pathType");
                match text(path, "/pathType") {
                    "" => errors.push(FieldError::required(field, "pathType must be specified")),
                    "Exact" | "Prefix" if !text(path, "/path").starts_with('/') => {
                        let (field, given) = (format!("{at}.path"), text(path, "/path"));
                        errors.push(FieldError::invalid(field, given, "must be an absolute path"));
                    }
                    "Exact" | "Prefix" | "ImplementationSpecific" => {}
                    other => {
                        let supported = &["Exact", "ImplementationSpecific", "Prefix"];
                        errors.push(FieldError::not_supported(field, other, supported));
                    }
                }
                validate_backend(&path["backend"], &format!("{at}.backend"), errors);
            }
        }
    },
    columns: &[NAME, Column::text("Class"), Column::text("Hosts"), Column::text("Address"), Column::text("Ports"), AGE],
    row: |ingress, now| {
        let hosts: Vec<_> = list(ingress, "/spec/rules")
            .iter()
            .map(|rule| text(rule, "/host"))
            .filter(|host| !host.is_empty())
            .collect();
        let addresses: Vec<_> = list(ingress, "/status/loadBalancer/ingress").iter().map(address).collect();
        let secured = !list(ingress, "/spec/tls").is_empty();
        vec![
            columns::name(ingress),
            columns::or_none(ingress, "/spec/ingressClassName"),
            json!(if hosts.is_empty() { "*".to_owned() } else { hosts.join(",") }),
            json!(addresses.join(",")),
            json!(if secured { "80, 443" } else { "80" }),
            columns::age(ingress, now),
        ]
    },
    ..Rules::PLAIN
};

/// An address by its number, else by its name.
fn address(address: &Value) -> &str {
    match text(address, "/ip") {
        "" => text(address, "/hostname"),
        ip => ip,
    }
}

fn validate_backend(backend: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let port = &backend["service"]["port"];
    let (name, number) = (!text(port, "/name").is_empty(), port["number"].as_i64().unwrap_or(0) != 0);
    if !backend["service"].is_object() && !backend["resource"].is_object() {
        errors.push(FieldError::invalid(at, "", "resource or service backend is required"));
    } else if backend["service"].is_object() && name && number {
        errors.push(FieldError::invalid(at, "", "cannot set both port name & port number"));
    } else if backend["service"].is_object() && !name && !number {
        errors.push(FieldError::required(at, "port name or number is required"));
    }
}

fn validate_policy(policy: &Value, errors: &mut Vec<FieldError>) {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (rule, one) in list(policy, &format!("/spec/{direction}")).iter().enumerate() {
            let at = format!("spec.{direction}[{rule}]");
            for (index, port) in list(one, "/ports").iter().enumerate() {
                let at = format!("{at}.ports[{index}]");
                let (protocol, supported) = (text(port, "/protocol"), ["TCP", "UDP", "SCTP"]);
                if !supported.contains(&protocol) {
                    errors.push(FieldError::not_supported(format!("{at}.protocol"), protocol, &supported));
                }
                if !port["port"].is_null() {
                    containers::port(&port["port"], &format!("{at}.port"), errors);
                }
            }
            for (index, peer) in list(one, &format!("/{peers}")).iter().enumerate() {
                if peer.as_object().is_none_or(serde_json::Map::is_empty) {
                    errors.push(FieldError::required(format!("{at}.{peers}[{index}]"), "must specify a peer"));
                }
            }
        }
    }
    for (index, one) in list(policy, "/spec/policyTypes").iter().enumerate() {
        let (given, supported) = (one.as_str().unwrap_or_default(), ["Ingress", "Egress"]);
        if !supported.contains(&given) {
            errors.push(FieldError::not_supported(format!("spec.policyTypes[{index}]"), given, &supported));
        }
    }
}

/// Rules of IngressClass.
pub(super) const INGRESS_CLASS: Rules = Rules {
    columns: &[NAME, Column::text("Controller"), Column::text("Parameters"), AGE],
    row: |class, now| {
        vec![columns::name(class), json!(text(class, "/spec/controller")), json!("<none>"), columns::age(class, now)]
    },
    ..Rules::PLAIN
};

/// Rules of NetworkPolicy.
pub(super) const NETWORK_POLICY: Rules = Rules {
    defaults: |policy| {
        for direction in ["ingress", "egress"] {
            for rule in list_mut(policy, &["spec", direction]) {
                for port in list_mut(rule, &["ports"]) {
                    set_default(port, &["protocol"], "TCP");
                }
            }
        }
        let egress = !list(policy, "/spec/egress").is_empty();
        let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
        set_default(policy, &["spec", "policyTypes"], types);
    },
    validate: validate_policy,
    columns: &[NAME, Column::text("Pod-Selector"), AGE],
    row: |policy, now| {
        let selector: Option<&Value> = policy.pointer("/spec/podSelector");
        vec![columns::name(policy), columns::label_selector(selector), columns::age(policy, now)]
    },
    ..Rules::PLAIN
};
