//! What the OpenAPI description declares, held against every exchange of the tests.
//!
//! An answer must have a declared status, a body of the declared schema and no field that neither the
//! description nor the list of what late clients add knows. Deviations are in `contract/exceptions.json`,
//! each with its reason.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value as Json, json};

use crate::shared::quietly;

/// The description with all that belongs to it; `None` where the shared data is not.
pub(crate) static CONTRACT: LazyLock<Option<Contract>> = LazyLock::new(Contract::read);

/// An answer to hold against the description.
pub(crate) struct Answered<'a> {
    pub(crate) method: &'a str,
    /// Below `/api`, without the query.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a Json,
}

pub(crate) struct Contract {
    operations: Vec<Described>,
    /// The description's schemas in JSON Schema, for answers and for requests.
    answers: Json,
    requests: Json,
    exceptions: Json,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

struct Described {
    id: String,
    method: String,
    path: Vec<String>,
    operation: Json,
}

impl Contract {
    fn read() -> Option<Self> {
        let description = quietly("confighub-openapi.json")?;
        let late = quietly("confighub-openapi-late2025-overlay.json")?;
        let exceptions: Json = serde_json::from_str(include_str!("../contract/exceptions.json")).unwrap();
        let mut operations = Vec::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                if let Some(id) = operation["operationId"].as_str() {
                    operations.push(Described {
                        id: id.to_owned(),
                        method: method.to_uppercase(),
                        path: path.split('/').map(str::to_owned).collect(),
                        operation: operation.clone(),
                    });
                }
            }
        }
        let mut answers = description["components"]["schemas"].clone();
        add_late_fields(&mut answers, &late["fields"]);
        add_late_fields(&mut answers, &exceptions["fields"]);
        for field in exceptions["nullable"].as_array().unwrap() {
            let (schema, name) = (field["schema"].as_str().unwrap(), field["name"].as_str().unwrap());
            answers[schema]["properties"][name]["nullable"] = json!(true);
        }
        let requests = in_json_schema(&answers, false);
        let answers = in_json_schema(&answers, true);
        Some(Self { operations, answers, requests, exceptions, validators: Mutex::default() })
    }

    /// The operation that serves a path below `/api`.
    fn operation(&self, method: &str, path: &str) -> Option<&Described> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |described: &&Described| {
            described.method == method
                && described.path.len() == parts.len()
                && described.path.iter().zip(&parts).all(|(known, part)| known == part || known.starts_with('{'))
        };
        let candidates = self.operations.iter().filter(fits);
        // `/unit/extended` is one of its own, not a unit called so.
        candidates.min_by_key(|described| described.path.iter().filter(|part| part.starts_with('{')).count())
    }

    /// Panics when an answer is not as declared. What is outside of the description is not looked at.
    pub(crate) fn check_answer(&self, answered: &Answered<'_>) {
        if answered.body["Message"].as_str().is_some_and(|text| text.starts_with("injected fault")) {
            return; // A fault is what breaks the contract.
        }
        let Some(described) = self.operation(answered.method, answered.path) else { return };
        let at = format!("{} {} {}?{}", described.id, answered.method, answered.path, answered.query);
        let status = answered.status.to_string();
        let declared = &described.operation["responses"][&status];
        let schema = if declared.is_null() {
            let exception = self.exception(&described.id, answered.status);
            let exception =
                exception.unwrap_or_else(|| panic!("{at}: status {status} is not declared: {}", answered.body));
            match exception["schema"].as_str() {
                Some(name) => json!({"$ref": format!("#/components/schemas/{name}")}),
                None => return,
            }
        } else {
            declared["content"]["application/json"]["schema"].clone()
        };
        assert!(answered.content_type.contains("json"), "{at}: content type {}", answered.content_type);
        assert!(!answered.body.is_null(), "{at}: the client takes null for no answer");
        let validator = self.validator(&self.answers, &schema);
        let errors: Vec<String> =
            validator.iter_errors(answered.body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{at}: {}\n{}", errors.join("\n"), answered.body);
    }

    /// What is wrong with a request, if anything is: parameters that are not declared, a body that
    /// is not of the declared schema.
    pub(crate) fn request_errors(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: &Json,
    ) -> Vec<String> {
        let Some(described) = self.operation(method, path) else { return vec![format!("{method} {path}: unknown")] };
        let mut errors = Vec::new();
        let parameters = described.operation["parameters"].as_array().into_iter().flatten();
        let known: Vec<&str> = parameters.filter_map(|parameter| parameter["name"].as_str()).collect();
        errors.extend(query.iter().filter(|(name, _)| !known.contains(&name.as_str())).map(|(name, _)| name.clone()));
        let content = described.operation["requestBody"]["content"].as_object();
        match content.and_then(|content| content.values().next()) {
            Some(media) => {
                let validator = self.validator(&self.requests, &media["schema"]);
                errors.extend(validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())));
            }
            None if body.is_null() => {}
            None => errors.push("a body where none is declared".to_owned()),
        }
        errors
    }

    fn exception(&self, id: &str, status: u16) -> Option<&Json> {
        self.exceptions["statuses"].as_array().unwrap().iter().find(|exception| {
            let operations = exception["operations"].as_array().unwrap();
            let statuses = exception["statuses"].as_array().unwrap();
            statuses.contains(&json!(status)) && (operations.contains(&json!("*")) || operations.contains(&json!(id)))
        })
    }

    fn validator(&self, schemas: &Json, schema: &Json) -> Arc<Validator> {
        let strict = std::ptr::eq(schemas, &raw const self.answers);
        let key = format!("{schema} {strict}");
        let mut validators = self.validators.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let compile = || {
            let mut whole = in_json_schema(schema, strict);
            whole["components"] = json!({"schemas": schemas});
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            Arc::new(options.build(&whole).unwrap())
        };
        Arc::clone(validators.entry(key).or_insert_with(compile))
    }
}

