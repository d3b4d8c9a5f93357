//! What a Pod says about where it runs: affinity, spreading, gates.

use serde_json::{Value, json};

use crate::api::status::FieldError;
use crate::kinds::names;
use crate::store::object::{integer, list, list_mut, text};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Adds the labels that `matchLabelKeys` and `mismatchLabelKeys` name to the selectors beside them.
pub(super) fn apply_label_keys(pod: &mut Value) {
    let labels = pod["metadata"]["labels"].clone();
    for side in ["podAffinity", "podAntiAffinity"] {
        for term in list_mut(pod, &["spec", "affinity", side, REQUIRED]) {
            apply_to(term, &labels);
        }
        for term in list_mut(pod, &["spec", "affinity", side, PREFERRED]) {
            apply_to(&mut term["podAffinityTerm"], &labels);
        }
    }
    for constraint in list_mut(pod, &["spec", "topologySpreadConstraints"]) {
        apply_to(constraint, &labels);
    }
}

fn apply_to(term: &mut Value, labels: &Value) {
    if !term["labelSelector"].is_object() {
        return;
    }
    let mut expressions = list(term, "/labelSelector/matchExpressions").to_vec();
    for (field, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        for key in list(term, &format!("/{field}")) {
            let Some(value) = key.as_str().and_then(|key| labels.get(key)) else { continue };
            let added = json!({"key": key, "operator": operator, "values": [value]});
            if !expressions.contains(&added) {
                expressions.push(added);
            }
        }
    }
    if !expressions.is_empty() {
        term["labelSelector"]["matchExpressions"] = json!(expressions);
    }
}

/// Errors of the affinity of a pod spec at `at`.
pub(super) fn validate_affinity(spec: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let at = format!("{at}.affinity");
    validate_node_affinity(&spec["affinity"]["nodeAffinity"], &format!("{at}.nodeAffinity"), errors);
    for side in ["podAffinity", "podAntiAffinity"] {
        for (index, term) in list(spec, &format!("/affinity/{side}/{REQUIRED}")).iter().enumerate() {
            validate_term(term, &format!("{at}.{side}.{REQUIRED}[{index}]"), errors);
        }
        for (index, one) in list(spec, &format!("/affinity/{side}/{PREFERRED}")).iter().enumerate() {
            let at = format!("{at}.{side}.{PREFERRED}[{index}]");
            validate_weight(one, &at, errors);
            validate_term(&one["podAffinityTerm"], &format!("{at}.podAffinityTerm"), errors);
        }
    }
}

fn validate_weight(one: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let weight = integer(one, "/weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.push(FieldError::invalid(format!("{at}.weight"), weight, "must be in the range 1-100"));
    }
}

fn validate_node_affinity(affinity: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let required = &affinity[REQUIRED];
    if required.is_object() {
        let at = format!("{at}.{REQUIRED}.nodeSelectorTerms");
        if list(required, "/nodeSelectorTerms").is_empty() {
            errors.push(FieldError::required(at.as_str(), "must have at least one node selector term"));
        }
        for (index, term) in list(required, "/nodeSelectorTerms").iter().enumerate() {
            validate_node_term(term, &format!("{at}[{index}]"), errors);
        }
    }
    for (index, one) in list(affinity, &format!("/{PREFERRED}")).iter().enumerate() {
        let at = format!("{at}.{PREFERRED}[{index}]");
        validate_weight(one, &at, errors);
        validate_node_term(&one["preference"], &format!("{at}.preference"), errors);
    }
}

