//! Objects as Go's JSON encoder writes them.

use serde_json::{Map, Value, json};

use super::{Field, Shape, Type, canonical_quantity};

/// Brings an object into the form in which a Kubernetes API server answers it: without nulls, fields
/// that are not declared and empty values that Go leaves out (`omitempty`), with the structs and
/// fields that Go always writes, and with quantities in their canonical form.
pub fn canonical(value: &mut Value, shape: &Shape) {
    match (&shape.of, value) {
        (Type::Struct(_), Value::Object(members)) => {
            let Some(declared) = shape.fields() else { return };
            members.retain(|name, member| match declared.fields.get(name) {
                Some(_) => !member.is_null(),
                None => declared.open,
            });
            for (name, member) in members.iter_mut() {
                canonical(member, &shape.child(name));
            }
            for (name, field) in &declared.fields {
                complete(members, name, field, shape);
            }
        }
        (Type::Map(of), Value::Object(members)) => {
            for (name, member) in members {
                if member.is_null() {
                    *member = zero(of);
                }
                canonical(member, &shape.child(name));
            }
        }
        (Type::List(_), Value::Array(items)) => {
            for item in items {
                canonical(item, &shape.item());
            }
        }
        (Type::Quantity, amount) => {
            if let Some(canonical) = canonical_quantity(amount) {
                *amount = Value::String(canonical);
            }
        }
        _ => {}
    }
}

/// Adds what Go writes even when it is empty, removes what Go then leaves out.
fn complete(members: &mut Map<String, Value>, name: &str, field: &Field, shape: &Shape) {
    if field.pointer {
        return;
    }
    match (&field.of, members.get(name)) {
        (Type::Struct(_), None) => {
            let mut empty = json!({});
            canonical(&mut empty, &shape.child(name));
            members.insert(name.to_owned(), empty);
        }
        (of, None) if field.always => drop(members.insert(name.to_owned(), zero(of))),
        (of, Some(value)) if !field.always && is_zero(of, value) => drop(members.remove(name)),
        _ => {}
    }
}

fn zero(of: &Type) -> Value {
    match of {
        Type::String => json!(""),
        Type::Boolean => json!(false),
        Type::Int32 | Type::Int64 | Type::Double | Type::IntOrString => json!(0),
        Type::Quantity => json!("0"),
        _ => Value::Null,
    }
}

fn is_zero(of: &Type, value: &Value) -> bool {
    match (of, value) {
        (Type::String | Type::Bytes, Value::String(text)) => text.is_empty(),
        (Type::Boolean, Value::Bool(value)) => !value,
        (Type::Int32 | Type::Int64 | Type::Double, Value::Number(number)) => number.as_f64() == Some(0.0),
        (Type::List(_), Value::Array(items)) => items.is_empty(),
        (Type::Map(_), Value::Object(members)) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas;

    #[test]
    fn a_deployment_is_written_as_go_writes_it() {
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "labels": {}, "annotations": null, "colour": "red"},
            "spec": {
                "replicas": 0, "minReadySeconds": 0, "paused": false,
                "template": {"spec": {
                    "containers": [{"name": "a", "command": [], "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}],
                    "volumes": [{"name": "v", "emptyDir": {}}],
                }},
            },
        });
        canonical(&mut object, &schemas().root("apps.v1.Deployment"));
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {
                "replicas": 0,
                "strategy": {},
                "template": {"metadata": {}, "spec": {
                    "containers": [{"name": "a", "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}],
                    "volumes": [{"name": "v", "emptyDir": {}}],
                }},
            },
            "status": {},
        });
        assert_eq!(object, expected);
    }

    #[test]
    fn what_go_always_writes_is_there() {
        let mut role = json!({"metadata": {"name": "r"}});
        canonical(&mut role, &schemas().root("rbac.v1.Role"));
        assert_eq!(role, json!({"metadata": {"name": "r"}, "rules": null}));
        let mut set = json!({});
        canonical(&mut set, &schemas().root("apps.v1.ReplicaSetStatus"));
        assert_eq!(set, json!({"replicas": 0}));
    }
}
