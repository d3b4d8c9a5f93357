//! Environment variables of containers.

use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{Kind, New, Node, Value, segments, value};

use super::call::{Call, Returned};
use super::places::resolve;
use super::registry::{CONTAINERS, WORKLOADS};

/// `set-env`: sets, adds or removes variables, in the order in which they are given.
pub(super) fn set_env(call: &mut Call<'_>) -> Returned {
    let container = call.arguments.text(0);
    let given = call.arguments.rest(1);
    let pairs: Vec<(&str, &str)> = given.iter().filter_map(|pair| pair.split_once('=')).collect();
    for document in call.data.iter_mut() {
        let Some(resource_type) = ResourceInfo::type_of(document) else { continue };
        let Some((_, spec)) = WORKLOADS.iter().find(|(workload, _)| *workload == resource_type) else { continue };
        for list in CONTAINERS {
            let path = format!("{spec}.{list}.?name={container}");
            for found in resolve(&document.root, &path, None, false).unwrap_or_default() {
                let root = document.root.clone();
                if let Some(container) = document.root.get_mut(&segments(&found.path)) {
                    set_variables(container, &pairs, &root);
                }
            }
        }
    }
    Returned::default()
}

fn set_variables(container: &mut Node, pairs: &[(&str, &str)], root: &Node) {
    if !container.is_mapping() {
        return;
    }
    if container.place_of("env").is_none() {
        let new = New::Node(Node::new(Kind::Sequence));
        // A mapping takes a new key, whatever it is.
        let _ = container.set(&["env"], &new);
    }
    let Some(variables) = container.get_mut(&["env"]) else { return };
    // A variable that is given twice has its last value.
    let given = |name: &str| pairs.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let mut done = Vec::new();
    for variable in &mut variables.content {
        let name = variable.step("name").and_then(|name| value(name, root));
        let Some(Value::Text(name)) = name else { continue };
        if let Some(new) = given(&name).filter(|new| !new.is_empty() && !done.contains(&name)) {
            let _ = variable.set(&["value"], &New::text(new));
            done.push(name);
        }
    }
    if !variables.is_sequence() {
        return;
    }
    for (name, _) in pairs.iter().filter(|(name, _)| !done.iter().any(|known| known == name)) {
        match given(name).unwrap_or_default() {
            "" => {
                let named = |variable: &Node| {
                    let found = variable.step("name").and_then(|name| value(name, root));
                    found.is_some_and(|found| found.as_text() == Some(name))
                };
                if let Some(place) = variables.content.iter().position(named) {
                    variables.content.remove(place);
                }
            }
            new => variables.content.push(Node::mapping([("name", Node::text(*name)), ("value", Node::text(new))])),
        }
    }
}
