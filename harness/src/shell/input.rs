//! Where a command of a script reads from.

use tree_sitter::Node;

use super::locate::Site;
use super::script::{Script, children};
use super::variables::has;

/// Where a command's standard input comes from, as far as its script's text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// From where the function or script it stands in reads.
    Outer,
    /// From the terminal, whatever the script reads from.
    Terminal,
    /// From a file, a pipe, a here-document or nothing.
    Elsewhere,
}

/// What stands in the copy of a script for `/dev/tty`, where that is read.
pub(crate) const TERMINAL: &str = "\"${STAGEGATE_TERMINAL:-/dev/tty}\"";

impl Script {
    /// Where `/dev/tty` stands as what a `read` reads from.
    pub fn reads_of_terminal(&self) -> Vec<std::ops::Range<usize>> {
        let reads = |node: Node<'_>| node.kind() == "command" && self.name(node) == Some("read");
        let redirections = self.nodes(|node| {
            node.kind() == "file_redirect"
                && children(node).iter().any(|token| token.kind() == "<")
                && node.parent().is_some_and(|statement| has(statement, reads))
        });
        let to = redirections.into_iter().filter_map(|redirection| redirection.child_by_field_name("destination"));
        to.filter(|to| self.text(*to) == "/dev/tty").map(|to| to.byte_range()).collect()
    }

    /// Where the command at `site` reads from.
    pub fn input(&self, site: &Site) -> Input {
        self.node(site).map_or(Input::Outer, |node| self.input_of(node))
    }

    /// Where the call of `function` at `line` reads from.
    pub fn input_of_call(&self, line: usize, function: &str) -> Input {
        self.call(line, function).map_or(Input::Outer, |node| self.input_of(node))
    }

    pub(super) fn input_of(&self, command: Node<'_>) -> Input {
        let mut node = command;
        if let Some(input) = self.redirected_input(node) {
            return input;
        }
        while let Some(parent) = node.parent() {
            match parent.kind() {
                "redirected_statement" => {
                    // A redirection behind a pipe or list is its last command's.
                    let is_last = parent.child_by_field_name("body").is_none_or(|body| {
                        !matches!(body.kind(), "pipeline" | "list") || body.end_byte() == command.end_byte()
                    });
                    if let Some(input) = self.redirected_input(parent).filter(|_| is_last) {
                        return input;
                    }
                }
                "pipeline" if children(parent).first() != Some(&node) => return Input::Elsewhere,
                "function_definition" => return Input::Outer,
                _ => {}
            }
            if node.next_sibling().is_some_and(|token| token.kind() == "&") {
                // A command in the background reads nothing (bash manual, "Lists of Commands").
                return Input::Elsewhere;
            }
            node = parent;
        }
        Input::Outer
    }

    /// What the redirections that are children of `node` make of its input.
    fn redirected_input(&self, node: Node<'_>) -> Option<Input> {
        let reads = |child: &Node<'_>| match child.kind() {
            "herestring_redirect" | "heredoc_redirect" => Some(Input::Elsewhere),
            "file_redirect" => {
                let sends = |operator: &str| children(*child).iter().any(|token| token.kind() == operator);
                let descriptor = child.child_by_field_name("descriptor").map(|number| self.text(number));
                let own = descriptor.is_none_or(|number| number == "0");
                let to = child.child_by_field_name("destination").map(|node| self.text(node));
                match to {
                    Some("/dev/tty" | TERMINAL) if sends("<") && own => Some(Input::Terminal),
                    _ if (sends("<") || sends("<&")) && own => Some(Input::Elsewhere),
                    _ => None,
                }
            }
            _ => None,
        };
        children(node).iter().filter_map(reads).next_back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(text: &str) -> Input {
        let script = Script::parse(text);
        let line = text.lines().position(|line| line.contains("read ")).expect("a line with read") + 1;
        let argv = ["read", "-r", "x"].map(str::to_owned);
        script.input(&script.command(line, &argv).expect("the command"))
    }

    #[test]
    fn redirections_and_pipes_take_a_command_off_its_scripts_input() {
        let cases = [
            ("read -r x", Input::Outer),
            ("if read -r x; then :; fi", Input::Outer),
            ("ask() {\n read -r x\n}\nask < file", Input::Outer),
            ("read -r x 2>/dev/null", Input::Outer),
            ("read -r x && echo y < file", Input::Outer),
            ("x=$(read -r x; echo \"$x\")", Input::Outer),
            ("read -r x < /dev/tty", Input::Terminal),
            ("read -r x < file", Input::Elsewhere),
            ("read -r x <<< word", Input::Elsewhere),
            ("read -r x <&3", Input::Elsewhere),
            ("read -r x <<EOF\na\nEOF", Input::Elsewhere),
            ("while read -r x; do :; done < file", Input::Elsewhere),
            ("while read -r x; do :; done < <(ls)", Input::Elsewhere),
            ("ls | while read -r x; do :; done", Input::Elsewhere),
            ("ls | read -r x", Input::Elsewhere),
            ("read -r x | cat", Input::Outer),
            ("read -r x &", Input::Elsewhere),
        ];
        for (text, expected) in cases {
            assert_eq!(input(text), expected, "{text}");
        }
    }
}
