//! Comparing a document with its schema: unknown fields and wrong types.

use serde_json::Value;

use super::{Shape, Type};

/// A place where a document does not fit its schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// A field the struct does not declare.
    Unknown {
        /// Such as `spec.template.spec.containers[0].imag`.
        path: String,
    },
    /// A value of another type than declared.
    Mistyped {
        /// Such as `spec.replicas`, list indexes left out.
        path: String,
        /// The struct that declares the field, such as `DeploymentSpec`.
        owner: String,
        /// Go's name of the declared type, such as `int32`.
        wanted: &'static str,
        /// JSON's name of the found type, as Go's decoder gives it.
        found: String,
        /// The words of structured-merge-diff for the same, such as
        /// `expected numeric (int or float), got string`.
        typed: String,
    },
}

/// All problems of `document`, in document order.
pub fn problems(document: &Value, shape: &Shape) -> Vec<Problem> {
    let mut found = Vec::new();
    visit(document, shape, &Place { path: String::new(), plain: String::new(), owner: String::new() }, &mut found);
    found
}

/// The required fields that `document` lacks, in document order: the path of the object, empty for the
/// document itself, and the field's name. A null is as good as nothing.
pub fn missing(document: &Value, shape: &Shape) -> Vec<(String, String)> {
    let mut found = Vec::new();
    visit_missing(document, shape, &mut String::new(), &mut found);
    found
}

fn visit_missing(value: &Value, shape: &Shape, path: &mut String, found: &mut Vec<(String, String)>) {
    let before = path.len();
    match (&shape.of, value) {
        (Type::Struct(_), Value::Object(members)) => {
            let Some(declared) = shape.fields() else { return };
            let required = declared.fields.iter().filter(|(_, field)| field.required).map(|(name, _)| name);
            let absent = required.filter(|name| members.get(*name).is_none_or(Value::is_null));
            found.extend(absent.map(|name| (path.clone(), name.clone())));
            visit_members(members, shape, path, found);
        }
        (Type::Map(_), Value::Object(members)) => visit_members(members, shape, path, found),
        (Type::List(_), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                visit_missing(item, &shape.item(), path, found);
                path.truncate(before);
            }
        }
        _ => {}
    }
}

fn visit_members(
    members: &serde_json::Map<String, Value>,
    shape: &Shape,
    path: &mut String,
    found: &mut Vec<(String, String)>,
) {
    let before = path.len();
    for (name, member) in members {
        if before > 0 {
            path.push('.');
        }
        path.push_str(name);
        visit_missing(member, &shape.child(name), path, found);
        path.truncate(before);
    }
}

/// Drops what Go's decoder would drop: nulls and fields that are not declared.
pub fn prune(value: &mut Value, shape: &Shape) {
    match (&shape.of, value) {
        (Type::Struct(_), Value::Object(members)) => {
            let open = shape.fields().is_some_and(|declared| declared.open);
            members.retain(|name, member| open || (!member.is_null() && shape.declares(name)));
            for (name, member) in members {
                prune(member, &shape.child(name));
            }
        }
        (Type::Map(_), Value::Object(members)) => {
            for (name, member) in members {
                prune(member, &shape.child(name));
            }
        }
        (Type::List(_), Value::Array(items)) => {
            for item in items {
                prune(item, &shape.item());
            }
        }
        _ => {}
    }
}

struct Place {
    /// With list indexes.
    path: String,
    /// Without them.
    plain: String,
    owner: String,
}

impl Place {
    fn member(&self, name: &str, owner: Option<&str>) -> Self {
        let join = |base: &str| if base.is_empty() { name.to_owned() } else { format!("{base}.{name}") };
        let owner = owner.map_or_else(|| self.owner.clone(), str::to_owned);
        Self { path: join(&self.path), plain: join(&self.plain), owner }
    }

    fn item(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), plain: self.plain.clone(), owner: self.owner.clone() }
    }
}

fn visit(value: &Value, shape: &Shape, place: &Place, found: &mut Vec<Problem>) {
    if value.is_null() {
        return;
    }
    match (&shape.of, value) {
        (Type::Any, _) => {}
        (Type::Struct(_), Value::Object(members)) => {
            let Some(declared) = shape.fields() else { return };
            let owner = declared.name.rsplit('.').next();
            for (name, member) in members {
                let place = place.member(name, owner);
                if declared.fields.contains_key(name) {
                    visit(member, &shape.child(name), &place, found);
                } else if !declared.open {
                    found.push(Problem::Unknown { path: place.path });
                }
            }
        }
        (Type::Map(_), Value::Object(members)) => {
            for (name, member) in members {
                visit(member, &shape.child(name), &place.member(name, None), found);
            }
        }
        (Type::List(_), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &shape.item(), &place.item(index), found);
            }
        }
        (of, value) => {
            if !fits(of, value) {
                found.push(mistyped(of, value, place));
            }
        }
    }
}

fn fits(of: &Type, value: &Value) -> bool {
    match of {
        Type::String | Type::Time | Type::MicroTime | Type::Bytes => value.is_string(),
        Type::Boolean => value.is_boolean(),
        Type::Int32 => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Type::Int64 => value.is_i64() || value.is_u64(),
        Type::Double => value.is_number(),
        Type::Quantity => value.is_string() || value.is_number(),
        Type::IntOrString => value.is_string() || value.is_i64() || value.is_u64(),
        Type::Any => true,
        Type::List(_) | Type::Map(_) | Type::Struct(_) => false,
    }
}

fn mistyped(of: &Type, value: &Value, place: &Place) -> Problem {
    let found = match value {
        Value::Number(number) => format!("number {number}"),
        Value::String(_) => "string".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) | Value::Null => "object".to_owned(),
    };
    let short_found = found.split(' ').next().unwrap_or_default();
    let (wanted, typed_wanted) = match of {
        Type::String | Type::Time | Type::MicroTime | Type::Bytes => ("string", "string"),
        Type::Boolean => ("bool", "boolean"),
        Type::Int32 => ("int32", "numeric (int or float)"),
        Type::Int64 => ("int64", "numeric (int or float)"),
        Type::Double => ("float64", "numeric (int or float)"),
        Type::Quantity => ("resource.Quantity", "string"),
        Type::IntOrString => ("intstr.IntOrString", "string"),
        Type::List(_) => ("[]", "list"),
        Type::Map(_) => ("map[string]string", "map"),
        Type::Struct(_) | Type::Any => ("struct", "map"),
    };
    let typed_found = match value {
        Value::Array(_) => "list",
        Value::Object(_) => "map",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        _ => "string",
    };
    Problem::Mistyped {
        path: place.plain.clone(),
        owner: place.owner.clone(),
        wanted,
        found: if value.is_number() { found.clone() } else { short_found.to_owned() },
        typed: format!("expected {typed_wanted}, got {typed_found}"),
    }
}
