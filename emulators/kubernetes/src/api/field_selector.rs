//! Field selectors: `metadata.name=a,status.phase!=Running`.
//!
//! Grammar and messages are those of `k8s.io/apimachinery/pkg/fields`; which fields a kind has is said
//! by the `AddFieldLabelConversionFunc` calls of `k8s.io/kubernetes/pkg/apis`.

use serde_json::Value;

use crate::kinds::Kind;
use crate::store::object::text;

/// One condition on a field of an object.
#[derive(Debug, Clone)]
pub(super) struct FieldRequirement {
    pub(super) field: String,
    value: String,
    equal: bool,
}

impl FieldRequirement {
    pub(super) fn name_is(name: &str) -> Self {
        Self { field: "metadata.name".to_owned(), value: name.to_owned(), equal: true }
    }

    /// The namespace, when it asks for that of objects.
    pub(super) fn namespace(&self) -> Option<&str> {
        (self.equal && self.field == "metadata.namespace" && !self.value.is_empty()).then_some(self.value.as_str())
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        let pointer = format!("/{}", self.field.replace('.', "/"));
        let found = match object.pointer(&pointer) {
            Some(Value::Bool(value)) => value.to_string(),
            Some(Value::Number(value)) => value.to_string(),
            _ => match self.field.as_str() {
                "source" => text(object, "/source/component").to_owned(),
                "reportingController" | "reportingComponent" => text(object, "/reportingComponent").to_owned(),
                "spec.unschedulable" | "spec.hostNetwork" => "false".to_owned(),
                "status.successful" => object.pointer("/status/succeeded").map_or("0".to_owned(), Value::to_string),
                _ => text(object, &pointer).to_owned(),
            },
        };
        (found == self.value) == self.equal
    }
}

/// Reads a selector for a kind; the error is the API server's message.
pub(super) fn parse(selector: &str, kind: &Kind) -> Result<Vec<FieldRequirement>, String> {
    let requirements: Vec<_> =
        terms(selector).into_iter().map(|term| requirement(selector, &term)).collect::<Result<_, _>>()?;
    for one in &requirements {
        supported(kind, &one.field)?;
    }
    Ok(requirements)
}

/// The name when a selector asks for that of one object.
pub(super) fn name_asked_for(selector: &str) -> Option<String> {
    let all = terms(selector).into_iter().map(|term| requirement(selector, &term)).collect::<Result<Vec<_>, _>>();
    let named = all.ok()?.into_iter().find(|one| one.field == "metadata.name" && one.equal)?;
    Some(named.value).filter(|name| !name.is_empty())
}

/// The parts between commas that are not escaped.
fn terms(selector: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut letters = selector.chars();
    while let Some(letter) = letters.next() {
        let Some(last) = terms.last_mut() else { break };
        match letter {
            '\\' => last.extend(std::iter::once(letter).chain(letters.next())),
            ',' => terms.push(String::new()),
            _ => last.push(letter),
        }
    }
    terms.retain(|term| !term.is_empty());
    // As in Go, which tells what is wrong with the first of them in this order.
    terms.sort();
    terms
}

/// The operators; at one place the first of them counts.
const OPERATORS: [(&str, bool); 3] = [("!=", false), ("==", true), ("=", true)];

fn requirement(selector: &str, term: &str) -> Result<FieldRequirement, String> {
    let split = term.char_indices().find_map(|(at, _)| {
        let (field, rest) = term.split_at(at);
        OPERATORS.iter().find_map(|(operator, equal)| Some((field, rest.strip_prefix(operator)?, *equal)))
    });
    let Some((field, value, equal)) = split else {
        return Err(format!("invalid selector: '{selector}'; can't understand '{term}'"));
    };
    Ok(FieldRequirement { field: field.to_owned(), value: unescaped(value)?, equal })
}

/// A value without its backslashes (`UnescapeValue`).
fn unescaped(value: &str) -> Result<String, String> {
    let invalid = |sequence: &str| format!("invalid field selector: invalid escape sequence: {sequence}");
    let mut plain = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                Some(other) => return Err(invalid(&format!("\\{other}"))),
                None => return Err(invalid("\\")),
            },
            // Go prints the number of the letter.
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {}", u32::from(letter)));
            }
            _ => plain.push(letter),
        }
    }
    Ok(plain)
}

/// The requirement as it can be read again (`EscapeValue`).
#[cfg(any(test, feature = "fuzzing"))]
impl std::fmt::Display for FieldRequirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
        write!(f, "{}{}{value}", self.field, if self.equal { "=" } else { "!=" })
    }
}

/// The fields that a kind has besides name and namespace; `None` for kinds with only those.
fn known_fields(kind: &Kind) -> Option<&'static [&'static str]> {
    Some(match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Pod") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("", "Event") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("events.k8s.io", "Event") => &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
        ("", "Secret") => &["type"],
        ("", "Namespace") => &["status.phase"],
        ("", "Node") => &["spec.unschedulable"],
        ("", "Service") => &["spec.clusterIP", "spec.type"],
        ("batch", "Job") => &["status.successful"],
        _ if kind.is_custom() => &[],
        _ => return None,
    })
}

fn supported(kind: &Kind, field: &str) -> Result<(), String> {
    let Some(known) = known_fields(kind) else {
        return match field {
            "metadata.name" | "metadata.namespace" => Ok(()),
            _ => {
                Err(format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""))
            }
        };
    };
    let named = field == "metadata.name" || (field == "metadata.namespace" && kind.namespaced);
    if named || known.contains(&field) { Ok(()) } else { Err(format!("field label not supported: {field}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(selector: &str) -> Result<Vec<String>, String> {
        let terms = terms(selector);
        terms.into_iter().map(|term| requirement(selector, &term).map(|one| one.to_string())).collect()
    }

    #[test]
    fn values_are_escaped_as_in_go() {
        for (selector, expected) in
            [("a=b,c!=d,", vec!["a=b", "c!=d"]), (r"a==x\\\,y\=z", vec![r"a=x\\\,y\=z"]), ("a=", vec!["a="])]
        {
            assert_eq!(read(selector), Ok(expected.into_iter().map(str::to_owned).collect()), "{selector}");
        }
        for (selector, expected) in [
            ("a", "invalid selector: 'a'; can't understand 'a'"),
            ("a=b!=c", "invalid field selector: unescaped character in value: 61"),
            (r"a=\b", r"invalid field selector: invalid escape sequence: \b"),
            ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
        ] {
            assert_eq!(read(selector), Err(expected.to_owned()), "{selector}");
        }
    }
}
