//! What a script does when a command fails.

use tree_sitter::Node;

use super::script::{Script, statements};

/// What the commands that run on a failure amount to, weakest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Consequence {
    /// `true`, `:` or nothing at all.
    Nothing,
    /// They only print.
    Prints,
    /// They end the script or function with success.
    Quits,
    /// Anything else: they end it with a failure, remember it, or try something.
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
            // What follows an end is not reached.
            if consequence >= Consequence::Quits {
                return consequence;
            }
            strongest = strongest.max(consequence);
        }
        strongest
    }

    fn statement(&self, node: Node<'_>, first: bool, depth: usize) -> Consequence {
        match node.kind() {
            "comment" => Consequence::Nothing,
            "compound_statement" | "subshell" | "list" | "pipeline" => {
                self.consequence_within(&statements(node), depth)
            }
            "redirected_statement" => {
                node.child_by_field_name("body").map_or(Consequence::Acts, |body| self.statement(body, first, depth))
            }
            "command" => self.command_consequence(node, first, depth),
            _ => Consequence::Acts,
        }
    }

    fn command_consequence(&self, command: Node<'_>, first: bool, depth: usize) -> Consequence {
        let argument = statements(command).get(1).map(|node| self.text(*node));
        match self.name(command).unwrap_or_default() {
            "true" | ":" => Consequence::Nothing,
            "echo" | "printf" | "cat" | "tput" => Consequence::Prints,
            "exit" | "return" => match argument {
                Some("0") => Consequence::Quits,
                // The status of the command before, which is the failed one only at the beginning.
                None if !first => Consequence::Quits,
                _ => Consequence::Acts,
            },
            name => match (self.function(name), depth.checked_sub(1)) {
                (Some(body), Some(depth)) => self.consequence_within(&statements(body), depth),
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
