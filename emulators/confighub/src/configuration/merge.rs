//! Taking an upstream's changes over into a clone that has changes of its own.

use super::difference::{Leaves, leaves};
use super::edit::{remove, set};
use super::error::ConfigurationError;
use super::path::Step;
use super::resource::{Resource, counterpart, resources};
use super::scalar::Scalar;
use super::tree::parse;

/// The clone's data with what changed from `base` to `upstream`, except where the clone differs from
/// `base` itself: its own changes stay. List items are told apart by their index, as the hosted
/// service does.
pub(crate) fn merge(base: &str, upstream: &str, clone: &str) -> Result<String, ConfigurationError> {
    let (old, new, own) = (resources(base)?, resources(upstream)?, resources(clone)?);
    let mut merged = clone.to_owned();
    for resource in &new {
        match (counterpart(resource, &old), counterpart(resource, &own)) {
            (Some(before), Some(mine)) => merged = merge_resource(&merged, before, resource, mine)?,
            (None, None) => merged = append(&merged, upstream, resource)?,
            // The clone has one of its own, or took the upstream's away.
            (None, Some(_)) | (Some(_), None) => {}
        }
    }
    // From the last document on, so that the places of those before stay.
    for mine in own.iter().rev() {
        let gone = counterpart(mine, &new).is_none();
        let untouched = counterpart(mine, &old).is_some_and(|before| leaves(&before.root) == leaves(&mine.root));
        if gone && untouched {
            merged = without_document(&merged, mine.document)?;
        }
    }
    Ok(merged)
}

fn merge_resource(
    text: &str,
    base: &Resource,
    upstream: &Resource,
    clone: &Resource,
) -> Result<String, ConfigurationError> {
    let (base, new, own) = (leaves(&base.root), leaves(&upstream.root), leaves(&clone.root));
    let mut merged = text.to_owned();
    for steps in removed_roots(&base, &new, &own).iter().rev() {
        merged = remove(&merged, clone.document, steps)?;
    }
    for (steps, value) in &new {
        let changed = base.get(steps) != Some(value);
        let untouched = own.get(steps) == base.get(steps);
        // The upstream emptied it; what the clone has of its own in there stays.
        let emptied = matches!(value, Scalar::EmptyMapping | Scalar::EmptySequence);
        if changed && untouched && !(emptied && has_more(&merged, clone.document, steps)?) {
            // Where the clone has made a different structure, that is its change, and stays.
            merged = set(&merged, clone.document, steps, value).or_else(|error| match error {
                ConfigurationError::NoSuchPlace(..) => Ok(merged),
                other => Err(other),
            })?;
        }
    }
    Ok(merged)
}

/// Whether a place holds anything but an empty collection.
fn has_more(text: &str, document: usize, steps: &[Step]) -> Result<bool, ConfigurationError> {
    let documents = parse(text)?;
    let present = documents.get(document).map(leaves).unwrap_or_default();
    Ok(below(&present, steps).any(|(path, _)| path.len() > steps.len()))
}

/// What the upstream removed and the clone left alone, as the topmost places of which nothing remains.
fn removed_roots(base: &Leaves, new: &Leaves, own: &Leaves) -> Vec<Vec<Step>> {
    let mut roots: Vec<Vec<Step>> = Vec::new();
    for (steps, value) in base {
        let covered = roots.iter().any(|root| steps.starts_with(root));
        if covered || new.contains_key(steps) || own.get(steps) != Some(value) {
            continue;
        }
        let gone = |length: &usize| {
            let prefix = &steps[..*length];
            below(new, prefix).next().is_none() && below(own, prefix).all(|(path, own)| base.get(path) == Some(own))
        };
        if let Some(length) = (1..=steps.len()).find(gone) {
            roots.push(steps[..length].to_vec());
        }
    }
    roots
}

fn below<'a>(all: &'a Leaves, prefix: &'a [Step]) -> impl Iterator<Item = (&'a Vec<Step>, &'a Scalar)> {
    all.range(prefix.to_vec()..).take_while(move |(path, _)| path.starts_with(prefix))
}

/// Adds a document at the end.
fn append(text: &str, upstream: &str, resource: &Resource) -> Result<String, ConfigurationError> {
    let range = document_range(upstream, resource.document)?;
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let separator = if text.trim().is_empty() { "" } else { "---\n" };
    Ok(format!("{text}{newline}{separator}{}", upstream[range].trim_start_matches('\n')))
}

fn without_document(text: &str, document: usize) -> Result<String, ConfigurationError> {
    let range = document_range(text, document)?;
    let mut rest = format!("{}{}", &text[..range.start], &text[range.end..]);
    if let Some(cut) = rest.strip_suffix("---\n") {
        rest = cut.to_owned();
    }
    Ok(rest)
}

/// A document's lines and the separator after them.
fn document_range(text: &str, document: usize) -> Result<std::ops::Range<usize>, ConfigurationError> {
    let documents = parse(text)?;
    let begin = |index: usize| documents.get(index).map(|root| root.span.start);
    let start = begin(document).unwrap_or(text.len());
    let end = begin(document + 1).unwrap_or(text.len());
    Ok(start..end)
}
