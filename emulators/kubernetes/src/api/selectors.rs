//! Label and field selectors of lists and watches.

use serde_json::Value;

use super::query::Query;
use super::status::ApiError;
use crate::kinds::Kind;
use crate::store::object::text;

/// Which objects of a kind a request is about.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<FieldRequirement>,
}

#[derive(Debug, Clone, PartialEq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

#[derive(Debug, Clone)]
struct FieldRequirement {
    field: String,
    value: String,
    equal: bool,
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    pub(super) fn of(query: &Query, kind: &Kind) -> Result<Self, ApiError> {
        let labels = query.get("labelSelector").map_or(Ok(Vec::new()), labels)?;
        let fields = query.get("fieldSelector").map_or(Ok(Vec::new()), fields)?;
        for one in &fields {
            if !supported(kind, &one.field) {
                let message = format!("field label not supported: {}", one.field);
                return Err(ApiError::bad_request(message));
            }
        }
        Ok(Self { labels, fields })
    }

    /// A selection of the object with this name.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.fields.push(FieldRequirement { field: "metadata.name".to_owned(), value: name.to_owned(), equal: true });
        self
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        self.labels.iter().all(|one| one.matches(object)) && self.fields.iter().all(|one| one.matches(object))
    }
}

impl Requirement {
    fn matches(&self, object: &Value) -> bool {
        let found = object["metadata"]["labels"].get(&self.key).and_then(Value::as_str);
        let listed = || found.is_some_and(|found| self.values.iter().any(|value| value == found));
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => found.is_some(),
            Operator::DoesNotExist => found.is_none(),
        }
    }
}

impl FieldRequirement {
    fn matches(&self, object: &Value) -> bool {
        let pointer = format!("/{}", self.field.replace('.', "/"));
        let found = match object.pointer(&pointer) {
            Some(Value::Bool(value)) => value.to_string(),
            Some(Value::Number(value)) => value.to_string(),
            _ => match self.field.as_str() {
                "source" => text(object, "/source/component").to_owned(),
                "reportingController" | "reportingComponent" => text(object, "/reportingComponent").to_owned(),
                "spec.unschedulable" => "false".to_owned(),
                "status.successful" => object.pointer("/status/succeeded").map_or("0".to_owned(), Value::to_string),
                _ => text(object, &pointer).to_owned(),
            },
        };
        (found == self.value) == self.equal
    }
}

/// The field labels each kind supports besides name and namespace (the `strategy.go` of its registry).
fn supported(kind: &Kind, field: &str) -> bool {
    let known: &[&str] = match kind.kind.as_str() {
        "Pod" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        "Event" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "reason",
            "reportingComponent",
            "reportingController",
            "source",
            "type",
        ],
        "Secret" => &["type"],
        "Namespace" => &["status.phase"],
        "Node" => &["spec.unschedulable"],
        "Job" => &["status.successful"],
        "ReplicaSet" => &["status.replicas"],
        "Service" => &["spec.clusterIP", "spec.type"],
        _ => &[],
    };
    field == "metadata.name" || (field == "metadata.namespace" && kind.namespaced) || known.contains(&field)
}

/// The name when a field selector asks for that of one object.
pub(crate) fn name_of_field_selector(selector: &str) -> Option<String> {
    let all = fields(selector).ok()?;
    let named = all.into_iter().find(|one| one.field == "metadata.name" && one.equal)?;
    Some(named.value).filter(|name| !name.is_empty())
}

fn fields(selector: &str) -> Result<Vec<FieldRequirement>, ApiError> {
    let parse = |part: &str| {
        let (field, value, equal) = if let Some((field, value)) = part.split_once("!=") {
            (field, value, false)
        } else if let Some((field, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
            (field, value, true)
        } else {
            let message = format!("invalid selector: '{selector}'; can't understand '{part}'");
            return Err(ApiError::bad_request(message));
        };
        Ok(FieldRequirement { field: field.trim().to_owned(), value: value.trim().to_owned(), equal })
    };
    selector.split(',').filter(|part| !part.is_empty()).map(parse).collect()
}

fn labels(selector: &str) -> Result<Vec<Requirement>, ApiError> {
    split_outside_parentheses(selector)
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            label_requirement(part.trim()).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "unable to parse requirement: couldn't parse the selector string \"{selector}\""
                ))
            })
        })
        .collect()
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn label_requirement(part: &str) -> Option<Requirement> {
    let requirement = |key: &str, operator, values: Vec<String>| {
        let key = key.trim();
        let plain = !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || "()!=,".contains(c));
        plain.then(|| Requirement { key: key.to_owned(), operator, values })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some(key) = part.strip_prefix('!') {
        return requirement(key, Operator::DoesNotExist, Vec::new());
    }
    if let Some(head) = part.strip_suffix(')') {
        let (head, values) = head.split_once('(')?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        let (key, operator) = (words.next()?, words.next()?);
        return match operator {
            "in" => requirement(key, Operator::In, values),
            "notin" => requirement(key, Operator::NotIn, values),
            _ => None,
        };
    }
    if let Some((key, value)) = part.split_once("!=") {
        return requirement(key, Operator::NotIn, one(value));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return requirement(key, Operator::In, one(value));
    }
    requirement(part, Operator::Exists, Vec::new())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn label_selectors_select_as_kubectl_documents() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        let table = [
            ("app=web", true),
            ("app==web,tier=front", true),
            ("app=web,tier=back", false),
            ("app!=web", false),
            ("missing!=x", true),
            ("app in (api, web)", true),
            ("app notin (api,web),tier", false),
            ("tier,!missing", true),
            ("!app", false),
            ("", true),
        ];
        for (selector, expected) in table {
            let labels = labels(selector).expect(selector);
            assert_eq!(labels.iter().all(|one| one.matches(&object)), expected, "{selector}");
        }
        for bad in ["a b", "=x", "a in b", "a,(b)"] {
            assert!(labels(bad).is_err(), "{bad}");
        }
    }
}
