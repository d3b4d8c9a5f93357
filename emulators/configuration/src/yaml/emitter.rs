//! Nodes as text.
//!
//! Written as the executor writes them, which is with its YAML library's two-blank indentation and with
//! the dashes of a sequence on the level of its key. Comments wait in the emitter until there is a place
//! for them, as they do there.

use super::node::{Kind, Node};
use super::parser::Document;
use super::text_shape::TextShape;
use super::token::ScalarStyle;

/// The text of a document.
pub(super) fn document_text(document: &Document) -> String {
    written(document, Emitter::new())
}

/// The same with the dashes of sequences further in than their key.
pub fn wide_document_text(document: &Document) -> String {
    written(document, Emitter { compact: false, ..Emitter::new() })
}

fn written(document: &Document, mut emitter: Emitter) -> String {
    if !document.head.is_empty() {
        emitter.head.clone_from(&document.head);
        emitter.write_head();
        emitter.line_break();
    }
    emitter.root(&document.root);
    if !document.foot.is_empty() {
        emitter.foot.clone_from(&document.foot);
    }
    emitter.finish()
}

/// The text of a node on its own.
pub fn node_text(node: &Node) -> String {
    let mut emitter = Emitter::new();
    emitter.root(node);
    emitter.finish()
}

/// The same with the dashes of sequences further in than their key.
pub fn wide_node_text(node: &Node) -> String {
    let mut emitter = Emitter { compact: false, ..Emitter::new() };
    emitter.root(node);
    emitter.finish()
}

const INDENT: i64 = 2;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    BlockItem,
    FlowItem,
    Key { simple: bool },
    Value,
}

pub(super) struct Emitter {
    out: String,
    /// Whether the dashes of a sequence stand on the level of its key.
    compact: bool,
    column: i64,
    indent: i64,
    indents: Vec<i64>,
    /// Whether only indentation was written since the line began.
    indention: bool,
    /// Whether the last character was a blank.
    whitespace: bool,
    /// The level on which a foot comment was written last; an empty line sets it apart.
    foot_indent: Option<i64>,
    flow_level: usize,
    /// Comments that wait for their place.
    head: String,
    line: String,
    foot: String,
    tail: String,
    key_line: String,
}

impl Emitter {
    fn new() -> Self {
        Self {
            out: String::new(),
            compact: true,
            column: 0,
            indent: -1,
            indents: Vec::new(),
            indention: true,
            whitespace: true,
            foot_indent: None,
            flow_level: 0,
            head: String::new(),
            line: String::new(),
            foot: String::new(),
            tail: String::new(),
            key_line: String::new(),
        }
    }

    fn root(&mut self, node: &Node) {
        self.begin(node, "", &node.foot);
        self.write_head();
        self.node(node, Place::Root);
    }

    fn finish(mut self) -> String {
        self.foot_indent = Some(0);
        self.write_foot();
        self.foot_indent = None;
        self.write_indent();
        self.out
    }

    /// Lets the comments of a node wait.
    fn begin(&mut self, node: &Node, tail: &str, foot: &str) {
        let scalar = matches!(node.kind, Kind::Scalar | Kind::Alias);
        wait(&mut self.head, &node.head);
        if scalar {
            wait(&mut self.line, &node.line);
            wait(&mut self.foot, foot);
        }
        if node.kind != Kind::Sequence && node.kind != Kind::Alias {
            wait(&mut self.tail, tail);
        }
    }

    fn end(&mut self, node: &Node, tail: &str) {
        wait(&mut self.tail, tail);
        wait(&mut self.line, &node.line);
        wait(&mut self.foot, &node.foot);
    }

    /// Writes a node whose comments wait already, and what waits after it.
    fn node(&mut self, node: &Node, place: Place) {
        self.start(node, place);
        if let Place::Key { .. } = place {
            self.children(node, place);
            return;
        }
        let in_flow = place == Place::FlowItem || (place == Place::Value && self.flow_level > 0);
        if in_flow && self.has_waiting() {
            self.indicator(",", false, false, false);
        }
        self.write_line();
        self.write_foot();
        self.children(node, place);
    }

    fn has_waiting(&self) -> bool {
        !(self.line.is_empty() && self.foot.is_empty() && self.tail.is_empty())
    }

    /// Anchor, tag, and all of a scalar.
    fn start(&mut self, node: &Node, place: Place) {
        if node.kind == Kind::Alias {
            self.indicator("*", true, false, false);
            self.bare(&node.value);
            return;
        }
        let (tag, quoted) = node.written_tag();
        let simple = place == Place::Key { simple: true };
        let style = (node.kind == Kind::Scalar).then(|| self.scalar_style(node, quoted, simple));
        if !node.anchor.is_empty() {
            self.indicator("&", true, false, false);
            self.bare(&node.anchor);
        }
        self.write_tag(&tag);
        if let Some(style) = style {
            self.increase_indent(true, false, place);
            self.scalar(&node.value, style);
            self.decrease_indent();
        }
    }

