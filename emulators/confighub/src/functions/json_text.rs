//! JSON as the executor's language writes it and complains about it.

use serde_json::Value as Json;
use stagegate_configuration::yaml::Value;

/// A value as `%v` writes it.
pub(super) fn go_text(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::String(text) => text.clone(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => Value::Float(number.as_f64().unwrap_or_default()).plain(),
        Json::Array(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Json::Object(entries) => {
            let mut entries: Vec<(&String, &Json)> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}:{}", go_text(value))).collect();
            format!("map[{}]", entries.join(" "))
        }
    }
}

/// Text of JSON with keys in order, and with what means something in HTML escaped.
pub(super) fn escaped_text(value: &Json) -> String {
    let mut text = String::new();
    for character in sorted(value).to_string().chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => text.push(other),
        }
    }
    text
}

fn sorted(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Object(entries) => {
            let mut entries: Vec<(String, Json)> =
                entries.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Json::Object(entries.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// What is wrong with a text that should be JSON.
pub(super) fn error(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let column = error.column().saturating_sub(1);
    let character = line.chars().nth(column);
    // A word that begins like one that JSON knows is taken for it until it differs.
    let word = ["null", "true", "false"].iter().find_map(|word| {
        let same = line.bytes().zip(word.bytes()).take_while(|(given, known)| given == known).count();
        let differs = line.chars().nth(same).zip(word.chars().nth(same));
        differs.filter(|_| same > 0 && column <= same).map(|(given, expected)| (given, expected, word))
    });
    match (word, character.filter(|_| error.is_syntax())) {
        (Some((given, expected, word)), _) if error.is_syntax() => {
            format!("invalid character '{given}' in literal {word} (expecting '{expected}')")
        }
        (_, Some(character)) => format!("invalid character '{character}' looking for beginning of value"),
        _ => error.to_string(),
    }
}

/// That JSON is of another type than it should be; `wanted` is the type's name in the executor.
pub(super) fn mismatch(text: &str, wanted: &str) -> Option<String> {
    let found = match serde_json::from_str(text).ok()? {
        Json::Object(_) => "object",
        Json::String(_) => "string",
        Json::Number(_) => "number",
        Json::Bool(_) => "bool",
        Json::Null | Json::Array(_) => return None,
    };
    Some(format!("json: cannot unmarshal {found} into Go value of type {wanted}"))
}
