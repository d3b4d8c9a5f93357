//! What requests a webhook or an admission policy is about: operations and resources.

use serde_json::Value;

use crate::api::status::FieldError;
use crate::store::object::{list, text};

/// `validateRuleWithOperations` of `k8s.io/kubernetes/pkg/apis/admissionregistration/validation`.
pub(super) fn validate(rule: &Value, at: &str, errors: &mut Vec<FieldError>) {
    const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
    wildcard_alone(rule, at, ("operations", "operations"), errors);
    for (index, operation) in list(rule, "/operations").iter().enumerate() {
        if !OPERATIONS.iter().any(|one| operation == one) {
            errors.push(FieldError::not_supported(format!("{at}.operations[{index}]"), operation.clone(), &OPERATIONS));
        }
    }
    wildcard_alone(rule, at, ("apiGroups", "API groups"), errors);
    wildcard_alone(rule, at, ("apiVersions", "API versions"), errors);
    for (index, version) in list(rule, "/apiVersions").iter().enumerate() {
        if version == "" {
            errors.push(FieldError::required(format!("{at}.apiVersions[{index}]"), ""));
        }
    }
    validate_resources(list(rule, "/resources"), &format!("{at}.resources"), errors);
    let (scope, scopes) = (text(rule, "/scope"), ["*", "Cluster", "Namespaced"]);
    if !scope.is_empty() && !scopes.contains(&scope) {
        errors.push(FieldError::not_supported(format!("{at}.scope"), scope, &scopes));
    }
}

/// A list that must not be empty, and in which `*` stands for all others.
fn wildcard_alone(rule: &Value, at: &str, (field, what): (&str, &str), errors: &mut Vec<FieldError>) {
    let all = list(rule, &format!("/{field}"));
    if all.is_empty() {
        errors.push(FieldError::required(format!("{at}.{field}"), ""));
    } else if all.len() > 1 && all.iter().any(|one| one == "*") {
        let detail = format!("if '*' is present, must not specify other {what}");
        errors.push(FieldError::invalid(format!("{at}.{field}"), all.to_vec(), &detail));
    }
}

/// `validateResources`: what a wildcard covers is not named again.
fn validate_resources(resources: &[Value], at: &str, errors: &mut Vec<FieldError>) {
    let names: Vec<&str> = resources.iter().map(|one| one.as_str().unwrap_or_default()).collect();
    if names.is_empty() {
        errors.push(FieldError::required(at, ""));
    }
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() {
            errors.push(FieldError::required(format!("{at}[{index}]"), ""));
        }
        let Some((resource, subresource)) = name.split_once('/') else { continue };
        for wider in [format!("{resource}/*"), format!("*/{subresource}")] {
            if names[..index].contains(&wider.as_str()) {
                let detail = format!("if '{wider}' is present, must not specify {name}");
                errors.push(FieldError::invalid(format!("{at}[{index}]"), *name, &detail));
            }
        }
    }
    if names.len() > 1 && names.contains(&"*/*") {
        let detail = "if '*/*' is present, must not specify other resources";
        errors.push(FieldError::invalid(at, resources.to_vec(), detail));
    }
    // The last name without a subresource decides, as in Kubernetes.
    let last = names.iter().rfind(|name| !name.contains('/'));
    if names.contains(&"*") && last.is_some_and(|name| *name != "*") {
        let detail = "if '*' is present, must not specify other resources without subresources";
        errors.push(FieldError::invalid(at, resources.to_vec(), detail));
    }
}
