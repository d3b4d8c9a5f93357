//! Names, labels and annotations (`k8s.io/apimachinery/pkg/util/validation`).

use serde_json::Value;

use super::Kind;
use crate::api::status::FieldError;
use crate::store::object::{list, text};

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const DNS_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// What is wrong with a lowercase RFC 1123 label.
pub(super) fn label_errors(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some("must be no more than 63 characters".to_owned());
    }
    if !is_label(text) && text.len() <= 253 && text.split('.').all(is_label) {
        return Some("must not contain dots".to_owned());
    }
    (!is_label(text)).then(|| LABEL.to_owned())
}

/// What is wrong with a lowercase RFC 1123 subdomain.
pub(super) fn subdomain_errors(text: &str) -> Option<String> {
    if text.len() > 253 {
        return Some("must be no more than 253 characters".to_owned());
    }
    (!text.split('.').all(is_label)).then(|| SUBDOMAIN.to_owned())
}

pub(super) fn dns_1035_errors(text: &str) -> Option<String> {
    if text.len() > 63 {
        return Some("must be no more than 63 characters".to_owned());
    }
    let good = is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase());
    (!good).then(|| DNS_1035.to_owned())
}

fn is_name_part(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// What is wrong with the key of a label, or another qualified name.
pub(crate) fn qualified_name_errors(text: &str) -> Vec<String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if name.contains('/') {
        return vec![format!(
            "a qualified name {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
            &QUALIFIED["name part ".len()..]
        )];
    }
    let of_prefix = prefix.and_then(|prefix| match prefix {
        "" => Some("must be non-empty".to_owned()),
        prefix => subdomain_errors(prefix),
    });
    let length = match name.len() {
        0 => Some("name part must be non-empty".to_owned()),
        64.. => Some("name part must be no more than 63 characters".to_owned()),
        _ => None,
    };
    let letters = (!is_name_part(name)).then(|| QUALIFIED.to_owned());
    of_prefix.map(|detail| format!("prefix part {detail}")).into_iter().chain(length).chain(letters).collect()
}

/// Errors of `metadata` of an object of `kind`.
pub(crate) fn validate_metadata(kind: &Kind, object: &Value, errors: &mut Vec<FieldError>) {
    let name = text(object, "/metadata/name");
    let rule: fn(&str) -> Option<String> = match (kind.group.as_str(), kind.kind.as_str()) {
        (_, "Namespace") => label_errors,
        ("", "Service") => dns_1035_errors,
        ("rbac.authorization.k8s.io" | "apiregistration.k8s.io", _) => path_segment_errors,
        ("certificates.k8s.io", _) => |_| None,
        _ => subdomain_errors,
    };
    let prefix = text(object, "/metadata/generateName");
    if !prefix.is_empty() {
        // What follows may make good for a trailing dash.
        let masked = prefix.strip_suffix('-').map_or_else(|| prefix.to_owned(), |start| format!("{start}a"));
        if let Some(detail) = rule(&masked) {
            errors.push(FieldError::invalid("metadata.generateName", prefix, &detail));
        }
    }
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else if let Some(detail) = rule(name) {
        errors.push(FieldError::invalid("metadata.name", name, &detail));
    }
    labels("metadata.labels", object.pointer("/metadata/labels"), errors);
    for key in object.pointer("/metadata/annotations").and_then(Value::as_object).into_iter().flat_map(|map| map.keys())
    {
        for detail in qualified_name_errors(&key.to_lowercase()) {
            errors.push(FieldError::invalid("metadata.annotations", key.as_str(), &detail));
        }
    }
    let annotations = object.pointer("/metadata/annotations").and_then(Value::as_object);
    let size: usize =
        annotations.into_iter().flatten().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > LARGEST_ANNOTATIONS {
        let detail = format!("may not be more than {LARGEST_ANNOTATIONS} bytes");
        errors.push(FieldError::too_long("metadata.annotations", &detail));
    }
    owner_references(object, errors);
    finalizers(object, errors);
}

