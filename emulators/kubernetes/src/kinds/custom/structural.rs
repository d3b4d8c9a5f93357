//! Pruning and defaulting by a structural schema
//! (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting}`).

use serde_json::Value;

/// What every object has, whatever its schema says.
const OF_OBJECTS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Drops unspecified fields of a whole object and gives their paths in order.
pub(super) fn prune(object: &mut Value, schema: &Value) -> Vec<String> {
    let mut dropped = Vec::new();
    prune_at(object, schema, true, "", &mut dropped);
    dropped.sort();
    dropped
}

fn prune_at(value: &mut Value, schema: &Value, is_object: bool, path: &str, dropped: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
            let properties = schema["properties"].as_object();
            let additional = &schema["additionalProperties"];
            members.retain(|name, member| {
                if is_object && OF_OBJECTS.contains(&name.as_str()) {
                    return true;
                }
                let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                if let Some(schema) = properties.and_then(|properties| properties.get(name)) {
                    prune_at(member, schema, is_embedded(schema), &place, dropped);
                    return true;
                }
                if additional.is_object() {
                    prune_at(member, additional, is_embedded(additional), &place, dropped);
                    return true;
                }
                let kept = keeps || *additional == true;
                if !kept {
                    dropped.push(place);
                }
                kept
            });
        }
        Value::Array(items) if schema["items"].is_object() => {
            for (index, item) in items.iter_mut().enumerate() {
                let schema = &schema["items"];
                prune_at(item, schema, is_embedded(schema), &format!("{path}[{index}]"), dropped);
            }
        }
        _ => {}
    }
}

fn is_embedded(schema: &Value) -> bool {
    schema["x-kubernetes-embedded-resource"] == true
}

/// Fills in defaults. A null member where none is allowed is as good as absent.
pub(super) fn complete(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(members) => {
            let properties = schema["properties"].as_object();
            let additional = &schema["additionalProperties"];
            members.retain(|name, member| {
                let declared = properties.and_then(|properties| properties.get(name));
                let of = declared.or(Some(additional).filter(|additional| additional.is_object()));
                !member.is_null() || of.is_none_or(|of| of["nullable"] == true)
            });
            for (name, schema) in properties.into_iter().flatten() {
                if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
                    members.entry(name.clone()).or_insert_with(|| default.clone());
                }
                if let Some(member) = members.get_mut(name) {
                    complete(member, schema);
                }
            }
            for (name, member) in members.iter_mut() {
                if properties.is_none_or(|properties| !properties.contains_key(name)) {
                    complete(member, additional);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| complete(item, &schema["items"])),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn embedded_objects_keep_what_makes_them_objects() {
        let schema = json!({"type": "object", "properties": {"inner": {
            "type": "object", "x-kubernetes-embedded-resource": true, "properties": {"a": {"type": "string"}},
        }}});
        let mut object = json!({"inner": {"kind": "A", "metadata": {"name": "n"}, "a": "x", "b": 1}, "list": []});
        assert_eq!(prune(&mut object, &schema), ["inner.b", "list"]);
        assert_eq!(object, json!({"inner": {"kind": "A", "metadata": {"name": "n"}, "a": "x"}}));
    }

    #[test]
    fn defaults_are_filled_in_within_defaults() {
        let schema = json!({"properties": {
            "a": {"default": {}, "properties": {"b": {"default": 1}}},
            "c": {"items": {"properties": {"d": {"default": "x"}}}},
            "e": {"nullable": true, "default": 1},
        }});
        let mut object = json!({"a": null, "c": [{}, {"d": "y"}], "e": null});
        complete(&mut object, &schema);
        assert_eq!(object, json!({"a": {"b": 1}, "c": [{"d": "x"}, {"d": "y"}], "e": null}));
    }
}
