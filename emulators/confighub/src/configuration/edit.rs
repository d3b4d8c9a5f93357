//! Changing one place of a text and nothing else.

use std::ops::Range;

use super::entries::Entry;
use super::error::ConfigurationError;
use super::gap::{dash_before, line_start};
use super::path::{Step, resolved_text};
use super::scalar::Scalar;
use super::splice::Splice;
use super::tree::{Node, NodeKind, parse};

/// Sets the scalar at a place of a document, creating what leads to it: keys of mappings, and the
/// next item of a sequence.
#[cfg_attr(not(test), allow(dead_code, reason = "tests and fuzz targets use it"))]
pub(crate) fn set(text: &str, document: usize, steps: &[Step], value: &Scalar) -> Result<String, ConfigurationError> {
    set_splice(text, &parse(text)?, document, steps, value).map(|splice| splice.apply(text))
}

/// Sets scalars at places of documents, each given once, where something stands already: all as they are in the
/// text now, in one pass.
pub(crate) fn set_all(text: &str, places: &[(usize, &[Step])], value: &Scalar) -> Result<String, ConfigurationError> {
    let documents = parse(text)?;
    let splices = places.iter().map(|(document, steps)| set_splice(text, &documents, *document, steps, value));
    Ok(Splice::apply_all(splices.collect::<Result<_, _>>()?, text))
}

/// The splice that [`set`] makes in a text of these documents.
pub(super) fn set_splice(
    text: &str,
    documents: &[Node],
    document: usize,
    steps: &[Step],
    value: &Scalar,
) -> Result<Splice, ConfigurationError> {
    let refuse = |reason| ConfigurationError::NoSuchPlace(resolved_text(steps), reason);
    let mut node = documents.get(document).ok_or_else(|| refuse("no such document"))?;
    let mut key: Option<&Entry> = None;
    // Inside of a flow collection everything is written in flow style.
    let mut flow = false;
    for (depth, step) in steps.iter().enumerate() {
        let missing = &steps[depth..];
        if has_marked_keys(node) {
            return Err(refuse(MARKED_KEYS));
        }
        flow |= matches!(node.kind, NodeKind::Mapping { flow: true, .. } | NodeKind::Sequence { flow: true, .. });
        // A list that is made has no items before the one that is set.
        let skips = |made: &[Step]| made.iter().any(|step| matches!(step, Step::Index(index) if *index > 0));
        match (&node.kind, step) {
            (NodeKind::Mapping { entries, .. }, Step::Key(name)) => match entries.find(name) {
                Some(entry) => (node, key) = (&entry.value, Some(entry)),
                None if skips(&missing[1..]) => return Err(refuse("the list has fewer items")),
                None => return Ok(insert(text, node, key, missing, value)),
            },
            (NodeKind::Sequence { items, .. }, Step::Index(index)) => match items.get(*index) {
                Some(item) => (node, key) = (item, None),
                None if *index == items.len() && !skips(&missing[1..]) => {
                    return Ok(insert(text, node, key, missing, value));
                }
                None => return Err(refuse("the list has fewer items")),
            },
            (NodeKind::Scalar(Scalar::Null), _) if skips(missing) => return Err(refuse("the list has fewer items")),
            (NodeKind::Scalar(Scalar::Null), _) if flow => {
                return Ok(replace(node, key, &flow_value(missing, value)));
            }
            (NodeKind::Scalar(Scalar::Null), _) => return Ok(insert(text, node, key, missing, value)),
            _ => return Err(refuse("something else stands there")),
        }
    }
    let holds_none = match &node.kind {
        NodeKind::Scalar(_) | NodeKind::Alias => true,
        NodeKind::Mapping { entries, .. } => entries.is_empty(),
        NodeKind::Sequence { items, .. } => items.is_empty(),
    };
    match value {
        _ if holds_none => Ok(replace(node, key, &value.yaml_in_place_of(&text[node.span.clone()]))),
        Scalar::EmptyMapping | Scalar::EmptySequence => Ok(empty(node, key, value)),
        _ => Err(refuse("it holds more than one value")),
    }
}

