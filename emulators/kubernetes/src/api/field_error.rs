//! What is wrong with fields, in the words of `k8s.io/apimachinery/pkg/util/validation/field`.

use serde_json::{Value, json};

/// What is wrong with one field.
#[derive(Debug, Clone)]
pub(crate) struct FieldError {
    /// Such as `spec.template.spec.containers[0].name`.
    pub(crate) field: String,
    wrong: Wrong,
}

#[derive(Debug, Clone)]
enum Wrong {
    Required(String),
    Invalid(Value, String),
    Duplicate(Value),
    NotSupported(Value, Vec<String>),
    NotFound(Value),
    Forbidden(String),
    TooLong(String),
    Worded(&'static str, String),
}

impl FieldError {
    fn new(field: impl Into<String>, wrong: Wrong) -> Self {
        Self { field: field.into(), wrong }
    }

    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, Wrong::Required(detail.to_owned()))
    }

    pub(crate) fn invalid(field: impl Into<String>, value: impl Into<Value>, detail: &str) -> Self {
        Self::new(field, Wrong::Invalid(value.into(), detail.to_owned()))
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(field, Wrong::Duplicate(value.into()))
    }

    pub(crate) fn not_supported(field: impl Into<String>, value: impl Into<Value>, supported: &[&str]) -> Self {
        let supported = supported.iter().map(|one| format!("{one:?}")).collect();
        Self::new(field, Wrong::NotSupported(value.into(), supported))
    }

    pub(crate) fn not_found(field: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::new(field, Wrong::NotFound(value.into()))
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, Wrong::Forbidden(detail.to_owned()))
    }

    pub(crate) fn too_long(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, Wrong::TooLong(detail.to_owned()))
    }

    /// Several errors as one text.
    pub(super) fn joined(errors: &[Self]) -> String {
        let mut texts: Vec<_> = Vec::new();
        for text in errors.iter().map(|error| format!("{}: {}", error.field, error.body())) {
            // What several validations find is told once.
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        if let [one] = texts.as_slice() { one.clone() } else { format!("[{}]", texts.join(", ")) }
    }

    /// An error whose words are given, as for values that have no JSON form.
    pub(crate) fn worded(field: impl Into<String>, reason: &'static str, words: impl Into<String>) -> Self {
        Self::new(field, Wrong::Worded(reason, words.into()))
    }

    fn body(&self) -> String {
        match &self.wrong {
            Wrong::Required(detail) if detail.is_empty() => "Required value".to_owned(),
            Wrong::Required(detail) => format!("Required value: {detail}"),
            Wrong::Invalid(value, detail) => format!("Invalid value: {value}: {detail}"),
            Wrong::Duplicate(value) => format!("Duplicate value: {value}"),
            Wrong::NotSupported(value, supported) => {
                format!("Unsupported value: {value}: supported values: {}", supported.join(", "))
            }
            Wrong::NotFound(value) => format!("Not found: {value}"),
            Wrong::Forbidden(detail) => format!("Forbidden: {detail}"),
            Wrong::TooLong(detail) => format!("Too long: {detail}"),
            Wrong::Worded(_, words) => words.clone(),
        }
    }

    pub(super) fn cause(&self) -> Value {
        let reason = match self.wrong {
            Wrong::Required(_) => "FieldValueRequired",
            Wrong::Invalid(..) => "FieldValueInvalid",
            Wrong::Duplicate(_) => "FieldValueDuplicate",
            Wrong::NotSupported(..) => "FieldValueNotSupported",
            Wrong::NotFound(_) => "FieldValueNotFound",
            Wrong::Forbidden(_) => "FieldValueForbidden",
            Wrong::TooLong(_) => "FieldValueTooLong",
            Wrong::Worded(reason, _) => reason,
        };
        json!({"reason": reason, "message": self.body(), "field": self.field})
    }
}
