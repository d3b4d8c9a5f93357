//! Deployments, ReplicaSets, StatefulSets, DaemonSets: defaults, validation, columns.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::columns::{self, AGE, CONTAINERS, Column, IMAGES, NAME, SELECTOR, count};
use super::{Rules, pod_template, pods};
use crate::api::status::FieldError;
use crate::store::object::{integer, list, list_mut, set, set_default, text};

/// Rules of Deployment.
pub(super) const DEPLOYMENT: Rules = Rules {
    defaults: |deployment| {
        let spec = &mut deployment["spec"];
        set_default(spec, &["replicas"], 1);
        set_default(spec, &["revisionHistoryLimit"], 10);
        set_default(spec, &["progressDeadlineSeconds"], 600);
        set_default(spec, &["strategy", "type"], "RollingUpdate");
        if text(spec, "/strategy/type") == "RollingUpdate" {
            set_default(spec, &["strategy", "rollingUpdate", "maxSurge"], "25%");
            set_default(spec, &["strategy", "rollingUpdate", "maxUnavailable"], "25%");
        }
        pods::apply_template_defaults(&mut spec["template"]["spec"]);
    },
    validate: |deployment, errors| {
        validate_workload(deployment, errors);
        validate_strategy(deployment, errors);
    },
    validate_update: immutable_selector,
    columns: &[
        NAME,
        Column::text("Ready"),
        Column::text("Up-to-date"),
        Column::text("Available"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    row: |deployment, now| {
        let ready = format!(
            "{}/{}",
            integer(deployment, "/status/readyReplicas").unwrap_or(0),
            integer(deployment, "/spec/replicas").unwrap_or(0)
        );
        let mut row = vec![
            columns::name(deployment),
            json!(ready),
            count(deployment, "/status/updatedReplicas"),
            count(deployment, "/status/availableReplicas"),
            columns::age(deployment, now),
        ];
        row.extend(template_cells(deployment));
        row
    },
};

/// Rules of ReplicaSet.
pub(super) const REPLICA_SET: Rules = Rules {
    defaults: |set| {
        set_default(set, &["spec", "replicas"], 1);
        pods::apply_template_defaults(&mut set["spec"]["template"]["spec"]);
    },
    validate: validate_workload,
    validate_update: immutable_selector,
    columns: &[
        NAME,
        Column::number("Desired"),
        Column::number("Current"),
        Column::number("Ready"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    row: |set, now| {
        let mut row = vec![
            columns::name(set),
            count(set, "/spec/replicas"),
            count(set, "/status/replicas"),
            count(set, "/status/readyReplicas"),
            columns::age(set, now),
        ];
        row.extend(template_cells(set));
        row
    },
};

/// Rules of StatefulSet.
pub(super) const STATEFUL_SET: Rules = Rules {
    defaults: |set| {
        let spec = &mut set["spec"];
        set_default(spec, &["replicas"], 1);
        set_default(spec, &["revisionHistoryLimit"], 10);
        set_default(spec, &["podManagementPolicy"], "OrderedReady");
        set_default(spec, &["updateStrategy", "type"], "RollingUpdate");
        if text(spec, "/updateStrategy/type") == "RollingUpdate" {
            set_default(spec, &["updateStrategy", "rollingUpdate", "partition"], 0);
        }
        for claim in list_mut(spec, &["volumeClaimTemplates"]) {
            set_default(claim, &["apiVersion"], "v1");
            set_default(claim, &["kind"], "PersistentVolumeClaim");
            set_default(claim, &["spec", "volumeMode"], "Filesystem");
            set_default(claim, &["status", "phase"], "Pending");
        }
        set_default(spec, &["persistentVolumeClaimRetentionPolicy", "whenDeleted"], "Retain");
        set_default(spec, &["persistentVolumeClaimRetentionPolicy", "whenScaled"], "Retain");
        for claim in list_mut(spec, &["volumeClaimTemplates"]) {
            set_default(claim, &["apiVersion"], "v1");
            set_default(claim, &["kind"], "PersistentVolumeClaim");
            set_default(claim, &["spec", "volumeMode"], "Filesystem");
            set_default(claim, &["status", "phase"], "Pending");
        }
        pods::apply_template_defaults(&mut spec["template"]["spec"]);
    },
    validate: |set, errors| {
        let policy = text(set, "/spec/podManagementPolicy");
        if !["OrderedReady", "Parallel"].contains(&policy) {
            let detail = "must be 'OrderedReady' or 'Parallel'";
            errors.push(FieldError::invalid("spec.podManagementPolicy", policy, detail));
        }
        validate_workload(set, errors);
    },
    validate_update: |new, old, errors| {
        const MAY_CHANGE: [&str; 7] = [
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ];
        let fixed = |set: &Value| {
            let mut spec = set["spec"].as_object().cloned().unwrap_or_default();
            spec.retain(|field, _| !MAY_CHANGE.contains(&field.as_str()));
            spec
        };
        if fixed(new) != fixed(old) {
            let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
            errors.push(FieldError::forbidden("spec", detail));
        }
    },
    columns: &[NAME, Column::text("Ready"), AGE, CONTAINERS, IMAGES],
    row: |set, now| {
        let ready = format!(
            "{}/{}",
            integer(set, "/status/readyReplicas").unwrap_or(0),
            integer(set, "/spec/replicas").unwrap_or(0)
        );
        let mut row = vec![columns::name(set), json!(ready), columns::age(set, now)];
        row.extend(columns::containers_and_images(set, "/spec/template/spec"));
        row
    },
};

/// The annotation that counts the changes of a DaemonSet's template.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// A change of a DaemonSet's template counts up its template generation.
pub(crate) fn count_template(old: &Value, new: &mut Value) {
    let before = old["metadata"]["annotations"].get(TEMPLATE_GENERATION).and_then(Value::as_str);
    let before: u64 = before.and_then(|text| text.parse().ok()).unwrap_or(1);
    let now = if new["spec"]["template"] == old["spec"]["template"] { before } else { before + 1 };
    set(new, &["metadata", "annotations", TEMPLATE_GENERATION], now.to_string());
}

/// Rules of DaemonSet.
pub(super) const DAEMON_SET: Rules = Rules {
    defaults: |set| {
        set_default(set, &["metadata", "annotations", TEMPLATE_GENERATION], "1");
        let spec = &mut set["spec"];
        set_default(spec, &["revisionHistoryLimit"], 10);
        set_default(spec, &["updateStrategy", "type"], "RollingUpdate");
        if text(spec, "/updateStrategy/type") == "RollingUpdate" {
            set_default(spec, &["updateStrategy", "rollingUpdate", "maxSurge"], 0);
            set_default(spec, &["updateStrategy", "rollingUpdate", "maxUnavailable"], 1);
        }
        pods::apply_template_defaults(&mut spec["template"]["spec"]);
    },
    validate: validate_workload,
    validate_update: immutable_selector,
    columns: &[
        NAME,
        Column::number("Desired"),
        Column::number("Current"),
        Column::number("Ready"),
        Column::number("Up-to-date"),
        Column::number("Available"),
        Column::text("Node Selector"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    row: |set, now| {
        let mut row = vec![
            columns::name(set),
            count(set, "/status/desiredNumberScheduled"),
            count(set, "/status/currentNumberScheduled"),
            count(set, "/status/numberReady"),
            count(set, "/status/updatedNumberScheduled"),
            count(set, "/status/numberAvailable"),
            columns::labels(set.pointer("/spec/template/spec/nodeSelector")),
            columns::age(set, now),
        ];
        row.extend(template_cells(set));
        row
    },
};

/// Rules of ControllerRevision.
pub(super) const CONTROLLER_REVISION: Rules = Rules {
    columns: &[NAME, Column::text("Controller"), Column::text("Revision"), AGE],
    row: |revision, now: Timestamp| {
        let owner = crate::store::object::controller_of(revision);
        let controller = owner.map_or_else(
            || "<none>".to_owned(),
            |owner| format!("{}/{}", text(owner, "/kind").to_lowercase(), text(owner, "/name")),
        );
        vec![columns::name(revision), json!(controller), count(revision, "/revision"), columns::age(revision, now)]
    },
    ..Rules::PLAIN
};

fn template_cells(object: &Value) -> [Value; 3] {
    let [containers, images] = columns::containers_and_images(object, "/spec/template/spec");
    [containers, images, columns::label_selector(object.pointer("/spec/selector"))]
}

fn validate_workload(object: &Value, errors: &mut Vec<FieldError>) {
    if let Some(replicas) = integer(object, "/spec/replicas")
        && replicas < 0
    {
        errors.push(FieldError::invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
    }
    let kind = text(object, "/kind");
    let selector = &object["spec"]["selector"];
    let template_labels = &object["spec"]["template"]["metadata"]["labels"];
    let unreadable = unknown_operators(selector, errors);
    if selector.is_null() && kind != "DaemonSet" {
        errors.push(FieldError::required("spec.selector", ""));
    } else if !selector.is_null() && is_empty_selector(selector) {
        let whose = match kind {
            "StatefulSet" => "statefulset",
            "DaemonSet" => "daemonset",
            _ => "deployment",
        };
        let detail = format!("empty selector is invalid for {whose}");
        errors.push(FieldError::invalid("spec.selector", selector.clone(), &detail));
    }
    if unreadable {
        errors.push(FieldError::invalid("spec.selector", selector.clone(), "invalid label selector"));
    } else if selector.is_null() || !selector_matches(selector, template_labels) {
        let labels = if template_labels.is_null() { json!(null) } else { template_labels.clone() };
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid("spec.template.metadata.labels", labels, detail));
    }
    pod_template::validate(&object["spec"]["template"], errors);
}

/// Whether a selector has operators that there are not.
fn unknown_operators(selector: &Value, errors: &mut Vec<FieldError>) -> bool {
    let mut found = false;
    for (index, one) in list(selector, "/matchExpressions").iter().enumerate() {
        let operator = text(one, "/operator");
        if !["In", "NotIn", "Exists", "DoesNotExist"].contains(&operator) {
            let field = format!("spec.selector.matchExpressions[{index}].operator");
            errors.push(FieldError::invalid(field, operator, "not a valid selector operator"));
            found = true;
        }
    }
    found
}

fn is_empty_selector(selector: &Value) -> bool {
    selector["matchLabels"].as_object().is_none_or(serde_json::Map::is_empty)
        && list(selector, "/matchExpressions").is_empty()
}

fn validate_strategy(deployment: &Value, errors: &mut Vec<FieldError>) {
    let strategy = &deployment["spec"]["strategy"];
    match text(strategy, "/type") {
        "Recreate" if strategy["rollingUpdate"].is_object() => {
            let detail = "may not be specified when strategy `type` is 'Recreate'";
            errors.push(FieldError::forbidden("spec.strategy.rollingUpdate", detail));
        }
        "Recreate" | "RollingUpdate" => {}
        other => {
            // The type inside the API server has no JSON names.
            let words = format!(
                "Unsupported value: {{\"Type\":{other:?},\"RollingUpdate\":null}}: supported values: \"Recreate\", \"RollingUpdate\""
            );
            errors.push(FieldError::worded("spec.strategy", "FieldValueNotSupported", words));
        }
    }
    for field in ["maxUnavailable", "maxSurge"] {
        if let Some(amount) = strategy["rollingUpdate"][field].as_str() {
            let percent = amount
                .strip_suffix('%')
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
            if !percent {
                let detail = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
                errors.push(FieldError::invalid(format!("spec.strategy.rollingUpdate.{field}"), amount, detail));
            }
        }
    }
    let deadline = integer(deployment, "/spec/progressDeadlineSeconds");
    if let Some(seconds) =
        deadline.filter(|seconds| *seconds <= integer(deployment, "/spec/minReadySeconds").unwrap_or(0))
    {
        let detail = "must be greater than minReadySeconds";
        errors.push(FieldError::invalid("spec.progressDeadlineSeconds", seconds, detail));
    }
    let rolling = &strategy["rollingUpdate"];
    let is_zero = |value: &Value| *value == 0 || *value == "0%" || *value == "0";
    if is_zero(&rolling["maxUnavailable"]) && is_zero(&rolling["maxSurge"]) {
        let detail = "may not be 0 when `maxSurge` is 0";
        let field = "spec.strategy.rollingUpdate.maxUnavailable";
        errors.push(FieldError::invalid(field, rolling["maxUnavailable"].clone(), detail));
    }
}

fn immutable_selector(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if new["spec"]["selector"] != old["spec"]["selector"] {
        let selector = new["spec"]["selector"].clone();
        errors.push(FieldError::invalid("spec.selector", selector, "field is immutable"));
    }
}

/// Whether a `LabelSelector` selects an object with these labels. A null selector selects nothing.
pub(crate) fn selector_matches(selector: &Value, labels: &Value) -> bool {
    if selector.is_null() {
        return false;
    }
    let value = |key: &str| labels.get(key).and_then(Value::as_str);
    let by_labels =
        selector["matchLabels"].as_object().into_iter().flatten().all(|(key, wanted)| value(key) == wanted.as_str());
    by_labels
        && list(selector, "/matchExpressions").iter().all(|one| {
            let found = value(text(one, "/key"));
            let listed = || {
                let values = list(one, "/values");
                found.is_some_and(|found| values.iter().any(|value| value == found))
            };
            match text(one, "/operator") {
                "In" => listed(),
                "NotIn" => !listed(),
                "Exists" => found.is_some(),
                "DoesNotExist" => found.is_none(),
                _ => false,
            }
        })
}

/// An absolute number or percentage of `total`, as in `maxSurge`.
pub(crate) fn percent_of(value: &Value, total: i64, round_up: bool) -> i64 {
    match value {
        Value::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            let scaled = percent * total;
            if round_up { (scaled + 99) / 100 } else { scaled / 100 }
        }
        other => other.as_i64().unwrap_or(0),
    }
}
