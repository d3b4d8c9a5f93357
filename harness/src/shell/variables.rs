//! Variables: where a statement keeps a value, and whether anything asks for it.

use tree_sitter::Node;

use super::script::{Script, children, statements};

/// A variable kept in a variable is followed this deep.
const DEPTH: usize = 3;

impl Script {
    /// The variables that `statement` sets.
    pub(super) fn variables_set(&self, statement: Node<'_>) -> Vec<&str> {
        let mut set: Vec<&str> = within(statement, |node| node.kind() == "variable_assignment")
            .into_iter()
            .filter_map(|assignment| assignment.child_by_field_name("name"))
            .map(|name| self.text(name))
            .collect();
        if set.is_empty() {
            // `((failed++))`, `let failed+=1`.
            set = self.text(statement).split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
            set.retain(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_') && *word != "let");
        }
        set
    }

    /// Whether a test, an exit status or a command that does more than print depends on `variable`.
    pub(super) fn is_consulted(&self, variable: &str) -> bool {
        self.is_consulted_within(variable, DEPTH, None)
    }

    /// Whether something depends on the value that `statement` gives to `variable`. A process of its own, such as a
    /// part of a pipe, takes it to its end with it.
    pub(super) fn is_consulted_after(&self, variable: &str, statement: Node<'_>) -> bool {
        self.is_consulted_within(variable, DEPTH, self.process_around(statement))
    }

    /// What runs in a process of its own around `node`, within its function.
    fn process_around<'a>(&self, node: Node<'a>) -> Option<Node<'a>> {
        let mut node = node;
        while let Some(parent) = node.parent().filter(|parent| parent.kind() != "function_definition") {
            let is_own = matches!(node.kind(), "subshell" | "command_substitution" | "process_substitution");
            // With `lastpipe`, the last part of a pipe is the shell's own.
            if is_own || (parent.kind() == "pipeline" && !self.slice(0..self.len()).contains("lastpipe")) {
                return Some(node);
            }
            node = parent;
        }
        None
    }

    fn is_consulted_within(&self, variable: &str, depth: usize, process: Option<Node<'_>>) -> bool {
        let reads = |node: Node<'_>| {
            matches!(node.kind(), "simple_expansion" | "expansion" | "arithmetic_expansion" | "compound_statement")
                && self.names(node, variable)
        };
        let is_arithmetic = |node: Node<'_>| node.kind() == "compound_statement" && self.text(node).starts_with("((");
        let readers = self.nodes(|node| reads(node) && (node.kind() != "compound_statement" || is_arithmetic(node)));
        let sees =
            |reader: &Node<'_>| process.is_none_or(|process| process.byte_range().contains(&reader.start_byte()));
        readers.into_iter().filter(sees).any(|reader| self.asks(reader, variable, (depth, process)))
    }

    /// Whether the expansion names `variable` itself.
    pub(super) fn names(&self, expansion: Node<'_>, variable: &str) -> bool {
        let text = self.text(expansion);
        text.match_indices(variable).any(|(at, _)| {
            let part = |c: char| c.is_alphanumeric() || c == '_';
            !text[..at].ends_with(part) && !text[at + variable.len()..].starts_with(part)
        })
    }

    /// Whether something depends on what stands at `reader`.
    fn asks(&self, reader: Node<'_>, variable: &str, (depth, process): (usize, Option<Node<'_>>)) -> bool {
        if reader.kind() == "compound_statement" && !self.text(reader).contains(['<', '>', '=', '!'])
            || self.text(reader).contains("+=")
        {
            return false;
        }
        let mut node = reader;
        while let Some(parent) = node.parent() {
            match parent.kind() {
                "test_command" | "case_statement" | "for_statement" | "c_style_for_statement" => return true,
                "if_statement" | "elif_clause" | "while_statement" if reader.kind() == "compound_statement" => {
                    return true;
                }
                "list" if reader.kind() == "compound_statement" => return true,
                "variable_assignment" => {
                    let into = parent.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
                    return into != variable && depth > 0 && self.is_consulted_within(into, depth - 1, process);
                }
                "command" => return !self.only_prints(parent),
                "heredoc_body" => return false,
                _ => node = parent,
            }
        }
        false
    }

    /// Whether a command only prints its arguments.
    pub(super) fn only_prints(&self, command: Node<'_>) -> bool {
        let name = self.name(command).unwrap_or_default();
        if matches!(name, "echo" | "printf" | ":" | "true") {
            return true;
        }
        let Some(body) = self.function(name) else {
            // Of another file, by the names that such functions have.
            return matches!(name, "log" | "info" | "warn" | "warning" | "error" | "err" | "success" | "debug" | "say");
        };
        let all = statements(body);
        !all.is_empty()
            && all.iter().all(|statement| {
                let command = match statement.kind() {
                    "redirected_statement" => statement.child_by_field_name("body"),
                    _ => Some(*statement),
                };
                command.is_some_and(|command| {
                    command.kind() == "command" && self.name(command) != Some(name) && self.only_prints(command)
                })
            })
    }

    /// Whether a later test looks whether `variable` is empty, and does something about it.
    pub(super) fn is_tested_for_emptiness(&self, variable: &str, after: Node<'_>) -> bool {
        let forms = [
            format!("${variable}"),
            format!("${{{variable}}}"),
            format!("\"${variable}\""),
            format!("\"${{{variable}}}\""),
        ];
        let tests = self.nodes(|node| node.kind() == "test_command" && node.start_byte() >= after.end_byte());
        let asks_for_it = |test: &Node<'_>| {
            let words: Vec<&str> = self.text(*test).split_whitespace().collect();
            words.windows(2).any(|pair| matches!(pair[0], "-z" | "-n") && forms.iter().any(|form| form == pair[1]))
                || words.windows(3).any(|three| {
                    forms.iter().any(|form| form == three[0])
                        && matches!(three[1], "=" | "==" | "!=")
                        && matches!(three[2], "\"\"" | "''")
                })
        };
        tests.iter().any(asks_for_it) || self.slice(after.end_byte()..self.len()).contains(&format!("${{{variable}:?"))
    }

    /// Whether a later test compares `variable` with something.
    pub(super) fn is_tested(&self, variable: &str, after: Node<'_>) -> bool {
        let tests = self.nodes(|node| {
            matches!(node.kind(), "test_command" | "case_statement") && node.start_byte() >= after.end_byte()
        });
        tests.into_iter().any(|test| {
            let reads =
                |node: Node<'_>| matches!(node.kind(), "simple_expansion" | "expansion") && self.names(node, variable);
            match test.kind() {
                "case_statement" => test.child_by_field_name("value").is_some_and(|value| has(value, reads)),
                _ => has(test, reads),
            }
        })
    }
}

/// Whether a node within `root`, or it, is as wanted.
pub(super) fn has(root: Node<'_>, wanted: impl Fn(Node<'_>) -> bool + Copy) -> bool {
    wanted(root) || children(root).into_iter().any(|child| has(child, wanted))
}

/// The nodes within `root`, and it, that are as wanted.
pub(super) fn within<'a>(root: Node<'a>, wanted: impl Fn(Node<'a>) -> bool + Copy) -> Vec<Node<'a>> {
    let own = wanted(root).then_some(root);
    own.into_iter().chain(children(root).into_iter().flat_map(|child| within(child, wanted))).collect()
}
