//! ResourceQuotas and LimitRanges (`k8s.io/kubernetes/pkg/apis/core/validation`).

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use crate::admission::amount::Amount;
use crate::api::status::FieldError;
use crate::store::object::{list, list_mut, set_default, text};

/// Rules of ResourceQuota.
pub(super) const RESOURCE_QUOTA: Rules = Rules {
    validate: |quota, errors| {
        for (name, amount) in quota["spec"]["hard"].as_object().into_iter().flatten() {
            validate_hard(name, amount, errors);
        }
        validate_scopes(quota, errors);
    },
    validate_update: |new, old, errors| {
        if new["spec"]["scopes"] != old["spec"]["scopes"] {
            errors.push(FieldError::invalid("spec.scopes", new["spec"]["scopes"].clone(), "field is immutable"));
        }
    },
    columns: &[NAME, Column::text("Request"), Column::text("Limit"), AGE],
    row: |quota, now| {
        let hard = || quota["status"]["hard"].as_object().into_iter().flatten();
        let shown = |limits: bool| {
            let some = hard().filter(|(resource, _)| resource.starts_with("limits.") == limits);
            let parts: Vec<_> = some
                .map(|(resource, hard)| {
                    let used = quota["status"]["used"][resource].as_str().unwrap_or("0");
                    format!("{resource}: {used}/{}", hard.as_str().unwrap_or_default())
                })
                .collect();
            json!(parts.join(", "))
        };
        vec![columns::name(quota), shown(false), shown(true), columns::age(quota, now)]
    },
    ..Rules::PLAIN
};

/// Resources that quotas know by a short name, and whether they are counted in whole numbers.
const STANDARD: [(&str, bool); 19] = [
    ("cpu", false),
    ("memory", false),
    ("ephemeral-storage", false),
    ("requests.cpu", false),
    ("requests.memory", false),
    ("requests.storage", false),
    ("requests.ephemeral-storage", false),
    ("limits.cpu", false),
    ("limits.memory", false),
    ("limits.ephemeral-storage", false),
    ("pods", true),
    ("services", true),
    ("services.nodeports", true),
    ("services.loadbalancers", true),
    ("replicationcontrollers", true),
    ("resourcequotas", true),
    ("secrets", true),
    ("configmaps", true),
    ("persistentvolumeclaims", true),
];

fn validate_hard(name: &str, amount: &Value, errors: &mut Vec<FieldError>) {
    let field = format!("spec.hard[{name}]");
    let standard = STANDARD.iter().find(|(one, _)| *one == name);
    let hugepages = ["hugepages-", "requests.hugepages-"].iter().any(|prefix| name.starts_with(prefix));
    if standard.is_none() && !hugepages && !name.contains('/') {
        for detail in ["must be a standard resource type or fully qualified", "must be a standard resource for quota"] {
            errors.push(FieldError::invalid(&field, name, detail));
        }
    }
    let Some(limit) = Amount::parse(amount) else { return };
    if limit.is_negative() {
        errors.push(FieldError::invalid(&field, limit.to_string(), "must be greater than or equal to 0"));
    }
    let whole = name.starts_with("count/") || standard.is_some_and(|(_, whole)| *whole);
    if whole && !limit.is_whole() {
        errors.push(FieldError::invalid(&field, limit.to_string(), "must be an integer"));
    }
}

const SCOPES: [&str; 6] =
    ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"];

fn validate_scopes(quota: &Value, errors: &mut Vec<FieldError>) {
    let scopes: Vec<&str> = list(quota, "/spec/scopes").iter().filter_map(Value::as_str).collect();
    if scopes.is_empty() {
        return;
    }
    let mut wrong = |detail: &str| errors.push(FieldError::invalid("spec.scopes", json!(scopes), detail));
    for scope in &scopes {
        if !SCOPES.contains(scope) {
            wrong("unsupported scope");
        }
        let hard = quota["spec"]["hard"].as_object().into_iter().flatten();
        for (resource, _) in hard {
            if !applies(scope, resource) {
                wrong("unsupported scope applied to resource");
            }
        }
    }
    for pair in [["Terminating", "NotTerminating"], ["BestEffort", "NotBestEffort"]] {
        if pair.iter().all(|scope| scopes.contains(scope)) {
            wrong("conflicting scopes");
        }
    }
}