    fn children(&mut self, node: &Node, place: Place) {
        let flow = self.flow_level > 0 || node.flow || node.content.is_empty();
        match node.kind {
            Kind::Sequence if flow => self.flow_sequence(node, place),
            Kind::Sequence => self.block_sequence(node, place),
            Kind::Mapping if flow => self.flow_mapping(node, place),
            Kind::Mapping => self.block_mapping(node, place),
            Kind::Scalar | Kind::Alias => {}
        }
    }

    fn block_sequence(&mut self, node: &Node, place: Place) {
        let under_key = matches!(place, Place::Key { .. } | Place::Value);
        let compact = self.compact && under_key && (self.column == 0 || !self.indention);
        self.increase_indent(false, compact, place);
        for item in &node.content {
            self.begin(item, "", &item.foot);
            self.write_head();
            self.write_indent();
            self.indicator("-", true, false, true);
            self.node(item, Place::BlockItem);
        }
        self.end(node, "");
        self.decrease_indent();
    }

    fn block_mapping(&mut self, node: &Node, place: Place) {
        self.increase_indent(false, false, place);
        let mut tail = "";
        for pair in node.content.chunks_exact(2) {
            self.begin(&pair[0], tail, "");
            tail = &pair[0].foot;
            self.write_head();
            self.write_indent();
            if !self.line.is_empty() {
                self.key_line = std::mem::take(&mut self.line);
            }
            let simple = is_simple_key(&pair[0]);
            if !simple {
                self.indicator("?", true, false, true);
            }
            self.node(&pair[0], Place::Key { simple });
            self.begin(&pair[1], "", &pair[1].foot);
            self.block_value(&pair[1], simple);
        }
        self.end(node, tail);
        self.write_head();
        self.decrease_indent();
    }

    fn block_value(&mut self, value: &Node, simple: bool) {
        if simple {
            self.indicator(":", false, false, false);
        } else {
            self.write_indent();
            self.indicator(":", true, false, true);
        }
        if !self.key_line.is_empty() {
            match value.kind {
                Kind::Scalar if self.line.is_empty() => self.line = std::mem::take(&mut self.key_line),
                Kind::Mapping | Kind::Sequence if !value.flow => {
                    std::mem::swap(&mut self.line, &mut self.key_line);
                    self.write_line();
                    std::mem::swap(&mut self.line, &mut self.key_line);
                }
                _ => {}
            }
        }
        self.node(value, Place::Value);
    }

    fn flow_sequence(&mut self, node: &Node, place: Place) {
        self.indicator("[", true, true, false);
        self.increase_indent(true, false, place);
        self.flow_level += 1;
        let mut comma = false;
        for item in &node.content {
            self.begin(item, "", &item.foot);
            if comma {
                self.indicator(",", false, false, false);
            }
            self.write_head();
            if self.column == 0 {
                self.write_indent();
            }
            // With comments, the comma comes before them.
            comma = !self.has_waiting();
            self.node(item, Place::FlowItem);
        }
        self.end(node, "");
        self.flow_level -= 1;
        self.decrease_indent();
        if self.column == 0 {
            self.write_indent();
        }
        self.indicator("]", false, false, false);
        self.write_line();
        self.write_foot();
    }

    fn flow_mapping(&mut self, node: &Node, place: Place) {
        self.indicator("{", true, true, false);
        self.increase_indent(true, false, place);
        self.flow_level += 1;
        let mut comma = false;
        let mut tail = "";
        for pair in node.content.chunks_exact(2) {
            self.begin(&pair[0], tail, "");
            tail = &pair[0].foot;
            if comma {
                self.indicator(",", false, false, false);
            }
            self.write_head();
            if self.column == 0 {
                self.write_indent();
            }
            let simple = is_simple_key(&pair[0]);
            if !simple {
                self.indicator("?", true, false, false);
            }
            self.node(&pair[0], Place::Key { simple });
            self.begin(&pair[1], "", &pair[1].foot);
            self.indicator(":", !simple, false, false);
            comma = !self.has_waiting();
            self.node(&pair[1], Place::Value);
        }
        self.end(node, tail);
        if comma && !(self.head.is_empty() && self.foot.is_empty() && self.tail.is_empty()) {
            self.indicator(",", false, false, false);
        }
        self.write_head();
        self.flow_level -= 1;
        self.decrease_indent();
        self.indicator("}", false, false, false);
        self.write_line();
        self.write_foot();
    }

