//! `ListOptions` of lists and watches, checked as `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation` does.

use super::query::Query;
use super::status::{ApiError, FieldError};

const MATCH: &str = "resourceVersionMatch";

/// Checks the options of a list or watch.
pub(super) fn check(query: &Query, watch: bool) -> Result<(), ApiError> {
    for number in ["limit", "timeoutSeconds"] {
        if let Some(text) = query.get(number)
            && text.parse::<i64>().is_err()
        {
            return Err(ApiError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")));
        }
    }
    let errors = if watch { of_watch(query) } else { of_list(query) };
    if !errors.is_empty() {
        return Err(ApiError::invalid_options("ListOptions", &errors));
    }
    let version = query.get("resourceVersion");
    if query.get("continue").is_some() && version.is_some_and(|version| version != "0") {
        return Err(ApiError::bad_request("specifying resource version is not allowed when using continue"));
    }
    match version.map(check_version) {
        Some(Err(detail)) if watch => Err(ApiError::unknown(detail)),
        Some(Err(detail)) => Err(ApiError::bad_request(format!("invalid resource version: {detail}"))),
        _ => Ok(()),
    }
}

/// What is wrong with a `resourceVersion`.
pub(super) fn check_version(version: &str) -> Result<u64, String> {
    version.parse().map_err(|_| {
        format!("resourceVersion: Invalid value: {version:?}: strconv.ParseUint: parsing {version:?}: invalid syntax")
    })
}

/// Refuses a version that is yet to come. A real API server waits three seconds for it first.
pub(super) fn check_reached(version: u64, present: u64) -> Result<(), ApiError> {
    if version > present { Err(ApiError::version_to_come(version, present)) } else { Ok(()) }
}

fn of_list(query: &Query) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if let Some(wanted) = query.get(MATCH) {
        let version = query.get("resourceVersion");
        if version.is_none() {
            errors.push(FieldError::forbidden(
                MATCH,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if query.get("continue").is_some() {
            errors.push(FieldError::forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"));
        }
        if wanted != "Exact" && wanted != "NotOlderThan" {
            errors.push(FieldError::not_supported(MATCH, wanted, &["Exact", "NotOlderThan", ""]));
        }
        if wanted == "Exact" && version == Some("0") {
            let detail = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            errors.push(FieldError::forbidden(MATCH, detail));
        }
    }
    if query.get("sendInitialEvents").is_some() {
        errors.push(FieldError::forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    errors
}

fn of_watch(query: &Query) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let wanted = query.get(MATCH);
    let initial = query.get("sendInitialEvents").is_some();
    if initial && wanted != Some("NotOlderThan") {
        let detail = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        errors.push(FieldError::forbidden(MATCH, detail));
    }
    if let Some(wanted) = wanted {
        if !initial {
            let detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            errors.push(FieldError::forbidden(MATCH, detail));
        }
        if wanted != "NotOlderThan" {
            errors.push(FieldError::not_supported(MATCH, wanted, &["NotOlderThan"]));
        }
    }
    errors
}
