//! Checks that cannot tell what they are meant to tell.

use tree_sitter::Node;

use super::block::{errexit_off, in_test};
use super::script::{Script, children, statements};

/// A check in the text, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its line, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// Why it cannot tell.
    pub why: String,
}

impl Script {
    /// The tests of `$?` that only ever see 0, because `set -e` ends the script before them.
    pub fn unreachable_checks(&self) -> Vec<Check> {
        let is_test = |node: Node<'_>| matches!(node.kind(), "if_statement" | "list" | "test_command");
        let tests = self.nodes(|node| is_test(node) && self.head_reads_status(node));
        let mut found: Vec<Check> = Vec::new();
        for test in tests {
            let Some(before) = previous(test) else { continue };
            let ends = matches!(before.kind(), "command" | "pipeline" | "redirected_statement" | "variable_assignment");
            // Without pipefail `set -e` acts on the last of a pipe alone, which may be what never fails.
            let ends = ends && self.passing_end_of_pipe(before).is_none();
            if ends && self.errexit_at(before) && errexit_off(before).is_none() && self.calls_keep_errexit(before) {
                let line = self.first_line_of(test);
                let why = format!("`set -e` ends the script when `{}` fails", self.gist(before));
                if found.iter().all(|other| other.line != line) {
                    found.push(Check { line, text: self.first_line(test), why });
                }
            }
        }
        found
    }

    /// The tests that hold, or do not hold, whatever happened.
    pub fn constant_checks(&self) -> Vec<Check> {
        let mut found = Vec::new();
        for node in self.nodes(|node| matches!(node.kind(), "if_statement" | "list" | "test_command" | "elif_clause")) {
            let why = match node.kind() {
                "test_command" => self.constant_test(node),
                "if_statement" | "elif_clause" | "list" => {
                    self.status_of_printer(node).or_else(|| self.hidden_status(node))
                }
                _ => None,
            };
            if let Some(why) = why {
                found.push(Check { line: self.first_line_of(node), text: self.first_line(node), why });
            }
        }
        found.dedup_by_key(|check| check.line);
        found
    }

    fn first_line(&self, node: Node<'_>) -> String {
        self.text(node).lines().next().unwrap_or_default().trim().to_owned()
    }

    /// Whether what a statement tests first is `$?`.
    fn head_reads_status(&self, node: Node<'_>) -> bool {
        let head = match node.kind() {
            "if_statement" => children(node).into_iter().find(|child| child.is_named() && in_test(node, *child)),
            "list" => children(node).first().copied(),
            _ => node
                .parent()
                .filter(|parent| !matches!(parent.kind(), "if_statement" | "list" | "elif_clause"))
                .map(|_| node),
        };
        head.is_some_and(|head| {
            head.kind() == "test_command" && ["$?", "${?}"].iter().any(|status| self.text(head).contains(status))
        })
    }

    /// Whether `set -e` holds at `node`, as far as the text tells.
    fn errexit_at(&self, node: Node<'_>) -> bool {
        let first = self.line(1).unwrap_or_default();
        let mut on = first.starts_with("#!")
            && first.split_whitespace().skip(1).any(|word| word.starts_with('-') && word.contains('e'));
        let sets = self.nodes(|node| node.kind() == "command" && self.name(node) == Some("set"));
        for set in sets.into_iter().filter(|set| set.start_byte() < node.start_byte()) {
            for word in statements(set).into_iter().skip(1).map(|word| self.text(word)) {
                if word == "errexit" {
                    on = !self.text(set).contains('+');
                } else if !word.starts_with("--") && word.contains('e') && word.len() < 8 {
                    match word.as_bytes().first() {
                        Some(b'-') => on = true,
                        Some(b'+') => on = false,
                        _ => {}
                    }
                }
            }
        }
        on
    }

    /// Whether no call of the function around `node` switches `set -e` off.
    fn calls_keep_errexit(&self, node: Node<'_>) -> bool {
        let mut up = node.parent();
        while let Some(parent) = up {
            if parent.kind() == "function_definition" {
                let Some(name) = parent.child_by_field_name("name").map(|name| self.text(name)) else { return false };
                let calls = self.nodes(|node| node.kind() == "command" && self.name(node) == Some(name));
                return !calls.is_empty() && calls.into_iter().all(|call| errexit_off(call).is_none());
            }
            up = parent.parent();
        }
        true
    }

