//! `CreateOptions`, `UpdateOptions` and `PatchOptions`, checked as `k8s.io/apimachinery/pkg/apis/meta/v1/validation` does.

use super::Call;
use super::status::{ApiError, FieldError};

/// The longest name of a field manager (`FieldManagerMaxLength`).
const LONGEST_MANAGER: usize = 128;

/// Checks what a POST or PUT says in its query; `options` is the kind of its options.
pub(super) fn check(call: &Call, options: &str) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    field_manager(call, &mut errors);
    dry_run(call, &mut errors);
    field_validation(call, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_options(options, &errors)) }
}

/// Checks what a PATCH says in its query.
pub(super) fn check_patch(call: &Call, apply: bool) -> Result<(), ApiError> {
    let mut errors = Vec::new();
    if !apply && call.query.get("force").is_some() {
        errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
    }
    if apply && call.query.get("fieldManager").is_none() {
        errors.push(FieldError::required("fieldManager", "is required for apply patch"));
    }
    field_manager(call, &mut errors);
    dry_run(call, &mut errors);
    field_validation(call, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid_options("PatchOptions", &errors)) }
}

fn field_manager(call: &Call, errors: &mut Vec<FieldError>) {
    let manager = call.query.get("fieldManager").unwrap_or_default();
    if manager.len() > LONGEST_MANAGER {
        errors.push(FieldError::too_long("fieldManager", "may not be more than 128 bytes"));
    }
    if let Some((at, letter)) = manager.chars().enumerate().find(|(_, letter)| letter.is_control()) {
        let detail = format!("invalid character {letter:?} (at position {at}), only printable characters are allowed");
        errors.push(FieldError::invalid("fieldManager", manager, &detail));
    }
}

/// Errors of the `dryRun` parameters.
pub(super) fn dry_run(call: &Call, errors: &mut Vec<FieldError>) {
    let values = call.query.all("dryRun");
    if values.iter().any(|one| one != "All") {
        errors.push(FieldError::not_supported("dryRun", values, &["All"]));
    }
}

fn field_validation(call: &Call, errors: &mut Vec<FieldError>) {
    let supported = ["", "Ignore", "Strict", "Warn"];
    let said = call.query.get("fieldValidation").unwrap_or_default();
    if !supported.contains(&said) {
        errors.push(FieldError::not_supported("fieldValidation", said, &supported));
    }
}
