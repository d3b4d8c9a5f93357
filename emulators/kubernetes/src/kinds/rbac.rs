//! Roles and their bindings.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use crate::api::status::FieldError;
use crate::store::object::{list, list_mut, set_default, text};

const API_GROUP: &str = "rbac.authorization.k8s.io";

/// Rules of Role and ClusterRole.
pub(super) const ROLE: Rules = Rules {
    validate: |role, errors| {
        for (index, rule) in list(role, "/rules").iter().enumerate() {
            if list(rule, "/verbs").is_empty() {
                let detail = "verbs must contain at least one value";
                errors.push(FieldError::required(format!("rules[{index}].verbs"), detail));
            }
        }
    },
    ..Rules::PLAIN
};

/// Rules of RoleBinding and ClusterRoleBinding.
pub(super) const BINDING: Rules = Rules {
    defaults: |binding| {
        set_default(binding, &["roleRef", "apiGroup"], API_GROUP);
        for subject in list_mut(binding, &["subjects"]) {
            if text(subject, "/kind") != "ServiceAccount" {
                set_default(subject, &["apiGroup"], API_GROUP);
            }
        }
    },
    validate: |binding, errors| {
        if text(binding, "/roleRef/name").is_empty() {
            errors.push(FieldError::required("roleRef.name", ""));
        }
        let namespaced = text(binding, "/kind") == "RoleBinding";
        let kind = text(binding, "/roleRef/kind");
        let known: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
        if !known.contains(&kind) {
            errors.push(FieldError::not_supported("roleRef.kind", kind, known));
        }
        for (index, subject) in list(binding, "/subjects").iter().enumerate() {
            let account = text(subject, "/kind") == "ServiceAccount";
            if account && text(subject, "/namespace").is_empty() {
                errors.push(FieldError::required(format!("subjects[{index}].namespace"), ""));
            }
        }
    },
    validate_update: |new, old, errors| {
        if new["roleRef"] != old["roleRef"] {
            errors.push(FieldError::invalid("roleRef", new["roleRef"].clone(), "cannot change roleRef"));
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
