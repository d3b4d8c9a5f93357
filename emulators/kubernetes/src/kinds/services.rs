//! Services and their endpoints: defaults, validation, columns.

use serde_json::{Value, json};

use super::columns::{self, AGE, Column, NAME, SELECTOR, at_most_three};
use super::{Rules, containers, names};
use crate::api::status::FieldError;
use crate::store::object::{integer, list, list_mut, set_default, text};

/// Rules of Service. Cluster addresses and node ports are given out when it is stored.
pub(super) const SERVICE: Rules = Rules {
    defaults: |service| {
        let spec = &mut service["spec"];
        set_default(spec, &["type"], "ClusterIP");
        set_default(spec, &["sessionAffinity"], "None");
        set_default(service, &["status", "loadBalancer"], json!({}));
        let spec = &mut service["spec"];
        let of = text(spec, "/type").to_owned();
        if of == "ExternalName" {
            return;
        }
        set_default(spec, &["internalTrafficPolicy"], "Cluster");
        // Whoever writes the endpoints of a headless Service may have addresses of both families.
        let selects = spec["selector"].as_object().is_some_and(|selector| !selector.is_empty());
        if text(spec, "/clusterIP") == "None" && !selects {
            set_default(spec, &["ipFamilies"], json!(["IPv4", "IPv6"]));
            set_default(spec, &["ipFamilyPolicy"], "RequireDualStack");
        }
        set_default(spec, &["ipFamilies"], json!(["IPv4"]));
        set_default(spec, &["ipFamilyPolicy"], "SingleStack");
        if text(spec, "/sessionAffinity") == "ClientIP" {
            set_default(spec, &["sessionAffinityConfig", "clientIP", "timeoutSeconds"], 10800);
        }
        if of != "ClusterIP" {
            set_default(spec, &["externalTrafficPolicy"], "Cluster");
        }
        if of == "LoadBalancer" {
            set_default(spec, &["allocateLoadBalancerNodePorts"], true);
        }
        for port in list_mut(spec, &["ports"]) {
            set_default(port, &["protocol"], "TCP");
            let number = port["port"].clone();
            set_default(port, &["targetPort"], number);
        }
    },
    validate,
    validate_update: |new, old, errors| {
        let (now, before) = (text(new, "/spec/clusterIP"), text(old, "/spec/clusterIP"));
        let kept = text(new, "/spec/type") != "ExternalName" && text(old, "/spec/type") != "ExternalName";
        if kept && !before.is_empty() && now != before {
            errors.push(FieldError::invalid("spec.clusterIPs[0]", json!([now]), "may not change once set"));
        }
    },
    columns: &[
        NAME,
        Column::text("Type"),
        Column::text("Cluster-IP"),
        Column::text("External-IP"),
        Column::text("Port(s)"),
        AGE,
        SELECTOR,
    ],
    row: |service, now| {
        vec![
            columns::name(service),
            json!(text(service, "/spec/type")),
            columns::or_none(service, "/spec/clusterIP"),
            json!(external_address(service)),
            json!(ports(service)),
            columns::age(service, now),
            columns::labels(service.pointer("/spec/selector")),
        ]
    },
};

/// Rules of Endpoints.
pub(super) const ENDPOINTS: Rules = Rules {
    defaults: |endpoints| {
        for subset in list_mut(endpoints, &["subsets"]) {
            for port in list_mut(subset, &["ports"]) {
                set_default(port, &["protocol"], "TCP");
            }
        }
    },
    columns: &[NAME, Column::text("Endpoints"), AGE],
    row: |endpoints, now| {
        let mut found = Vec::new();
        for subset in list(endpoints, "/subsets") {
            let addresses = || list(subset, "/addresses").iter().map(|one| text(one, "/ip"));
            let ports = list(subset, "/ports");
            if ports.is_empty() {
                found.extend(addresses().map(str::to_owned));
            }
            for port in ports {
                let port = integer(port, "/port").unwrap_or(0);
                found.extend(addresses().map(|address| format!("{address}:{port}")));
            }
        }
        vec![columns::name(endpoints), json!(at_most_three(&found)), columns::age(endpoints, now)]
    },
    ..Rules::PLAIN
};

