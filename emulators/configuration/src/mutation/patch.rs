//! Carrying mutations over to other data.

use std::collections::BTreeMap;

use super::list::{MutationType, ResourceMutation};
use crate::resource::{ResourceInfo, key, without_scope};
use crate::yaml::{Document, New, Node, Value, joined, parse_first, segments, value};

type ByResource<'a> = BTreeMap<String, &'a ResourceMutation>;

fn by_resource(mutations: &[ResourceMutation]) -> ByResource<'_> {
    mutations.iter().map(|mutation| (mutation.resource.key(), mutation)).collect()
}

/// Makes the changes of a patch, but not where a predicate forbids it. Resources that the data does not
/// have are not added, and none is deleted.
///
/// # Errors
///
/// The executor's text when a document is no resource.
pub fn patch_mutations(
    data: &mut [Document],
    predicates: &[ResourceMutation],
    patch: &[ResourceMutation],
) -> Result<(), String> {
    let (predicates, patch) = (by_resource(predicates), by_resource(patch));
    data.iter_mut().try_for_each(|document| patch_document(document, &predicates, &patch))
}

fn patch_document(document: &mut Document, predicates: &ByResource<'_>, patch: &ByResource<'_>) -> Result<(), String> {
    let resource = ResourceInfo::of(document)?;
    let predicate = predicates.get(&resource.key()).copied();
    if predicate.is_some_and(|predicate| !predicate.resource_mutation_info.predicate) {
        return Ok(());
    }
    let Some(change) = change_of(document, &resource, predicate, patch)? else { return Ok(()) };
    let info = &change.resource_mutation_info;
    match info.mutation_type {
        MutationType::Add | MutationType::Replace => {
            if let Ok(Some(new)) = parse_first(&info.value) {
                *document = new;
            }
            return Ok(());
        }
        // The executor tries to delete the root of the document, which does nothing.
        MutationType::Delete | MutationType::None => return Ok(()),
        MutationType::Update => {}
    }
    for (path, info) in &change.path_mutation_map {
        if predicate.is_some_and(|predicate| is_protected(path, predicate)) {
            continue;
        }
        let place = segments(path);
        // A place that cannot be changed is left as it is.
        match info.mutation_type {
            MutationType::Add | MutationType::Update | MutationType::Replace => {
                if let Some(new) = parsed(&info.value) {
                    let _ = document.root.set(&place, &New::Node(new));
                }
            }
            MutationType::Delete => {
                let _ = document.root.remove(&place);
            }
            MutationType::None => {}
        }
    }
    Ok(())
}

/// The node that a text is; an empty one where it is only a comment or nothing.
fn parsed(text: &str) -> Option<Node> {
    match parse_first(text).ok()? {
        Some(document) => Some(document.root),
        None => Some(Node { head: text.trim().to_owned(), ..Node::scalar("", "") }),
    }
}

/// What the patch says about a resource, also under a name that it had before.
fn change_of<'a>(
    document: &Document,
    resource: &ResourceInfo,
    predicate: Option<&ResourceMutation>,
    patch: &ByResource<'a>,
) -> Result<Option<&'a ResourceMutation>, String> {
    if let Some(change) = patch.get(&resource.key()) {
        return Ok(Some(change));
    }
    let named = |name: &str| patch.get(&key(&resource.resource_type, name)).copied();
    let original = document.root.get(&["metadata", "annotations", "confighub.com/OriginalName"]);
    if let Some(original) = original {
        match value(original, &document.root) {
            Some(Value::Text(original)) => {
                if let Some(change) = named(without_scope(&original)) {
                    return Ok(Some(change));
                }
            }
            other => {
                let text = other.map_or_else(|| "<nil>".to_owned(), |value| value.plain());
                return Err(format!("value {text} cannot be converted to string"));
            }
        }
    }
    Ok(predicate.and_then(|predicate| predicate.aliases_without_scopes.keys().find_map(|name| named(name))))
}

/// Whether the place, or what it is in, is protected by a predicate.
fn is_protected(path: &str, predicate: &ResourceMutation) -> bool {
    let place = segments(path);
    (1..=place.len()).rev().any(|length| {
        let info = predicate.path_mutation_map.get(&joined(&place[..length]));
        info.is_some_and(|info| !info.predicate)
    })
}
