//! Protobuf bodies, as kubectl's imperative commands send them.
//!
//! The envelope is `k8s\0` followed by `k8s.io.apimachinery.pkg.runtime.Unknown`; what is inside is
//! decoded by the field numbers of the schema.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::status::ApiError;
use crate::store::object::{micro_time, time};
use stagegate_kubernetes_schema::{Shape, Type, schemas};

/// The media type of Kubernetes' protobuf encoding.
pub(super) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

const MAGIC: &[u8] = b"k8s\0";

/// How deep messages may nest.
const DEPTH: usize = 64;

/// Decodes an enveloped object to its JSON form.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, ApiError> {
    let body = bytes.strip_prefix(MAGIC).ok_or_else(|| {
        ApiError::bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    })?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Fields(body) {
        match field? {
            (1, Wire::Bytes(meta)) => {
                for field in Fields(meta) {
                    match field? {
                        (1, Wire::Bytes(text)) => api_version = string(text)?,
                        (2, Wire::Bytes(text)) => kind = string(text)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(inner)) => raw = inner,
            _ => {}
        }
    }
    let name = schema_name(&api_version, &kind);
    let shape = schemas().root(&name);
    if shape.fields().is_none_or(|declared| declared.open) {
        return Err(ApiError::not_emulated(&format!("protobuf bodies of {api_version}, Kind={kind}")));
    }
    let mut object = message(raw, &shape, DEPTH)?;
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    Ok(object)
}

/// `rbac.authorization.k8s.io/v1`, `Role` → `rbac.v1.Role`.
fn schema_name(api_version: &str, kind: &str) -> String {
    if kind == "DeleteOptions" {
        return "meta.v1.DeleteOptions".to_owned();
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("core", api_version));
    let group = group.split('.').next().unwrap_or_default();
    format!("{group}.{version}.{kind}")
}

fn message(bytes: &[u8], shape: &Shape, depth: usize) -> Result<Value, ApiError> {
    let depth = depth.checked_sub(1).ok_or_else(|| broken("nested too deeply"))?;
    let mut object = Map::new();
    members(bytes, 0, shape, depth, &mut object)?;
    Ok(Value::Object(object))
}

/// Reads the fields that count within the inlined message `within`; 0 is the message itself.
fn members(
    bytes: &[u8],
    within: u32,
    shape: &Shape,
    depth: usize,
    object: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    let Some(declared) = shape.fields() else { return Err(broken("a message without a type")) };
    for field in Fields(bytes) {
        let (number, wire) = field?;
        let found = declared.fields.iter().find(|(_, field)| field.number == number && field.within == within);
        let Some((name, field)) = found else {
            let inlined = within == 0 && declared.fields.values().any(|field| field.within == number);
            let (true, Wire::Bytes(inner)) = (inlined, wire) else {
                return Err(ApiError::not_emulated(&format!("protobuf field {number} of {}", declared.name)));
            };
            members(inner, number, shape, depth, object)?;
            continue;
        };
        match &field.of {
            Type::List(item) => {
                let value = value(&wire, &Shape { of: (**item).clone(), field: None }, depth)?;
                match object.entry(name.clone()).or_insert_with(|| json!([])) {
                    Value::Array(items) => items.push(value),
                    other => *other = value,
                }
            }
            Type::Map(item) => {
                let (key, value) = entry(&wire, &Shape { of: (**item).clone(), field: None }, depth)?;
                match object.entry(name.clone()).or_insert_with(|| json!({})) {
                    Value::Object(map) => drop(map.insert(key, value)),
                    other => *other = value,
                }
            }
            _ => {
                let value = value(&wire, &shape.child(name), depth)?;
                if field.pointer || !is_zero(&value) {
                    object.insert(name.clone(), value);
                }
            }
        }
    }
    Ok(())
}

/// Go's encoder writes zero values of non-pointer fields; JSON leaves them out.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(value) => !value,
        Value::Array(_) => false,
    }
}

