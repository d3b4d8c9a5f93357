//! What plain scalars stand for.

use std::sync::LazyLock;

use regex::Regex;

use super::value::Value;

pub(super) const NULL: &str = "!!null";
pub(super) const BOOLEAN: &str = "!!bool";
/// The tag of strings.
pub const TEXT: &str = "!!str";
pub(super) const INTEGER: &str = "!!int";
pub(super) const FLOAT: &str = "!!float";
pub(super) const TIMESTAMP: &str = "!!timestamp";
pub(super) const SEQUENCE: &str = "!!seq";
pub(super) const MAPPING: &str = "!!map";
pub(super) const BINARY: &str = "!!binary";
/// The tag of keys that merge a mapping into another.
pub const MERGE: &str = "!!merge";

const LONG_PREFIX: &str = "tag:yaml.org,2002:";

/// The tag of a value that has none written.
pub(super) fn tag_of(value: &Value) -> &'static str {
    match value {
        Value::Null => NULL,
        Value::Boolean(_) => BOOLEAN,
        Value::Integer(_) | Value::Unsigned(_) => INTEGER,
        Value::Float(_) => FLOAT,
        Value::Timestamp(_) => TIMESTAMP,
        Value::Text(_) => TEXT,
        Value::Sequence(_) => SEQUENCE,
        Value::Mapping(_) => MAPPING,
    }
}

/// The short form of a tag: `!!str` for `tag:yaml.org,2002:str`.
pub(super) fn short(tag: &str) -> String {
    tag.strip_prefix(LONG_PREFIX).map_or_else(|| tag.to_owned(), |name| format!("!!{name}"))
}

/// What unquoted text stands for: the core schema of YAML 1.2 with some of 1.1's numbers.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Boolean(true),
        "false" | "False" | "FALSE" => return Value::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => number(text),
        _ => None,
    };
    number.unwrap_or_else(|| Value::Text(text.to_owned()))
}

static FLOATS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$").ok());
static TIMESTAMPS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^\d{4}-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})| (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d+)?)?$",
    )
    .ok()
});

fn float(text: &str) -> Option<Value> {
    let plain = FLOATS.as_ref()?.is_match(text);
    plain.then(|| text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)).flatten()
}

fn number(text: &str) -> Option<Value> {
    if is_timestamp(text) {
        return Some(Value::Timestamp(text.to_owned()));
    }
    let plain = text.replace('_', "");
    integer(&plain).or_else(|| float(&plain))
}

fn is_timestamp(text: &str) -> bool {
    let Some(parts) = TIMESTAMPS.as_ref().and_then(|pattern| pattern.captures(text)) else { return false };
    let part = |place: usize| parts.get(place).and_then(|part| part.as_str().parse::<u32>().ok());
    let within = |place, range: std::ops::RangeInclusive<u32>| part(place).is_none_or(|part| range.contains(&part));
    within(1, 1..=12)
        && within(2, 1..=31)
        && [3, 6].into_iter().all(|hour| within(hour, 0..=23))
        && [4, 5, 7, 8].into_iter().all(|place| within(place, 0..=59))
}

/// A decimal number, or one of another base after `0x`, `0b`, `0o` or `0`.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = [("0x", 16), ("0b", 2), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, radix)| lower.strip_prefix(prefix).map(|digits| (radix, digits)))
        .or_else(|| lower.strip_prefix('0').filter(|rest| !rest.is_empty()).map(|digits| (8, digits)))
        .unwrap_or((10, lower.as_str()));
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let signed = i128::from(magnitude) * if negative { -1 } else { 1 };
    match i64::try_from(signed) {
        Ok(number) => Some(Value::Integer(number)),
        Err(_) if negative || text.starts_with('+') => None,
        Err(_) => Some(Value::Unsigned(magnitude)),
    }
}

/// Whether a library for YAML 1.1 would read unquoted text as something else than a string. Strings that
/// are set where there was none are quoted then.
pub(super) fn is_other_in_yaml_1_1(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    match super::parser::parse_first(text) {
        Err(_) => false,
        Ok(None) => true,
        Ok(Some(document)) => {
            let root = document.root;
            // Text under a tag of its own is a string there.
            if root.kind == super::Kind::Scalar && root.tagged && !root.tag.starts_with("!!") {
                return false;
            }
            let plain = root.kind == super::Kind::Scalar && root.style == super::ScalarStyle::Plain;
            if !plain {
                return root.kind != super::Kind::Scalar || !(root.tag == TEXT || root.tag.is_empty());
            }
            let boolean = matches!(
                root.value.as_str(),
                "y" | "Y"
                    | "yes"
                    | "Yes"
                    | "YES"
                    | "on"
                    | "On"
                    | "ON"
                    | "n"
                    | "N"
                    | "no"
                    | "No"
                    | "NO"
                    | "off"
                    | "Off"
                    | "OFF"
            );
            boolean || !matches!(resolve(&root.value), Value::Text(_) | Value::Timestamp(_))
        }
    }
}
