//! Validation of what containers have: ports, variables, probes and resources
//! (`k8s.io/kubernetes/pkg/apis/core/validation`).

use serde_json::Value;

use super::names;
use super::quantity::quantity;
use crate::api::status::FieldError;
use crate::store::object::{integer, list, text};

/// Errors of the parts of a container at `at`.
pub(super) fn validate(container: &Value, at: &str, errors: &mut Vec<FieldError>) {
    ports(container, at, errors);
    environment(container, at, errors);
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if container[probe].is_object() {
            self::probe(&container[probe], &format!("{at}.{probe}"), probe != "readinessProbe", errors);
        }
    }
    resources(container, at, errors);
}

const PORT: &str = "must be between 1 and 65535, inclusive";
const NOT_NEGATIVE: &str = "must be greater than or equal to 0";

/// What is wrong with the name of a port (`IsValidPortName`).
pub(super) fn port_name_errors(name: &str) -> Vec<&'static str> {
    let mut errors = Vec::new();
    if name.len() > 15 {
        errors.push("must be no more than 15 characters");
    }
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !name.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        errors.push("must contain at least one letter (a-z)");
    }
    if name.contains("--") {
        errors.push("must not contain consecutive hyphens");
    }
    if name.starts_with('-') || name.ends_with('-') {
        errors.push("must not begin or end with a hyphen");
    }
    errors
}

/// What is wrong with a port, by its number or its name.
pub(super) fn port(value: &Value, field: &str, errors: &mut Vec<FieldError>) {
    match value {
        Value::String(name) => {
            let wrong = port_name_errors(name);
            errors.extend(wrong.into_iter().map(|detail| FieldError::invalid(field, name.as_str(), detail)));
        }
        other => {
            if !other.as_i64().is_some_and(|number| (1..=65535).contains(&number)) {
                errors.push(FieldError::invalid(field, other.clone(), PORT));
            }
        }
    }
}

/// What is wrong with a transport protocol.
pub(super) fn protocol(value: &Value, field: &str, errors: &mut Vec<FieldError>) {
    let supported = ["SCTP", "TCP", "UDP"];
    let protocol = value.as_str().unwrap_or_default();
    if !supported.contains(&protocol) {
        errors.push(FieldError::not_supported(field, protocol, &supported));
    }
}

fn ports(container: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let mut names = Vec::new();
    for (index, port) in list(container, "/ports").iter().enumerate() {
        let at = format!("{at}.ports[{index}]");
        let name = text(port, "/name");
        if !name.is_empty() {
            let wrong = port_name_errors(name);
            let duplicate = wrong.is_empty() && names.contains(&name);
            let field = format!("{at}.name");
            errors.extend(wrong.into_iter().map(|detail| FieldError::invalid(field.as_str(), name, detail)));
            if duplicate {
                errors.push(FieldError::duplicate(field, name));
            }
            names.push(name);
        }
        let number = integer(port, "/containerPort").unwrap_or(0);
        if number == 0 {
            errors.push(FieldError::required(format!("{at}.containerPort"), ""));
        } else if !(1..=65535).contains(&number) {
            errors.push(FieldError::invalid(format!("{at}.containerPort"), number, PORT));
        }
        protocol(&port["protocol"], &format!("{at}.protocol"), errors);
    }
}