/// Whether a quota of a scope can limit a resource.
fn applies(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" => {
            let of_pods = ["pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
            let more = ["ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage"];
            of_pods.contains(&resource) || more.contains(&resource)
        }
        _ => true,
    }
}

/// Rules of LimitRange.
pub(super) const LIMIT_RANGE: Rules = Rules {
    defaults: |range| {
        for limit in list_mut(range, &["spec", "limits"]) {
            if text(limit, "/type") == "Container" {
                for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
                    let amounts = limit[from].as_object().cloned();
                    for (name, amount) in amounts.into_iter().flatten() {
                        set_default(limit, &[to, &name], amount);
                    }
                }
            }
        }
    },
    validate: |range, errors| {
        let mut seen = Vec::new();
        for (index, limit) in list(range, "/spec/limits").iter().enumerate() {
            validate_limit(limit, &format!("spec.limits[{index}]"), &mut seen, errors);
        }
    },
    columns: columns::NAME_AND_CREATION,
    row: columns::name_and_creation,
    ..Rules::PLAIN
};

fn validate_limit<'a>(limit: &'a Value, field: &str, seen: &mut Vec<&'a str>, errors: &mut Vec<FieldError>) {
    let of = text(limit, "/type");
    if !["Pod", "Container", "PersistentVolumeClaim"].contains(&of) && !of.contains('/') {
        let detail = "must be a standard limit type or fully qualified";
        errors.push(FieldError::invalid(format!("{field}.type"), of, detail));
    }
    if seen.contains(&of) {
        errors.push(FieldError::duplicate(format!("{field}.type"), of));
    }
    seen.push(of);
    if of == "Pod" {
        for name in ["default", "defaultRequest"] {
            if limit[name].as_object().is_some_and(|map| !map.is_empty()) {
                let detail = "may not be specified when `type` is 'Pod'";
                errors.push(FieldError::forbidden(format!("{field}.{name}"), detail));
            }
        }
    }
    if of == "PersistentVolumeClaim" && limit["min"]["storage"].is_null() && limit["max"]["storage"].is_null() {
        let detail = "either minimum or maximum storage value is required, but neither was provided";
        errors.push(FieldError::required(format!("{field}.limits"), detail));
    }
    let maps = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
    let names = maps.iter().flat_map(|map| limit[*map].as_object().into_iter().flat_map(serde_json::Map::keys));
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        validate_amounts(limit, field, name, errors);
    }
}

/// The amounts of one resource must be in order.
fn validate_amounts(limit: &Value, field: &str, name: &str, errors: &mut Vec<FieldError>) {
    let amount = |map: &str| limit[map].get(name).and_then(Amount::parse);
    let (max, min, ratio) = (amount("max"), amount("min"), amount("maxLimitRequestRatio"));
    let (default, request) = (amount("default"), amount("defaultRequest"));
    let mut refuse = |map: &str, value: Amount, detail: String| {
        errors.push(FieldError::invalid(format!("{field}.{map}[{name}]"), value.to_string(), &detail));
    };
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        refuse("min", min, format!("min value {min} is greater than max value {max}"));
    }
    if let Some(request) = request {
        let given = format!("default request value {request}");
        if let Some(min) = min.filter(|min| *min > request) {
            refuse("defaultRequest", request, format!("min value {min} is greater than {given}"));
        }
        if let Some(max) = max.filter(|max| request > *max) {
            refuse("defaultRequest", request, format!("{given} is greater than max value {max}"));
        }
        if let Some(default) = default.filter(|default| request > *default) {
            refuse("defaultRequest", request, format!("{given} is greater than default limit value {default}"));
        }
    }
    if let Some(default) = default {
        if let Some(min) = min.filter(|min| *min > default) {
            refuse("default", min, format!("min value {min} is greater than default value {default}"));
        }
        if let Some(max) = max.filter(|max| default > *max) {
            refuse("default", max, format!("default value {default} is greater than max value {max}"));
        }
    }
    if let Some(ratio) = ratio.filter(|ratio| *ratio < Amount::count(1)) {
        refuse("maxLimitRequestRatio", ratio, format!("ratio {ratio} is less than 1"));
    }
    if let (Some(ratio), Some(max), Some(min)) = (ratio, max, min.filter(|min| !min.is_zero()))
        && ratio.ratio(Amount::count(1)) > max.ratio(min)
    {
        let detail = format!("ratio {ratio} is greater than max/min = {:.6}", max.ratio(min));
        refuse("maxLimitRequestRatio", ratio, detail);
    }
}
