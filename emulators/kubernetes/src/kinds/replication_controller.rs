//! ReplicationControllers, which ReplicaSets have taken the place of.

use serde_json::Value;

use super::columns::{self, count};
use super::workloads::REPLICA_SET;
use super::{Rules, pod_template, pods};
use crate::api::status::FieldError;
use crate::store::object::{integer, set_default};

/// Rules of ReplicationController (`SetDefaults_ReplicationController` of `k8s.io/kubernetes/pkg/apis/core/v1`).
pub(super) const REPLICATION_CONTROLLER: Rules = Rules {
    defaults: |controller| {
        let labels = controller["spec"]["template"]["metadata"]["labels"].clone();
        if labels.is_object() {
            set_default(controller, &["spec", "selector"], labels.clone());
            if controller["metadata"]["labels"].as_object().is_none_or(serde_json::Map::is_empty) {
                controller["metadata"]["labels"] = labels;
            }
        }
        set_default(controller, &["spec", "replicas"], 1);
        set_default(controller, &["status", "replicas"], 0);
        if controller["spec"]["template"].is_object() {
            pods::apply_template_defaults(&mut controller["spec"]["template"]["spec"]);
        }
    },
    validate,
    validate_update: |_, _, _| (),
    columns: REPLICA_SET.columns,
    row: |controller, now| {
        let [containers, images] = columns::containers_and_images(controller, "/spec/template/spec");
        vec![
            columns::name(controller),
            count(controller, "/spec/replicas"),
            count(controller, "/status/replicas"),
            count(controller, "/status/readyReplicas"),
            columns::age(controller, now),
            containers,
            images,
            columns::labels(controller.pointer("/spec/selector")),
        ]
    },
};

/// `ValidateReplicationControllerSpec` of `k8s.io/kubernetes/pkg/apis/core/validation`.
fn validate(controller: &Value, errors: &mut Vec<FieldError>) {
    let spec = &controller["spec"];
    let (selector, replicas) = (spec["selector"].as_object(), integer(spec, "/replicas").unwrap_or(0));
    if selector.is_none_or(serde_json::Map::is_empty) {
        errors.push(FieldError::required("spec.selector", ""));
    }
    if replicas < 0 {
        errors.push(FieldError::invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
    }
    if !spec["template"].is_object() {
        errors.push(FieldError::required("spec.template", ""));
        return;
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if selector.into_iter().flatten().any(|(name, value)| labels.get(name) != Some(value)) {
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid("spec.template.metadata.labels", labels.clone(), detail));
    }
    pod_template::validate(&spec["template"], errors);
}