fn validate_node_term(term: &Value, at: &str, errors: &mut Vec<FieldError>) {
    for (index, one) in list(term, "/matchExpressions").iter().enumerate() {
        let at = format!("{at}.matchExpressions[{index}]");
        let count = list(one, "/values").len();
        let values = format!("{at}.values");
        match text(one, "/operator") {
            "In" | "NotIn" if count == 0 => {
                errors.push(FieldError::required(values, "must be specified when `operator` is 'In' or 'NotIn'"));
            }
            "Exists" | "DoesNotExist" if count > 0 => {
                let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                errors.push(FieldError::forbidden(values, detail));
            }
            "Gt" | "Lt" if count != 1 => {
                let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                errors.push(FieldError::required(values, detail));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => errors.push(FieldError::invalid(format!("{at}.operator"), other, "not a valid selector operator")),
        }
        validate_key(text(one, "/key"), &format!("{at}.key"), errors);
    }
}

fn validate_key(key: &str, field: &str, errors: &mut Vec<FieldError>) {
    let wrong = names::qualified_name_errors(key);
    errors.extend(wrong.into_iter().map(|detail| FieldError::invalid(field, key, &detail)));
}

fn validate_term(term: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let field = format!("{at}.topologyKey");
    let key = text(term, "/topologyKey");
    if key.is_empty() {
        errors.push(FieldError::required(field.as_str(), "can not be empty"));
    }
    validate_key(key, &field, errors);
}

/// Errors of the topology spread constraints of a pod spec at `at`.
pub(super) fn validate_spread(spec: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let all = list(spec, "/topologySpreadConstraints");
    for (index, one) in all.iter().enumerate() {
        let at = format!("{at}.topologySpreadConstraints[{index}]");
        positive(one, "maxSkew", &at, errors);
        let (key, action) = (text(one, "/topologyKey"), text(one, "/whenUnsatisfiable"));
        if key.is_empty() {
            errors.push(FieldError::required(format!("{at}.topologyKey"), "can not be empty"));
        }
        let actions = ["DoNotSchedule", "ScheduleAnyway"];
        if !actions.contains(&action) {
            errors.push(FieldError::not_supported(format!("{at}.whenUnsatisfiable"), action, &actions));
        }
        let same = |other: &Value| text(other, "/topologyKey") == key && text(other, "/whenUnsatisfiable") == action;
        if all[index + 1..].iter().any(same) {
            let field = format!("{at}.{{topologyKey, whenUnsatisfiable}}");
            errors.push(FieldError::duplicate(field, format!("{{{key}, {action}}}")));
        }
        if let Some(minimum) = integer(one, "/minDomains") {
            positive(one, "minDomains", &at, errors);
            if action != "DoNotSchedule" {
                let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.push(FieldError::invalid(format!("{at}.minDomains"), minimum, &detail));
            }
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let (given, policies) = (text(one, &format!("/{policy}")), ["Honor", "Ignore"]);
            if !given.is_empty() && !policies.contains(&given) {
                errors.push(FieldError::not_supported(format!("{at}.{policy}"), given, &policies));
            }
        }
    }
}

fn positive(one: &Value, field: &str, at: &str, errors: &mut Vec<FieldError>) {
    let given = integer(one, &format!("/{field}")).unwrap_or(0);
    if given <= 0 {
        errors.push(FieldError::invalid(format!("{at}.{field}"), given, "must be greater than zero"));
    }
}

/// Errors of the scheduling gates of a pod spec at `at`.
pub(super) fn validate_gates(spec: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let gates = list(spec, "/schedulingGates");
    for (index, gate) in gates.iter().enumerate() {
        let field = format!("{at}.schedulingGates[{index}]");
        let name = text(gate, "/name");
        validate_key(name, &field, errors);
        if gates[..index].iter().any(|other| text(other, "/name") == name) {
            errors.push(FieldError::duplicate(field, name));
        }
    }
}

/// Gates can only be taken away.
pub(super) fn validate_gates_update(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let before = list(old, "/spec/schedulingGates");
    for (index, gate) in list(new, "/spec/schedulingGates").iter().enumerate() {
        let name = text(gate, "/name");
        if !before.iter().any(|other| text(other, "/name") == name) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.push(FieldError::forbidden(format!("spec.schedulingGates[{index}].name"), &detail));
        }
    }
}