/// Removes the place from a document. A collection that has nothing else left stays as an empty one.
#[cfg_attr(not(test), allow(dead_code, reason = "tests and fuzz targets use it"))]
pub(crate) fn remove(text: &str, document: usize, steps: &[Step]) -> Result<String, ConfigurationError> {
    remove_splice(text, &parse(text)?, document, steps).map(|splice| splice.apply(text))
}

/// The splice that [`remove`] makes in a text of these documents.
pub(super) fn remove_splice(
    text: &str,
    documents: &[Node],
    document: usize,
    steps: &[Step],
) -> Result<Splice, ConfigurationError> {
    let refuse = || ConfigurationError::NoSuchPlace(resolved_text(steps), "it is not there");
    let mut node = documents.get(document).ok_or_else(refuse)?;
    let (last, leading) = steps.split_last().ok_or_else(refuse)?;
    let mut key: Option<&Entry> = None;
    let mut marked = has_marked_keys(node);
    for step in leading {
        (node, key) = child(node, step).ok_or_else(refuse)?;
        marked |= has_marked_keys(node);
    }
    if marked {
        return Err(ConfigurationError::NoSuchPlace(resolved_text(steps), MARKED_KEYS));
    }
    child(node, last).ok_or_else(refuse)?;
    let (places, flow, nothing): (Vec<Range<usize>>, bool, _) = match &node.kind {
        NodeKind::Mapping { entries, flow } => {
            (entries.iter().map(|entry| entry.key_span.start..entry.end()).collect(), *flow, Scalar::EmptyMapping)
        }
        NodeKind::Sequence { items, flow } => {
            // From the dash, which stands before the item.
            let start = |item: &Node| if *flow { item.start() } else { dash_before(text, item.start()) };
            (items.iter().map(|item| start(item)..item.span.end).collect(), *flow, Scalar::EmptySequence)
        }
        _ => return Err(refuse()),
    };
    let index = match (&node.kind, last) {
        (NodeKind::Mapping { entries, .. }, Step::Key(name)) => entries.place_of(name),
        (_, Step::Index(index)) => Some(*index),
        _ => None,
    };
    let index = index.ok_or_else(refuse)?;
    if places.len() == 1 {
        return Ok(empty(node, key, &nothing));
    }
    Ok(Splice::new(removed_range(text, &places, index, flow), ""))
}

/// Why nothing is changed within a mapping that has keys such as `? key`, which need not be on the line of their value.
const MARKED_KEYS: &str = "keys that are marked with ? lead to it or are beside it";

fn has_marked_keys(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Mapping { entries, .. } if entries.marked)
}

fn child<'a>(node: &'a Node, step: &Step) -> Option<(&'a Node, Option<&'a Entry>)> {
    match (&node.kind, step) {
        (NodeKind::Mapping { entries, .. }, Step::Key(name)) => {
            entries.find(name).map(|entry| (&entry.value, Some(entry)))
        }
        (NodeKind::Sequence { items, .. }, Step::Index(index)) => items.get(*index).map(|item| (item, None)),
        _ => None,
    }
}

/// What to cut for one of several entries or items.
fn removed_range(text: &str, places: &[Range<usize>], index: usize, flow: bool) -> Range<usize> {
    let place = &places[index];
    let line = line_start(text, place.start);
    let alone_on_its_line = text[line..place.start].trim().is_empty();
    match places.get(index + 1) {
        // Up to the next one, which moves into its place.
        Some(next) if flow || !alone_on_its_line => place.start..next.start,
        _ if flow => places[index - 1].end..place.end,
        _ => line..line_end(text, place.end),
    }
}

/// Replaces a scalar; `key` is the entry whose value it is. A tag and an anchor stay: others may refer to it.
fn replace(node: &Node, key: Option<&Entry>, with: &str) -> Splice {
    if node.span.is_empty() {
        // `{a, b: 1}` has a key without a colon.
        let colon = if key.is_some_and(|entry| entry.colon_end.is_none()) { ":" } else { "" };
        let at = value_place(node, key);
        return Splice::new(at..at, &format!("{colon} {with}"));
    }
    Splice::new(node.span.clone(), with)
}

/// Replaces a whole collection by an empty one; a block collection begins on the line after its key.
fn empty(node: &Node, key: Option<&Entry>, nothing: &Scalar) -> Splice {
    match key {
        Some(_) => Splice::new(value_place(node, key)..node.span.end, &format!(" {}", nothing.yaml())),
        None => Splice::new(node.span.clone(), &nothing.yaml()),
    }
}

