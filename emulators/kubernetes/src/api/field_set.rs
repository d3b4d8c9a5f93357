//! Sets of fields, as `managedFields` records them (FieldsV1).
//!
//! The format is that of structured-merge-diff v6: `f:NAME` a member, `k:{…}` a list item by its
//! keys, `v:…` a set item by its value, `.` the place itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use stagegate_kubernetes_schema::{ListType, Shape};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    Field(String),
    /// The key fields of a list item, as JSON with sorted names.
    Key(String),
    /// The value of a set item, as JSON.
    Value(String),
}

/// A tree of owned fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    children: BTreeMap<Element, Node>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node {
    owned: bool,
    below: FieldSet,
}

impl FieldSet {
    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub(super) fn insert(&mut self, path: &[Element]) {
        let Some((first, rest)) = path.split_first() else { return };
        let node = self.children.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.owned = true;
        } else {
            node.below.insert(rest);
        }
    }

    /// Whether anything at or below an element is in the set.
    pub(super) fn touches(&self, element: &Element) -> bool {
        self.children.contains_key(element)
    }

    /// Whether the path itself is in the set.
    pub(super) fn contains(&self, path: &[Element]) -> bool {
        match path {
            [] => false,
            [last] => self.children.get(last).is_some_and(|node| node.owned),
            [first, rest @ ..] => self.children.get(first).is_some_and(|node| node.below.contains(rest)),
        }
    }

    /// The elements here with what is below each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Element, &Self)> {
        self.children.iter().map(|(element, node)| (element, &node.below))
    }

    /// What is below an element.
    pub(super) fn below(&self, element: &Element) -> Option<&Self> {
        self.children.get(element).map(|node| &node.below)
    }

    pub(super) fn union(&mut self, other: &Self) {
        for (element, theirs) in &other.children {
            let mine = self.children.entry(element.clone()).or_default();
            mine.owned |= theirs.owned;
            mine.below.union(&theirs.below);
        }
    }

    /// Removes the paths of `other`, and with a removed path everything below it.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.children.retain(|element, mine| {
            let Some(theirs) = other.children.get(element) else { return true };
            if theirs.owned {
                return false;
            }
            mine.below.subtract(&theirs.below);
            mine.owned || !mine.below.is_empty()
        });
    }

    /// The paths that are in both.
    pub(super) fn intersection(&self, other: &Self) -> Vec<Vec<Element>> {
        let mut found = Vec::new();
        for (element, mine) in &self.children {
            let Some(theirs) = other.children.get(element) else { continue };
            if mine.owned && theirs.owned {
                found.push(vec![element.clone()]);
            }
            for mut path in mine.below.intersection(&theirs.below) {
                path.insert(0, element.clone());
                found.push(path);
            }
        }
        found
    }

    pub(super) fn to_json(&self) -> Value {
        let mut map = Map::new();
        for (element, node) in &self.children {
            let mut below = node.below.to_json();
            if node.owned && !node.below.is_empty() {
                below["."] = json!({});
            }
            map.insert(element.encode(), below);
        }
        Value::Object(map)
    }

    pub(super) fn from_json(value: &Value) -> Self {
        let mut set = Self::default();
        for (name, below) in value.as_object().into_iter().flatten() {
            let Some(element) = Element::decode(name) else { continue };
            let leaf = below.as_object().is_none_or(Map::is_empty);
            let node = Node { owned: leaf || below.get(".").is_some(), below: Self::from_json(below) };
            set.children.insert(element, node);
        }
        set
    }

    /// Every field of a configuration, as server-side apply claims them.
    pub(super) fn of(value: &Value, shape: &Shape) -> Self {
        let mut set = Self::default();
        collect(value, shape, &mut Vec::new(), &mut set);
        set
    }
}

fn collect(value: &Value, shape: &Shape, path: &mut Vec<Element>, set: &mut FieldSet) {
    match value {
        Value::Object(members) if !shape.is_atomic() => {
            for (name, member) in members {
                path.push(Element::Field(name.clone()));
                collect(member, &shape.child(name), path, set);
                let empty = member.is_null() || member.as_object().is_some_and(Map::is_empty);
                if empty || !shape.declares(name) {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Value::Array(items) if *shape.list_type() != ListType::Atomic => {
            for item in items {
                path.push(Element::of_item(item, shape));
                collect(item, &shape.item(), path, set);
                set.insert(path);
                path.pop();
            }
        }
        _ => set.insert(path),
    }
}

impl Element {
    /// The element that names an item of the list of shape `list`.
    pub(super) fn of_item(item: &Value, list: &Shape) -> Self {
        match list.list_type() {
            ListType::Map(keys) => {
                let shape = list.item();
                let keys: Map<String, Value> =
                    keys.iter().filter_map(|key| Some((key.clone(), shape.key_value(item, key)?))).collect();
                Self::Key(Value::Object(keys).to_string())
            }
            _ => Self::Value(item.to_string()),
        }
    }

    fn encode(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => format!("k:{keys}"),
            Self::Value(value) => format!("v:{value}"),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        let (tag, rest) = text.split_once(':')?;
        match tag {
            "f" => Some(Self::Field(rest.to_owned())),
            "k" => Some(Self::Key(canonical(rest)?)),
            "v" => Some(Self::Value(canonical(rest)?)),
            _ => None,
        }
    }
}

fn canonical(json: &str) -> Option<String> {
    serde_json::from_str::<Value>(json).ok().map(|value| value.to_string())
}

/// A path as conflict messages write it: `.spec.containers[name="app"].image`.
pub(super) fn path_text(path: &[Element]) -> String {
    path.iter()
        .map(|element| match element {
            Element::Field(name) => format!(".{name}"),
            Element::Value(value) => format!("[={value}]"),
            Element::Key(keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
                let parts: Vec<_> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("[{}]", parts.join(","))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stagegate_kubernetes_schema::schemas;

    #[test]
    fn a_deployment_gives_the_fields_a_real_server_records() {
        let config = json!({"spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [
                    {"name": "main", "image": "nginx:1.25", "ports": [{"containerPort": 80}]},
                ]},
            },
        }});
        let set = FieldSet::of(&config, &schemas().root("apps.v1.Deployment"));
        let expected = json!({"f:spec": {
            "f:replicas": {},
            "f:selector": {},
            "f:template": {
                "f:metadata": {"f:labels": {"f:app": {}}},
                "f:spec": {"f:containers": {"k:{\"name\":\"main\"}": {
                    ".": {},
                    "f:name": {},
                    "f:image": {},
                    "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                }}},
            },
        }});
        assert_eq!(set.to_json(), expected);
        assert_eq!(FieldSet::from_json(&expected), set);
    }
}