/// What annotations may come to together (`TotalAnnotationSizeLimitB`).
const LARGEST_ANNOTATIONS: usize = 256 * 1024;

/// Errors of `metadata.finalizers` (`ValidateFinalizers`, and `ValidateFinalizerName` of core/v1).
fn finalizers(object: &Value, errors: &mut Vec<FieldError>) {
    const STANDARD: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
    let all = list(object, "/metadata/finalizers");
    for (index, finalizer) in all.iter().enumerate() {
        let name = finalizer.as_str().unwrap_or_default();
        for detail in qualified_name_errors(name) {
            errors.push(FieldError::invalid("metadata.finalizers", name, &detail));
        }
        if !name.contains('/') && !STANDARD.contains(&name) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.push(FieldError::invalid(format!("metadata.finalizers[{index}]"), name, detail));
        }
    }
    if all.iter().any(|one| one == "orphan") && all.iter().any(|one| one == "foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid("metadata.finalizers", all.to_vec(), detail));
    }
}

/// Finalizers may not be added to an object that is being deleted.
pub(crate) fn no_new_finalizers(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if !crate::store::object::is_terminating(old) {
        return;
    }
    let before = list(old, "/metadata/finalizers");
    let added: Vec<_> = list(object, "/metadata/finalizers").iter().filter(|one| !before.contains(one)).collect();
    if !added.is_empty() {
        let names: Vec<_> = added.iter().map(ToString::to_string).collect();
        let detail = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            names.join(", ")
        );
        // Both `ValidateObjectMetaAccessorUpdate` and the strategy of the kind find it.
        for _ in 0..2 {
            errors.push(FieldError::forbidden("metadata.finalizers", &detail));
        }
    }
}

/// What is wrong with a name that must be one segment of a path.
pub(super) fn path_segment_errors(name: &str) -> Option<String> {
    if name == "." || name == ".." {
        return Some(format!("may not be '{name}'"));
    }
    name.find(['/', '%']).map(|at| format!("may not contain '{}'", &name[at..=at]))
}

fn owner_references(object: &Value, errors: &mut Vec<FieldError>) {
    let owners = list(object, "/metadata/ownerReferences");
    for owner in owners {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(owner, &format!("/{field}")).is_empty() {
                errors.push(FieldError::invalid(
                    format!("metadata.ownerReferences.{field}"),
                    "",
                    if field == "apiVersion" { "version must not be empty" } else { "must not be empty" },
                ));
            }
        }
    }
    for owner in owners.iter().filter(|owner| owner["apiVersion"] == "v1" && owner["kind"] == "Event") {
        let detail = "/v1, Kind=Event is disallowed from being an owner";
        errors.push(FieldError::invalid("metadata.ownerReferences", owner.clone(), detail));
    }
    if owners.iter().filter(|owner| owner["controller"] == true).count() > 1 {
        errors.push(FieldError::invalid(
            "metadata.ownerReferences",
            owners.to_vec(),
            "Only one reference can have Controller set to true",
        ));
    }
}

/// What is wrong with the value of a label.
pub(crate) fn label_value_error(value: &str) -> Option<String> {
    if value.len() > 63 {
        return Some("must be no more than 63 characters".to_owned());
    }
    (!value.is_empty() && !is_name_part(value)).then(|| LABEL_VALUE.to_owned())
}

/// Errors of a map of labels at `field`.
pub(super) fn labels(field: &str, map: Option<&Value>, errors: &mut Vec<FieldError>) {
    for (key, value) in map.and_then(Value::as_object).into_iter().flatten() {
        for detail in qualified_name_errors(key) {
            errors.push(FieldError::invalid(field, key.as_str(), &detail));
        }
        let value = value.as_str().unwrap_or_default();
        if let Some(detail) = label_value_error(value) {
            errors.push(FieldError::invalid(field, value, &detail));
        }
    }
}
