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
    (!is_label(text)).then(|| LABEL.to_owned())
}

/// What is wrong with a lowercase RFC 1123 subdomain.
pub(super) fn subdomain_errors(text: &str) -> Option<String> {
    if text.len() > 253 {
        return Some("must be no more than 253 characters".to_owned());
    }
    (!text.split('.').all(is_label)).then(|| SUBDOMAIN.to_owned())
}

fn dns_1035_errors(text: &str) -> Option<String> {
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

fn qualified_name_errors(text: &str) -> Option<String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if prefix.is_some_and(str::is_empty) {
        return Some("prefix part must be non-empty".to_owned());
    }
    if let Some(error) = prefix.and_then(subdomain_errors) {
        return Some(format!("prefix part {error}"));
    }
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if name.len() > 63 {
        return Some("name part must be no more than 63 characters".to_owned());
    }
    (!is_name_part(name)).then(|| QUALIFIED.to_owned())
}

/// Errors of `metadata` of an object of `kind`.
pub(crate) fn validate_metadata(kind: &Kind, object: &Value, errors: &mut Vec<FieldError>) {
    let name = text(object, "/metadata/name");
    let rule = match (kind.group.as_str(), kind.kind.as_str()) {
        (_, "Namespace") => label_errors(name),
        ("", "Service") => dns_1035_errors(name),
        ("rbac.authorization.k8s.io", _) => path_segment_errors(name),
        _ => subdomain_errors(name),
    };
    if name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else if let Some(detail) = rule {
        errors.push(FieldError::invalid("metadata.name", name, &detail));
    }
    labels("metadata.labels", object.pointer("/metadata/labels"), errors);
    for key in object.pointer("/metadata/annotations").and_then(Value::as_object).into_iter().flat_map(|map| map.keys())
    {
        if let Some(detail) = qualified_name_errors(&key.to_lowercase()) {
            errors.push(FieldError::invalid("metadata.annotations", key.as_str(), &detail));
        }
    }
    owner_references(object, errors);
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
    for (index, owner) in owners.iter().enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(owner, &format!("/{field}")).is_empty() {
                errors.push(FieldError::invalid(
                    format!("metadata.ownerReferences[{index}].{field}"),
                    "",
                    if field == "apiVersion" { "version must not be empty" } else { "must not be empty" },
                ));
            }
        }
    }
    if owners.iter().filter(|owner| owner["controller"] == true).count() > 1 {
        errors.push(FieldError::invalid(
            "metadata.ownerReferences",
            owners.to_vec(),
            "Only one reference can have Controller set to true",
        ));
    }
}

/// Errors of a map of labels at `field`.
pub(super) fn labels(field: &str, map: Option<&Value>, errors: &mut Vec<FieldError>) {
    for (key, value) in map.and_then(Value::as_object).into_iter().flatten() {
        if let Some(detail) = qualified_name_errors(key) {
            errors.push(FieldError::invalid(field, key.as_str(), &detail));
        }
        let value = value.as_str().unwrap_or_default();
        if value.len() > 63 {
            errors.push(FieldError::invalid(field, value, "must be no more than 63 bytes"));
        } else if !value.is_empty() && !is_name_part(value) {
            errors.push(FieldError::invalid(field, value, LABEL_VALUE));
        }
    }
}
