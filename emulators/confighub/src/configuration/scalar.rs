//! Scalars: what plain ones mean, and how new ones are written.

use granit_parser::ScalarStyle;
use serde_json::Value as Json;

/// A scalar, or an empty collection, which is changed as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scalar {
    Null,
    Boolean(bool),
    Integer(i64),
    /// A floating-point number or an integer beyond 64 bits, as written.
    Number(String),
    Text(String),
    /// `{}`
    EmptyMapping,
    /// `[]`
    EmptySequence,
}

impl Scalar {
    /// Reads a scalar; quoted and block ones are always text, plain ones follow the core schema of
    /// YAML 1.2, as the client's and the workers' libraries do.
    pub(super) fn read(text: &str, style: ScalarStyle) -> Self {
        if style != ScalarStyle::Plain {
            return Self::Text(text.to_owned());
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" => Self::Boolean(true),
            "false" | "False" | "FALSE" => Self::Boolean(false),
            other => Self::of_number(other).unwrap_or_else(|| Self::Text(other.to_owned())),
        }
    }

    fn of_number(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let radix = |prefix: &str, radix| digits.strip_prefix(prefix).map(|rest| i64::from_str_radix(rest, radix));
        if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
            return number.ok().map(Self::Integer);
        }
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.strip_prefix('+').unwrap_or(text).parse();
            return Some(number.map_or_else(|_| Self::Number(text.to_owned()), Self::Integer));
        }
        let float =
            digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'));
        (float && text.parse::<f64>().is_ok()).then(|| Self::Number(text.to_owned()))
    }

    /// The text without quotes, as keys and outputs show it.
    pub(crate) fn plain_text(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(flag) => flag.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Number(text) | Self::Text(text) => text.clone(),
            Self::EmptyMapping => "{}".to_owned(),
            Self::EmptySequence => "[]".to_owned(),
        }
    }

    /// The value in JSON.
    #[cfg(test)]
    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Boolean(flag) => Json::Bool(*flag),
            Self::Integer(number) => Json::from(*number),
            Self::Number(text) => text.parse::<f64>().map_or_else(|_| Json::String(text.clone()), Json::from),
            Self::Text(text) => Json::String(text.clone()),
            Self::EmptyMapping => Json::Object(serde_json::Map::new()),
            Self::EmptySequence => Json::Array(Vec::new()),
        }
    }

    /// How it is written in the place of `former`, whose quotes text keeps.
    pub(super) fn yaml_in_place_of(&self, former: &str) -> String {
        match (self, former.chars().next()) {
            (Self::Text(text), Some('"')) => double_quoted(text),
            (Self::Text(text), Some('\'')) if !text.chars().any(is_escaped) => {
                format!("'{}'", text.replace('\'', "''"))
            }
            // What stood there unquoted leaves `yes`, `no` and the like unquoted too.
            (Self::Text(text), Some(_)) if is_old_boolean(text) => text.clone(),
            _ => self.yaml(),
        }
    }

    /// How it is written in YAML: text is quoted only where it would be read as something else.
    pub(super) fn yaml(&self) -> String {
        match self {
            Self::Text(text) if !is_plain(text) || is_old_boolean(text) => double_quoted(text),
            other => other.plain_text(),
        }
    }
}

/// Text in double quotes: as in JSON, but for what YAML does not take unescaped.
fn double_quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in Json::String(text.to_owned()).to_string().chars() {
        if is_escaped(c) {
            quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            quoted.push(c);
        }
    }
    quoted
}

/// Whether a character is outside of YAML's printable ones, or a line break of YAML 1.1 (YAML 1.2, 5.1 and 5.4).
fn is_escaped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether libraries of YAML 1.1 read unquoted text as a boolean. As in the real executor it is quoted
/// where it is new, and not where it replaces something unquoted.
fn is_old_boolean(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off")
}

/// Whether text can stand unquoted in block and flow collections alike.
fn is_plain(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "_./:@+=-() ".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || "_/.".contains(c))
        && text.chars().all(inside)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && matches!(Scalar::read(text, ScalarStyle::Plain), Scalar::Text(_))
}
