//! Loops that ask again and again until something is as it should be.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use tree_sitter::Node;

use super::block::{in_test, leaves, then_branch};
use super::consequence::Consequence;
use super::script::{Script, children, statements};
use super::variables::{has, within};

/// A loop that asks until it has the answer it waits for, or gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// The lines of what is asked each round, from 1.
    pub asks: Vec<RangeInclusive<usize>>,
    /// Where it is left with the answer: `break`, `return` and `exit`. Empty where the loop's own test leaves it.
    pub done: BTreeSet<usize>,
    /// Where it is left without, and nothing says that this is a failure.
    pub gives_up: BTreeSet<usize>,
    /// Its own test has the limit, too: it is left with the answer if the last round had it.
    pub by_test: bool,
}

/// Bodies of functions by name.
type Functions<'a> = BTreeMap<&'a str, Node<'a>>;

/// What the branch of a test in a loop's body does that leaves the loop.
struct Exit<'a> {
    test: Vec<Node<'a>>,
    leaves: Vec<Node<'a>>,
    /// With a failure: for the caller to see.
    fails: bool,
}

impl Script {
    /// The loops that ask `cub` or `kubectl` and of which the text tells how they end. Those behind which the script
    /// looks whether they had an answer, and does something if not, are left out.
    pub fn polls(&self) -> Vec<Poll> {
        let asking = self.asking_functions();
        self.nodes(is_loop).into_iter().filter_map(|node| self.poll(node, &asking)).collect()
    }

    fn poll(&self, node: Node<'_>, functions: &Functions<'_>) -> Option<Poll> {
        let body = children(node).into_iter().find(|child| child.kind() == "do_group")?;
        // What stands before the body of a `for` is no test.
        let is_while = node.kind() == "while_statement";
        let test: Vec<_> = statements(node).into_iter().filter(|child| is_while && in_test(node, *child)).collect();
        let by_question = test.iter().any(|test| self.calls_a_client(*test, functions));
        let by_test = by_question && self.limits_itself(node, &test);
        if self.searches(node, &test) {
            return None;
        }
        let (mut done, mut gives_up) = (BTreeSet::new(), BTreeSet::new());
        let mut asked: Vec<Node<'_>> = if by_question { test } else { Vec::new() };
        for exit in self.exits(body, node).into_iter().filter(|exit| !exit.fails) {
            let asking = self.asking(&exit.test, body, functions);
            if self.searches(node, &exit.test) {
                return None;
            }
            let lines = exit.leaves.iter().map(|leave| self.first_line_of(*leave));
            if asking.is_empty() || by_question {
                gives_up.extend(lines);
            } else {
                done.extend(lines);
                asked.extend(asking);
            }
        }
        // On one line the trace does not tell which of them it was.
        let tells = done.is_disjoint(&gives_up) && (by_test || !done.is_empty() || !gives_up.is_empty());
        if asked.is_empty() || !tells || self.is_looked_at_behind(node, functions) {
            return None;
        }
        let asks = asked.into_iter().flat_map(|node| self.lines_of_questions(node, functions)).collect();
        Some(Poll { asks, done, gives_up, by_test })
    }