    /// `[ word ]`, `[ -n $x ]`, `[ $x=y ]`: a test of one word, which is not empty.
    fn constant_test(&self, test: Node<'_>) -> Option<String> {
        let whole = self.text(test);
        let double = whole.starts_with("[[");
        if !whole.starts_with('[') {
            return None;
        }
        let inner = whole.trim_start_matches('[').trim_end_matches(']').trim();
        let words: Vec<&str> = inner.split_whitespace().collect();
        match words.as_slice() {
            [word] if !word.starts_with('$') && !word.starts_with(['"', '\'', '`', '-', '!']) && !double => {
                Some(format!("`{word}` is a word that is not empty, so the test always holds"))
            }
            [word] if word.contains('=') && !word.contains("$(") && !word.contains(['~', '`']) => {
                Some("without blanks around `=` it is one word that is not empty, so the test always holds".to_owned())
            }
            ["-n", word]
                if !double && word.starts_with('$') && !word.starts_with("$(") && *word != "$#" && *word != "$?" =>
            {
                Some(format!("`{word}` is not quoted: when it is empty, `-n` itself is tested, which is not empty"))
            }
            [left, "=" | "==" | "-eq", right] if left == right => Some("both sides are the same".to_owned()),
            _ => None,
        }
    }

    /// `local x=$(…); if [ $? … ]`: the status is that of `local`.
    fn status_of_printer(&self, node: Node<'_>) -> Option<String> {
        if node.kind() == "elif_clause" || !self.head_reads_status(node) {
            return None;
        }
        let before = previous(node)?;
        match before.kind() {
            "declaration_command" if self.text(before).contains('=') => {
                let keyword = self.text(before).split_whitespace().next().unwrap_or_default();
                Some(format!("`$?` is the status of `{keyword}`, which is 0 whatever the substitution did"))
            }
            "command" if matches!(self.name(before), Some("echo" | "printf" | "true" | ":" | "sleep")) => {
                Some(format!("`$?` is the status of `{}`", self.gist(before)))
            }
            "pipeline" | "redirected_statement" => {
                let name = self.passing_end_of_pipe(before)?;
                Some(format!("`$?` is the status of `{name}`, the last of the pipe, not of the command before it"))
            }
            "list" => {
                let parts = children(before);
                let [_, operator, right] = parts.as_slice() else { return None };
                let never = self.consequence(&[*right]) <= super::consequence::Consequence::Prints;
                (operator.kind() == "||" && never).then(|| format!("`|| {}` makes every status 0", self.gist(*right)))
            }
            _ => None,
        }
    }

    /// `if command | tee log`: the status is that of `tee`.
    fn hidden_status(&self, node: Node<'_>) -> Option<String> {
        let (test, by) = if node.kind() == "list" {
            let parts = children(node);
            let [left, operator, right] = parts.as_slice() else { return None };
            let acts = self.consequence(&[*right]) > super::consequence::Consequence::Skips;
            (operator.kind() == "||" && acts).then_some((*left, "||"))?
        } else {
            let mut tests = children(node).into_iter().filter(|child| child.is_named() && in_test(node, *child));
            (tests.next_back()?, "if")
        };
        let name = self.passing_end_of_pipe(test)?;
        let what = if by == "if" { "the test" } else { "what `||` looks at" };
        Some(format!("{what} is the status of `{name}`, the last of the pipe, not of the command before it"))
    }

    /// The last command of a pipe whose status is the pipe's, when it only passes on what it reads and so hardly fails.
    fn passing_end_of_pipe<'a>(&'a self, pipeline: Node<'a>) -> Option<&'a str> {
        if self.sets_pipefail() {
            return None;
        }
        let mut pipeline = pipeline;
        while matches!(pipeline.kind(), "negated_command" | "redirected_statement") {
            pipeline = statements(pipeline).into_iter().next()?;
        }
        if pipeline.kind() != "pipeline" {
            return None;
        }
        let last = statements(pipeline).pop()?;
        let last = if last.kind() == "redirected_statement" { last.child_by_field_name("body")? } else { last };
        self.name(last).filter(|name| {
            matches!(*name, "tee" | "cat" | "wc" | "sort" | "head" | "tail" | "tr" | "uniq" | "cut" | "sed" | "column")
        })
    }

    fn sets_pipefail(&self) -> bool {
        !self
            .nodes(|node| {
                node.kind() == "command" && self.name(node) == Some("set") && self.text(node).contains("pipefail")
            })
            .is_empty()
    }
}

/// The statement before `node` in its block.
fn previous(node: Node<'_>) -> Option<Node<'_>> {
    let mut before = node.prev_sibling();
    while let Some(sibling) = before {
        if sibling.is_named() && sibling.kind() != "comment" {
            return (!matches!(sibling.kind(), "heredoc_body")).then_some(sibling);
        }
        if matches!(sibling.kind(), "&" | "&&" | "||" | "then" | "do" | "else") {
            return None;
        }
        before = sibling.prev_sibling();
    }
    None
}
