//! RuntimeClasses. What they say of Pods is in `admission/runtime_class.rs`.

use serde_json::json;

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use super::names::{label_errors, labels};
use crate::api::status::FieldError;
use crate::store::object::text;

/// The resource.
pub(crate) const RUNTIME_CLASSES: &str = "runtimeclasses.node.k8s.io";

/// Rules of RuntimeClass (`k8s.io/kubernetes/pkg/apis/node/validation`).
pub(super) const RUNTIME_CLASS: Rules = Rules {
    validate: |class, errors| {
        let handler = text(class, "/handler");
        if let Some(detail) = label_errors(handler) {
            errors.push(FieldError::invalid("handler", handler, &detail));
        }
        labels("scheduling.nodeSelector", class.pointer("/scheduling/nodeSelector"), errors);
    },
    validate_update: |new, old, errors| {
        if new["handler"] != old["handler"] {
            errors.push(FieldError::invalid("handler", new["handler"].clone(), "field is immutable"));
        }
    },
    columns: &[NAME, Column::text("Handler"), AGE],
    row: |class, now| vec![columns::name(class), json!(text(class, "/handler")), columns::age(class, now)],
    ..Rules::PLAIN
};
