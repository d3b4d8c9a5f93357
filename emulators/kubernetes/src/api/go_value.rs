//! Values as Go's `%v` prints them.

use serde_json::Value;

/// `map[a:b c:[1 2]]` for `{"a": "b", "c": [1, 2]}`.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(" ")),
        Value::Object(members) => {
            let mut parts: Vec<_> = members.iter().map(|(name, member)| format!("{name}:{}", text(member))).collect();
            parts.sort();
            format!("map[{}]", parts.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_are_printed_in_the_order_of_their_keys() {
        let value = json!({"b": [1, null, {"x": true}], "a": "text"});
        assert_eq!(text(&value), "map[a:text b:[1 <nil> map[x:true]]]");
    }
}
