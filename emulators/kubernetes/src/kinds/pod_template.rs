//! PodTemplates, and what the templates of workloads have to hold to.

use serde_json::Value;

use super::columns::{self, CONTAINERS, Column, IMAGES, NAME};
use super::{Rules, names, pods};
use crate::api::status::FieldError;
use crate::store::object::text;

/// Rules of PodTemplate. A cluster does nothing with one; other programs may.
pub(super) const POD_TEMPLATE: Rules = Rules {
    defaults: |object| {
        if object["template"].is_object() {
            pods::apply_template_defaults(&mut object["template"]["spec"]);
        }
    },
    validate: |object, errors| {
        names::labels("template.labels", object.pointer("/template/metadata/labels"), errors);
        pods::validate_spec(&object["template"]["spec"], "template.spec", errors);
    },
    columns: &[
        NAME,
        Column { priority: 0, ..CONTAINERS },
        Column { priority: 0, ..IMAGES },
        Column::text("Pod Labels"),
    ],
    row: |object, _| {
        let [containers, images] = columns::containers_and_images(object, "/template/spec");
        let labels = columns::labels(object.pointer("/template/metadata/labels"));
        vec![columns::name(object), containers, images, labels]
    },
    ..Rules::PLAIN
};

/// Errors of the template at `spec.template` of a workload that keeps its Pods running.
pub(super) fn validate(template: &Value, errors: &mut Vec<FieldError>) {
    names::labels("spec.template.labels", Some(&template["metadata"]["labels"]), errors);
    pods::validate_spec(&template["spec"], "spec.template.spec", errors);
    let policy = text(template, "/spec/restartPolicy");
    if policy != "Always" && !policy.is_empty() {
        errors.push(FieldError::not_supported("spec.template.spec.restartPolicy", policy, &["Always"]));
    }
}
