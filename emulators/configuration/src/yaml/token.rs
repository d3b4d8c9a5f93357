//! What the scanner gives the parser.

/// A place in the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// In bytes; one before the beginning is possible while blocks are closed.
    pub(super) index: i64,
    /// From 0.
    pub(super) line: usize,
    /// In characters, from 0.
    pub(super) column: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    StreamStart,
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    #[default]
    Plain,
    /// In `'`.
    SingleQuoted,
    /// In `"`.
    DoubleQuoted,
    /// A block after `|`.
    Literal,
    /// A block after `>`.
    Folded,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: Mark,
    /// The text of a scalar, the name of an anchor or alias, the handle of a tag, or a version.
    pub(super) value: String,
    /// What follows the handle of a tag, or its prefix in a directive.
    pub(super) suffix: String,
    pub(super) style: ScalarStyle,
}

impl Token {
    pub(super) fn new(kind: TokenKind, start: Mark) -> Self {
        Self { kind, start, value: String::new(), suffix: String::new(), style: ScalarStyle::Plain }
    }
}

/// Comments that belong to one place: above it, on its line, or below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Comment {
    /// Where the scan began that found it.
    pub(super) scan: Mark,
    /// The token it belongs to.
    pub(super) token: Mark,
    pub(super) start: Mark,
    pub(super) end: Mark,
    pub(super) head: String,
    pub(super) line: String,
    pub(super) foot: String,
}
