//! CertificateSigningRequests.
//!
//! They are stored, approved and denied as in a real cluster; no signer is there that issues a certificate.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME, human_duration};
use super::names::{path_segment_errors, subdomain_errors};
use crate::access::User;
use crate::api::status::FieldError;
use crate::store::object::{self, integer, list, list_mut, remove, set, set_default, text};

/// The resource.
pub(crate) const REQUESTS: &str = "certificatesigningrequests.certificates.k8s.io";

/// Rules of CertificateSigningRequest.
pub(super) const CERTIFICATE_SIGNING_REQUEST: Rules = Rules {
    defaults: |request| set_default(request, &["status"], json!({})),
    validate,
    columns: &[
        NAME,
        AGE,
        Column::text("SignerName"),
        Column::text("Requestor"),
        Column::text("RequestedDuration"),
        Column::text("Condition"),
    ],
    row: |request, now| {
        let duration = integer(request, "/spec/expirationSeconds").map_or_else(
            || "<none>".to_owned(),
            |seconds| human_duration(Duration::from_secs(u64::try_from(seconds).unwrap_or(0))),
        );
        vec![
            columns::name(request),
            columns::age(request, now),
            columns::or_none(request, "/spec/signerName"),
            json!(text(request, "/spec/username")),
            json!(duration),
            json!(condition(request)),
        ]
    },
    ..Rules::PLAIN
};

/// Writes down who asks, whatever the request says (`PrepareForCreate` of the registry's strategy).
pub(crate) fn sign_for(request: &mut Value, user: &User) {
    for field in ["uid", "extra"] {
        remove(request, &["spec", field]);
    }
    set(request, &["spec", "username"], user.name.clone());
    set(request, &["spec", "groups"], user.groups.clone());
}

/// Approval and denial change nothing but the conditions (`csrApprovalStrategy.PrepareForUpdate`).
pub(crate) fn approve(old: &Value, new: &mut Value) {
    let (conditions, metadata) = (list(new, "/status/conditions").to_vec(), new["metadata"].take());
    *new = old.clone();
    new["metadata"] = metadata;
    set(new, &["status", "conditions"], conditions);
}

/// Conditions that come without their times get that of now (`populateConditionTimestamps`).
pub(crate) fn stamp(old: &Value, new: &mut Value, now: Timestamp) {
    let known = list(old, "/status/conditions").to_vec();
    for condition in list_mut(new, &["status", "conditions"]) {
        set_default(condition, &["lastUpdateTime"], object::time(now));
        let same = known.iter().find(|one| one["type"] == condition["type"] && one["status"] == condition["status"]);
        if condition["lastTransitionTime"].is_null() {
            let since = same.map_or_else(|| json!(object::time(now)), |one| one["lastTransitionTime"].clone());
            set(condition, &["lastTransitionTime"], since);
        }
    }
}

/// The Condition cell (`extractCSRStatus` of `k8s.io/kubernetes/pkg/printers/internalversion`).
fn condition(request: &Value) -> String {
    let is = |of: &str| list(request, "/status/conditions").iter().any(|one| one["type"] == of);
    let mut words = vec![if is("Denied") {
        "Denied"
    } else if is("Approved") {
        "Approved"
    } else {
        "Pending"
    }];
    if is("Failed") {
        words.push("Failed");
    }
    if !text(request, "/status/certificate").is_empty() {
        words.push("Issued");
    }
    words.join(",")
}

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// `validateCertificateSigningRequest` of `k8s.io/kubernetes/pkg/apis/certificates/validation`; the signature of the
/// PKCS#10 request itself is not verified.
fn validate(request: &Value, errors: &mut Vec<FieldError>) {
    let given = text(request, "/spec/request");
    let pem = STANDARD.decode(given).unwrap_or_default();
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE REQUEST-----") {
        errors.push(FieldError::invalid("spec.request", given, "PEM block type must be CERTIFICATE REQUEST"));
    }
    let usages = list(request, "/spec/usages");
    if usages.is_empty() {
        errors.push(FieldError::required("spec.usages", ""));
    }
    for (index, usage) in usages.iter().enumerate() {
        if !USAGES.iter().any(|one| usage == one) {
            errors.push(FieldError::not_supported(format!("spec.usages[{index}]"), usage.clone(), &USAGES));
        }
    }
    for (index, usage) in usages.iter().enumerate() {
        if usages[..index].contains(usage) {
            errors.push(FieldError::duplicate(format!("spec.usages[{index}]"), usage.clone()));
        }
    }
    validate_signer(text(request, "/spec/signerName"), errors);
    if let Some(seconds) = integer(request, "/spec/expirationSeconds").filter(|seconds| *seconds < 600) {
        let detail = "may not specify a duration less than 600 seconds (10 minutes)";
        errors.push(FieldError::invalid("spec.expirationSeconds", seconds, detail));
    }
}

/// `DOMAIN/PATH` (`ValidateSignerName` of `k8s.io/kubernetes/pkg/apis/core/validation`).
fn validate_signer(name: &str, errors: &mut Vec<FieldError>) {
    let at = "spec.signerName";
    match name.split_once('/') {
        _ if name.is_empty() => errors.push(FieldError::required(at, "")),
        _ if name == "kubernetes.io/legacy-unknown" => {
            let detail = "the legacy signerName is not allowed via this API version";
            errors.push(FieldError::invalid(at, name, detail));
        }
        Some((domain, path)) if !path.contains('/') => {
            let domain = if domain.contains('.') {
                subdomain_errors(domain)
            } else {
                Some("should be a domain with at least two segments separated by dots".to_owned())
            };
            for detail in domain.into_iter().chain(path_segment_errors(path)) {
                errors.push(FieldError::invalid(at, name, &detail));
            }
        }
        _ => {
            let detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
            errors.push(FieldError::invalid(at, name, detail));
        }
    }
}
