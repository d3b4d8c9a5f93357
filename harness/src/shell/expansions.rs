//! Which variables a script reads and which it sets.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::script::{Script, children, statements};

/// Commands whose arguments name variables that they set.
const SETTERS: [&str; 7] = ["read", "mapfile", "readarray", "getopts", "printf", "let", "unset"];

impl Script {
    /// The variables read without a default and outside of tests, with their lines.
    pub fn variables_read(&self) -> Vec<(&str, usize)> {
        let expansions = self.nodes(|node| node.kind() == "simple_expansion" || node.kind() == "expansion");
        let mut read = Vec::new();
        for expansion in expansions.into_iter().filter(|expansion| !is_in_test(*expansion)) {
            let parts = children(expansion);
            let plain = match expansion.kind() {
                "simple_expansion" => parts.len() == 2,
                _ => parts.len() == 3,
            };
            let Some(name) = parts.iter().find(|part| part.kind() == "variable_name").filter(|_| plain) else {
                continue;
            };
            let name = self.text(*name);
            if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                read.push((name, self.first_line_of(expansion)));
            }
        }
        read
    }

    /// The variables that anything in the script sets.
    pub fn variables_assigned(&self) -> BTreeSet<&str> {
        let mut set = BTreeSet::new();
        for node in self.nodes(|node| !matches!(node.kind(), "word" | "string" | "string_content" | "comment")) {
            match node.kind() {
                "variable_assignment" => {
                    let name = node.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
                    set.insert(name.split('[').next().unwrap_or(name));
                }
                "for_statement" | "select_statement" => {
                    set.extend(node.child_by_field_name("variable").map(|name| self.text(name)));
                }
                "declaration_command" | "unset_command" => {
                    let names =
                        statements(node).into_iter().filter(|word| matches!(word.kind(), "variable_name" | "word"));
                    set.extend(names.map(|name| self.text(name)));
                }
                "command" if self.name(node).is_some_and(|name| SETTERS.contains(&name)) => {
                    set.extend(statements(node).into_iter().skip(1).map(|word| self.text(word)));
                }
                "compound_statement" | "arithmetic_expansion" | "c_style_for_statement" => {
                    let text = self.text(node);
                    if node.kind() != "compound_statement" || text.starts_with("((") {
                        set.extend(arithmetic_names(text.lines().next().unwrap_or_default()));
                    }
                }
                // `${x:=default}` and `${x?}`.
                "expansion" => set.extend(
                    children(node)
                        .into_iter()
                        .filter(|_| self.text(node).contains('='))
                        .filter(|part| part.kind() == "variable_name")
                        .map(|name| self.text(name)),
                ),
                _ => {}
            }
        }
        set
    }

    /// Whether the script runs text that only running it tells.
    pub fn runs_unknown_text(&self) -> bool {
        !self.nodes(|node| node.kind() == "command" && matches!(self.name(node), Some("eval"))).is_empty()
    }

    /// The commands of the script, with their lines: name and words as written.
    pub fn commands(&self) -> Vec<(usize, Vec<&str>)> {
        let commands = self.nodes(|node| node.kind() == "command");
        let told = commands.into_iter().map(|command| {
            let words = statements(command).into_iter().filter(|word| word.kind() != "variable_assignment");
            (self.first_line_of(command), words.map(|word| self.text(word)).collect())
        });
        told.collect()
    }
}

fn arithmetic_names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

fn is_in_test(node: Node<'_>) -> bool {
    let mut up = node.parent();
    while let Some(parent) = up {
        match parent.kind() {
            "test_command" | "case_statement" => return true,
            "command" | "variable_assignment" | "function_definition" | "case_item" => return false,
            _ => up = parent.parent(),
        }
    }
    false
}
