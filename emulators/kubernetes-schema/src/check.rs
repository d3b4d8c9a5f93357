//! Comparing a document with its schema: unknown fields and wrong types.

use serde_json::Value;

use super::{Shape, Type, canonical_quantity, schemas};

/// A place where a document does not fit its schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// A field the struct does not declare.
    Unknown {
        /// Such as `spec.template.spec.containers[0].imag`.
        path: String,
    },
    /// A text that does not say what it should: no base64, no quantity, no time.
    Unreadable {
        /// Such as `spec.replicas`, list indexes left out.
        path: String,
        /// The words of Go's decoder.
        message: String,
    },
    /// A value of another type than declared.
    Mistyped {
        /// Such as `spec.replicas`, list indexes left out.
        path: String,
        /// The field as Go's decoder names it, such as `DeploymentSpec.spec.replicas`: the struct that
        /// declares it, then the path without list indexes and keys of maps.
        field: String,
        /// Go's name of the declared type, such as `int32`.
        wanted: String,
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
    visit(document, shape, &Place::default(), &mut found);
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

#[derive(Clone, Default)]
struct Place {
    /// With list indexes.
    path: String,
    /// Without them.
    plain: String,
    /// Without keys of maps either.
    declared: String,
    /// The struct that declares the field.
    owner: String,
}

impl Place {
    fn member(&self, name: &str, owner: &str) -> Self {
        let join = |base: &str| if base.is_empty() { name.to_owned() } else { format!("{base}.{name}") };
        Self {
            path: join(&self.path),
            plain: join(&self.plain),
            declared: join(&self.declared),
            owner: owner.to_owned(),
        }
    }

    /// The value of a map, which Go's messages do not tell from the map.
    fn entry(&self, key: &str) -> Self {
        Self { path: format!("{}.{key}", self.path), plain: format!("{}.{key}", self.plain), ..self.clone() }
    }

    fn item(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), ..self.clone() }
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
            let owner = declared.name.rsplit('.').next().unwrap_or_default();
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
                visit(member, &shape.child(name), &place.entry(name), found);
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
            } else if let Some(message) = unreadable(of, value) {
                found.push(Problem::Unreadable { path: place.plain.clone(), message });
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

/// What Go's decoder says of a text of the right type that it cannot read.
fn unreadable(of: &Type, value: &Value) -> Option<String> {
    let text = value.as_str();
    match of {
        Type::Bytes => illegal_base64(text?).map(|at| format!("illegal base64 data at input byte {at}")),
        Type::Quantity if canonical_quantity(value).is_none() => Some(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".to_owned(),
        ),
        Type::Time | Type::MicroTime => {
            let text = text?;
            let year = text.get(..4).is_some_and(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
            let layout =
                if *of == Type::Time { "2006-01-02T15:04:05Z07:00" } else { "2006-01-02T15:04:05.000000Z07:00" };
            (!year && !text.is_empty())
                .then(|| format!("parsing time {text:?} as {layout:?}: cannot parse {text:?} as \"2006\""))
        }
        _ => None,
    }
}

/// Where standard base64 with padding goes wrong.
fn illegal_base64(text: &str) -> Option<usize> {
    let bytes: Vec<(usize, u8)> = text.bytes().enumerate().filter(|(_, byte)| !matches!(byte, b'\n' | b'\r')).collect();
    let letters =
        bytes.iter().take_while(|(_, byte)| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).count();
    let padding = &bytes[letters..];
    let wanted = (4 - letters % 4) % 4;
    if padding.is_empty() && wanted > 0 {
        return Some(letters / 4 * 4);
    }
    if letters % 4 == 1 || padding.len() < wanted || padding.iter().take(wanted).any(|(_, byte)| *byte != b'=') {
        return Some(padding.iter().find(|(_, byte)| *byte != b'=').map_or(text.len(), |(at, _)| *at));
    }
    padding.get(wanted).map(|(at, _)| *at)
}

/// Go's name of a type.
fn go_type(of: &Type) -> String {
    match of {
        Type::String | Type::Time | Type::MicroTime => "string".to_owned(),
        Type::Bytes => "[]uint8".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Int32 | Type::IntOrString => "int32".to_owned(),
        Type::Int64 => "int64".to_owned(),
        Type::Double => "float64".to_owned(),
        Type::Quantity => "resource.Quantity".to_owned(),
        Type::Any => "interface {}".to_owned(),
        Type::List(item) => format!("[]{}", go_type(item)),
        Type::Map(item) => format!("map[string]{}", go_type(item)),
        Type::Struct(index) => {
            let name = schemas().get(*index).map_or("", |one| one.name.as_str());
            name.rsplitn(3, '.').take(2).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join(".")
        }
    }
}

fn mistyped(of: &Type, value: &Value, place: &Place) -> Problem {
    let numeric = matches!(of, Type::Int32 | Type::Int64 | Type::Double);
    let found = match value {
        Value::Number(number) if numeric => format!("number {number}"),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) | Value::Null => "object".to_owned(),
    };
    let typed = match of {
        Type::List(_) => "list",
        Type::Map(_) | Type::Struct(_) | Type::Any => "map",
        Type::Boolean => "boolean",
        Type::Int32 | Type::Int64 | Type::Double => "numeric (int or float)",
        _ => "string",
    };
    let typed_found = match value {
        // What structured-merge-diff prints of a value that is no string.
        Value::Bool(_) | Value::Number(_) => format!("&value.valueUnstructured{{Value:{value}}}"),
        Value::Array(_) => "list".to_owned(),
        Value::Object(_) => "map".to_owned(),
        _ => "string".to_owned(),
    };
    Problem::Mistyped {
        path: place.plain.clone(),
        field: format!("{}.{}", place.owner, place.declared),
        wanted: go_type(of),
        found,
        typed: format!("expected {typed}, got {typed_found}"),
    }
}
