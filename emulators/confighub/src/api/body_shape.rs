//! Whether a request's body has the shape that the description declares, field by field.
//!
//! What an entity decodes is checked again when it is decoded. Here is checked what a handler does not
//! look at, such as fields that clients cannot set: a request that says nonsense is refused, not half read.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::error::ApiError;

/// The shape of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Id,
    Time,
    Integer,
    Boolean,
    /// A text, an integer or a boolean.
    Argument,
    /// An object with anything in it.
    Anything,
    Map(&'static Shape),
    List(&'static Shape),
    Object(&'static [Field]),
}

/// A field of an object. All may be left out; whether one is required its handler knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) nullable: bool,
    /// Whether merge patches have it, too.
    pub(super) patchable: bool,
}

impl Field {
    /// The same field, which no merge patch has.
    pub(super) const fn fixed(self) -> Self {
        Self { patchable: false, ..self }
    }
}

/// A field that is not null.
pub(super) const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, nullable: false, patchable: true }
}

/// A field that may be null.
pub(super) const fn nullable(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, nullable: true, patchable: true }
}

/// Refuses a body in which one of these fields has another shape. In a merge patch everything may be
/// null, which takes it away. Fields that are not listed may hold anything.
pub(super) fn check<'a>(
    body: &Map<String, Json>,
    fields: impl IntoIterator<Item = &'a Field>,
    patch: bool,
) -> Result<(), ApiError> {
    for field in fields.into_iter().filter(|field| field.patchable || !patch) {
        let Some(value) = body.get(field.name) else { continue };
        if value.is_null() && (patch || field.nullable) {
            continue;
        }
        shaped(value, &field.shape, patch).map_err(|wrong| ApiError::bad_request(wrong.told(field.name)))?;
    }
    Ok(())
}

/// What is wrong, and where below the field.
struct Wrong {
    /// Such as `.Name` or `[2]`.
    place: String,
    message: String,
}

impl Wrong {
    fn told(&self, field: &str) -> String {
        match self.place.trim_start_matches('.') {
            "" => format!("{field}: {}", self.message),
            place => format!("{field}: {place}: {}", self.message),
        }
    }

    fn below(mut self, place: &str) -> Self {
        self.place.insert_str(0, place);
        self
    }
}

fn shaped(value: &Json, shape: &Shape, patch: bool) -> Result<(), Wrong> {
    let (fits, expected) = match (shape, value) {
        (Shape::Text, _) => (value.is_string(), "a string"),
        (Shape::Id, _) => (value.as_str().is_some_and(|text| text.parse::<Uuid>().is_ok()), "a formatted UUID string"),
        (Shape::Time, _) => {
            (value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok()), "an RFC 3339 timestamp string")
        }
        (Shape::Integer, _) => (is_integer(value), "an integer of 64 bits"),
        (Shape::Boolean, _) => (value.is_boolean(), "a boolean"),
        (Shape::Argument, _) => {
            (value.is_string() || is_integer(value) || value.is_boolean(), "a string, an integer or a boolean")
        }
        (Shape::Anything, _) => (value.is_object(), "a map"),
        (Shape::Map(each), Json::Object(entries)) => {
            for (key, value) in entries.iter().filter(|(_, value)| !(patch && value.is_null())) {
                shaped(value, each, patch).map_err(|wrong| wrong.below(&format!(".{key}")))?;
            }
            (true, "")
        }
        (Shape::List(each), Json::Array(items)) => {
            for (place, item) in items.iter().enumerate() {
                // A merge patch replaces lists whole.
                shaped(item, each, false).map_err(|wrong| wrong.below(&format!("[{place}]")))?;
            }
            (true, "")
        }
        (Shape::Object(fields), Json::Object(object)) => {
            for field in *fields {
                let Some(value) = object.get(field.name).filter(|value| !(value.is_null() && field.nullable)) else {
                    continue;
                };
                shaped(value, &field.shape, patch).map_err(|wrong| wrong.below(&format!(".{}", field.name)))?;
            }
            (true, "")
        }
        (Shape::Map(_) | Shape::Object(_), _) => (false, "a map"),
        (Shape::List(_), _) => (false, "a sequence"),
    };
    if fits {
        return Ok(());
    }
    Err(Wrong { place: String::new(), message: format!("invalid type: {}, expected {expected}", named(value)) })
}

/// Whether it is a number that is written without a fraction and has at most 64 bits with its sign, as every
/// integer of the description.
fn is_integer(value: &Json) -> bool {
    value.is_i64()
}

/// A value as messages of refused types name it.
fn named(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => format!("boolean `{value}`"),
        Json::Number(number) if value.is_i64() || value.is_u64() => format!("integer `{number}`"),
        Json::Number(number) => format!("floating point `{number}`"),
        Json::String(text) if text.chars().count() <= SHOWN => format!("string {text:?}"),
        Json::String(text) => format!("string {:?}…", text.chars().take(SHOWN).collect::<String>()),
        Json::Array(_) => "sequence".to_owned(),
        Json::Object(_) => "map".to_owned(),
    }
}

/// How much of a text that is refused comes back.
const SHOWN: usize = 64;
