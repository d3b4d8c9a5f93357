//! Placeholders, and looking for values wherever they are.

use serde_json::Value as Json;
use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{Document, Kind, Node, Value, escaped, scalar};

use super::call::{Call, Output, Returned, Validation};
use super::registry::GENERAL;
use super::set_attributes::set_list;
use super::visit::{attribute_value, sort};

/// What stands where a value must still be given.
pub(super) const TEXT: &str = "confighubplaceholder";
/// What used to stand there.
pub(super) const OLD_TEXT: &str = "replaceme";
/// The number that stands there.
pub(super) const NUMBER: i64 = 999_999_999;

/// `get-placeholders`
pub(super) fn get_placeholders(call: &mut Call<'_>) -> Returned {
    Returned::with(Output::AttributeValues(placeholders(call.data)))
}

/// `no-placeholders`
pub(super) fn no_placeholders(call: &mut Call<'_>) -> Returned {
    let failed_attributes = placeholders(call.data);
    let passed = failed_attributes.is_empty();
    Returned::with(Output::Validation(Validation { passed, failed_attributes, ..Validation::default() }))
}

fn placeholders(data: &[Document]) -> Vec<Json> {
    let wanted = [Value::Text(TEXT.to_owned()), Value::Text(OLD_TEXT.to_owned()), Value::Integer(NUMBER)];
    wanted.iter().flat_map(|wanted| places_of(data, wanted)).collect()
}

/// `search-replace`
pub(super) fn search_replace(call: &mut Call<'_>) -> Returned {
    let (search, replacement) = (call.arguments.text(0), call.arguments.text(1));
    let mut found = places_of(call.data, &Value::Text(search.clone()));
    for entry in &mut found {
        let present = entry["Value"].as_str().unwrap_or_default();
        entry["Value"] = Json::from(present.replace(&search, &replacement));
    }
    Returned::changed(set_list(call.data, &found))
}

/// Where a value is, or for a string: is contained, in order.
fn places_of(data: &[Document], wanted: &Value) -> Vec<Json> {
    let mut found = Vec::new();
    for document in data {
        let Ok(resource) = ResourceInfo::of(document) else { continue };
        Search { document, resource: &resource, wanted, found: &mut found }.below(&document.root, "");
    }
    sort(&mut found);
    found
}

struct Search<'a> {
    document: &'a Document,
    resource: &'a ResourceInfo,
    wanted: &'a Value,
    found: &'a mut Vec<Json>,
}

impl Search<'_> {
    fn below(&mut self, node: &Node, path: &str) {
        let mut seen = Vec::new();
        for (key, child) in
            node.entries().filter(|(key, _)| key.kind == Kind::Scalar).collect::<Vec<_>>().into_iter().rev()
        {
            // Of a key that is repeated, the last counts.
            if seen.contains(&&key.value) {
                continue;
            }
            seen.push(&key.value);
            let key = escaped(&key.value);
            self.at(child, &if path.is_empty() { key } else { format!("{path}.{key}") });
        }
        for (index, child) in node.items().iter().enumerate() {
            self.at(child, &format!("{path}.{index}"));
        }
    }

    fn at(&mut self, node: &Node, path: &str) {
        if matches!(node.kind, Kind::Mapping | Kind::Sequence) {
            self.below(node, path);
            return;
        }
        // Aliases of collections stand for nothing that is looked for.
        let Some(present) = scalar(node, &self.document.root) else { return };
        let holds = match (&present, self.wanted) {
            (Value::Text(present), Value::Text(wanted)) => present.contains(wanted.as_str()),
            (present, wanted) => present == wanted,
        };
        if holds {
            self.found.push(attribute_value(self.resource, path, GENERAL, None, &present));
        }
    }
}
