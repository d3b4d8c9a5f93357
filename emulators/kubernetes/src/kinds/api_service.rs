//! APIServices: which server answers for which version of a group.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use super::names::{dns_1035_errors, subdomain_errors};
use crate::api::status::FieldError;
use crate::store::object::{self, integer, list, set_default, text};

/// Rules of APIService.
pub(super) const API_SERVICE: Rules = Rules {
    defaults: |service| {
        if service["spec"]["service"].is_object() {
            set_default(service, &["spec", "service", "port"], 443);
        }
        // A status is no `omitempty` field.
        set_default(service, &["status"], json!({}));
    },
    validate,
    columns: &[NAME, Column::text("Service"), Column::text("Available"), AGE],
    row: |service, now| {
        let by = if is_local(service) {
            "Local".to_owned()
        } else {
            let part = |field: &str| text(service, &format!("/spec/service/{field}")).to_owned();
            format!("{}/{}", part("namespace"), part("name"))
        };
        vec![columns::name(service), json!(by), json!(available(service)), columns::age(service, now)]
    },
    ..Rules::PLAIN
};

/// Whether the API server itself answers for it.
pub(crate) fn is_local(service: &Value) -> bool {
    service["spec"]["service"].is_null()
}

/// The Available cell (`getConditions` of `k8s.io/kube-aggregator/pkg/registry/apiservice/etcd`).
fn available(service: &Value) -> String {
    let found = list(service, "/status/conditions").iter().find(|one| one["type"] == "Available");
    match found.map(|one| (text(one, "/status"), text(one, "/reason"))) {
        None => "Unknown".to_owned(),
        Some(("True", _)) => "True".to_owned(),
        Some((status, reason)) => format!("{status} ({reason})"),
    }
}

/// `ValidateAPIService` of `k8s.io/kube-aggregator/pkg/apis/apiregistration/validation`.
fn validate(service: &Value, errors: &mut Vec<FieldError>) {
    let spec = &service["spec"];
    let (group, version) = (text(spec, "/group"), text(spec, "/version"));
    let wanted = format!("{version}.{group}");
    if object::name(service) != wanted {
        let detail = format!("must be `spec.version+\".\"+spec.group`: {wanted:?}");
        errors.push(FieldError::invalid("metadata.name", object::name(service), &detail));
    }
    if group.is_empty() && version != "v1" {
        let detail = "only v1 may have an empty group and it better be legacy kube";
        errors.push(FieldError::required("spec.group", detail));
    }
    if let Some(detail) = subdomain_errors(group).filter(|_| !group.is_empty()) {
        errors.push(FieldError::invalid("spec.group", group, &detail));
    }
    if let Some(detail) = dns_1035_errors(version) {
        errors.push(FieldError::invalid("spec.version", version, &detail));
    }
    for (field, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1_000)] {
        let given = integer(spec, &format!("/{field}")).unwrap_or(0);
        if !(1..=most).contains(&given) {
            let detail = format!("must be positive and less than {most}");
            errors.push(FieldError::invalid(format!("spec.{field}"), given, &detail));
        }
    }
    validate_server(spec, errors);
}

fn validate_server(spec: &Value, errors: &mut Vec<FieldError>) {
    let (bundle, insecure) = (text(spec, "/caBundle"), spec["insecureSkipTLSVerify"] == true);
    let server = &spec["service"];
    if server.is_null() {
        if insecure {
            let detail = "local APIServices may not have insecureSkipTLSVerify";
            errors.push(FieldError::invalid("spec.insecureSkipTLSVerify", true, detail));
        }
        return;
    }
    for field in ["namespace", "name"] {
        if text(server, &format!("/{field}")).is_empty() {
            errors.push(FieldError::required(format!("spec.service.{field}"), ""));
        }
    }
    let port = integer(server, "/port").unwrap_or(0);
    if !(1..=65535).contains(&port) {
        let detail = "port is not valid: must be between 1 and 65535, inclusive";
        errors.push(FieldError::invalid("spec.service.port", port, detail));
    }
    if insecure && !bundle.is_empty() {
        let detail = "may not be true if caBundle is present";
        errors.push(FieldError::invalid("spec.insecureSkipTLSVerify", true, detail));
    }
}
