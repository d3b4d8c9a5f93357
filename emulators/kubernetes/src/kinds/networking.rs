//! Ingresses and network policies.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use crate::api::status::FieldError;
use crate::store::object::{list, set_default, text};

/// Rules of Ingress.
pub(super) const INGRESS: Rules = Rules {
    defaults: |ingress| set_default(ingress, &["status", "loadBalancer"], json!({})),
    validate: |ingress, errors| {
        if list(ingress, "/spec/rules").is_empty() && ingress["spec"]["defaultBackend"].is_null() {
            let detail = "either `defaultBackend` or `rules` must be specified";
            errors.push(FieldError::invalid("spec", ingress["spec"].clone(), detail));
        }
        for (rule, one) in list(ingress, "/spec/rules").iter().enumerate() {
            for (index, path) in list(one, "/http/paths").iter().enumerate() {
                let field = format!("spec.rules[{rule}].http.paths[{index}].pathType");
                match text(path, "/pathType") {
                    "" => errors.push(FieldError::required(field, "pathType must be specified")),
                    "Exact" | "Prefix" | "ImplementationSpecific" => {}
                    other => {
                        let supported = &["Exact", "ImplementationSpecific", "Prefix"];
                        errors.push(FieldError::not_supported(field, other, supported));
                    }
                }
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
        let addresses: Vec<_> =
            list(ingress, "/status/loadBalancer/ingress").iter().map(|one| text(one, "/ip")).collect();
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
    columns: &[NAME, Column::text("Pod-Selector"), AGE],
    row: |policy, now| {
        let selector: Option<&Value> = policy.pointer("/spec/podSelector");
        vec![columns::name(policy), columns::label_selector(selector), columns::age(policy, now)]
    },
    ..Rules::PLAIN
};
