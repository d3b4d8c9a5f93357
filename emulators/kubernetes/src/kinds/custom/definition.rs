//! Rules of CustomResourceDefinition (`k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation`).

use serde_json::{Value, json};

use super::json_path::JsonPath;
use crate::api::status::{ApiError, FieldError};
use crate::kinds::Rules;
use crate::store::object::{list, name, set, set_default, text};

/// Rules of CustomResourceDefinition.
pub(in crate::kinds) const CUSTOM_RESOURCE_DEFINITION: Rules = Rules { defaults, validate, ..Rules::PLAIN };

fn defaults(definition: &mut Value) {
    let kind = text(definition, "/spec/names/kind").to_owned();
    set_default(definition, &["spec", "names", "singular"], kind.to_lowercase());
    set_default(definition, &["spec", "names", "listKind"], format!("{kind}List"));
    set_default(definition, &["spec", "conversion", "strategy"], "None");
    if definition["status"].is_null() {
        let stored = storage_versions(definition);
        let status = json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored});
        set(definition, &["status"], status);
    }
}

fn storage_versions(definition: &Value) -> Vec<Value> {
    let versions = list(definition, "/spec/versions").iter();
    versions.filter(|version| version["storage"] == true).map(|version| version["name"].clone()).collect()
}

fn validate(definition: &Value, errors: &mut Vec<FieldError>) {
    let wanted = format!("{}.{}", text(definition, "/spec/names/plural"), text(definition, "/spec/group"));
    if name(definition) != wanted {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        errors.push(FieldError::invalid("metadata.name", name(definition), detail));
    }
    let scope = text(definition, "/spec/scope");
    if !["Cluster", "Namespaced"].contains(&scope) {
        errors.push(FieldError::not_supported("spec.scope", scope, &["Cluster", "Namespaced"]));
    }
    for (index, version) in list(definition, "/spec/versions").iter().enumerate() {
        if !version.pointer("/schema/openAPIV3Schema").is_some_and(Value::is_object) {
            errors.push(FieldError::required(format!("spec.versions[{index}].schema.openAPIV3Schema"), ""));
        }
    }
    let storage = storage_versions(definition);
    if storage.len() != 1 {
        let versions: Vec<_> = list(definition, "/spec/versions").iter().map(internal_version).collect();
        let words =
            format!("Invalid value: [{}]: must have exactly one version marked as storage version", versions.join(","));
        errors.push(FieldError::worded("spec.versions", "FieldValueInvalid", words));
    }
    if list(definition, "/status/storedVersions").is_empty() {
        errors.push(FieldError::invalid("status.storedVersions", Value::Null, "must have at least one stored version"));
    }
}

/// A version as Go shows the internal type, which has what all versions share elsewhere.
fn internal_version(version: &Value) -> String {
    format!(
        "{{\"Name\":{},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{},\"Schema\":null,\"Subresources\":null,\"AdditionalPrinterColumns\":null,\"SelectableFields\":null}}",
        version["name"],
        version["served"] == true,
        version["storage"] == true,
        version["deprecated"] == true,
        version["deprecationWarning"],
    )
}

/// Refuses a definition that asks for what is not emulated.
pub(crate) fn unsupported(definition: &Value) -> Result<(), ApiError> {
    if text(definition, "/spec/conversion/strategy") == "Webhook" {
        return Err(ApiError::not_emulated("conversion webhooks of CustomResourceDefinitions"));
    }
    for version in list(definition, "/spec/versions") {
        let schema = &version["schema"]["openAPIV3Schema"];
        if has_key(schema, "x-kubernetes-validations") {
            return Err(ApiError::not_emulated("x-kubernetes-validations (CEL) of CustomResourceDefinitions"));
        }
        if !list(version, "/selectableFields").is_empty() {
            return Err(ApiError::not_emulated("selectableFields of CustomResourceDefinitions"));
        }
        if let Some(pattern) = unreadable_pattern(schema) {
            return Err(ApiError::not_emulated(&format!("the pattern {pattern:?} of a CustomResourceDefinition")));
        }
        for column in list(version, "/additionalPrinterColumns") {
            let path = text(column, "/jsonPath");
            if JsonPath::read(path).is_none() {
                return Err(ApiError::not_emulated(&format!("the jsonPath {path:?} of a printer column")));
            }
        }
    }
    Ok(())
}

/// Whether a schema or one within it says `key`.
fn has_key(schema: &Value, key: &str) -> bool {
    schema.get(key).is_some() || within(schema).any(|inner| has_key(inner, key))
}

fn unreadable_pattern(schema: &Value) -> Option<&str> {
    let own = schema["pattern"].as_str().filter(|pattern| regex::Regex::new(pattern).is_err());
    own.or_else(|| within(schema).find_map(unreadable_pattern))
}

/// The schemas right within a schema.
fn within(schema: &Value) -> impl Iterator<Item = &Value> {
    let properties = schema["properties"].as_object().into_iter().flat_map(|map| map.values());
    let lists =
        ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|field| schema[field].as_array().into_iter().flatten());
    let single = ["items", "additionalProperties", "not"].into_iter().filter_map(|field| schema.get(field));
    properties.chain(lists).chain(single)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_emulated_is_refused_by_name() {
        let version = |schema: Value| json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}});
        let rule = json!([{"rule": "self > 1"}]);
        let inner = json!({"properties": {"a": {"items": {"x-kubernetes-validations": rule}}}});
        for (definition, named) in [
            (json!({"spec": {"conversion": {"strategy": "Webhook"}}}), "conversion webhooks"),
            (version(inner), "x-kubernetes-validations"),
            (version(json!({"additionalProperties": {"pattern": "(?=a)"}})), "(?=a)"),
        ] {
            let error = unsupported(&definition).expect_err("it is refused");
            assert_eq!(error.code, 501);
            assert!(error.message.contains(named), "{}", error.message);
        }
        let plain = json!({"properties": {"pattern": {"type": "string", "pattern": "^a$"}}});
        assert!(unsupported(&version(plain)).is_ok());
    }
}
