//! Tokens as documents of nodes, each with its comments.

use std::collections::HashSet;

use super::error::YamlError;
use super::node::{Kind, Node};
use super::scanner::Scanner;
use super::tag;
use super::token::{Mark, ScalarStyle, Token, TokenKind};

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What is in it.
    pub root: Node,
    /// The comment at the very beginning, which an empty line sets apart from the first key.
    pub head: String,
    /// The comment at the very end.
    pub foot: String,
}

/// The first document of a text; none where there are only comments. What comes after it is not read,
/// as in the executor.
pub fn parse_first(text: &str) -> Result<Option<Document>, YamlError> {
    Parser {
        scanner: Scanner::new(text)?,
        head: String::new(),
        line: String::new(),
        foot: String::new(),
        stem: String::new(),
        tags: Vec::new(),
        anchors: HashSet::new(),
        depth: 0,
    }
    .document()
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    /// Comments that wait for the node they belong to.
    head: String,
    line: String,
    foot: String,
    /// The head of a sequence's item that is a collection.
    stem: String,
    /// Handles and prefixes of tags.
    tags: Vec<(String, String)>,
    anchors: HashSet<String>,
    depth: usize,
}

/// Anchor, tag and place of a node.
struct Properties {
    start: Mark,
    anchor: String,
    tag: String,
}

