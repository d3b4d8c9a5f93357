//! ValidatingWebhookConfigurations and MutatingWebhookConfigurations.
//!
//! They are stored and checked, but no webhook is called: a simulated Pod has no server behind its port that could
//! answer an AdmissionReview.

use serde_json::{Value, json};

use super::columns::{self, AGE, Column, NAME};
use super::names::{dns_1035_errors, subdomain_errors};
use super::{Rules, admission_rules};
use crate::api::status::FieldError;
use crate::store::object::{integer, list, list_mut, set_default, text};

/// Rules of ValidatingWebhookConfiguration.
pub(super) const VALIDATING_WEBHOOK_CONFIGURATION: Rules = Rules {
    defaults: |configuration| list_mut(configuration, &["webhooks"]).for_each(complete),
    validate,
    columns: &[NAME, Column::number("Webhooks"), AGE],
    row: |configuration, now| {
        let webhooks = list(configuration, "/webhooks").len();
        vec![columns::name(configuration), json!(webhooks), columns::age(configuration, now)]
    },
    ..Rules::PLAIN
};

/// Rules of MutatingWebhookConfiguration.
pub(super) const MUTATING_WEBHOOK_CONFIGURATION: Rules = Rules {
    defaults: |configuration| {
        for webhook in list_mut(configuration, &["webhooks"]) {
            complete(webhook);
            set_default(webhook, &["reinvocationPolicy"], "Never");
        }
    },
    ..VALIDATING_WEBHOOK_CONFIGURATION
};

/// `SetDefaults_ValidatingWebhook` of `k8s.io/kubernetes/pkg/apis/admissionregistration/v1`.
fn complete(webhook: &mut Value) {
    set_default(webhook, &["failurePolicy"], "Fail");
    set_default(webhook, &["matchPolicy"], "Equivalent");
    set_default(webhook, &["namespaceSelector"], json!({}));
    set_default(webhook, &["objectSelector"], json!({}));
    set_default(webhook, &["timeoutSeconds"], 10);
    if webhook["clientConfig"]["service"].is_object() {
        set_default(webhook, &["clientConfig", "service", "port"], 443);
    }
    list_mut(webhook, &["rules"]).for_each(|rule| set_default(rule, &["scope"], "*"));
}

/// `validateValidatingWebhookConfiguration` of `k8s.io/kubernetes/pkg/apis/admissionregistration/validation`, but for
/// the CEL of match conditions.
fn validate(configuration: &Value, errors: &mut Vec<FieldError>) {
    let webhooks = list(configuration, "/webhooks");
    for (index, webhook) in webhooks.iter().enumerate() {
        let at = format!("webhooks[{index}]");
        validate_webhook(webhook, &at, errors);
        validate_review_versions(webhook, &format!("{at}.admissionReviewVersions"), errors);
        let name = text(webhook, "/name");
        if !name.is_empty() && webhooks[..index].iter().any(|earlier| text(earlier, "/name") == name) {
            errors.push(FieldError::duplicate(format!("{at}.name"), name));
        }
    }
}

fn validate_webhook(webhook: &Value, at: &str, errors: &mut Vec<FieldError>) {
    const WITHOUT_SIDE_EFFECTS: [&str; 2] = ["None", "NoneOnDryRun"];
    validate_full_name(text(webhook, "/name"), &format!("{at}.name"), errors);
    for (index, rule) in list(webhook, "/rules").iter().enumerate() {
        admission_rules::validate(rule, &format!("{at}.rules[{index}]"), errors);
    }
    for (field, supported) in [
        ("failurePolicy", ["Fail", "Ignore"].as_slice()),
        ("matchPolicy", &["Equivalent", "Exact"]),
        ("sideEffects", &WITHOUT_SIDE_EFFECTS),
        ("reinvocationPolicy", &["IfNeeded", "Never"]),
    ] {
        let given = text(webhook, &format!("/{field}"));
        if !given.is_empty() && !supported.contains(&given) {
            errors.push(FieldError::not_supported(format!("{at}.{field}"), given, supported));
        }
    }
    if webhook["sideEffects"].is_null() {
        let detail = format!("must specify one of {}", WITHOUT_SIDE_EFFECTS.join(", "));
        errors.push(FieldError::required(format!("{at}.sideEffects"), &detail));
    }
    let timeout = integer(webhook, "/timeoutSeconds").unwrap_or(10);
    if !(1..=30).contains(&timeout) {
        let detail = "the timeout value must be between 1 and 30 seconds";
        errors.push(FieldError::invalid(format!("{at}.timeoutSeconds"), timeout, detail));
    }
    validate_client(&webhook["clientConfig"], &format!("{at}.clientConfig"), errors);
}

/// A domain of at least three parts (`IsFullyQualifiedName`).
fn validate_full_name(name: &str, at: &str, errors: &mut Vec<FieldError>) {
    if name.is_empty() {
        errors.push(FieldError::required(at, ""));
    } else if let Some(detail) = subdomain_errors(name) {
        errors.push(FieldError::invalid(at, name, &detail));
    } else if name.split('.').count() < 3 {
        let detail = "should be a domain with at least three segments separated by dots";
        errors.push(FieldError::invalid(at, name, detail));
    }
}

/// Where the webhook is (`ValidateWebhookURL` and `ValidateWebhookService` of `k8s.io/apiserver/pkg/util/webhook`).
fn validate_client(client: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let (url, service) = (&client["url"], &client["service"]);
    if url.is_null() == service.is_null() {
        errors.push(FieldError::required(at, "exactly one of url or service is required"));
    } else if let Some(url) = url.as_str() {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        if scheme != "https" {
            let detail = "'https' is the only allowed URL scheme; desired format: https://host[/path]";
            errors.push(FieldError::invalid(format!("{at}.url"), scheme, detail));
        }
    } else {
        for field in ["name", "namespace"] {
            if text(service, &format!("/{field}")).is_empty() {
                errors.push(FieldError::required(format!("{at}.service.{field}"), ""));
            }
        }
        let port = integer(service, "/port").unwrap_or(443);
        if !(1..=65535).contains(&port) {
            let detail = "port is not valid: must be between 1 and 65535, inclusive";
            errors.push(FieldError::invalid(format!("{at}.service.port"), port, detail));
        }
    }
}

fn validate_review_versions(webhook: &Value, at: &str, errors: &mut Vec<FieldError>) {
    let versions = list(webhook, "/admissionReviewVersions");
    if versions.is_empty() {
        errors.push(FieldError::required(at, "must specify one of v1, v1beta1"));
        return;
    }
    for (index, version) in versions.iter().enumerate() {
        let name = version.as_str().unwrap_or_default();
        if versions[..index].contains(version) {
            errors.push(FieldError::invalid(format!("{at}[{index}]"), name, "duplicate version"));
        } else if let Some(detail) = dns_1035_errors(name) {
            errors.push(FieldError::invalid(format!("{at}[{index}]"), name, &detail));
        }
    }
    if !versions.iter().any(|version| version == "v1" || version == "v1beta1") {
        errors.push(FieldError::invalid(at, versions.to_vec(), "must include at least one of v1, v1beta1"));
    }
}
