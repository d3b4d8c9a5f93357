//! What a script does when a command fails.

use tree_sitter::Node;

use super::block::in_test;
use super::script::{Script, children, statements};
use super::variables::{has, within};

/// What the commands that run on a failure amount to, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Consequence {
    /// `true`, `:`, `sleep`, a variable that nothing reads, or nothing at all.
    Nothing,
    /// They only print.
    Prints,
    /// They go on with the next round of a loop.
    Skips,
    /// They end the script or function with success.
    Quits,
    /// They fail themselves, and so does what they stand in.
    Fails,
    /// They end the function with a failure.
    Returns,
    /// They end the script with a failure.
    Exits,
    /// Anything else: they remember it, or try something.
    Acts,
}

/// Functions that call functions are followed this deep.
const DEPTH: usize = 4;

impl Script {
    /// What these statements amount to, run in this order after a failure.
    pub(super) fn consequence(&self, statements: &[Node<'_>]) -> Consequence {
        self.consequence_within(statements, DEPTH)
    }

    fn consequence_within(&self, nodes: &[Node<'_>], depth: usize) -> Consequence {
        let mut strongest = Consequence::Nothing;
        for (index, node) in nodes.iter().enumerate() {
            let consequence = self.statement(*node, index == 0, depth);
            match consequence {
                // What follows an end is not reached. What was remembered before it, counts.
                Consequence::Skips
                | Consequence::Quits
                | Consequence::Returns
                | Consequence::Exits
                | Consequence::Acts => return strongest.max(consequence),
                Consequence::Fails if index + 1 == nodes.len() => return consequence,
                Consequence::Fails => {}
                Consequence::Nothing | Consequence::Prints => strongest = strongest.max(consequence),
            }
        }
        strongest
    }

    fn statement(&self, node: Node<'_>, first: bool, depth: usize) -> Consequence {
        match node.kind() {
            "comment" => Consequence::Nothing,
            "compound_statement" if self.text(node).starts_with("((") => self.kept(node),
            "compound_statement" | "subshell" | "list" | "pipeline" => {
                self.consequence_within(&statements(node), depth)
            }
            "redirected_statement" => {
                node.child_by_field_name("body").map_or(Consequence::Acts, |body| self.statement(body, first, depth))
            }
            "variable_assignment" | "variable_assignments" | "declaration_command" => self.kept(node),
            "command" => self.command_consequence(node, first, depth),
            _ => Consequence::Acts,
        }
    }

    /// Whether these statements say that what led to them is a failure: they end the script or function with one, or
    /// count one that is asked for.
    pub(super) fn is_failure(&self, nodes: &[Node<'_>]) -> bool {
        // Behind a success the status of the command before is none.
        let without_status = |node: Node<'_>| {
            node.kind() == "command"
                && matches!(self.name(node), Some("exit" | "return"))
                && statements(node).get(1).is_none_or(|status| self.text(*status).contains("$?"))
        };
        match self.consequence(nodes) {
            Consequence::Exits | Consequence::Returns | Consequence::Fails => {
                !nodes.iter().any(|node| has(*node, without_status))
            }
            Consequence::Acts => nodes.iter().any(|node| has(*node, |node| self.counts_failure(node))),
            _ => false,
        }
    }

    /// Whether a statement sets a variable that by its name is about failures, and is asked for.
    fn counts_failure(&self, node: Node<'_>) -> bool {
        let sets = node.kind() == "variable_assignment"
            || (node.kind() == "compound_statement" && self.text(node).starts_with("(("));
        let is_about_failures = |name: &str| {
            name.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|word| {
                matches!(
                    word,
                    "fail"
                        | "fails"
                        | "failed"
                        | "failure"
                        | "failures"
                        | "err"
                        | "errs"
                        | "error"
                        | "errors"
                        | "bad"
                        | "problem"
                        | "problems"
                        | "wrong"
                )
            })
        };
        let is_reset = node
            .child_by_field_name("value")
            .is_some_and(|value| matches!(self.text(value).trim_matches(['"', '\'']), "" | "0" | "false" | "no"));
        sets && !is_reset
            && self.variables_set(node).into_iter().any(|name| is_about_failures(name) && self.is_consulted(name))
    }

    /// Whether statements of its block before the command at `site` remember something that is asked for.
    pub fn remembers_before(&self, site: &super::locate::Site) -> bool {
        let Some(node) = self.node(site) else { return false };
        let mut before = node.prev_sibling();
        while let Some(sibling) = before {
            let keeps = matches!(sibling.kind(), "variable_assignment" | "compound_statement" | "command" | "list");
            if keeps && self.consequence(&[sibling]) == Consequence::Acts {
                return true;
            }
            before = sibling.prev_sibling();
        }
        false
    }

    /// Whether the function around `site` counts its failures in a variable of the script that is asked for, as
    /// `failed=$((failed + 1))` in an `else` does.
    pub fn counts_failures_around(&self, site: &super::locate::Site) -> bool {
        let mut up = self.node(site);
        while let Some(node) = up.filter(|node| node.kind() != "function_definition") {
            up = node.parent();
        }
        let Some(function) = up else { return false };
        let own: Vec<&str> = within(function, |node| node.kind() == "declaration_command")
            .into_iter()
            .flat_map(|declaration| self.variables_set(declaration))
            .collect();
        let counts = |node: Node<'_>| {
            let is_count = node.kind() == "variable_assignment"
                || (node.kind() == "compound_statement" && self.text(node).starts_with("(("));
            let kept = || self.variables_set(node).into_iter().filter(|name| !own.contains(name));
            is_count && self.is_for_failure(node, function) && kept().any(|name| self.is_consulted(name))
        };
        has(function, counts)
    }