fn environment(container: &Value, at: &str, errors: &mut Vec<FieldError>) {
    for (index, variable) in list(container, "/env").iter().enumerate() {
        let at = format!("{at}.env[{index}]");
        if text(variable, "/name").is_empty() {
            errors.push(FieldError::required(format!("{at}.name"), ""));
        }
        let source = &variable["valueFrom"];
        if !source.is_object() {
            continue;
        }
        let at = format!("{at}.valueFrom");
        if !text(variable, "/value").is_empty() {
            errors.push(FieldError::invalid(at, "", "may not be specified when `value` is not empty"));
            continue;
        }
        let path = text(source, "/fieldRef/fieldPath");
        if source["fieldRef"].is_object() && !is_downward_field(path) {
            let detail = format!("error converting fieldPath: field label not supported: {path}");
            errors.push(FieldError::invalid(format!("{at}.fieldRef.fieldPath"), path, &detail));
        }
        for reference in ["configMapKeyRef", "secretKeyRef"] {
            if source[reference].is_object() {
                key_reference(&source[reference], &format!("{at}.{reference}"), errors);
            }
        }
    }
    for source in list(container, "/envFrom") {
        if !source["configMapRef"].is_object() && !source["secretRef"].is_object() {
            let detail = "must specify one of: `configMapRef` or `secretRef`";
            errors.push(FieldError::invalid(format!("{at}.envFrom"), "", detail));
        }
    }
}

/// The fields of a Pod that a variable can have (`validEnvDownwardAPIFieldPathExpressions`).
fn is_downward_field(path: &str) -> bool {
    const FIELDS: [&str; 9] = [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    FIELDS.contains(&path) || path.starts_with("metadata.labels['") || path.starts_with("metadata.annotations['")
}

fn key_reference(reference: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let name = text(reference, "/name");
    if let Some(detail) = names::subdomain_errors(name) {
        errors.push(FieldError::invalid(format!("{at}.name"), name, &detail));
    }
    if text(reference, "/key").is_empty() {
        errors.push(FieldError::required(format!("{at}.key"), ""));
    }
}

fn probe(probe: &Value, at: &str, once: bool, errors: &mut Vec<FieldError>) {
    let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
    let mut given = handlers.into_iter().filter(|handler| probe[handler].is_object());
    if given.next().is_none() {
        errors.push(FieldError::required(at, "must specify a handler type"));
    }
    for more in given {
        errors.push(FieldError::forbidden(format!("{at}.{more}"), "may not specify more than 1 handler type"));
    }
    for handler in ["httpGet", "tcpSocket"].into_iter().filter(|handler| probe[handler].is_object()) {
        port(&probe[handler]["port"], &format!("{at}.{handler}.port"), errors);
    }
    for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        if let Some(number) = probe[field].as_i64().filter(|number| *number < 0) {
            errors.push(FieldError::invalid(format!("{at}.{field}"), number, NOT_NEGATIVE));
        }
    }
    if let Some(number) = probe["successThreshold"].as_i64().filter(|number| once && *number > 1) {
        errors.push(FieldError::invalid(format!("{at}.successThreshold"), number, "must be 1"));
    }
}

fn resources(container: &Value, at: &str, errors: &mut Vec<FieldError>) {
    for side in ["limits", "requests"] {
        let amounts = container.pointer(&format!("/resources/{side}")).and_then(Value::as_object);
        for (resource, amount) in amounts.into_iter().flatten() {
            let field = format!("{at}.resources.{side}[{resource}]");
            if !resource.contains('/') && !is_standard(resource) {
                for detail in [
                    "must be a standard resource type or fully qualified",
                    "must be a standard resource for containers",
                ] {
                    errors.push(FieldError::invalid(field.as_str(), resource.as_str(), detail));
                }
            }
            let Some(requested) = quantity(amount) else { continue };
            if requested < 0.0 {
                errors.push(FieldError::invalid(field, amount.clone(), NOT_NEGATIVE));
            }
            let limit = container.pointer(&format!("/resources/limits/{}", resource.replace('/', "~1")));
            if side == "requests"
                && let Some(limit) = limit
                && quantity(limit).is_some_and(|limit| requested > limit)
            {
                let limit = limit.as_str().unwrap_or_default();
                let detail = format!("must be less than or equal to {resource} limit of {limit}");
                errors.push(FieldError::invalid(format!("{at}.resources.requests"), amount.clone(), &detail));
            }
        }
    }
}

fn is_standard(resource: &str) -> bool {
    ["cpu", "memory", "ephemeral-storage"].contains(&resource) || resource.starts_with("hugepages-")
}
