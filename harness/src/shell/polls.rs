//! Loops that ask again and again until something is as it should be.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use tree_sitter::Node;

use super::block::in_test;
use super::consequence::Consequence;
use super::script::{Script, children, statements};
use super::variables::{has, within};

/// A loop that asks until it has the answer it waits for, or gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// The lines of the whole loop, from 1.
    pub lines: RangeInclusive<usize>,
    /// The lines of what is asked each round.
    pub asks: Vec<RangeInclusive<usize>>,
    /// Where it is left with the answer: `break`, `return` and `exit`. Empty where the loop's own test leaves it.
    pub done: BTreeSet<usize>,
    /// Where it is left without.
    pub gives_up: BTreeSet<usize>,
}

/// What the branch of a test in a loop's body does that leaves the loop.
struct Exit<'a> {
    test: Vec<Node<'a>>,
    leaves: Vec<Node<'a>>,
}

impl Script {
    /// The loops that ask `cub` or `kubectl` and of which the text tells how they end. Those behind which the script
    /// looks whether they had an answer, and does something if not, are left out.
    pub fn polls(&self) -> Vec<Poll> {
        self.nodes(is_loop).into_iter().filter_map(|node| self.poll(node)).collect()
    }

    fn poll(&self, node: Node<'_>) -> Option<Poll> {
        let body = children(node).into_iter().find(|child| child.kind() == "do_group")?;
        let test: Vec<_> = statements(node).into_iter().filter(|child| in_test(node, *child)).collect();
        let by_test = node.kind() == "while_statement" && test.iter().any(|test| asks(self, *test));
        let (mut done, mut gives_up) = (BTreeSet::new(), BTreeSet::new());
        let mut asked: Vec<Node<'_>> = if by_test { test } else { Vec::new() };
        for exit in self.exits(body, node) {
            let asking = self.asking(&exit.test, body);
            let lines = exit.leaves.iter().map(|leave| self.first_line_of(*leave));
            if asking.is_empty() || by_test {
                gives_up.extend(lines);
            } else {
                done.extend(lines);
                asked.extend(asking);
            }
        }
        // On one line the trace does not tell which of them it was.
        let tells = done.is_disjoint(&gives_up) && (!done.is_empty() || !gives_up.is_empty());
        if asked.is_empty() || !tells || self.is_looked_at_behind(node) {
            return None;
        }
        let asks = asked.into_iter().map(|node| self.lines(node)).collect();
        Some(Poll { lines: self.lines(node), asks, done, gives_up })
    }

    /// The ways out of the body of `around` that hang on a test.
    fn exits<'a>(&self, body: Node<'a>, around: Node<'a>) -> Vec<Exit<'a>> {
        let own = |node: &Node<'a>| loop_of(*node) == Some(around);
        let tests = within(body, |node| matches!(node.kind(), "if_statement" | "elif_clause" | "list"));
        let exits = tests.into_iter().filter(own).filter_map(|node| {
            if node.kind() == "list" {
                let parts = children(node);
                let [left, operator, right] = parts.as_slice() else { return None };
                let exit = Exit { test: vec![*left], leaves: self.leaves(&[*right]) };
                return (operator.kind() == "&&").then_some(exit);
            }
            let (test, then): (Vec<_>, Vec<_>) = statements(node).into_iter().partition(|child| in_test(node, *child));
            let then: Vec<_> = then.into_iter().filter(|child| !child.kind().ends_with("_clause")).collect();
            Some(Exit { test, leaves: self.leaves(&then) })
        });
        exits.filter(|exit| !exit.leaves.is_empty()).collect()
    }

    /// The commands of a branch, not of what is nested in it, that leave a loop or more.
    fn leaves<'a>(&self, branch: &[Node<'a>]) -> Vec<Node<'a>> {
        let parts = branch.iter().flat_map(|node| match node.kind() {
            "compound_statement" | "list" => statements(*node),
            _ => vec![*node],
        });
        parts.filter(|node| matches!(self.name(*node), Some("break" | "return" | "exit"))).collect()
    }

    /// What a test asks: itself, or what gave the variables it looks at their values in the same round.
    fn asking<'a>(&self, test: &[Node<'a>], body: Node<'a>) -> Vec<Node<'a>> {
        if test.iter().any(|test| asks(self, *test)) {
            return test.to_vec();
        }
        let looked_at: Vec<&str> = test.iter().flat_map(|test| self.variables_in(*test)).collect();
        within(body, |node| node.kind() == "variable_assignment")
            .into_iter()
            .filter(|node| asks(self, *node))
            .filter(|node| self.variables_set(*node).iter().any(|name| looked_at.contains(name)))
            .collect()
    }

    fn variables_in(&self, node: Node<'_>) -> Vec<&str> {
        within(node, |node| node.kind() == "variable_name").into_iter().map(|name| self.text(name)).collect()
    }

    /// Whether what stands behind the loop fails, or tests what the loop knows and does more than print.
    fn is_looked_at_behind(&self, node: Node<'_>) -> bool {
        let mut last = node;
        // `… done || die`, `{ …; done; } && …`.
        while let Some(parent) = last.parent().filter(|parent| matches!(parent.kind(), "list" | "redirected_statement"))
        {
            if parent.kind() == "list" && statements(parent).first() == Some(&last) {
                return true;
            }
            last = parent;
        }
        let mut behind = Vec::new();
        let mut next = last.next_named_sibling();
        while let Some(sibling) = next {
            behind.push(sibling);
            next = sibling.next_named_sibling();
        }
        let known: BTreeSet<&str> = self.variables_in(node).into_iter().collect();
        for statement in behind.into_iter().filter(|node| node.kind() != "comment") {
            let is_test = matches!(statement.kind(), "if_statement" | "list" | "case_statement" | "test_command");
            if is_test {
                let about =
                    self.variables_in(statement).iter().any(|name| known.contains(name)) || asks(self, statement);
                return about && (has(statement, |node| self.acts(node)) || statement.kind() == "test_command");
            }
            match self.consequence(&[statement]) {
                Consequence::Nothing | Consequence::Prints => {}
                Consequence::Fails | Consequence::Returns | Consequence::Exits => return true,
                Consequence::Skips | Consequence::Quits | Consequence::Acts => return false,
            }
        }
        false
    }

    /// Whether a command does more than print.
    fn acts(&self, node: Node<'_>) -> bool {
        node.kind() == "command" && self.consequence(&[node]) > Consequence::Quits
    }
}

fn is_loop(node: Node<'_>) -> bool {
    matches!(node.kind(), "while_statement" | "for_statement" | "c_style_for_statement")
}

/// The innermost loop around `node`, within its function.
fn loop_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut up = node.parent();
    while let Some(parent) = up.filter(|parent| parent.kind() != "function_definition") {
        if is_loop(parent) {
            return Some(parent);
        }
        up = parent.parent();
    }
    None
}

/// Whether something in `node` calls one of the two clients.
fn asks(script: &Script, node: Node<'_>) -> bool {
    has(node, |node| node.kind() == "command" && matches!(script.name(node), Some("cub" | "kubectl")))
}
