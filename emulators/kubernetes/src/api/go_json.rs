//! JSON as Go's `encoding/json` and `sigs.k8s.io/json` read it: their messages, and fields that come twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A document, and the fields that it has more than once, such as `spec.containers[0].name`.
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) duplicates: Vec<String>,
}

/// Reads a document; the error is in the words of Go's decoder.
pub(super) fn read(bytes: &[u8]) -> Result<Document, String> {
    let mut duplicates = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let seed = Seed { path: String::new(), duplicates: &mut duplicates };
    let read = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map(|value| Document { value, duplicates }).map_err(|error| message(bytes, &error))
}

/// Reads a document without minding duplicates.
pub(super) fn value(bytes: &[u8]) -> Result<Value, String> {
    read(bytes).map(|document| document.value)
}

/// What Go says where `serde_json` says `error`.
fn message(bytes: &[u8], error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    if text.contains("recursion limit") {
        return "exceeded max depth".to_owned();
    }
    let Some(found) = letter_at(bytes, error.line(), error.column()) else {
        return "unexpected end of JSON input".to_owned();
    };
    let place = match text {
        "trailing characters" => "after top-level value",
        "key must be a string" => "looking for beginning of object key string",
        "trailing comma" if found == '}' => "looking for beginning of object key string",
        "expected `:`" => "after object key",
        "expected `,` or `}`" => "after object key:value pair",
        "expected `,` or `]`" => "after array element",
        "invalid escape" => "in string escape code",
        "invalid number" => "in numeric literal",
        "expected ident" => "in literal",
        _ if text.starts_with("control character") => "in string literal",
        _ => "looking for beginning of value",
    };
    format!("invalid character {} {place}", quoted(found))
}

fn quoted(letter: char) -> String {
    match letter {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        '\n' => r"'\n'".to_owned(),
        '\r' => r"'\r'".to_owned(),
        '\t' => r"'\t'".to_owned(),
        other => format!("'{other}'"),
    }
}

/// The byte at a place that counts from 1, as the letter that Go shows.
fn letter_at(bytes: &[u8], line: usize, column: usize) -> Option<char> {
    let line = bytes.split(|byte| *byte == b'\n').nth(line.checked_sub(1)?)?;
    let byte = line.get(column.saturating_sub(1)).or(line.last())?;
    Some(char::from(*byte))
}

struct Seed<'a> {
    path: String,
    duplicates: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, list.len());
            match items.next_element_seed(Seed { path, duplicates: &mut *self.duplicates })? {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = if self.path.is_empty() { name.clone() } else { format!("{}.{name}", self.path) };
            let again = map.contains_key(&name);
            let value = members.next_value_seed(Seed { path: path.clone(), duplicates: &mut *self.duplicates })?;
            map.insert(name, value);
            if again && !self.duplicates.contains(&path) {
                self.duplicates.push(path);
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_in_the_words_of_go() {
        for (text, expected) in [
            ("{", "unexpected end of JSON input"),
            ("", "unexpected end of JSON input"),
            ("{} x", "invalid character 'x' after top-level value"),
            ("{\"a\": 1,}", "invalid character '}' looking for beginning of object key string"),
            ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\": 1 \"b\": 2}", "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[x]", "invalid character 'x' looking for beginning of value"),
        ] {
            assert_eq!(read(text.as_bytes()).err().as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn fields_that_come_twice_are_named_once_and_the_last_counts() {
        let read = read(br#"{"a": {"b": [{"c": 1, "c": 2, "c": 3}]}, "a": {"b": []}}"#).expect("it is JSON");
        assert_eq!(read.duplicates, ["a.b[0].c", "a"]);
        assert_eq!(read.value, serde_json::json!({"a": {"b": []}}));
    }
}
