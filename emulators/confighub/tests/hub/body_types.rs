//! Each field of each body that the description declares, also those that clients cannot set and those
//! inside of others, is refused by its name when it is of another type.

use serde_json::{Map, Value as Json, json};

use crate::client::message;
use crate::populated::{NOWHERE, Populated, operations, resolved};
use crate::shared::data;

#[tokio::test]
async fn each_field_of_each_body_is_checked_for_its_type() {
    let Some(description) = data("each_field_of_each_body_is_checked_for_its_type", "confighub-openapi.json") else {
        return;
    };
    let known: Json = serde_json::from_str(include_str!("../contract/exceptions.json")).unwrap();
    let populated = Populated::start().await;
    let (mut told, mut count) = (Vec::new(), 0);
    for operation in operations(&description) {
        let Some(schema) = &operation.body else { continue };
        let good = sample(&description, schema);
        let mut wrong = Vec::new();
        for (field, schema) in schema["properties"].as_object().unwrap() {
            wrongs(&description, schema, &good[field], &format!("/{field}"), &mut wrong);
        }
        let target = format!("{}?where=Slug%3D'x'", populated.path(&operation.path));
        let target = if operation.parameters.iter().any(|name| name == "where") { &target } else { &operation.path };
        for (place, value) in wrong.into_iter().filter(|(place, value)| !(value.is_null() && nullable(&known, place))) {
            count += 1;
            let mut body = good.clone();
            *body.pointer_mut(&place).unwrap() = value.clone();
            let request = populated.request(&operation, &populated.path(target)).json(&body);
            let answer = populated.bench.send(request).await;
            let field = place.split('/').nth(1).unwrap();
            let refused = (400..500).contains(&answer.0) && message(&answer).starts_with(field);
            if !refused {
                told.push(format!("{} {place} = {value}: {} {}", operation.id, answer.0, answer.1));
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    assert!(count > 2_000, "{count}");
}

/// Whether a field may be null although the description does not say so.
fn nullable(known: &Json, place: &str) -> bool {
    let name = place.rsplit('/').next().unwrap();
    known["nullable"].as_array().unwrap().iter().any(|field| field["name"] == name)
}

/// Something that a schema allows, with all of its fields and one item in each list and map.
fn sample(description: &Json, schema: &Json) -> Json {
    let schema = resolved(description, schema);
    if let Some(first) = schema["oneOf"].get(0) {
        return sample(description, first);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => json!(NOWHERE),
        (Some("string"), Some("date-time")) => json!("2025-10-05T09:00:00Z"),
        (Some("string"), _) => json!("a"),
        (Some("integer"), _) => json!(1),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => json!([sample(description, &schema["items"])]),
        _ => {
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            let mut object: Map<String, Json> = fields
                .into_iter()
                .map(|(name, schema)| (name.clone(), named_sample(description, &name, &schema)))
                .collect();
            if schema["additionalProperties"].is_object() {
                object.insert("key".to_owned(), sample(description, &schema["additionalProperties"]));
            }
            Json::Object(object)
        }
    }
}

/// The same for a field; merge patches do not say that their ids are such.
fn named_sample(description: &Json, name: &str, schema: &Json) -> Json {
    if name.ends_with("ID") && schema["type"] == "string" { json!(NOWHERE) } else { sample(description, schema) }
}

/// Places in a sample, and what a schema does not allow there.
fn wrongs(description: &Json, schema: &Json, sample: &Json, place: &str, found: &mut Vec<(String, Json)>) {
    let schema = resolved(description, schema);
    let mut add = |value: Json| found.push((place.to_owned(), value));
    if schema["nullable"] != json!(true) {
        add(Json::Null);
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid" | "date-time")) => [json!(7), json!("x")].into_iter().for_each(add),
        (Some("string"), _) => [json!(7), json!({"a": 1})].into_iter().for_each(add),
        (Some("integer"), _) => [json!("1"), json!(1.5)].into_iter().for_each(add),
        (Some("boolean"), _) => [json!("true"), json!(0)].into_iter().for_each(add),
        (Some("array"), _) => {
            [json!({"a": 1}), json!("x")].into_iter().for_each(add);
            wrongs(description, &schema["items"], &sample[0], &format!("{place}/0"), found);
        }
        (Some("object"), _) => {
            [json!([]), json!("x")].into_iter().for_each(add);
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                wrongs(description, schema, &sample[field], &format!("{place}/{field}"), found);
            }
            if schema["additionalProperties"].is_object() {
                let inner = &schema["additionalProperties"];
                wrongs(description, inner, &sample["key"], &format!("{place}/key"), found);
            }
        }
        // One of several scalars.
        _ => add(json!({"a": 1})),
    }
}