    /// Goes in by one level; `compact` leaves the dash of a sequence on the level of its key.
    fn increase_indent(&mut self, flow: bool, compact: bool, place: Place) {
        self.indents.push(self.indent);
        if self.indent < 0 {
            self.indent = if flow { INDENT } else { 0 };
        } else if place == Place::BlockItem {
            // The first level inside a sequence only goes past the dash.
            self.indent += 2;
        } else {
            self.indent = INDENT * ((self.indent + INDENT) / INDENT) - if compact { 2 } else { 0 };
        }
    }

    fn decrease_indent(&mut self) {
        self.indent = self.indents.pop().unwrap_or(-1);
    }

    pub(super) fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    /// A character of a scalar.
    pub(super) fn put_text(&mut self, character: char) {
        self.put(character);
        self.indention = false;
    }

    pub(super) fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention = true;
    }

    pub(super) fn set_whitespace(&mut self, whitespace: bool) {
        self.whitespace = whitespace;
    }

    pub(super) fn set_indention(&mut self, indention: bool) {
        self.indention = indention;
    }

    pub(super) fn write_blank(&mut self) {
        if !self.whitespace {
            self.put(' ');
        }
    }

    pub(super) fn in_flow(&self) -> bool {
        self.flow_level > 0
    }

    pub(super) fn indicator(&mut self, indicator: &str, blank_before: bool, is_blank: bool, is_indention: bool) {
        if blank_before {
            self.write_blank();
        }
        indicator.chars().for_each(|character| self.put(character));
        self.whitespace = is_blank;
        self.indention = self.indention && is_indention;
    }

    /// Text right after what was written.
    pub(super) fn bare(&mut self, text: &str) {
        text.chars().for_each(|character| self.put(character));
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.max(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        if self.foot_indent == Some(indent) {
            self.line_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.foot_indent = None;
    }

    fn write_head(&mut self) {
        if !self.tail.is_empty() {
            self.write_indent();
            let tail = std::mem::take(&mut self.tail);
            self.comment(&tail);
            self.foot_indent = Some(self.indent.max(0));
        }
        if !self.head.is_empty() {
            self.write_indent();
            let head = std::mem::take(&mut self.head);
            self.comment(&head);
        }
    }

    /// Writes the comment of the line; tells whether there was one.
    pub(super) fn write_line(&mut self) -> bool {
        if self.line.is_empty() {
            return false;
        }
        self.write_blank();
        let line = std::mem::take(&mut self.line);
        self.comment(&line);
        true
    }

    fn write_foot(&mut self) {
        if !self.foot.is_empty() {
            self.write_indent();
            let foot = std::mem::take(&mut self.foot);
            self.comment(&foot);
            self.foot_indent = Some(self.indent.max(0));
        }
    }

    fn comment(&mut self, comment: &str) {
        let mut broken = false;
        let mut begun = false;
        for character in comment.chars() {
            if character == '\n' {
                self.line_break();
                broken = true;
                begun = false;
                continue;
            }
            if broken {
                self.write_indent();
            }
            if !begun && character != '#' {
                self.put('#');
                self.put(' ');
            }
            begun = true;
            self.put_text(character);
            broken = false;
        }
        if !broken {
            self.line_break();
        }
        self.whitespace = true;
    }
}

fn wait(waiting: &mut String, comment: &str) {
    if !comment.is_empty() {
        comment.clone_into(waiting);
    }
}

/// Whether a key can do without `?`.
fn is_simple_key(key: &Node) -> bool {
    const LIMIT: usize = 128;
    let length = match key.kind {
        Kind::Alias => key.value.len(),
        Kind::Scalar if TextShape::of(&key.value).multiline => return false,
        Kind::Sequence | Kind::Mapping if !key.content.is_empty() => return false,
        _ => key.anchor.len() + key.written_tag().0.len() + key.value.len(),
    };
    length <= LIMIT
}

impl Node {
    /// The tag that must be written, and whether a string needs quotes to stay one.
    fn written_tag(&self) -> (String, bool) {
        if self.tag.is_empty() || self.tagged {
            return (self.tag.clone(), false);
        }
        let implied = match self.kind {
            Kind::Scalar if self.tag == super::tag::TEXT && self.style != ScalarStyle::Plain => super::tag::TEXT,
            Kind::Scalar => super::tag::tag_of(&super::tag::resolve(&self.value)),
            Kind::Mapping => super::tag::MAPPING,
            Kind::Sequence => super::tag::SEQUENCE,
            Kind::Alias => "",
        };
        if implied == self.tag {
            (String::new(), false)
        } else if self.kind == Kind::Scalar && self.tag == super::tag::TEXT {
            (String::new(), true)
        } else {
            (self.tag.clone(), false)
        }
    }
}