impl Parser<'_> {
    fn document(mut self) -> Result<Option<Document>, YamlError> {
        self.peek()?;
        self.skip();
        let mut head = String::new();
        let explicit =
            matches!(self.peek()?, TokenKind::VersionDirective | TokenKind::TagDirective | TokenKind::DocumentStart);
        if explicit {
            self.directives()?;
            if self.peek()? != TokenKind::DocumentStart {
                return Err(self.error_here("did not find expected <document start>"));
            }
            self.skip();
        } else {
            if self.peek()? == TokenKind::StreamEnd {
                return Ok(None);
            }
            self.directives()?;
            head = self.split_head();
        }
        let ends = matches!(
            self.peek()?,
            TokenKind::VersionDirective
                | TokenKind::TagDirective
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        );
        let root = if explicit && ends { empty_scalar() } else { self.node(true, false)? };
        let foot = self.document_foot()?;
        Ok(Some(Document { root, head, foot }))
    }

    fn document_foot(&mut self) -> Result<String, YamlError> {
        if self.peek()? == TokenKind::DocumentEnd {
            self.skip();
        }
        let (head, _, foot) = self.take_comments();
        Ok(if foot.is_empty() { head } else { foot })
    }

    /// Parts the waiting head comment at its last empty line: what is above it is the document's.
    fn split_head(&mut self) -> String {
        let comment = std::mem::take(&mut self.head);
        if let Some(above) = comment.strip_suffix('\n') {
            return above.to_owned();
        }
        if let Some(place) = comment.rfind("\n\n") {
            comment[place + 2..].clone_into(&mut self.head);
            comment[..place].to_owned()
        } else {
            self.head = comment;
            String::new()
        }
    }

    fn directives(&mut self) -> Result<(), YamlError> {
        let mut versioned = false;
        while let kind @ (TokenKind::VersionDirective | TokenKind::TagDirective) = self.peek()? {
            let token = self.token().clone();
            if kind == TokenKind::VersionDirective {
                if versioned {
                    return Err(self.error_here("found duplicate %YAML directive"));
                }
                if token.value != "1.1" {
                    return Err(self.error_here("found incompatible YAML document"));
                }
                versioned = true;
            } else if self.tags.iter().any(|(handle, _)| *handle == token.value) {
                return Err(self.error_here("found duplicate %TAG directive"));
            } else {
                self.tags.push((token.value, token.suffix));
            }
            self.skip();
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.tags.iter().any(|(known, _)| known == handle) {
                self.tags.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    /// The kind of the next token, after taking the comments that come before it.
    fn peek(&mut self) -> Result<TokenKind, YamlError> {
        self.scanner.fetch_more()?;
        let (kind, start) = (self.token().kind, self.token().start);
        while let Some(comment) = self.scanner.comments.get_mut(self.scanner.comments_head) {
            let waits = start.index < comment.token.index || (!comment.head.is_empty() && kind == TokenKind::BlockEnd);
            if waits {
                break;
            }
            let comment = std::mem::take(comment);
            self.scanner.comments_head += 1;
            join(&mut self.head, &comment.head);
            join(&mut self.line, &comment.line);
            join(&mut self.foot, &comment.foot);
        }
        Ok(kind)
    }

    fn token(&self) -> &Token {
        &self.scanner.tokens[self.scanner.head]
    }

    fn skip(&mut self) {
        self.scanner.head += 1;
        self.scanner.parsed += 1;
        self.scanner.forget();
    }

    fn take_comments(&mut self) -> (String, String, String) {
        self.stem.clear();
        (std::mem::take(&mut self.head), std::mem::take(&mut self.line), std::mem::take(&mut self.foot))
    }

    fn error_here(&self, problem: &str) -> YamlError {
        self.error_at(Mark::default(), problem)
    }

    fn error_at(&self, context: Mark, problem: &str) -> YamlError {
        // The library counts these lines from 0, and takes line 0 for no line.
        let line = [context.line, self.token().start.line].into_iter().find(|line| *line > 0);
        line.map_or_else(
            || YamlError::Whole(problem.to_owned()),
            |line| YamlError::Line { line, problem: problem.to_owned() },
        )
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<Node, YamlError> {
        if self.depth >= super::MAX_DEPTH {
            return Err(YamlError::TooDeep { line: self.token().start.line + 1 });
        }
        self.depth += 1;
        let node = self.node_within(block, indentless);
        self.depth -= 1;
        node
    }

    fn node_within(&mut self, block: bool, indentless: bool) -> Result<Node, YamlError> {
        if self.peek()? == TokenKind::Alias {
            return self.alias();
        }
        let properties = self.properties()?;
        match self.peek()? {
            TokenKind::BlockEntry if indentless => self.indentless_sequence(properties),
            TokenKind::Scalar => Ok(self.scalar(properties)),
            TokenKind::FlowSequenceStart => self.flow_sequence(properties),
            TokenKind::FlowMappingStart => self.flow_mapping(properties),
            TokenKind::BlockSequenceStart if block => self.block_sequence(properties),
            TokenKind::BlockMappingStart if block => self.block_mapping(properties),
            _ if !properties.anchor.is_empty() || !properties.tag.is_empty() => {
                Ok(self.with_properties(empty_scalar(), properties))
            }
            _ => Err(self.error_at(properties.start, "did not find expected node content")),
        }
    }

    fn alias(&mut self) -> Result<Node, YamlError> {
        let name = self.token().value.clone();
        if !self.anchors.contains(&name) {
            return Err(YamlError::Whole(format!("unknown anchor '{name}' referenced")));
        }
        let (head, line, foot) = self.take_comments();
        self.skip();
        Ok(Node { value: name, head, line, foot, ..Node::new(Kind::Alias) })
    }

    fn properties(&mut self) -> Result<Properties, YamlError> {
        let mut properties = Properties { start: self.token().start, anchor: String::new(), tag: String::new() };
        for _ in 0..2 {
            match self.peek()? {
                TokenKind::Anchor if properties.anchor.is_empty() => {
                    properties.anchor.clone_from(&self.token().value);
                }
                TokenKind::Tag if properties.tag.is_empty() => {
                    let token = self.token().clone();
                    let prefix = self.tags.iter().find(|(handle, _)| *handle == token.value);
                    properties.tag = match prefix {
                        _ if token.value.is_empty() => token.suffix,
                        Some((_, prefix)) => format!("{prefix}{}", token.suffix),
                        None => return Err(self.error_at(properties.start, "found undefined tag handle")),
                    };
                }
                _ => break,
            }
            self.skip();
        }
        self.peek()?;
        Ok(properties)
    }

    /// Gives a node its anchor and tag.
    fn with_properties(&mut self, mut node: Node, properties: Properties) -> Node {
        if !properties.tag.is_empty() && properties.tag != "!" {
            node.tag = tag::short(&properties.tag);
            node.tagged = true;
        }
        if !properties.anchor.is_empty() {
            self.anchors.insert(properties.anchor.clone());
            node.anchor = properties.anchor;
        }
        node
    }

    fn scalar(&mut self, properties: Properties) -> Node {
        let token = self.token().clone();
        let (head, line, foot) = self.take_comments();
        self.skip();
        let tag = match token.style {
            ScalarStyle::Plain if token.value == "<<" => tag::MERGE,
            ScalarStyle::Plain => tag::tag_of(&tag::resolve(&token.value)),
            _ => tag::TEXT,
        };
        let node = Node { style: token.style, head, line, foot, ..Node::scalar(tag, token.value) };
        self.with_properties(node, properties)
    }

    fn collection(&mut self, kind: Kind, flow: bool, properties: Properties) -> Node {
        let tag = if kind == Kind::Sequence { tag::SEQUENCE } else { tag::MAPPING };
        let (head, line, foot) =
            if flow { self.take_comments() } else { (std::mem::take(&mut self.stem), String::new(), String::new()) };
        let node = Node { flow, tag: tag.to_owned(), head, line, foot, ..Node::new(kind) };
        self.with_properties(node, properties)
    }

    fn block_sequence(&mut self, properties: Properties) -> Result<Node, YamlError> {
        let mut node = self.collection(Kind::Sequence, false, properties);
        let start = self.token().start;
        self.peek()?;
        self.skip();
        loop {
            match self.peek()? {
                TokenKind::BlockEntry => {
                    let item = self.item(&[TokenKind::BlockEntry, TokenKind::BlockEnd])?;
                    node.content.push(item);
                }
                TokenKind::BlockEnd => break,
                _ => return Err(self.error_at(start, "did not find expected '-' indicator")),
            }
        }
        self.skip();
        // The end of a block sequence carries no comments of its own.
        node.line.clear();
        node.foot.clear();
        Ok(node)
    }

    fn indentless_sequence(&mut self, properties: Properties) -> Result<Node, YamlError> {
        let tag = tag::SEQUENCE.to_owned();
        let mut node = self.with_properties(Node { tag, ..Node::new(Kind::Sequence) }, properties);
        while self.peek()? == TokenKind::BlockEntry {
            let ends = [TokenKind::BlockEntry, TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
            let item = self.item(&ends)?;
            node.content.push(item);
        }
        Ok(node)
    }

    /// What follows a `-`.
    fn item(&mut self, ends: &[TokenKind]) -> Result<Node, YamlError> {
        let stem = self.head.len();
        self.skip();
        let next = self.peek()?;
        let collection = matches!(next, TokenKind::BlockSequenceStart | TokenKind::BlockMappingStart);
        if stem > 0 && collection {
            // The comment above the `-` is the collection's as a whole.
            let rest = self.head.get(stem + 1..).unwrap_or_default().to_owned();
            self.head.truncate(stem);
            self.stem = std::mem::replace(&mut self.head, rest);
        }
        if ends.contains(&next) { Ok(empty_scalar()) } else { self.node(true, false) }
    }

    fn block_mapping(&mut self, properties: Properties) -> Result<Node, YamlError> {
        let mut node = self.collection(Kind::Mapping, false, properties);
        let start = self.token().start;
        self.peek()?;
        self.skip();
        loop {
            match self.peek()? {
                TokenKind::Key => self.block_entry(&mut node)?,
                TokenKind::BlockEnd => break,
                _ => return Err(self.error_at(start, "did not find expected key")),
            }
        }
        let (_, line, foot) = self.take_comments();
        self.skip();
        node.line = line;
        let last_key = node.content.len().checked_sub(2);
        match last_key.and_then(|place| node.content.get_mut(place)).filter(|_| !foot.is_empty()) {
            Some(key) => key.foot = foot,
            None => node.foot = foot,
        }
        Ok(node)
    }

    fn block_entry(&mut self, node: &mut Node) -> Result<(), YamlError> {
        self.skip();
        let mut key = match self.peek()? {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => empty_scalar(),
            _ => self.node(true, true)?,
        };
        // A foot found with a key is that of the entry before, which just ended.
        let before = node.content.len().checked_sub(2);
        if let Some(before) = before.and_then(|place| node.content.get_mut(place)).filter(|_| !key.foot.is_empty()) {
            before.foot = std::mem::take(&mut key.foot);
        }
        let mut value = if self.peek()? == TokenKind::Value {
            self.skip();
            match self.peek()? {
                TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => empty_scalar(),
                _ => self.node(true, true)?,
            }
        } else {
            empty_scalar()
        };
        if key.foot.is_empty() {
            key.foot = std::mem::take(&mut value.foot);
        }
        node.content.extend([key, value]);
        Ok(())
    }

    fn flow_sequence(&mut self, properties: Properties) -> Result<Node, YamlError> {
        let mut node = self.collection(Kind::Sequence, true, properties);
        let start = self.token().start;
        self.peek()?;
        self.skip();
        let mut first = true;
        while self.next_in_flow(start, first, TokenKind::FlowSequenceEnd, "did not find expected ',' or ']'")? {
            first = false;
            let item = if self.peek()? == TokenKind::Key { self.pair()? } else { self.node(false, false)? };
            node.content.push(item);
        }
        let (_, line, foot) = self.take_comments();
        self.skip();
        Ok(Node { line, foot, ..node })
    }

    /// Goes over the comma before the next entry; `false` at the end.
    fn next_in_flow(&mut self, start: Mark, first: bool, end: TokenKind, problem: &str) -> Result<bool, YamlError> {
        let mut next = self.peek()?;
        if next != end && !first {
            if next != TokenKind::FlowEntry {
                return Err(self.error_at(start, problem));
            }
            self.skip();
            next = self.peek()?;
        }
        Ok(next != end)
    }

    /// A single pair in a flow sequence, which is a mapping.
    fn pair(&mut self) -> Result<Node, YamlError> {
        self.skip();
        let mut node = Node { flow: true, tag: tag::MAPPING.to_owned(), ..Node::new(Kind::Mapping) };
        let key = match self.peek()? {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                self.skip();
                empty_scalar()
            }
            _ => self.node(false, false)?,
        };
        let value = self.flow_value(TokenKind::FlowSequenceEnd)?;
        self.peek()?;
        node.content.extend([key, value]);
        Ok(node)
    }

    fn flow_value(&mut self, end: TokenKind) -> Result<Node, YamlError> {
        if self.peek()? == TokenKind::Value {
            self.skip();
            let next = self.peek()?;
            if next != TokenKind::FlowEntry && next != end {
                return self.node(false, false);
            }
        }
        Ok(empty_scalar())
    }

    fn flow_mapping(&mut self, properties: Properties) -> Result<Node, YamlError> {
        const END: TokenKind = TokenKind::FlowMappingEnd;
        let mut node = self.collection(Kind::Mapping, true, properties);
        let start = self.token().start;
        self.peek()?;
        self.skip();
        let mut first = true;
        while self.next_in_flow(start, first, END, "did not find expected ',' or '}'")? {
            first = false;
            let (mut key, mut value) = self.flow_entry(END)?;
            if key.foot.is_empty() {
                key.foot = std::mem::take(&mut value.foot);
            }
            node.content.extend([key, value]);
        }
        let (_, line, foot) = self.take_comments();
        self.skip();
        Ok(Node { line, foot, ..node })
    }

    fn flow_entry(&mut self, end: TokenKind) -> Result<(Node, Node), YamlError> {
        if self.peek()? != TokenKind::Key {
            return Ok((self.node(false, false)?, empty_scalar()));
        }
        self.skip();
        let next = self.peek()?;
        let key = if next == TokenKind::Value || next == TokenKind::FlowEntry || next == end {
            empty_scalar()
        } else {
            self.node(false, false)?
        };
        Ok((key, self.flow_value(end)?))
    }
}

/// A value that was left out.
fn empty_scalar() -> Node {
    Node::scalar(tag::NULL, "")
}

fn join(comments: &mut String, more: &str) {
    if more.is_empty() {
        return;
    }
    if !comments.is_empty() {
        comments.push('\n');
    }
    comments.push_str(more);
}
