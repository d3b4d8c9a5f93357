//! Getting, setting and removing what paths lead to.

use super::node::{Kind, Node};
use super::tag;
use super::token::ScalarStyle;

/// A place could not be set or removed, worded as the executor words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Something is to be set below a scalar or an alias.
    #[error("unexpected node kind {kind} at path segment '{segment}'", kind = .kind.number())]
    UnexpectedKind {
        /// What is there.
        kind: Kind,
        /// The segment that should lead further.
        segment: String,
    },
    /// A segment below a sequence is no number.
    #[error("invalid array index '{segment}': strconv.Atoi: parsing \"{segment}\": {problem}")]
    InvalidIndex {
        /// The segment.
        segment: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// This emulator's own; the real executor goes on until its memory ends.
    #[error("paths of more than {} segments are not supported", super::MAX_DEPTH)]
    TooDeep,
    /// A sequence has no such item to set.
    #[error("out of bounds")]
    OutOfBounds,
    /// The way to what is to be removed leads nowhere.
    #[error("field not found")]
    NotFound,
    /// A sequence has no such item to remove.
    #[error("index out of range")]
    IndexOutOfRange,
    /// A number is the key of something in no sequence.
    #[error("node is not a sequence")]
    NotASequence,
    /// Something is to be removed from what is no mapping.
    #[error("wrong node kind: expected {expected} but was {actual}: node contents:\n{contents}")]
    WrongKind {
        /// The kind that was needed.
        expected: &'static str,
        /// The kind that is there.
        actual: &'static str,
        /// What is there, as YAML.
        contents: String,
    },
}

/// The segments of a path in dots. Quotes keep dots in a segment, as `~1` does; `~0` is a tilde.
pub fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|after| after.find('"').filter(|end| *end > 0));
        let length = match quoted {
            Some(end) => end + 2,
            None => rest.find('.').unwrap_or(rest.len()),
        };
        if length > 0 {
            found.push(unescaped(rest[..length].trim_matches('"')));
        }
        rest = &rest[length..];
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    found
}

fn unescaped(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some(place) = rest.find('~') {
        text.push_str(&rest[..place]);
        let (character, length) = match rest.as_bytes().get(place + 1) {
            Some(b'1') => ('.', 2),
            Some(b'0') => ('~', 2),
            _ => ('~', 1),
        };
        text.push(character);
        rest = &rest[place + length..];
    }
    text + rest
}

/// A segment with its dots escaped.
pub fn escaped(segment: &str) -> String {
    segment.replace('.', "~1")
}

/// A path of segments.
pub fn joined<S: AsRef<str>>(segments: &[S]) -> String {
    segments.iter().map(|segment| escaped(segment.as_ref())).collect::<Vec<_>>().join(".")
}

impl Node {
    /// What stands at one more segment: the value of a key, or an item.
    pub fn step(&self, segment: &str) -> Option<&Self> {
        match self.kind {
            Kind::Mapping => self.place_of(segment).map(|place| &self.content[place]),
            Kind::Sequence => index(segment).and_then(|index| self.content.get(index)),
            Kind::Scalar | Kind::Alias => None,
        }
    }

    /// What stands at a path of segments.
    pub fn get<S: AsRef<str>>(&self, segments: &[S]) -> Option<&Self> {
        segments.iter().try_fold(self, |node, segment| node.step(segment.as_ref()))
    }

    /// The same, to be changed.
    pub fn get_mut<S: AsRef<str>>(&mut self, segments: &[S]) -> Option<&mut Self> {
        segments.iter().try_fold(self, |node, segment| {
            let segment = segment.as_ref();
            let place = match node.kind {
                Kind::Mapping => node.place_of(segment)?,
                Kind::Sequence => index(segment)?,
                Kind::Scalar | Kind::Alias => return None,
            };
            node.content.get_mut(place)
        })
    }

    /// Sets what stands at a path; mappings on the way are made, items of sequences are not.
    pub fn set<S: AsRef<str>>(&mut self, segments: &[S], value: &New) -> Result<(), AccessError> {
        if segments.len() > super::MAX_DEPTH {
            return Err(AccessError::TooDeep);
        }
        let Some((segment, rest)) = segments.split_first() else { return Ok(()) };
        let segment = segment.as_ref();
        match self.kind {
            // Nothing can be put below what is null, but neither is that refused by itself.
            Kind::Mapping => self.set_in_mapping(segment, rest, value),
            Kind::Sequence => self.set_in_sequence(segment, rest, value),
            kind => Err(AccessError::UnexpectedKind { kind, segment: segment.to_owned() }),
        }
    }

