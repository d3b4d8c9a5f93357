//! A parsed script.

use std::ops::{Range, RangeInclusive};

use tree_sitter::{Node, Tree};

use super::newlines;

/// A shell script and its syntax tree. Text that is no shell script parses too; nothing is found in it.
#[derive(Debug)]
pub struct Script {
    text: String,
    tree: Option<Tree>,
    /// Where the newlines of the text stand.
    newlines: Vec<usize>,
}

impl Script {
    /// Parses `text` as bash.
    pub fn parse(text: &str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { text: text.to_owned(), tree: newlines::parse(plain(text)), newlines }
    }

    /// The line `line`, counted from 1, without the blanks around it.
    pub fn line(&self, line: usize) -> Option<&str> {
        self.text.lines().nth(line.checked_sub(1)?).map(str::trim)
    }

    pub(super) fn root(&self) -> Option<Node<'_>> {
        self.tree.as_ref().map(Tree::root_node)
    }

    pub(super) fn text(&self, node: Node<'_>) -> &str {
        self.slice(node.byte_range())
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// The lines that `node` stands on, from 1.
    pub(super) fn lines(&self, node: Node<'_>) -> RangeInclusive<usize> {
        let line = |at: usize| self.newlines.partition_point(|newline| *newline < at) + 1;
        line(node.start_byte())..=line(node.end_byte())
    }

    /// The line that `node` begins on, from 1.
    pub(super) fn first_line_of(&self, node: Node<'_>) -> usize {
        *self.lines(node).start()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Every node of the tree for which `wanted` is true, in the order of the text.
    pub(super) fn nodes<'a>(&'a self, wanted: impl Fn(Node<'a>) -> bool) -> Vec<Node<'a>> {
        let mut found = Vec::new();
        let Some(root) = self.root() else { return found };
        let mut cursor = root.walk();
        loop {
            if wanted(cursor.node()) {
                found.push(cursor.node());
            }
            if cursor.goto_first_child() || cursor.goto_next_sibling() {
                continue;
            }
            loop {
                if !cursor.goto_parent() {
                    return found;
                }
                if cursor.goto_next_sibling() {
                    break;
                }
            }
        }
    }

    /// The literal name of a `command` node.
    pub(super) fn name(&self, command: Node<'_>) -> Option<&str> {
        command.child_by_field_name("name").map(|name| self.text(name))
    }

    /// The body of the function called `name`.
    pub(super) fn function(&self, name: &str) -> Option<Node<'_>> {
        let named = |node: Node<'_>| {
            node.kind() == "function_definition"
                && node.child_by_field_name("name").is_some_and(|child| self.text(child) == name)
        };
        self.nodes(named).last()?.child_by_field_name("body")
    }
}

/// `text` with a letter for each byte of each character that is not ASCII.
///
/// To the shell these are letters, and places in the text stay the same. The parser's own scanner
/// crashes the process on some of them (tree-sitter-bash 0.25.1, seen with random text).
fn plain(text: &str) -> String {
    text.chars().flat_map(|c| std::iter::repeat_n(if c.is_ascii() { c } else { 'x' }, c.len_utf8())).collect()
}

/// The named children of `node` that are statements, comments left out.
pub(super) fn statements(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The children of `node`, tokens included.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}
