//! FlowSchemas and PriorityLevelConfigurations.
//!
//! They are stored and checked; the emulator answers every request at once and holds none back.

use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use super::names::subdomain_errors;
use crate::api::status::FieldError;
use crate::store::object::{self, integer, list, set, set_default, text};

/// Rules of FlowSchema.
pub(super) const FLOW_SCHEMA: Rules = Rules {
    defaults: |schema| {
        // Zero and left out are the same to it.
        if integer(schema, "/spec/matchingPrecedence").unwrap_or(0) == 0 {
            set(schema, &["spec", "matchingPrecedence"], 1000);
        }
        set_default(schema, &["status"], json!({}));
    },
    validate: validate_schema,
    columns: &[
        NAME,
        Column::text("PriorityLevel"),
        Column::text("MatchingPrecedence"),
        Column::text("DistinguisherMethod"),
        AGE,
        Column::text("MissingPL"),
    ],
    row: |schema, now| {
        let dangling = list(schema, "/status/conditions").iter().find(|one| one["type"] == "Dangling");
        vec![
            columns::name(schema),
            json!(text(schema, "/spec/priorityLevelConfiguration/name")),
            columns::count(schema, "/spec/matchingPrecedence"),
            columns::or_none(schema, "/spec/distinguisherMethod/type"),
            columns::age(schema, now),
            json!(dangling.map_or("?", |one| text(one, "/status"))),
        ]
    },
    ..Rules::PLAIN
};

/// Rules of PriorityLevelConfiguration.
pub(super) const PRIORITY_LEVEL_CONFIGURATION: Rules = Rules {
    defaults: |level| {
        complete_level(&mut level["spec"]);
        set_default(level, &["status"], json!({}));
    },
    validate: validate_level,
    columns: &[
        NAME,
        Column::text("Type"),
        Column::text("NominalConcurrencyShares"),
        Column::text("Queues"),
        Column::text("HandSize"),
        Column::text("QueueLengthLimit"),
        AGE,
    ],
    row: |level, now| {
        let number = |pointer: &str| integer(level, pointer).map_or_else(|| json!("<none>"), |number| json!(number));
        vec![
            columns::name(level),
            json!(text(level, "/spec/type")),
            number("/spec/limited/nominalConcurrencyShares"),
            number("/spec/limited/limitResponse/queuing/queues"),
            number("/spec/limited/limitResponse/queuing/handSize"),
            number("/spec/limited/limitResponse/queuing/queueLengthLimit"),
            columns::age(level, now),
        ]
    },
    ..Rules::PLAIN
};

/// `SetDefaults_LimitedPriorityLevelConfiguration` and its like of `k8s.io/kubernetes/pkg/apis/flowcontrol/v1`.
fn complete_level(spec: &mut Value) {
    if spec["exempt"].is_object() {
        set_default(spec, &["exempt", "nominalConcurrencyShares"], 0);
        set_default(spec, &["exempt", "lendablePercent"], 0);
    }
    if spec["limited"].is_object() {
        set_default(spec, &["limited", "nominalConcurrencyShares"], 30);
        set_default(spec, &["limited", "lendablePercent"], 0);
    }
    if spec["limited"]["limitResponse"]["queuing"].is_object() {
        for (field, number) in [("queues", 64), ("handSize", 8), ("queueLengthLimit", 50)] {
            let path = ["limited", "limitResponse", "queuing", field];
            if integer(spec, &format!("/{}", path.join("/"))).unwrap_or(0) == 0 {
                set(spec, &path, number);
            }
        }
    }
}

/// `ValidateFlowSchemaSpec` of `k8s.io/kubernetes/pkg/apis/flowcontrol/validation`.
fn validate_schema(schema: &Value, errors: &mut Vec<FieldError>) {
    let spec = &schema["spec"];
    let (at, precedence) = ("spec.matchingPrecedence", integer(spec, "/matchingPrecedence").unwrap_or(0));
    let wrong = match precedence {
        ..=0 => Some("must be a positive value"),
        10_001.. => Some("must not be greater than 10000"),
        1 if object::name(schema) != "exempt" => Some("only the schema named 'exempt' may have matchingPrecedence 1"),
        _ => None,
    };
    if let Some(detail) = wrong {
        errors.push(FieldError::invalid(at, precedence, detail));
    }
    let (at, level) = ("spec.priorityLevelConfiguration.name", text(spec, "/priorityLevelConfiguration/name"));
    if level.is_empty() {
        errors.push(FieldError::required(at, "must reference a priority level"));
    } else if let Some(detail) = subdomain_errors(level) {
        errors.push(FieldError::invalid(at, level, &detail));
    }
    for (index, rule) in list(spec, "/rules").iter().enumerate() {
        validate_rule(rule, &format!("spec.rules[{index}]"), errors);
    }
}