    fn set_in_mapping<S: AsRef<str>>(&mut self, key: &str, rest: &[S], value: &New) -> Result<(), AccessError> {
        if let Some(place) = self.place_of(key) {
            return if rest.is_empty() {
                value.put_into(&mut self.content[place]);
                Ok(())
            } else {
                self.content[place].set(rest, value)
            };
        }
        let mut new = Node::new(Kind::Mapping);
        if rest.is_empty() {
            value.put_into(&mut new);
            let string = new.kind == Kind::Scalar && new.tag == tag::TEXT && new.style == ScalarStyle::Plain;
            if string && tag::is_other_in_yaml_1_1(&new.value) {
                new.style = ScalarStyle::DoubleQuoted;
            }
        }
        let place = self.content.len() + 1;
        self.keys.added(key, place);
        let key = Node { value: key.to_owned(), ..Node::new(Kind::Scalar) };
        self.content.extend([key, new]);
        if rest.is_empty() { Ok(()) } else { self.content[place].set(rest, value) }
    }

    fn set_in_sequence<S: AsRef<str>>(&mut self, segment: &str, rest: &[S], value: &New) -> Result<(), AccessError> {
        if segment == "-" {
            let mut new = Node::new(Kind::Mapping);
            if rest.is_empty() {
                value.put_into(&mut new);
            }
            self.content.push(new);
        }
        let place = if segment == "-" { self.content.len() - 1 } else { checked_index(segment)? };
        let item = self.content.get_mut(place).ok_or(AccessError::OutOfBounds)?;
        if rest.is_empty() {
            value.put_into(item);
            return Ok(());
        }
        item.set(rest, value)
    }

    /// Removes what stands at a path, with its key. A key that is not there is no error.
    pub fn remove<S: AsRef<str>>(&mut self, segments: &[S]) -> Result<(), AccessError> {
        let Some((last, way)) = segments.split_last() else { return Err(AccessError::NotFound) };
        let mut node = self;
        for segment in way {
            // Unlike elsewhere, the way only leads through mappings.
            node.demand_mapping()?;
            let place = node.place_of(segment.as_ref()).filter(|_| !node.is_null());
            node = node.content.get_mut(place.ok_or(AccessError::NotFound)?).ok_or(AccessError::NotFound)?;
        }
        if let Ok(index) = checked_index(last.as_ref()) {
            if !node.is_sequence() {
                return Err(AccessError::NotASequence);
            }
            if index >= node.content.len() {
                return Err(AccessError::IndexOutOfRange);
            }
            node.content.remove(index);
        } else {
            node.demand_mapping()?;
            if let Some(place) = node.place_of(last.as_ref()) {
                node.content.drain(place - 1..=place);
                node.keys.forget();
            }
        }
        Ok(())
    }

    fn demand_mapping(&self) -> Result<(), AccessError> {
        if self.is_mapping() || self.is_null() {
            return Ok(());
        }
        let actual = match self.kind {
            Kind::Sequence => "SequenceNode",
            Kind::Scalar => "ScalarNode",
            Kind::Alias => "AliasNode",
            Kind::Mapping => "MappingNode",
        };
        let contents = super::node_text(self);
        Err(AccessError::WrongKind { expected: "MappingNode", actual, contents })
    }
}

fn index(segment: &str) -> Option<usize> {
    checked_index(segment).ok()
}

fn checked_index(segment: &str) -> Result<usize, AccessError> {
    let number: i64 = segment.parse().map_err(|error: std::num::ParseIntError| {
        let beyond = matches!(error.kind(), std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow);
        let problem = if beyond { "value out of range" } else { "invalid syntax" };
        AccessError::InvalidIndex { segment: segment.to_owned(), problem }
    })?;
    usize::try_from(number).map_err(|_| AccessError::OutOfBounds)
}

/// What is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// The text of a scalar with its tag; style and comments of what it replaces stay.
    Scalar {
        /// Such as `!!int`.
        tag: &'static str,
        /// The text, without quotes.
        text: String,
    },
    /// A node in the place of another, with its own style and comments.
    Node(Node),
}

impl New {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Scalar { tag: tag::TEXT, text: text.into() }
    }

    /// A number.
    pub fn integer(number: i64) -> Self {
        Self::Scalar { tag: tag::INTEGER, text: number.to_string() }
    }

    /// `true` or `false`.
    pub fn boolean(flag: bool) -> Self {
        Self::Scalar { tag: tag::BOOLEAN, text: flag.to_string() }
    }

    fn put_into(&self, place: &mut Node) {
        match self {
            Self::Scalar { tag, text } => {
                place.kind = Kind::Scalar;
                place.value.clone_from(text);
                (*tag).clone_into(&mut place.tag);
                place.content.clear();
                place.keys.forget();
            }
            Self::Node(node) => place.clone_from(node),
        }
    }
}
