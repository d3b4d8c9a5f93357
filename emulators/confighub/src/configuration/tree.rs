//! YAML as a tree of nodes with their places in the text.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StructureStyle};

use super::entries::{Entries, Entry};
use super::error::ConfigurationError;
use super::expansion::Expansion;
use super::gap::{self, line_start};
use super::path::Step;
use super::scalar::Scalar;

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Its place in the text, in bytes; empty for a value that is left out.
    pub(crate) span: Range<usize>,
    /// The place of its tag and its anchor before that; empty where it has neither.
    pub(super) properties: Range<usize>,
    /// The column of its first character, from 0.
    pub(crate) column: usize,
    pub(crate) kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NodeKind {
    Scalar(Scalar),
    Mapping {
        entries: Entries,
        flow: bool,
    },
    Sequence {
        items: Vec<Node>,
        flow: bool,
    },
    /// A reference to an anchor; opaque, so that no document can grow by being read.
    Alias,
}

impl Node {
    /// Where it begins, with its tag and its anchor.
    pub(super) fn start(&self) -> usize {
        self.properties.start
    }

    /// Whether nothing of it is written.
    pub(super) fn is_left_out(&self) -> bool {
        self.span.is_empty() && self.properties.is_empty()
    }

    /// The value of a mapping's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            NodeKind::Mapping { entries, .. } => entries.find(key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// How many nodes it is, with all that is in it.
    pub(super) fn count(&self) -> usize {
        1 + match &self.kind {
            NodeKind::Mapping { entries, .. } => entries.iter().map(|entry| entry.value.count()).sum(),
            NodeKind::Sequence { items, .. } => items.iter().map(Self::count).sum::<usize>(),
            NodeKind::Scalar(_) | NodeKind::Alias => 0,
        }
    }

    /// How many items a sequence has; other nodes have none.
    pub(crate) fn item_count(&self) -> usize {
        match &self.kind {
            NodeKind::Sequence { items, .. } => items.len(),
            _ => 0,
        }
    }

