//! ConfigMaps, Secrets and ServiceAccounts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use crate::access::tokens::{ACCOUNT_NAME, is_token_secret};
use crate::api::status::FieldError;
use crate::store::object::{list, map_at, remove, set_default, text};

/// Rules of ConfigMap.
pub(super) const CONFIG_MAP: Rules = Rules {
    validate: |map, errors| validate_keys(map, "[]", errors),
    validate_update: immutable,
    columns: &[NAME, Column::text("Data"), AGE],
    row: |map, now| {
        vec![columns::name(map), json!(members(map, "data") + members(map, "binaryData")), columns::age(map, now)]
    },
    ..Rules::PLAIN
};

/// Rules of Secret: `stringData` is folded into `data`.
pub(super) const SECRET: Rules = Rules {
    defaults: |secret| {
        set_default(secret, &["type"], "Opaque");
        if let Some(Value::Object(plain)) = remove(secret, &["stringData"]) {
            let data = map_at(secret, &["data"]);
            for (key, value) in plain {
                data.insert(key, json!(STANDARD.encode(value.as_str().unwrap_or_default())));
            }
        }
    },
    validate: |secret, errors| {
        validate_keys(secret, "data", errors);
        validate_secret_type(secret, errors);
    },
    validate_update: |new, old, errors| {
        if new["type"] != old["type"] {
            errors.push(FieldError::invalid("type", new["type"].clone(), "field is immutable"));
        }
        immutable(new, old, errors);
    },
    columns: &[NAME, Column::text("Type"), Column::text("Data"), AGE],
    row: |secret, now| {
        vec![columns::name(secret), secret["type"].clone(), json!(members(secret, "data")), columns::age(secret, now)]
    },
};

/// Rules of ServiceAccount.
pub(super) const SERVICE_ACCOUNT: Rules = Rules {
    columns: &[NAME, Column::text("Secrets"), AGE],
    row: |account, now| {
        vec![columns::name(account), json!(list(account, "/secrets").len()), columns::age(account, now)]
    },
    ..Rules::PLAIN
};

/// The keys that a Secret of a known type must have (`ValidateSecret`).
fn validate_secret_type(secret: &Value, errors: &mut Vec<FieldError>) {
    let data = |key: &str| secret["data"].get(key).and_then(Value::as_str);
    let required: &[&str] = match text(secret, "/type") {
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/basic-auth" if data("username").is_none() && data("password").is_none() => {
            &["username", "password"]
        }
        _ if is_token_secret(secret) => {
            if secret["metadata"]["annotations"][ACCOUNT_NAME].as_str().is_none_or(str::is_empty) {
                errors.push(FieldError::required(format!("metadata.annotations[{ACCOUNT_NAME}]"), ""));
            }
            &[]
        }
        _ => &[],
    };
    for key in required.iter().filter(|key| data(key).is_none()) {
        errors.push(FieldError::required(format!("data[{key}]"), ""));
    }
    for key in [".dockerconfigjson", ".dockercfg"].into_iter().filter(|key| required.contains(key)) {
        let Some(Ok(bytes)) = data(key).map(|text| STANDARD.decode(text)) else { continue };
        if let Err(detail) = crate::api::json_error(&bytes) {
            errors.push(FieldError::invalid(format!("data[{key}]"), "<secret contents redacted>", &detail));
        }
    }
}

fn members(object: &Value, field: &str) -> usize {
    object[field].as_object().map_or(0, serde_json::Map::len)
}

/// `whole` is the field that is named when all of it is too large.
fn validate_keys(object: &Value, whole: &str, errors: &mut Vec<FieldError>) {
    /// `MaxSecretSize` of `k8s.io/api/core/v1`, and of a ConfigMap.
    const LARGEST: usize = 1024 * 1024;
    const DETAIL: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    let mut size = 0;
    for field in ["data", "binaryData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
                errors.push(FieldError::invalid(format!("{field}[{key}]"), key.as_str(), DETAIL));
            }
            size += value.as_str().map_or(0, str::len);
        }
    }
    if size > LARGEST {
        errors.push(FieldError::too_long(whole, &format!("may not be more than {LARGEST} bytes")));
    }
}

fn immutable(new: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    if old["immutable"] != true {
        return;
    }
    if new["immutable"] != true {
        errors.push(FieldError::forbidden("immutable", "field is immutable when `immutable` is set"));
    }
    if new["data"] != old["data"] {
        errors.push(FieldError::forbidden("data", "field is immutable when `immutable` is set"));
    }
}