/// Where the value of an entry can begin: behind its colon and the value's tag and anchor.
fn value_place(node: &Node, key: Option<&Entry>) -> usize {
    match key {
        _ if !node.properties.is_empty() => node.properties.end,
        Some(entry) => entry.head_end(),
        None => node.span.start,
    }
}

/// Adds what `missing` names to a collection, or to a place where nothing stands yet.
fn insert(text: &str, node: &Node, key: Option<&Entry>, missing: &[Step], value: &Scalar) -> Splice {
    match &node.kind {
        NodeKind::Mapping { flow: true, entries } => {
            insert_flow(text, node, entries.is_empty(), &flow_entry(missing, value))
        }
        NodeKind::Sequence { flow: true, items } => {
            insert_flow(text, node, items.is_empty(), &flow_value(&missing[1..], value))
        }
        NodeKind::Mapping { .. } => insert_block(text, node, &block(missing, value, node.column)),
        NodeKind::Sequence { items, .. } => {
            let dash = items.first().map_or(node.span.start, |item| dash_before(text, item.start()));
            insert_block(text, node, &block(missing, value, dash - line_start(text, dash)))
        }
        _ => {
            let indent = key.map_or(0, |entry| entry.column) + 2;
            let lines = format!("\n{}", block(missing, value, indent).trim_end());
            replace_with_block(node, key, &lines)
        }
    }
}

fn replace_with_block(node: &Node, key: Option<&Entry>, lines: &str) -> Splice {
    let start = value_place(node, key);
    let end = if node.is_left_out() { start } else { node.span.end };
    Splice::new(start..end, lines)
}

pub(super) fn insert_flow(text: &str, node: &Node, first: bool, what: &str) -> Splice {
    let at = node.span.end - 1;
    let before = text[..at].trim_end();
    let separator = match before.ends_with(',') {
        _ if first => "",
        true => " ",
        false => ", ",
    };
    Splice::new(before.len()..at, &format!("{separator}{what}"))
}

pub(super) fn insert_block(text: &str, node: &Node, lines: &str) -> Splice {
    let at = line_end(text, node.span.end);
    let separator = if text[..at].ends_with('\n') { "" } else { "\n" };
    Splice::new(at..at, &format!("{separator}{lines}"))
}

/// `missing` with its value as lines of block style, from this column on.
fn block(missing: &[Step], value: &Scalar, column: usize) -> String {
    let indent = " ".repeat(column);
    let Some((step, rest)) = missing.split_first() else { return String::new() };
    match (step, rest) {
        (Step::Key(key), []) => format!("{indent}{}: {}\n", key_yaml(key), value.yaml()),
        (Step::Key(key), [Step::Index(_), ..]) => format!("{indent}{}:\n{}", key_yaml(key), block(rest, value, column)),
        (Step::Key(key), _) => format!("{indent}{}:\n{}", key_yaml(key), block(rest, value, column + 2)),
        (Step::Index(_), []) => format!("{indent}- {}\n", value.yaml()),
        (Step::Index(_), _) => format!("{indent}- {}", block(rest, value, column + 2).trim_start()),
    }
}

fn flow_entry(missing: &[Step], value: &Scalar) -> String {
    match missing.split_first() {
        Some((Step::Key(key), rest)) => format!("{}: {}", key_yaml(key), flow_value(rest, value)),
        _ => value.yaml(),
    }
}

fn flow_value(rest: &[Step], value: &Scalar) -> String {
    match rest.split_first() {
        None => value.yaml(),
        Some((Step::Key(_), _)) => format!("{{{}}}", flow_entry(rest, value)),
        Some((Step::Index(_), deeper)) => format!("[{}]", flow_value(deeper, value)),
    }
}

pub(super) fn key_yaml(key: &str) -> String {
    Scalar::Text(key.to_owned()).yaml()
}

/// The end of the line, after its line break; `at` itself where a line begins.
fn line_end(text: &str, at: usize) -> usize {
    if text[..at].ends_with('\n') {
        return at;
    }
    text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1)
}