/// Adds the fields and values that late clients know to the schemas.
fn add_late_fields(schemas: &mut Json, fields: &Json) {
    for field in fields.as_array().unwrap() {
        let schema = field["schema"].as_str().unwrap();
        let of_all = schema.contains("every entity");
        let first = schema.split(' ').next().unwrap();
        for (name, schema) in schemas.as_object_mut().unwrap() {
            if let Some(values) = schema.get_mut("enum").and_then(Json::as_array_mut) {
                if name == first {
                    values.push(field["name"].clone());
                }
                continue;
            }
            let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) else { continue };
            let is_entity = properties.contains_key("Slug") && properties.contains_key("Version");
            if name == first || (of_all && is_entity) {
                for name in field["name"].as_str().unwrap().split(", ") {
                    properties.insert(name.to_owned(), late_type(field["type"].as_str().unwrap()));
                }
            }
        }
    }
}

fn late_type(told: &str) -> Json {
    match told {
        "map bool" => json!({"type": "object", "additionalProperties": {"type": "boolean"}}),
        "uuid nullable" => json!({"type": "string", "format": "uuid", "nullable": true}),
        _ => json!({}),
    }
}

/// A schema of OpenAPI 3.0 in JSON Schema: `nullable` becomes a type or an alternative. With `strict`,
/// an object has no other fields than those named.
fn in_json_schema(schema: &Json, strict: bool) -> Json {
    match schema {
        Json::Array(items) => items.iter().map(|item| in_json_schema(item, strict)).collect(),
        Json::Object(fields) => {
            let mut out: Map<String, Json> =
                fields.iter().map(|(key, value)| (key.clone(), in_json_schema(value, strict))).collect();
            let nullable = out.remove("nullable") == Some(json!(true));
            if strict
                && fields.get("properties").is_some_and(Json::is_object)
                && fields.get("type") == Some(&json!("object"))
            {
                out.entry("additionalProperties").or_insert(json!(false));
            }
            if nullable {
                return json!({"anyOf": [Json::Object(out), {"type": "null"}]});
            }
            Json::Object(out)
        }
        other => other.clone(),
    }
}