    /// Whether `node` stands where `function` goes on after a failure: in an `else`, behind `if !` or `||`.
    fn is_for_failure(&self, node: Node<'_>, function: Node<'_>) -> bool {
        let mut node = node;
        while let Some(parent) = node.parent().filter(|_| node != function) {
            let is = match parent.kind() {
                "else_clause" => true,
                "if_statement" | "elif_clause" => {
                    let negated = |test: Node<'_>| self.text(test).trim_start().starts_with("! ");
                    !in_test(parent, node)
                        && children(parent).into_iter().any(|child| in_test(parent, child) && negated(child))
                }
                "list" => {
                    children(parent).iter().any(|child| child.kind() == "||")
                        && statements(parent).last() == Some(&node)
                }
                _ => false,
            };
            if is {
                return true;
            }
            node = parent;
        }
        false
    }

    /// A failure that is remembered counts when something asks for it.
    fn kept(&self, statement: Node<'_>) -> Consequence {
        let runs_more = has(statement, |node| node.kind() == "command_substitution");
        let asked = self.variables_set(statement).iter().any(|variable| self.is_consulted_after(variable, statement));
        if runs_more || asked { Consequence::Acts } else { Consequence::Nothing }
    }

    fn command_consequence(&self, command: Node<'_>, first: bool, depth: usize) -> Consequence {
        let argument = statements(command).get(1).map(|node| self.text(*node));
        match self.name(command).unwrap_or_default() {
            "true" | ":" | "sleep" => Consequence::Nothing,
            "echo" | "printf" | "cat" | "tput" => Consequence::Prints,
            "false" => Consequence::Fails,
            "let" => self.kept(command),
            "continue" => Consequence::Skips,
            name @ ("exit" | "return") => match argument {
                Some("0") => Consequence::Quits,
                // The status of the command before, which is the failed one only at the beginning.
                None if !first => Consequence::Quits,
                _ if name == "exit" => Consequence::Exits,
                _ => Consequence::Returns,
            },
            name => match (self.function(name), depth.checked_sub(1)) {
                (Some(body), Some(depth)) => match self.consequence_within(&statements(body), depth) {
                    Consequence::Returns => Consequence::Fails,
                    // A function that ends early has done what it was called for.
                    Consequence::Quits | Consequence::Skips => Consequence::Prints,
                    other => other,
                },
                _ => Consequence::Acts,
            },
        }
    }

    /// The beginning of the first command in `node`, such as `echo …`.
    pub(super) fn gist(&self, node: Node<'_>) -> String {
        let mut node = node;
        while matches!(node.kind(), "compound_statement" | "subshell" | "list" | "pipeline" | "redirected_statement") {
            match statements(node).first() {
                Some(first) => node = *first,
                None => break,
            }
        }
        let words = statements(node);
        match words.as_slice() {
            [_, status] if matches!(self.name(node), Some("exit" | "return")) => {
                format!("{} {}", self.name(node).unwrap_or_default(), self.text(*status))
            }
            [name, _, ..] if node.kind() == "command" => format!("{} …", self.text(*name)),
            _ => self.text(node).lines().next().unwrap_or_default().to_owned(),
        }
    }
}
