//! `set-attributes`: setting many values at once.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value as Json;
use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{Document, Value};

use super::attributes::set_value;
use super::call::{Call, Returned};
use super::{json_text, registry};

/// How many resources all entries of a list may lead to together, each counted as often as it is led to. An entry
/// for a resource type leads to all resources of that type.
const MOST_VISITS: usize = 100_000;

/// `set-attributes`
pub(super) fn set_attributes(call: &mut Call<'_>) -> Returned {
    let text = call.arguments.text(0);
    match serde_json::from_str::<Option<Vec<Json>>>(&text) {
        Ok(list) => Returned::changed(set_list(call.data, &list.unwrap_or_default())),
        Err(error) => {
            let mismatch = json_text::mismatch(&text, "api.AttributeValueList");
            Returned::failed(mismatch.unwrap_or_else(|| json_text::error(&text, &error)))
        }
    }
}

/// Sets each entry of an `AttributeValueList` where its path leads in all resources of its type.
pub(super) fn set_list(data: &mut [Document], list: &[Json]) -> Vec<String> {
    set_at_most(data, list, MOST_VISITS)
}

/// The same, but goes to no more than `most` resources.
fn set_at_most(data: &mut [Document], list: &[Json], most: usize) -> Vec<String> {
    let mut errors = Vec::new();
    let mut resources = Resources::of(data);
    let mut visits = 0;
    for entry in list {
        let value = match wanted(entry) {
            Ok(value) => value,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let paths = registry::at_path(text(entry, "ResourceType"), text(entry, "Path"));
        let mut more = Vec::new();
        for place in resources.of_type(text(entry, "ResourceType")) {
            visits += 1;
            if visits > most {
                errors.push(format!("the attributes lead to more than {most} resources; set fewer of them at once"));
                return errors;
            }
            more.extend(set_value(&mut data[place..=place], &paths, &[], false, &value));
            resources.look_again(data, place);
        }
        errors.extend((!more.is_empty()).then(|| more.join("\n")));
    }
    errors
}

fn text<'a>(entry: &'a Json, key: &str) -> &'a str {
    entry[key].as_str().unwrap_or_default()
}

/// The value of an entry, or why it has none.
fn wanted(entry: &Json) -> Result<Value, String> {
    let given = &entry["Value"];
    let value = match text(entry, "DataType") {
        "string" => given.as_str().map(|text| Value::Text(text.to_owned())).ok_or("string"),
        "int" => given.as_f64().map(|number| Value::Integer(rounded(number))).ok_or("int"),
        "bool" => given.as_bool().map(Value::Boolean).ok_or("bool"),
        other => return Err(format!("unsupported data type {other}")),
    };
    value.map_err(|kind| {
        let name = text(entry, "AttributeName");
        format!("value of attribute {name} is not {kind}: {}", json_text::go_text(given))
    })
}

#[expect(clippy::cast_possible_truncation, reason = "rounded, and saturating beyond the range")]
fn rounded(number: f64) -> i64 {
    number.round() as i64
}

/// The places of documents by the type of their resource, so that an entry does not look at all of them.
struct Resources {
    /// The type of each document; `None` where it has none, which each entry tells.
    types: Vec<Option<String>>,
    by_type: HashMap<Option<String>, BTreeSet<usize>>,
}

impl Resources {
    fn of(data: &[Document]) -> Self {
        let types: Vec<Option<String>> = data.iter().map(resource_type).collect();
        let mut by_type: HashMap<Option<String>, BTreeSet<usize>> = HashMap::new();
        for (place, known) in types.iter().enumerate() {
            by_type.entry(known.clone()).or_default().insert(place);
        }
        Self { types, by_type }
    }

    /// The documents of a type, and those without any.
    fn of_type(&self, wanted: &str) -> Vec<usize> {
        if wanted == registry::ANY {
            return (0..self.types.len()).collect();
        }
        let places = |known: Option<String>| self.by_type.get(&known).into_iter().flatten().copied();
        let all: BTreeSet<usize> = places(Some(wanted.to_owned())).chain(places(None)).collect();
        all.into_iter().collect()
    }

    /// A document may have been given another type.
    fn look_again(&mut self, data: &[Document], place: usize) {
        let now = resource_type(&data[place]);
        if now != self.types[place] {
            let former = std::mem::replace(&mut self.types[place], now.clone());
            if let Some(places) = self.by_type.get_mut(&former) {
                places.remove(&place);
            }
            self.by_type.entry(now).or_default().insert(place);
        }
    }
}

fn resource_type(document: &Document) -> Option<String> {
    ResourceInfo::of(document).ok().map(|resource| resource.resource_type)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stagegate_configuration::yaml;

    use super::*;

    fn set(list: &Json, most: usize) -> (String, Vec<String>) {
        let text =
            "apiVersion: v1\nkind: A\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: B\nmetadata:\n  name: b\n";
        let mut data = yaml::documents(text).unwrap();
        let errors = set_at_most(&mut data, list.as_array().unwrap(), most);
        (yaml::text(&data), errors)
    }

    fn entry(kind: &str, path: &str, value: &str) -> Json {
        json!({"ResourceType": kind, "Path": path, "DataType": "string", "Value": value})
    }

    #[test]
    fn a_resource_that_was_given_another_type_is_one_of_that_type() {
        let list = json!([entry("v1/A", "kind", "B"), entry("v1/B", "metadata.name", "c"), entry("*", "kind", "C")]);
        let (text, errors) = set(&list, 5);
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(text.matches("kind: C").count() + text.matches("name: c").count(), 4, "{text}");
    }

    #[test]
    fn more_visits_than_there_may_be_are_an_error() {
        let many: Vec<Json> = (0..40).map(|_| entry("v1/A", "metadata.name", "c")).collect();
        assert_eq!(set(&json!(many), 40).1, Vec::<String>::new());
        let refused = "the attributes lead to more than 39 resources; set fewer of them at once";
        assert_eq!(set(&json!(many), 39).1, [refused]);
        let everywhere: Vec<Json> = (0..20).map(|_| entry("*", "metadata.name", "c")).collect();
        assert_eq!(set(&json!(everywhere), 39).1, [refused]);
    }
}
