//! Values against a schema, in the words of `k8s.io/kube-openapi/pkg/validation/validate`.

use regex::Regex;
use serde_json::Value;

use crate::api::status::FieldError;

/// Collects what is wrong with `value` at `path`.
pub(super) fn check(value: &Value, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    check_type(value, schema, path, errors);
    combinations(value, schema, path, errors);
    match value {
        Value::String(text) => check_text(text, schema, path, errors),
        Value::Number(_) => check_number(value, schema, path, errors),
        Value::Array(items) => check_items(items, schema, path, errors),
        _ => {}
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let allowed: Vec<_> = allowed.iter().map(words).collect();
        let allowed: Vec<_> = allowed.iter().map(String::as_str).collect();
        errors.push(FieldError::not_supported(path, value.clone(), &allowed));
    }
    if let Value::Object(members) = value {
        check_members(members, schema, path, errors);
    }
}

fn check_type(value: &Value, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let found = type_of(value);
    let wanted = match schema["type"].as_str() {
        Some(wanted) => wanted,
        None if schema["x-kubernetes-int-or-string"] == true => "integer,string",
        None => return,
    };
    let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0);
    let fits = wanted
        .split(',')
        .any(|one| one == found || (one == "number" && value.is_number()) || (one == "integer" && whole));
    if !fits {
        let words = format!("Invalid value: {found:?}: {} must be of type {wanted}: {found:?}", place(path));
        errors.push(FieldError::worded(path, "FieldValueTypeInvalid", words));
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn place(path: &str) -> String {
    format!("{path} in body").trim_start().to_owned()
}

fn limit(schema: &Value, name: &str) -> Option<usize> {
    schema[name].as_u64().and_then(|limit| usize::try_from(limit).ok())
}

/// The first rule that a text breaks.
fn check_text(value: &str, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let length = value.chars().count();
    let wrong = |detail: String| FieldError::invalid(path, value, &format!("{} {detail}", place(path)));
    if let Some(most) = limit(schema, "maxLength").filter(|most| length > *most) {
        errors.push(FieldError::too_long(path, &format!("may not be more than {most} bytes")));
    } else if let Some(least) = limit(schema, "minLength").filter(|least| length < *least) {
        errors.push(wrong(format!("should be at least {least} chars long")));
    } else if let Some(pattern) = schema["pattern"].as_str()
        && !Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(value))
    {
        errors.push(wrong(format!("should match '{pattern}'")));
    }
    if schema["format"] == "date-time" && value.parse::<jiff::Timestamp>().is_err() {
        let words = format!("Invalid value: {value:?}: {} must be of type date-time: {value:?}", place(path));
        errors.push(FieldError::worded(path, "FieldValueTypeInvalid", words));
    }
}

fn check_number(value: &Value, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let Some(number) = value.as_f64() else { return };
    let mut wrong = |detail: String| {
        errors.push(FieldError::invalid(path, value.clone(), &format!("{} should be {detail}", place(path))));
    };
    if let Some(step) = schema["multipleOf"].as_f64()
        && (number / step).fract() != 0.0
    {
        wrong(format!("a multiple of {}", schema["multipleOf"]));
    }
    if let Some(most) = schema["maximum"].as_f64() {
        if schema["exclusiveMaximum"] == true && number >= most {
            wrong(format!("less than {}", schema["maximum"]));
        } else if number > most {
            wrong(format!("less than or equal to {}", schema["maximum"]));
        }
    }
    if let Some(least) = schema["minimum"].as_f64() {
        if schema["exclusiveMinimum"] == true && number <= least {
            wrong(format!("greater than {}", schema["minimum"]));
        } else if number < least {
            wrong(format!("greater than or equal to {}", schema["minimum"]));
        }
    }
}

fn check_items(items: &[Value], schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if schema["items"].is_object() {
        for (index, item) in items.iter().enumerate() {
            check(item, &schema["items"], &format!("{path}[{index}]"), errors);
        }
    }
    check_count(items.len(), (limit(schema, "minItems"), limit(schema, "maxItems")), "items", path, errors);
}

fn check_count(
    count: usize,
    (least, most): (Option<usize>, Option<usize>),
    what: &str,
    path: &str,
    errors: &mut Vec<FieldError>,
) {
    if let Some(least) = least.filter(|least| count < *least) {
        let detail = format!("{} should have at least {least} {what}", place(path));
        errors.push(FieldError::invalid(path, count, &detail));
    }
    if let Some(most) = most.filter(|most| count > *most) {
        let words = format!("Too many: {count}: must have at most {most} items");
        errors.push(FieldError::worded(path, "FieldValueTooMany", words));
    }
}

fn check_members(members: &serde_json::Map<String, Value>, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let bounds = (limit(schema, "minProperties"), limit(schema, "maxProperties"));
    check_count(members.len(), bounds, "properties", path, errors);
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(required) {
            errors.push(FieldError::required(below(required), ""));
        }
    }
    let properties = schema["properties"].as_object();
    for (name, member) in members {
        let declared = properties.and_then(|properties| properties.get(name));
        let additional = Some(&schema["additionalProperties"]).filter(|additional| additional.is_object());
        if let Some(schema) = declared.or(additional) {
            check(member, schema, &below(name), errors);
        }
    }
}

/// `allOf`, `anyOf`, `oneOf` and `not`. Their errors have no field of their own, which Go writes `<nil>`.
fn combinations(value: &Value, schema: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let found = |schema: &Value| {
        let mut found = Vec::new();
        check(value, schema, path, &mut found);
        found
    };
    let mut wrong = |detail: &str, nearest: Vec<FieldError>| {
        errors.push(FieldError::invalid("<nil>", "", &format!("{path:?} must {detail}")));
        errors.extend(nearest);
    };
    let outcomes =
        |field: &str| -> Option<Vec<Vec<FieldError>>> { Some(schema[field].as_array()?.iter().map(found).collect()) };
    let valid = |outcomes: &[Vec<FieldError>]| outcomes.iter().filter(|outcome| outcome.is_empty()).count();
    if let Some(outcomes) = outcomes("anyOf")
        && valid(&outcomes) == 0
    {
        wrong("validate at least one schema (anyOf)", outcomes.into_iter().next().unwrap_or_default());
    }
    if let Some(outcomes) = outcomes("oneOf") {
        let only = "validate one and only one schema (oneOf). Found";
        match valid(&outcomes) {
            1 => {}
            0 => wrong(&format!("{only} none valid"), outcomes.into_iter().next().unwrap_or_default()),
            count => wrong(&format!("{only} {count} valid alternatives"), Vec::new()),
        }
    }
    if schema["not"].is_object() && found(&schema["not"]).is_empty() {
        wrong("not validate the schema (not)", Vec::new());
    }
    for all in schema["allOf"].as_array().into_iter().flatten() {
        check(value, all, path, errors);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &Value, schema: &Value) -> Vec<String> {
        let mut errors = Vec::new();
        check(value, schema, "", &mut errors);
        errors.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn rules_hold_wherever_they_are() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "array", "minItems": 1, "items": {"type": "integer", "multipleOf": 2}},
            "b": {"oneOf": [{"minimum": 3}, {"maximum": 5}]},
            "c": {"type": "string", "nullable": true},
        }});
        assert_eq!(fields(&json!({"a": [2], "b": 6, "c": null}), &schema), Vec::<String>::new());
        assert_eq!(fields(&json!({"a": [2, 3], "b": 4, "c": 1}), &schema), ["a[1]", "<nil>", "c"]);
        assert_eq!(fields(&json!({"b": 2}), &schema), ["a"]);
    }
}
