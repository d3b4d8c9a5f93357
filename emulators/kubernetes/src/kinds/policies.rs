//! ValidatingAdmissionPolicies and their bindings.
//!
//! They are stored and checked for their shape. Their expressions are in CEL, which the emulator does not evaluate: it
//! neither refuses an expression that does not compile nor an object that an expression would refuse.

use serde_json::{Value, json};

use super::columns::{self, AGE, Column, NAME};
use super::names::subdomain_errors;
use super::{Rules, admission_rules};
use crate::api::status::FieldError;
use crate::store::object::{list, list_mut, set_default, text};

/// Rules of ValidatingAdmissionPolicy.
pub(super) const VALIDATING_ADMISSION_POLICY: Rules = Rules {
    defaults: |policy| {
        set_default(policy, &["spec", "failurePolicy"], "Fail");
        complete_match(&mut policy["spec"], "matchConstraints");
    },
    validate: validate_policy,
    columns: &[NAME, Column::number("Validations"), Column::text("ParamKind"), AGE],
    row: |policy, now| {
        let kind = &policy["spec"]["paramKind"];
        let shown = if kind.is_object() {
            format!("{}/{}", text(kind, "/apiVersion"), text(kind, "/kind"))
        } else {
            "<unset>".to_owned()
        };
        let validations = list(policy, "/spec/validations").len();
        vec![columns::name(policy), json!(validations), json!(shown), columns::age(policy, now)]
    },
    ..Rules::PLAIN
};

/// Rules of ValidatingAdmissionPolicyBinding.
pub(super) const VALIDATING_ADMISSION_POLICY_BINDING: Rules = Rules {
    defaults: |binding| complete_match(&mut binding["spec"], "matchResources"),
    validate: validate_binding,
    columns: &[NAME, Column::text("PolicyName"), Column::text("ParamRef"), AGE],
    row: |binding, now| {
        let reference = &binding["spec"]["paramRef"];
        let shown = match (text(reference, "/namespace"), text(reference, "/name")) {
            (_, "") if reference["selector"].is_object() => columns::label_selector(Some(&reference["selector"])),
            (_, "") => json!("<unset>"),
            ("", name) => json!(format!("*/{name}")),
            (namespace, name) => json!(format!("{namespace}/{name}")),
        };
        let policy = json!(text(binding, "/spec/policyName"));
        vec![columns::name(binding), policy, shown, columns::age(binding, now)]
    },
    ..Rules::PLAIN
};

/// `SetDefaults_MatchResources` of `k8s.io/kubernetes/pkg/apis/admissionregistration/v1`.
fn complete_match(spec: &mut Value, field: &str) {
    if !spec[field].is_object() {
        return;
    }
    set_default(spec, &[field, "matchPolicy"], "Equivalent");
    set_default(spec, &[field, "namespaceSelector"], json!({}));
    set_default(spec, &[field, "objectSelector"], json!({}));
    for rules in ["resourceRules", "excludeResourceRules"] {
        list_mut(spec, &[field, rules]).for_each(|rule| set_default(rule, &["scope"], "*"));
    }
}

/// `validateValidatingAdmissionPolicySpec` of `k8s.io/kubernetes/pkg/apis/admissionregistration/validation`, but for
/// CEL.
fn validate_policy(policy: &Value, errors: &mut Vec<FieldError>) {
    let spec = &policy["spec"];
    let (failure, policies) = (text(spec, "/failurePolicy"), ["Fail", "Ignore"]);
    if !policies.contains(&failure) {
        errors.push(FieldError::not_supported("spec.failurePolicy", failure, &policies));
    }
    if spec["paramKind"].is_object() {
        for field in ["apiVersion", "kind"] {
            if text(spec, &format!("/paramKind/{field}")).is_empty() {
                errors.push(FieldError::required(format!("spec.paramKind.{field}"), ""));
            }
        }
    }
    if spec["matchConstraints"].is_object() {
        validate_match(&spec["matchConstraints"], "spec.matchConstraints", errors);
        // A policy must say what it is about.
        if list(spec, "/matchConstraints/resourceRules").is_empty() {
            errors.push(FieldError::required("spec.matchConstraints.resourceRules", ""));
        }
    } else {
        errors.push(FieldError::required("spec.matchConstraints", ""));
    }
    let validations = list(spec, "/validations");
    if validations.is_empty() && list(spec, "/auditAnnotations").is_empty() {
        let detail = "validations or auditAnnotations must contain at least one item";
        errors.push(FieldError::required("spec.validations", detail));
        errors.push(FieldError::required("spec.auditAnnotations", detail));
    }
    for (index, validation) in validations.iter().enumerate() {
        if text(validation, "/expression").trim().is_empty() {
            errors.push(FieldError::required(
                format!("spec.validations[{index}].expression"),
                "expression is not specified",
            ));
        }
    }
}

