//! The nodes of a document, with all that is needed to write them back.

use super::key_index::KeyIndex;
use super::tag;
use super::token::ScalarStyle;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A single text.
    Scalar,
    /// Keys and values.
    Mapping,
    /// Items.
    Sequence,
    /// A reference to an anchor.
    Alias,
}

impl Kind {
    /// The number that the executor's messages give for it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Sequence => 2,
            Self::Mapping => 4,
            Self::Scalar => 8,
            Self::Alias => 16,
        }
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Of a scalar.
    pub style: ScalarStyle,
    /// Whether a collection is written in braces or brackets.
    pub flow: bool,
    /// Whether the tag was written out.
    pub tagged: bool,
    /// Such as `!!str`; empty where nothing is said about it.
    pub tag: String,
    /// The text of a scalar or the name that an alias refers to.
    pub value: String,
    /// The name that aliases refer to it by.
    pub anchor: String,
    /// The comment above.
    pub head: String,
    /// The comment on the line.
    pub line: String,
    /// The comment below.
    pub foot: String,
    /// The items of a sequence; keys and values in turn of a mapping.
    pub content: Vec<Node>,
    /// Where the keys of a large mapping are.
    pub keys: KeyIndex,
}

impl Node {
    /// One without content, style or comments.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            style: ScalarStyle::Plain,
            flow: false,
            tagged: false,
            tag: String::new(),
            value: String::new(),
            anchor: String::new(),
            head: String::new(),
            line: String::new(),
            foot: String::new(),
            content: Vec::new(),
            keys: KeyIndex::default(),
        }
    }

    /// A scalar with a tag.
    pub fn scalar(tag: &str, value: impl Into<String>) -> Self {
        Self { tag: tag.to_owned(), value: value.into(), ..Self::new(Kind::Scalar) }
    }

    /// A string, written plain where that leaves it one.
    pub fn text(value: impl Into<String>) -> Self {
        Self::scalar(tag::TEXT, value)
    }

    /// A number.
    pub fn integer(value: i64) -> Self {
        Self::scalar(tag::INTEGER, value.to_string())
    }

    /// A mapping in block style.
    pub fn mapping(entries: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let content = entries.into_iter().flat_map(|(key, value)| [Self::text(key), value]).collect();
        Self { content, ..Self::new(Kind::Mapping) }
    }

    /// Whether it is a sequence.
    pub fn is_sequence(&self) -> bool {
        self.kind == Kind::Sequence
    }

    /// Whether it is a mapping.
    pub fn is_mapping(&self) -> bool {
        self.kind == Kind::Mapping
    }

    /// Whether it is tagged as null.
    pub fn is_null(&self) -> bool {
        self.tag == tag::NULL
    }

    /// Keys and values of a mapping; nothing of others.
    pub fn entries(&self) -> impl Iterator<Item = (&Self, &Self)> {
        let content = if self.is_mapping() { self.content.as_slice() } else { &[] };
        content.chunks_exact(2).map(|pair| (&pair[0], &pair[1]))
    }

    /// The items of a sequence; nothing of others.
    pub fn items(&self) -> &[Self] {
        if self.is_sequence() { &self.content } else { &[] }
    }

    /// The place in `content` of the value of a key, the first one where keys are repeated.
    pub fn place_of(&self, key: &str) -> Option<usize> {
        if self.is_mapping() { self.keys.place_of(&self.content, key) } else { None }
    }

    /// All comments that belong to it, a line each.
    pub fn comments(&self) -> String {
        let comments = [&self.head, &self.line, &self.foot];
        comments.into_iter().filter(|comment| !comment.is_empty()).cloned().collect::<Vec<_>>().join("\n")
    }
}