/// Rules of EndpointSlice.
pub(super) const ENDPOINT_SLICE: Rules = Rules {
    defaults: |slice| {
        for port in list_mut(slice, &["ports"]) {
            set_default(port, &["protocol"], "TCP");
            set_default(port, &["name"], "");
        }
    },
    columns: &[NAME, Column::text("AddressType"), Column::text("Ports"), Column::text("Endpoints"), AGE],
    row: |slice, now| {
        let ports: Vec<_> = list(slice, "/ports")
            .iter()
            .map(|port| integer(port, "/port").map_or_else(|| "*".to_owned(), |port| port.to_string()))
            .collect();
        let addresses: Vec<_> = list(slice, "/endpoints")
            .iter()
            .flat_map(|endpoint| list(endpoint, "/addresses"))
            .filter_map(|address| address.as_str().map(str::to_owned))
            .collect();
        let shown = |items: &[String]| if items.is_empty() { "<unset>".to_owned() } else { at_most_three(items) };
        vec![
            columns::name(slice),
            json!(text(slice, "/addressType")),
            json!(shown(&ports)),
            json!(shown(&addresses)),
            columns::age(slice, now),
        ]
    },
    ..Rules::PLAIN
};

fn validate(service: &Value, errors: &mut Vec<FieldError>) {
    let of = text(service, "/spec/type");
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !kinds.contains(&of) {
        errors.push(FieldError::not_supported("spec.type", of, &kinds));
    }
    let ports = list(service, "/spec/ports");
    let headless = text(service, "/spec/clusterIP") == "None";
    if ports.is_empty() && of != "ExternalName" && !headless {
        errors.push(FieldError::required("spec.ports", ""));
    }
    if of == "ExternalName" && text(service, "/spec/externalName").is_empty() {
        errors.push(FieldError::required("spec.externalName", ""));
    }
    names::labels("spec.selector", service.pointer("/spec/selector"), errors);
    let address = text(service, "/spec/clusterIP");
    if !["", "None"].contains(&address) && address.parse::<std::net::IpAddr>().is_err() {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        errors.push(FieldError::invalid("spec.clusterIPs[0]", address, detail));
    }
    for (index, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{index}]");
        let (name, number) = (text(port, "/name"), integer(port, "/port").unwrap_or(0));
        if name.is_empty() && ports.len() > 1 {
            errors.push(FieldError::required(format!("{at}.name"), ""));
        }
        if !name.is_empty() && ports[..index].iter().any(|other| text(other, "/name") == name) {
            errors.push(FieldError::duplicate(format!("{at}.name"), name));
        }
        containers::port(&json!(number), &format!("{at}.port"), errors);
        containers::protocol(&port["protocol"], &format!("{at}.protocol"), errors);
        if !port["targetPort"].is_null() {
            containers::port(&port["targetPort"], &format!("{at}.targetPort"), errors);
        }
        if let Some(node_port) = integer(port, "/nodePort").filter(|one| *one != 0 && !(30000..=32767).contains(one)) {
            let detail = "provided port is not in the valid range. The range of valid ports is 30000-32767";
            errors.push(FieldError::invalid(format!("{at}.nodePort"), node_port, detail));
        }
        let same = |other: &Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
        if ports[..index].iter().any(same) {
            // The type inside the API server has no JSON names, and is compared by protocol and port alone.
            let words = format!(
                "Duplicate value: {{\"Name\":\"\",\"Protocol\":{:?},\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}",
                text(port, "/protocol")
            );
            errors.push(FieldError::worded(at, "FieldValueDuplicate", words));
        }
    }
}

fn external_address(service: &Value) -> String {
    let given: Vec<_> = list(service, "/spec/externalIPs").iter().filter_map(Value::as_str).collect();
    match text(service, "/spec/type") {
        "ExternalName" => text(service, "/spec/externalName").to_owned(),
        _ if !given.is_empty() => given.join(","),
        "LoadBalancer" => {
            let balancers: Vec<_> =
                list(service, "/status/loadBalancer/ingress").iter().map(|one| text(one, "/ip")).collect();
            if balancers.is_empty() { "<pending>".to_owned() } else { balancers.join(",") }
        }
        _ => "<none>".to_owned(),
    }
}

fn ports(service: &Value) -> String {
    let all: Vec<_> = list(service, "/spec/ports")
        .iter()
        .map(|port| {
            let (number, protocol) = (integer(port, "/port").unwrap_or(0), text(port, "/protocol"));
            match integer(port, "/nodePort") {
                Some(node) if node > 0 => format!("{number}:{node}/{protocol}"),
                _ => format!("{number}/{protocol}"),
            }
        })
        .collect();
    if all.is_empty() { "<none>".to_owned() } else { all.join(",") }
}
