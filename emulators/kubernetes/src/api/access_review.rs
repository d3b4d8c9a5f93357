//! Access reviews: may this user do that, and what may I do here
//! (`k8s.io/kubernetes/pkg/registry/authorization`).

use serde_json::{Value, json};

use super::Api;
use super::status::{ApiError, FieldError};
use crate::access::rule::Rule;
use crate::access::user::MASTERS;
use crate::access::{Attributes, User};
use crate::kinds::Kind;
use crate::store::object::{list, text};

/// The user that a SubjectAccessReview asks about.
pub(super) fn subject(review: &Value) -> User {
    let spec = &review["spec"];
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    };
    let extra = spec["extra"].as_object().into_iter().flatten();
    User {
        name: text(spec, "/user").to_owned(),
        uid: text(spec, "/uid").to_owned(),
        groups: texts(&spec["groups"]),
        extra: extra.map(|(key, values)| (key.clone(), texts(values))).collect(),
    }
}

/// A LocalSubjectAccessReview asks about the namespace it is posted to.
pub(super) fn check_namespace(kind: &Kind, namespace: &str, review: &Value) -> Result<(), ApiError> {
    let asked = text(review, "/spec/resourceAttributes/namespace");
    if asked == namespace {
        return Ok(());
    }
    let error = FieldError::invalid("spec.resourceAttributes.namespace", asked, "must match metadata.namespace");
    Err(ApiError::invalid_review(kind, &[error]))
}

/// The status of an access review.
pub(super) fn status(api: &Api, kind: &Kind, user: &User, review: &Value) -> Result<Value, ApiError> {
    let spec = &review["spec"];
    check(kind, spec)?;
    let decision = api.rbac.authorize(user, &attributes(spec));
    let mut status = json!({"allowed": decision.allowed});
    if !decision.reason.is_empty() {
        status["reason"] = json!(decision.reason);
    }
    Ok(status)
}

fn check(kind: &Kind, spec: &Value) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    let other = &spec["nonResourceAttributes"];
    match (spec["resourceAttributes"].is_object(), other.is_object()) {
        (true, true) => {
            let given = json!({"Path": text(other, "/path"), "Verb": text(other, "/verb")});
            let detail = "cannot be specified in combination with resourceAttributes";
            errors.push(FieldError::invalid("spec.nonResourceAttributes", given, detail));
        }
        (false, false) => {
            let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            errors.push(FieldError::invalid("spec.resourceAttributes", Value::Null, detail));
        }
        _ => {}
    }
    if kind.kind != "SelfSubjectAccessReview" && text(spec, "/user").is_empty() && list(spec, "/groups").is_empty() {
        errors.push(FieldError::invalid("spec.user", "", "at least one of user or group must be specified"));
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_review(kind, &errors)) }
}

fn attributes(spec: &Value) -> Attributes {
    let of_resource = spec["resourceAttributes"].is_object();
    let asked = if of_resource { &spec["resourceAttributes"] } else { &spec["nonResourceAttributes"] };
    let field = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    Attributes {
        of_resource,
        verb: field("verb"),
        path: field("path"),
        namespace: field("namespace"),
        group: field("group"),
        resource: field("resource"),
        subresource: field("subresource"),
        name: field("name"),
    }
}

/// The status of a SelfSubjectRulesReview.
pub(super) fn rules(api: &Api, user: &User, review: &Value) -> Result<Value, ApiError> {
    let namespace = text(review, "/spec/namespace");
    if namespace.is_empty() {
        return Err(ApiError::bad_request("no namespace on request"));
    }
    let (mut rules, problems) = api.rbac.rules_of(user, namespace);
    if user.is_in(MASTERS) {
        rules.splice(0..0, Rule::everything());
    }
    let shown = |of_resources: bool| -> Vec<Value> {
        rules.iter().filter(|rule| rule.non_resource_urls.is_empty() == of_resources).map(Rule::review).collect()
    };
    let mut status = json!({
        "resourceRules": shown(true),
        "nonResourceRules": shown(false),
        "incomplete": problems.is_some(),
    });
    if let Some(problems) = problems {
        status["evaluationError"] = json!(problems);
    }
    Ok(status)
}