fn validate_rule(rule: &Value, at: &str, errors: &mut Vec<FieldError>) {
    const KINDS: [&str; 3] = ["Group", "ServiceAccount", "User"];
    let subjects = list(rule, "/subjects");
    if subjects.is_empty() {
        errors.push(FieldError::required(format!("{at}.subjects"), "subjects must contain at least one value"));
    }
    for (index, subject) in subjects.iter().enumerate() {
        let (at, kind) = (format!("{at}.subjects[{index}]"), text(subject, "/kind"));
        if !KINDS.contains(&kind) {
            errors.push(FieldError::not_supported(format!("{at}.kind"), kind, &KINDS));
            continue;
        }
        for (other, field) in [("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")] {
            if other == kind && subject[field].is_null() {
                let detail = format!("{field} is required when subject kind is '{kind}'");
                errors.push(FieldError::required(format!("{at}.{field}"), &detail));
            } else if other != kind && !subject[field].is_null() {
                let detail = format!("{field} is forbidden when subject kind is not '{other}'");
                errors.push(FieldError::forbidden(format!("{at}.{field}"), &detail));
            }
        }
    }
    if list(rule, "/resourceRules").is_empty() && list(rule, "/nonResourceRules").is_empty() {
        let detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
        errors.push(FieldError::required(at, detail));
    }
}

/// `ValidatePriorityLevelConfigurationSpec`.
fn validate_level(level: &Value, errors: &mut Vec<FieldError>) {
    let (spec, kind) = (&level["spec"], text(level, "/spec/type"));
    if (object::name(level) == "exempt") != (kind == "Exempt") {
        let detail = "must be 'Exempt' if and only if `name` is 'exempt'";
        errors.push(FieldError::invalid("spec.type", kind, detail));
    }
    match kind {
        "Exempt" if spec["limited"].is_object() => {
            errors.push(FieldError::forbidden("spec.limited", "must be nil if the type is not Limited"));
        }
        "Exempt" => {}
        "Limited" => {
            if spec["exempt"].is_object() {
                errors.push(FieldError::forbidden("spec.exempt", "must be nil if the type is Limited"));
            }
            if spec["limited"].is_object() {
                validate_limits(&spec["limited"], errors);
            } else {
                errors.push(FieldError::required("spec.limited", "must not be empty when type is Limited"));
            }
        }
        other => errors.push(FieldError::not_supported("spec.type", other, &["Exempt", "Limited"])),
    }
}

fn validate_limits(limited: &Value, errors: &mut Vec<FieldError>) {
    let at = |field: &str| format!("spec.limited.{field}");
    let shares = integer(limited, "/nominalConcurrencyShares").unwrap_or(0);
    if shares < 0 {
        errors.push(FieldError::invalid(at("nominalConcurrencyShares"), shares, "must be a non-negative integer"));
    }
    let queuing = limited["limitResponse"]["queuing"].is_object();
    match text(limited, "/limitResponse/type") {
        "Reject" if queuing => {
            let detail = "must be nil if limited.limitResponse.type is not Limited";
            errors.push(FieldError::forbidden(at("limitResponse.queuing"), detail));
        }
        "Queue" if !queuing => {
            let detail = "must not be empty if limited.limitResponse.type is Limited";
            errors.push(FieldError::required(at("limitResponse.queuing"), detail));
        }
        "Reject" | "Queue" => {}
        other => errors.push(FieldError::not_supported(at("limitResponse.type"), other, &["Queue", "Reject"])),
    }
    let lendable = integer(limited, "/lendablePercent").unwrap_or(0);
    if !(0..=100).contains(&lendable) {
        errors.push(FieldError::invalid(at("lendablePercent"), lendable, "must be between 0 and 100, inclusive"));
    }
}
