//! ConfigMaps, Secrets and ServiceAccounts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Rules;
use super::columns::{self, AGE, Column, NAME};
use crate::access::tokens::{ACCOUNT_NAME, is_token_secret};
use crate::api::status::FieldError;
use crate::store::object::{list, map_at, remove, set_default};

/// Rules of ConfigMap.
pub(super) const CONFIG_MAP: Rules = Rules {
    validate: |map, errors| validate_keys(map, errors),
    validate_update: immutable,
    columns: &[NAME, Column::text("Data"), AGE],
    row: |map, now| {
        vec![
            columns::name(map),
            json!((members(map, "data") + members(map, "binaryData")).to_string()),
            columns::age(map, now),
        ]
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
        let account = &secret["metadata"]["annotations"][ACCOUNT_NAME];
        if is_token_secret(secret) && account.as_str().is_none_or(str::is_empty) {
            errors.push(FieldError::required(format!("metadata.annotations[{ACCOUNT_NAME}]"), ""));
        }
        validate_keys(secret, errors);
    },
    validate_update: |new, old, errors| {
        if new["type"] != old["type"] {
            errors.push(FieldError::invalid("type", new["type"].clone(), "field is immutable"));
        }
        immutable(new, old, errors);
    },
    columns: &[NAME, Column::text("Type"), Column::text("Data"), AGE],
    row: |secret, now| {
        vec![
            columns::name(secret),
            secret["type"].clone(),
            json!(members(secret, "data").to_string()),
            columns::age(secret, now),
        ]
    },
};

/// Rules of ServiceAccount.
pub(super) const SERVICE_ACCOUNT: Rules = Rules {
    columns: &[NAME, Column::text("Secrets"), AGE],
    row: |account, now| {
        vec![columns::name(account), json!(list(account, "/secrets").len().to_string()), columns::age(account, now)]
    },
    ..Rules::PLAIN
};

fn members(object: &Value, field: &str) -> usize {
    object[field].as_object().map_or(0, serde_json::Map::len)
}

fn validate_keys(object: &Value, errors: &mut Vec<FieldError>) {
    const DETAIL: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    for field in ["data", "binaryData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
                errors.push(FieldError::invalid(format!("{field}[{key}]"), key.as_str(), DETAIL));
            }
            if value.as_str().is_some_and(|text| text.len() > 1_048_576) {
                errors.push(FieldError::too_long(field, "may not be more than 1048576 bytes"));
            }
        }
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