/// `validateMatchResources`.
fn validate_match(of: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let (policy, policies) = (text(of, "/matchPolicy"), ["Equivalent", "Exact"]);
    if !policies.contains(&policy) {
        errors.push(FieldError::not_supported(format!("{at}.matchPolicy"), policy, &policies));
    }
    for field in ["resourceRules", "excludeResourceRules"] {
        for (index, rule) in list(of, &format!("/{field}")).iter().enumerate() {
            admission_rules::validate(rule, &format!("{at}.{field}[{index}]"), errors);
        }
    }
}

/// `validateValidatingAdmissionPolicyBindingSpec`.
fn validate_binding(binding: &Value, errors: &mut Vec<FieldError>) {
    const ACTIONS: [&str; 3] = ["Audit", "Deny", "Warn"];
    let spec = &binding["spec"];
    let policy = text(spec, "/policyName");
    if policy.is_empty() {
        errors.push(FieldError::required("spec.policyName", ""));
    } else if let Some(detail) = subdomain_errors(policy) {
        errors.push(FieldError::invalid("spec.policyName", policy, &detail));
    }
    if spec["paramRef"].is_object() {
        validate_parameter(&spec["paramRef"], errors);
    }
    if spec["matchResources"].is_object() {
        validate_match(&spec["matchResources"], "spec.matchResources", errors);
    }
    let actions = list(spec, "/validationActions");
    for (index, action) in actions.iter().enumerate() {
        let at = format!("spec.validationActions[{index}]");
        if !ACTIONS.iter().any(|one| action == one) {
            errors.push(FieldError::not_supported(at.clone(), action.clone(), &ACTIONS));
        }
        if actions[..index].contains(action) {
            errors.push(FieldError::duplicate(at, action.clone()));
        }
    }
    if actions.iter().any(|one| one == "Deny") && actions.iter().any(|one| one == "Warn") {
        let detail = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
        errors.push(FieldError::invalid("spec.validationActions", actions.to_vec(), detail));
    }
    if actions.is_empty() {
        errors.push(FieldError::required("spec.validationActions", "at least one validation action is required"));
    }
}

/// `validateParamRef`.
fn validate_parameter(reference: &Value, errors: &mut Vec<FieldError>) {
    const EXCLUSIVE: &str = "name and selector are mutually exclusive";
    const ACTIONS: [&str; 2] = ["Deny", "Allow"];
    let (named, selected) = (!text(reference, "/name").is_empty(), reference["selector"].is_object());
    if named && selected {
        errors.push(FieldError::forbidden("spec.paramRef.name", EXCLUSIVE));
        errors.push(FieldError::forbidden("spec.paramRef.selector", EXCLUSIVE));
    }
    if !named && !selected {
        errors.push(FieldError::required("spec.paramRef", "one of name or selector must be specified"));
    }
    let (at, action) = ("spec.paramRef.parameterNotFoundAction", text(reference, "/parameterNotFoundAction"));
    if action.is_empty() {
        errors.push(FieldError::required(at, ""));
    } else if !ACTIONS.contains(&action) {
        errors.push(FieldError::not_supported(at, action, &ACTIONS));
    }
}
