//! Every function with its signature: names, parameters and types are those of the real executor
//! (2025-08), descriptions are ours.

mod checks;
mod containers;
mod data;
mod hostnames;
mod metadata;
mod parameters;
mod paths;
mod resources;

use serde_json::{Map, Value as Json, json};

use super::signature::Function;

fn all() -> impl Iterator<Item = &'static Function> {
    let groups: [&'static [Function]; 7] = [
        checks::FUNCTIONS,
        containers::FUNCTIONS,
        data::FUNCTIONS,
        hostnames::FUNCTIONS,
        metadata::FUNCTIONS,
        paths::FUNCTIONS,
        resources::FUNCTIONS,
    ];
    groups.into_iter().flatten()
}

pub(super) fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

/// Signatures by toolchain and name.
pub(crate) fn signatures() -> Json {
    let mut functions: Vec<&Function> = all().collect();
    functions.sort_by_key(|function| function.name);
    let functions: Map<String, Json> =
        functions.into_iter().map(|function| (function.name.to_owned(), function.signature())).collect();
    json!({"Kubernetes/YAML": functions})
}
