//! Roles and their bindings.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use super::names::{path_segment_errors, subdomain_errors};
use crate::api::status::FieldError;
use crate::store::object::{list, list_mut, remove, set, set_default, text};

const API_GROUP: &str = "rbac.authorization.k8s.io";

/// Rules of Role and ClusterRole.
pub(super) const ROLE: Rules = Rules {
    // Rules are no `omitempty` field: none are null.
    defaults: |role| {
        if list(role, "/rules").is_empty() {
            role["rules"] = Value::Null;
        }
    },
    validate: validate_role,
    columns: columns::NAME_AND_CREATION,
    row: columns::name_and_creation,
    ..Rules::PLAIN
};

/// `ValidatePolicyRule` and `ValidateClusterRole` of `k8s.io/kubernetes/pkg/apis/rbac/validation`.
fn validate_role(role: &Value, errors: &mut Vec<FieldError>) {
    let namespaced = text(role, "/kind") == "Role";
    for (index, rule) in list(role, "/rules").iter().enumerate() {
        let field = |name: &str| format!("rules[{index}].{name}");
        let is_empty = |name: &str| rule[name].as_array().is_none_or(Vec::is_empty);
        if is_empty("verbs") {
            errors.push(FieldError::required(field("verbs"), "verbs must contain at least one value"));
        }
        if !is_empty("nonResourceURLs") {
            let paths = rule["nonResourceURLs"].clone();
            if namespaced {
                let detail = "namespaced rules cannot apply to non-resource URLs";
                errors.push(FieldError::invalid(field("nonResourceURLs"), paths.clone(), detail));
            }
            if !["apiGroups", "resources", "resourceNames"].into_iter().all(is_empty) {
                let detail = "rules cannot apply to both regular resources and non-resource URLs";
                errors.push(FieldError::invalid(field("nonResourceURLs"), paths, detail));
            }
            continue;
        }
        if is_empty("apiGroups") {
            errors.push(FieldError::required(field("apiGroups"), "resource rules must supply at least one api group"));
        }
        if is_empty("resources") {
            errors.push(FieldError::required(field("resources"), "resource rules must supply at least one resource"));
        }
    }
    if role["aggregationRule"].is_object() && list(role, "/aggregationRule/clusterRoleSelectors").is_empty() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        errors.push(FieldError::required("aggregationRule.clusterRoleSelectors", detail));
    }
}

/// Rules of RoleBinding and ClusterRoleBinding.
pub(super) const BINDING: Rules = Rules {
    defaults: |binding| {
        if text(binding, "/roleRef/apiGroup").is_empty() {
            set(binding, &["roleRef", "apiGroup"], API_GROUP);
        }
        if list(binding, "/subjects").is_empty() {
            remove(binding, &["subjects"]);
        }
        for subject in list_mut(binding, &["subjects"]) {
            if ["User", "Group"].contains(&text(subject, "/kind")) {
                set_default(subject, &["apiGroup"], API_GROUP);
            }
        }
    },
    validate: validate_binding,
    validate_update: |new, old, errors| {
        if new["roleRef"] != old["roleRef"] {
            // The type inside the API server has no JSON names.
            let given = |field: &str| new["roleRef"][field].clone();
            let shown = json!({"APIGroup": given("apiGroup"), "Kind": given("kind"), "Name": given("name")});
            errors.push(FieldError::invalid("roleRef", shown, "cannot change roleRef"));
        }
    },
    columns: &[
        NAME,
        Column::text("Role"),
        AGE,
        Column::wide("Users"),
        Column::wide("Groups"),
        Column::wide("ServiceAccounts"),
    ],
    row: |binding, now| {
        let subjects = |kind: &str| {
            let names: Vec<_> = list(binding, "/subjects")
                .iter()
                .filter(|one| one["kind"] == kind)
                .map(|one: &Value| match (kind, text(one, "/name")) {
                    ("ServiceAccount", name) => format!("{}/{name}", text(one, "/namespace")),
                    (_, name) => name.to_owned(),
                })
                .collect();
            json!(names.join(", "))
        };
        vec![
            columns::name(binding),
            json!(format!("{}/{}", text(binding, "/roleRef/kind"), text(binding, "/roleRef/name"))),
            columns::age(binding, now),
            subjects("User"),
            subjects("Group"),
            subjects("ServiceAccount"),
        ]
    },
};

/// `ValidateRoleBinding`, `ValidateClusterRoleBinding` and `ValidateRoleBindingSubject`.
fn validate_binding(binding: &Value, errors: &mut Vec<FieldError>) {
    let namespaced = text(binding, "/kind") == "RoleBinding";
    let group = text(binding, "/roleRef/apiGroup");
    if group != API_GROUP {
        errors.push(FieldError::not_supported("roleRef.apiGroup", group, &[API_GROUP]));
    }
    let kind = text(binding, "/roleRef/kind");
    let known: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !known.contains(&kind) {
        errors.push(FieldError::not_supported("roleRef.kind", kind, known));
    }
    let name = text(binding, "/roleRef/name");
    if name.is_empty() {
        errors.push(FieldError::required("roleRef.name", ""));
    } else if let Some(detail) = path_segment_errors(name) {
        errors.push(FieldError::invalid("roleRef.name", name, &detail));
    }
    for (index, subject) in list(binding, "/subjects").iter().enumerate() {
        validate_subject(subject, &format!("subjects[{index}]"), namespaced, errors);
    }
}

fn validate_subject(subject: &Value, field: &str, namespaced: bool, errors: &mut Vec<FieldError>) {
    let (kind, name, group) = (text(subject, "/kind"), text(subject, "/name"), text(subject, "/apiGroup"));
    if name.is_empty() {
        errors.push(FieldError::required(format!("{field}.name"), ""));
    }
    match kind {
        "ServiceAccount" => {
            if let (false, Some(detail)) = (name.is_empty(), subdomain_errors(name)) {
                errors.push(FieldError::invalid(format!("{field}.name"), name, &detail));
            }
            if !group.is_empty() {
                errors.push(FieldError::not_supported(format!("{field}.apiGroup"), group, &[""]));
            }
            if !namespaced && text(subject, "/namespace").is_empty() {
                errors.push(FieldError::required(format!("{field}.namespace"), ""));
            }
        }
        "User" | "Group" => {
            if group != API_GROUP {
                errors.push(FieldError::not_supported(format!("{field}.apiGroup"), group, &[API_GROUP]));
            }
        }
        _ => {
            let known = ["ServiceAccount", "User", "Group"];
            errors.push(FieldError::not_supported(format!("{field}.kind"), kind, &known));
        }
    }
}