fn value(wire: &Wire<'_>, shape: &Shape, depth: usize) -> Result<Value, ApiError> {
    Ok(match (&shape.of, wire) {
        (Type::String, Wire::Bytes(text)) => json!(string(text)?),
        (Type::Bytes, Wire::Bytes(bytes)) => json!(STANDARD.encode(bytes)),
        (Type::Boolean, Wire::Number(number)) => json!(*number != 0),
        (Type::Int32 | Type::Int64, Wire::Number(number)) => json!(number.cast_signed()),
        (Type::Quantity, Wire::Bytes(inner)) => text_field(inner, 1)?,
        (Type::IntOrString, Wire::Bytes(inner)) => int_or_string(inner)?,
        (Type::Time, Wire::Bytes(inner)) => timestamp(inner)?.map_or(Value::Null, |at| json!(time(at))),
        (Type::MicroTime, Wire::Bytes(inner)) => timestamp(inner)?.map_or(Value::Null, |at| json!(micro_time(at))),
        (Type::Any, Wire::Bytes(inner)) => raw_json(inner)?,
        (Type::Struct(_), Wire::Bytes(inner)) => message(inner, shape, depth)?,
        _ => return Err(broken("a field of another type than declared")),
    })
}

fn entry(wire: &Wire<'_>, shape: &Shape, depth: usize) -> Result<(String, Value), ApiError> {
    let Wire::Bytes(inner) = wire else { return Err(broken("a map entry that is not a message")) };
    let mut key = String::new();
    let mut found = if shape.of == Type::String || shape.of == Type::Bytes { json!("") } else { Value::Null };
    for field in Fields(inner) {
        match field? {
            (1, Wire::Bytes(text)) => key = string(text)?,
            (2, wire) => found = value(&wire, shape, depth)?,
            _ => {}
        }
    }
    Ok((key, found))
}

fn text_field(bytes: &[u8], wanted: u32) -> Result<Value, ApiError> {
    for field in Fields(bytes) {
        if let (number, Wire::Bytes(text)) = field?
            && number == wanted
        {
            return Ok(json!(string(text)?));
        }
    }
    Ok(Value::Null)
}

fn int_or_string(bytes: &[u8]) -> Result<Value, ApiError> {
    let (mut is_text, mut number, mut text) = (false, 0, String::new());
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Number(of)) => is_text = of == 1,
            (2, Wire::Number(value)) => number = value.cast_signed(),
            (3, Wire::Bytes(value)) => text = string(value)?,
            _ => {}
        }
    }
    Ok(if is_text { json!(text) } else { json!(number) })
}

fn timestamp(bytes: &[u8]) -> Result<Option<jiff::Timestamp>, ApiError> {
    let (mut seconds, mut nanoseconds) = (0, 0);
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Number(value)) => seconds = value.cast_signed(),
            (2, Wire::Number(value)) => nanoseconds = i32::try_from(value).unwrap_or(0),
            _ => {}
        }
    }
    Ok(jiff::Timestamp::new(seconds, nanoseconds).ok().filter(|at| at.as_second() > 0))
}

/// `RawExtension` and `FieldsV1`: JSON in field 1.
fn raw_json(bytes: &[u8]) -> Result<Value, ApiError> {
    for field in Fields(bytes) {
        if let (1, Wire::Bytes(json)) = field? {
            return serde_json::from_slice(json).map_err(|error| broken(&error.to_string()));
        }
    }
    Ok(Value::Null)
}

fn string(bytes: &[u8]) -> Result<String, ApiError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| broken("a string that is not UTF-8"))
}

fn broken(detail: &str) -> ApiError {
    ApiError::bad_request(format!("error decoding protobuf: {detail}"))
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message: number and value.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), ApiError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or_else(|| broken("unexpected EOF")))
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u32, Wire<'a>)> {
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok()?;
        let wire = match tag & 7 {
            0 => Wire::Number(self.varint()?),
            1 => Wire::Number(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => Wire::Number(u64::from(u32::from_le_bytes(self.take(4)?.try_into().ok()?))),
            _ => return None,
        };
        Some((number, wire))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }
}
