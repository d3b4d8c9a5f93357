//! Putting a part of one text into another, with its comments and style.

use super::changes::comment_begins;
use super::edit::{insert_block, insert_flow, key_yaml};
use super::entries::Entry;
use super::error::ConfigurationError;
use super::gap::{dash_before, line_start};
use super::path::{Step, resolved_text};
use super::splice::Splice;
use super::tree::{Node, NodeKind};

/// A part of a text that can be put into another.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// An entry of a mapping.
    Entry { text: &'a str, entry: &'a Entry, flow: bool },
    /// An item of a sequence.
    Item { text: &'a str, item: &'a Node, flow: bool },
    /// A whole document, which is never put anywhere.
    Document,
}

impl<'a> Source<'a> {
    /// Every entry of a mapping as a source.
    pub(super) fn entry(text: &'a str, of: &'a Node, key: &str) -> Option<Self> {
        let NodeKind::Mapping { entries, flow } = &of.kind else { return None };
        let entry = entries.find(key)?;
        Some(Self::Entry { text, entry, flow: *flow })
    }

    /// The lines of block style, the first one without its indentation, the others from `column` on.
    fn block(&self, column: usize) -> String {
        match *self {
            Self::Entry { text, entry, flow: false } => {
                reindented(text, entry.key_span.start, entry.end(), entry.column, column)
            }
            Self::Entry { entry, .. } => format!("{}: {}", key_yaml(&entry.key), flow(&entry.value)),
            Self::Item { text, item, flow: false } => {
                let dash = dash_before(text, item.start());
                let former = text[line_start(text, dash)..dash].chars().count();
                reindented(text, dash, item.span.end.max(dash + 1), former, column)
            }
            Self::Item { item, .. } => format!("- {}", flow(item)),
            Self::Document => String::new(),
        }
    }

    /// The part in flow style; of an entry its value alone.
    fn flow(&self) -> String {
        match *self {
            Self::Entry { entry, .. } => flow(&entry.value),
            Self::Item { item, .. } => flow(item),
            Self::Document => String::new(),
        }
    }
}

/// A range of a text, moved from one column to another, with the comment that ends its last line.
fn reindented(text: &str, start: usize, end: usize, from: usize, to: usize) -> String {
    let mut lines = text[start..end_with_comment(text, end)].split('\n');
    let mut all = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let content = line.trim_start_matches(' ');
        let column = (line.len() - content.len() + to).saturating_sub(from);
        all.push('\n');
        if !content.is_empty() {
            all.push_str(&" ".repeat(column));
            all.push_str(content);
        }
    }
    all
}

/// The end of a value or, when a comment follows it on its line, of that.
fn end_with_comment(text: &str, end: usize) -> usize {
    comment_begins(text, end).map_or(end, |start| {
        let comment = text[start..].split('\n').next().unwrap_or_default();
        start + comment.trim_end().len()
    })
}

/// A node in flow style.
fn flow(node: &Node) -> String {
    match &node.kind {
        NodeKind::Scalar(scalar) => scalar.yaml(),
        NodeKind::Mapping { entries, .. } => {
            let entries = entries.iter().map(|entry| format!("{}: {}", key_yaml(&entry.key), flow(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        NodeKind::Sequence { items, .. } => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        NodeKind::Alias => "null".to_owned(),
    }
}

/// Puts a source at a place of a document: in the stead of what is there, or as a new key of a mapping.
pub(super) fn put(
    text: &str,
    documents: &[Node],
    document: usize,
    steps: &[Step],
    source: &Source<'_>,
) -> Result<Splice, ConfigurationError> {
    let refuse = |reason| ConfigurationError::NoSuchPlace(resolved_text(steps), reason);
    let (last, leading) = steps.split_last().ok_or_else(|| refuse("it is a whole document"))?;
    let parent = find(documents, document, leading).ok_or_else(|| refuse("nothing leads to it"))?;
    match (&parent.kind, last) {
        (NodeKind::Mapping { entries, flow }, Step::Key(name)) => {
            let entry = entries.find(name);
            Ok(match entry {
                Some(entry) if !*flow => {
                    let end = end_with_comment(text, entry.end());
                    Splice::new(entry.key_span.start..end, &source.block(entry.column))
                }
                Some(entry) => {
                    let with = format!("{}: {}", key_yaml(name), source.flow());
                    Splice::new(entry.key_span.start..entry.end().min(parent.span.end - 1), &with)
                }
                None if *flow || entries.is_empty() => {
                    insert_flow(text, parent, entries.is_empty(), &format!("{}: {}", key_yaml(name), source.flow()))
                }
                None => {
                    let column = parent.column;
                    insert_block(text, parent, &format!("{}{}\n", " ".repeat(column), source.block(column)))
                }
            })
        }
        (NodeKind::Sequence { items, flow }, Step::Index(index)) => {
            let item = items.get(*index).ok_or_else(|| refuse("the list has fewer items"))?;
            if *flow {
                return Ok(Splice::new(item.start()..item.span.end, &source.flow()));
            }
            let dash = dash_before(text, item.start());
            let end = end_with_comment(text, item.span.end.max(dash + 1));
            Ok(Splice::new(dash..end, &source.block(column(text, dash))))
        }
        _ => Err(refuse("something else stands there")),
    }
}

/// Inserts a source into a list, before the item that is at `index` or at the end.
pub(super) fn insert_item(
    text: &str,
    documents: &[Node],
    document: usize,
    list: &[Step],
    index: usize,
    source: &Source<'_>,
) -> Result<Splice, ConfigurationError> {
    let refuse = |reason| ConfigurationError::NoSuchPlace(resolved_text(list), reason);
    let node = find(documents, document, list).ok_or_else(|| refuse("it is not there"))?;
    let NodeKind::Sequence { items, flow } = &node.kind else { return Err(refuse("it is no list")) };
    if *flow || items.is_empty() {
        return Ok(match items.get(index) {
            Some(next) => Splice::new(next.start()..next.start(), &format!("{}, ", source.flow())),
            None => insert_flow(text, node, items.is_empty(), &source.flow()),
        });
    }
    let dash = |item: &Node| dash_before(text, item.start());
    let column = items.first().map_or(0, |first| column(text, dash(first)));
    let indent = " ".repeat(column);
    Ok(match items.get(index) {
        Some(next) => {
            let at = dash(next);
            Splice::new(at..at, &format!("{}\n{indent}", source.block(column)))
        }
        None => insert_block(text, node, &format!("{indent}{}\n", source.block(column))),
    })
}

fn column(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().count()
}

fn find<'a>(documents: &'a [Node], document: usize, steps: &[Step]) -> Option<&'a Node> {
    steps.iter().try_fold(documents.get(document)?, |node, step| match (&node.kind, step) {
        (NodeKind::Mapping { .. }, Step::Key(key)) => node.get(key),
        (NodeKind::Sequence { items, .. }, Step::Index(index)) => items.get(*index),
        _ => None,
    })
}