    /// Whether a loop's test is a question and a limit: `while ! kubectl … && [ $n -lt 9 ]`.
    fn limits_itself(&self, node: Node<'_>, test: &[Node<'_>]) -> bool {
        let wants_success = self.text(node).starts_with("until")
            || test.iter().any(|test| self.text(*test).trim_start().starts_with("! "));
        let has_limit = test.iter().any(|test| {
            test.kind() == "list"
                && statements(*test)
                    .iter()
                    .any(|part| part.kind() == "test_command" || self.text(*part).starts_with("(("))
        });
        wants_success && has_limit && !test.iter().any(|test| has(*test, |node| node.kind() == "pipeline"))
    }

    /// Whether a test is about what is another thing each round: the loop searches, and does not wait.
    fn searches(&self, node: Node<'_>, test: &[Node<'_>]) -> bool {
        let own = node.child_by_field_name("variable").map(|variable| self.text(variable));
        let reads = within(node, |node| node.kind() == "command" && self.name(node) == Some("read"));
        let read = reads.into_iter().flat_map(statements).map(|word| self.text(word));
        let each: BTreeSet<&str> = own.into_iter().chain(read).collect();
        test.iter().any(|test| {
            self.variables_in(*test).iter().any(|name| each.contains(name)) && !is_counted(self.text(*test))
        })
    }

    /// The lines of what asks in `node`, also in functions that it calls.
    fn lines_of_questions(&self, node: Node<'_>, functions: &Functions<'_>) -> Vec<RangeInclusive<usize>> {
        let commands = within(node, |node| node.kind() == "command").into_iter();
        let bodies = commands.filter_map(|command| functions.get(self.name(command)?).copied());
        std::iter::once(node).chain(bodies).map(|node| self.lines(node)).collect()
    }

    /// The functions that call one of the two clients.
    fn asking_functions(&self) -> Functions<'_> {
        let named = self.nodes(|node| node.kind() == "function_definition").into_iter().filter_map(|function| {
            let name = self.text(function.child_by_field_name("name")?);
            Some((name, function.child_by_field_name("body")?))
        });
        named.filter(|(_, body)| has(*body, |node| self.is_client(node))).collect()
    }

    fn is_client(&self, node: Node<'_>) -> bool {
        node.kind() == "command" && matches!(self.name(node), Some("cub" | "kubectl"))
    }

    /// Whether something in `node` calls one of the two clients, by itself or in a function.
    fn calls_a_client(&self, node: Node<'_>, functions: &Functions<'_>) -> bool {
        has(node, |node| {
            let is_function = || self.name(node).is_some_and(|name| functions.contains_key(name));
            self.is_client(node) || node.kind() == "command" && is_function()
        })
    }

    /// The ways out of the body of `around` that hang on a test.
    fn exits<'a>(&self, body: Node<'a>, around: Node<'a>) -> Vec<Exit<'a>> {
        let own = |node: &Node<'a>| loop_of(*node) == Some(around);
        let tests = within(body, |node| matches!(node.kind(), "if_statement" | "elif_clause" | "list"));
        let exits = tests.into_iter().filter(own).filter_map(|node| {
            if node.kind() == "list" {
                let parts = children(node);
                let [left, operator, right] = parts.as_slice() else { return None };
                let exit =
                    Exit { test: vec![*left], leaves: self.leaves(&[*right]), fails: self.is_failure(&[*right]) };
                return (operator.kind() == "&&").then_some(exit);
            }
            let test = statements(node).into_iter().filter(|child| in_test(node, *child)).collect();
            let then = then_branch(node);
            Some(Exit { test, leaves: self.leaves(&then), fails: self.is_failure(&then) })
        });
        exits.filter(|exit| !exit.leaves.is_empty()).collect()
    }

    /// The commands of a branch, not of what is nested in it, that leave a loop or more.
    fn leaves<'a>(&self, branch: &[Node<'a>]) -> Vec<Node<'a>> {
        let parts = branch.iter().flat_map(|node| match node.kind() {
            "compound_statement" | "list" => statements(*node),
            _ => vec![*node],
        });
        parts.filter(|node| self.name(*node).is_some_and(leaves)).collect()
    }

    /// What a test asks: itself, or what gave the variables it looks at their values in the same round.
    fn asking<'a>(&self, test: &[Node<'a>], body: Node<'a>, functions: &Functions<'_>) -> Vec<Node<'a>> {
        if test.iter().any(|test| self.calls_a_client(*test, functions)) {
            return test.to_vec();
        }
        let looked_at: Vec<&str> = test.iter().flat_map(|test| self.variables_in(*test)).collect();
        within(body, |node| node.kind() == "variable_assignment")
            .into_iter()
            .filter(|node| self.calls_a_client(*node, functions))
            .filter(|node| self.variables_set(*node).iter().any(|name| looked_at.contains(name)))
            .collect()
    }

    fn variables_in(&self, node: Node<'_>) -> Vec<&str> {
        within(node, |node| node.kind() == "variable_name").into_iter().map(|name| self.text(name)).collect()
    }

    /// Whether what stands behind the loop fails, or tests what the loop knows and does more than print.
    fn is_looked_at_behind(&self, node: Node<'_>, functions: &Functions<'_>) -> bool {
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
        let known = self.variables_of_loop(node);
        for statement in behind.into_iter().filter(|node| node.kind() != "comment") {
            let is_test = matches!(statement.kind(), "if_statement" | "list" | "case_statement" | "test_command");
            let about = || {
                self.variables_in(statement).iter().any(|name| known.contains(name))
                    || self.calls_a_client(statement, functions)
            };
            if is_test && about() && (has(statement, |node| self.acts(node)) || statement.kind() == "test_command") {
                return true;
            }
            let fails = matches!(
                self.consequence(&[statement]),
                Consequence::Fails | Consequence::Returns | Consequence::Exits
            );
            if fails || self.waits_by_itself(statement) {
                return true;
            }
        }
        false
    }

    /// The variables that a loop sets.
    fn variables_of_loop(&self, node: Node<'_>) -> BTreeSet<&str> {
        let sets = |node: Node<'_>| {
            node.kind() == "variable_assignment"
                || node.kind() == "compound_statement" && self.text(node).starts_with("((")
        };
        let own = node.child_by_field_name("variable").map(|variable| self.text(variable));
        let set = within(node, sets).into_iter().flat_map(|node| self.variables_set(node));
        own.into_iter().chain(set).collect()
    }

    /// Whether a statement is a client's own wait, which fails where what it waits for does not come.
    fn waits_by_itself(&self, node: Node<'_>) -> bool {
        let words: Vec<&str> = self.text(node).split_whitespace().take(3).collect();
        matches!(words.as_slice(), ["kubectl", "wait", ..] | ["kubectl", "rollout", "status"])
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

/// Whether a text compares a number, as the test of a limit does.
fn is_counted(text: &str) -> bool {
    ["-ge", "-gt", "-eq", "-lt", "-le", "(("].iter().any(|operator| text.contains(operator))
}
