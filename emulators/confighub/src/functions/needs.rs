//! What units need of each other, and what they provide.

use serde_json::{Value as Json, json};
use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::documents;

use super::attributes::{Wanted, values};
use super::call::{Call, Output, Returned};
use super::registry;

/// `get-needed`
pub(super) fn get_needed(call: &mut Call<'_>) -> Returned {
    values(call.data, registry::paths(registry::NEEDED), &[], Wanted::NeededText)
}

/// `get-provided`: names of resources that others name, those in the live state included.
pub(super) fn get_provided(call: &mut Call<'_>) -> Returned {
    let mut returned = values(call.data, registry::paths(registry::PROVIDED), &[], Wanted::Text);
    if !returned.errors.is_empty() || call.live_state.is_empty() {
        return returned;
    }
    let live = match documents(call.live_state) {
        Ok(live) => live,
        Err(error) => return Returned { errors: vec![error.to_string()], ..returned },
    };
    if let Some(Output::AttributeValues(list)) = &mut returned.output {
        for document in &live {
            match ResourceInfo::of(document) {
                Ok(resource) => list.push(live_name(&resource)),
                Err(error) => return Returned::failed(error),
            }
        }
    }
    returned
}

fn live_name(resource: &ResourceInfo) -> Json {
    let mut entry = json!(resource);
    entry["Path"] = json!("metadata.name");
    entry["InLiveState"] = json!(true);
    entry["AttributeName"] = json!(registry::RESOURCE_NAME);
    entry["DataType"] = json!("string");
    // All live names are taken for those of ConfigMaps, as in the executor.
    entry["Info"] = json!({"GetterInvocation": {
        "FunctionName": "get-resources-of-type",
        "Arguments": [{"ParameterName": "resource-type", "Value": "v1/ConfigMap"}],
    }});
    entry["Value"] = json!(resource.resource_name_without_scope);
    entry
}
