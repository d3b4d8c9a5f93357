//! One line for people on what a change changed.

use serde_json::Value as Json;

/// How two encodings of one entity differ in `fields`, such as `label tier a → b, DisplayName set to x`.
pub(crate) fn difference<'a>(before: &Json, after: &Json, fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut parts = Vec::new();
    for field in fields {
        match (&before[field], &after[field]) {
            (old, new) if old == new => {}
            (Json::Object(old), Json::Object(new)) => {
                let word = field.strip_suffix('s').unwrap_or(field).to_lowercase();
                for (key, value) in new {
                    match old.get(key) {
                        None => parts.push(format!("{word} {key} = {}", text(value))),
                        Some(was) if was != value => {
                            parts.push(format!("{word} {key} {} → {}", text(was), text(value)));
                        }
                        Some(_) => {}
                    }
                }
                parts.extend(
                    old.keys().filter(|key| !new.contains_key(*key)).map(|key| format!("{word} {key} removed")),
                );
            }
            (_, new) if text(new).is_empty() => parts.push(format!("{field} cleared")),
            (old, new) if text(old).is_empty() => parts.push(format!("{field} set to {}", text(new))),
            (old, new) => parts.push(format!("{field} {} → {}", text(old), text(new))),
        }
    }
    parts.join(", ")
}

fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
