//! Carrying mutations over to other data, and taking values back to placeholders.

use std::collections::BTreeMap;

use stagegate_configuration::mutation::{self, ResourceMutation};
use stagegate_configuration::resource::ResourceInfo;
use stagegate_configuration::yaml::{New, Value, segments, value};

use super::call::{Call, Returned};
use super::json_text;
use super::placeholders;

fn read(text: &str) -> Result<Vec<ResourceMutation>, String> {
    let read: Result<Option<Vec<ResourceMutation>>, _> = serde_json::from_str(text);
    let mismatch = || json_text::mismatch(text, "api.ResourceMutationList");
    read.map(Option::unwrap_or_default).map_err(|error| mismatch().unwrap_or_else(|| json_text::error(text, &error)))
}

/// `patch-mutations`: makes the changes of a patch, but not where a predicate forbids it.
pub(super) fn patch_mutations(call: &mut Call<'_>) -> Returned {
    let read = read(&call.arguments.text(0)).and_then(|predicates| Ok((predicates, read(&call.arguments.text(1))?)));
    let patched = read.and_then(|(predicates, patch)| mutation::patch_mutations(call.data, &predicates, &patch));
    patched.map_or_else(Returned::failed, |()| Returned::default())
}

/// `reset`: puts placeholders where mutations with a predicate set a string or a number.
pub(super) fn reset(call: &mut Call<'_>) -> Returned {
    let predicates = match read(&call.arguments.text(0)) {
        Ok(predicates) => predicates,
        Err(error) => return Returned::failed(error),
    };
    let predicates: BTreeMap<String, &ResourceMutation> =
        predicates.iter().map(|mutation| (mutation.resource.key(), mutation)).collect();
    for document in call.data.iter_mut() {
        let resource = match ResourceInfo::of(document) {
            Ok(resource) => resource,
            Err(error) => return Returned::failed(error),
        };
        let Some(predicate) = predicates.get(&resource.key()) else { continue };
        for (path, _) in predicate.path_mutation_map.iter().filter(|(_, info)| info.predicate) {
            let place = segments(path);
            let present = document.root.get(&place).and_then(|node| value(node, &document.root));
            let placeholder = match present {
                Some(Value::Text(_)) => New::text(placeholders::TEXT),
                Some(Value::Integer(_)) => New::integer(placeholders::NUMBER),
                _ => continue,
            };
            let _ = document.root.set(&place, &placeholder);
        }
    }
    Returned::default()
}