    /// The node at a place below this one.
    pub(crate) fn at(&self, steps: &[Step]) -> Option<&Self> {
        steps.iter().try_fold(self, |node, step| match (&node.kind, step) {
            (NodeKind::Mapping { .. }, Step::Key(key)) => node.get(key),
            (NodeKind::Sequence { items, .. }, Step::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    /// The text of a string scalar below this node.
    pub(crate) fn text(&self, keys: &[&str]) -> Option<&str> {
        let node = keys.iter().try_fold(self, |node, key| node.get(key))?;
        match &node.kind {
            NodeKind::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// The most nested collections a document may have.
const DEPTH_LIMIT: usize = 100;

/// Reads all documents. A document without content is a null scalar.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, ConfigurationError> {
    let events = Parser::new_from_str(text);
    let mut builder = Builder { text, events, expansion: Expansion::default(), gap: 0..0, read: 0 };
    let mut documents = Vec::new();
    while let Some((event, span)) = builder.next()? {
        match event {
            Event::DocumentStart(..) => builder.expansion = Expansion::default(),
            Event::StreamStart | Event::DocumentEnd | Event::StreamEnd => {}
            event => {
                documents.push(builder.node(event, span, 0)?);
                builder.expansion.check(span.start.line())?;
            }
        }
    }
    Ok(documents)
}

pub(super) fn syntax_error(error: &ScanError) -> ConfigurationError {
    ConfigurationError::Syntax { line: error.marker().line(), message: error.info().clone() }
}

struct Builder<'a> {
    text: &'a str,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    expansion: Expansion,
    /// What stands before the last event.
    gap: Range<usize>,
    /// The end of what was read.
    read: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, ConfigurationError> {
        loop {
            match self.events.next() {
                None => return Ok(None),
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, span))) => {
                    let place = range(&span);
                    self.gap = self.read..place.start.max(self.read);
                    self.read = self.read.max(place.end);
                    return Ok(Some((event, span)));
                }
                Some(Err(error)) => return Err(syntax_error(&error)),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, ConfigurationError> {
        if depth > DEPTH_LIMIT {
            return Err(ConfigurationError::TooDeep { line: span.start.line() });
        }
        if let Some(anchor) = event.alias_id() {
            self.expansion.alias(anchor, span.start.line())?;
            let span_of = range(&span);
            let properties = span_of.start..span_of.start;
            return Ok(Node { span: span_of, properties, column: span.start.col(), kind: NodeKind::Alias });
        }
        let anchor = event.anchor_id();
        let before = self.expansion.begin(anchor);
        let node = self.own_node(event, &span, depth)?;
        self.expansion.end(anchor, before);
        Ok(node)
    }

    /// A node that is no alias.
    fn own_node(&mut self, event: Event<'a>, span: &Span, depth: usize) -> Result<Node, ConfigurationError> {
        let column = span.start.col();
        let has_properties = event.tag().is_some() || event.anchor_id().is_some_and(|anchor| anchor > 0);
        let properties = has_properties.then(|| gap::properties(self.text, self.gap.clone()));
        let (kind, range) = match event {
            Event::Scalar(text, style, ..) => {
                (NodeKind::Scalar(Scalar::read(&text, style)), scalar_place(self.text, range(span), style))
            }
            Event::MappingStart(style, ..) => self.mapping(style == StructureStyle::Flow, span, depth)?,
            Event::SequenceStart(style, ..) => self.sequence(style == StructureStyle::Flow, span, depth)?,
            _ => (NodeKind::Alias, range(span)),
        };
        let properties = properties.filter(|found| !found.is_empty()).unwrap_or(range.start..range.start);
        Ok(Node { span: range, properties, column, kind })
    }

    fn mapping(
        &mut self,
        flow: bool,
        start: &Span,
        depth: usize,
    ) -> Result<(NodeKind, Range<usize>), ConfigurationError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut marked = self.text[range(start)].contains('?');
        let mut place = range(start);
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                place.end = if flow { range(&span).end } else { entries.last().map_or(place.end, Entry::end) };
                break;
            }
            marked |= gap::has_question_mark(self.text, self.gap.clone());
            let key = self.node(event, span, depth + 1)?;
            let Some((event, span)) = self.next()? else { break };
            let value = self.node(event, span, depth + 1)?;
            let name = match &key.kind {
                NodeKind::Scalar(scalar) => scalar.plain_text(),
                _ => String::new(),
            };
            let key_span = key.start()..key.span.end;
            let column = if key.properties.is_empty() { key.column } else { column_of(self.text, key_span.start) };
            let colon_end = gap::colon_end(self.text, key_span.end);
            entries.push(Entry { key: name, key_span, column, colon_end, value });
        }
        Ok((NodeKind::Mapping { entries: Entries::new(entries, marked), flow }, place))
    }

    fn sequence(
        &mut self,
        flow: bool,
        start: &Span,
        depth: usize,
    ) -> Result<(NodeKind, Range<usize>), ConfigurationError> {
        let mut items: Vec<Node> = Vec::new();
        let mut place = range(start);
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                place.end = if flow { range(&span).end } else { items.last().map_or(place.end, |item| item.span.end) };
                break;
            }
            items.push(self.node(event, span, depth + 1)?);
        }
        Ok((NodeKind::Sequence { items, flow }, place))
    }
}

/// The parser gives a block scalar's place from its content to the next token; its own place is from
/// its header, such as `|-`, to the end of its content.
fn scalar_place(text: &str, place: Range<usize>, style: ScalarStyle) -> Range<usize> {
    let mark = match style {
        ScalarStyle::Literal => '|',
        ScalarStyle::Folded => '>',
        _ => return place,
    };
    let end = place.start + text[place.clone()].trim_end().len();
    let is_header = |at: &usize| {
        let rest = text[at + 1..place.start].trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let comment = line.trim_start();
        (comment.is_empty() || comment.starts_with('#')) && after.trim().is_empty()
    };
    let header = text[..place.start].rmatch_indices(mark).map(|(at, _)| at).find(is_header);
    header.unwrap_or(place.start)..end
}

fn column_of(text: &str, at: usize) -> usize {
    text[line_start(text, at)..at].chars().count()
}

fn range(span: &Span) -> Range<usize> {
    let start = span.start.byte_offset().unwrap_or_default();
    let end = span.end.byte_offset().unwrap_or(start);
    start..end.max(start)
}
