//! The commands of a script beside which another one can tell their status.

use std::ops::Range;

use tree_sitter::Node;

use super::locate::Site;
use super::script::{Script, children, statements};
use super::words::Word;

/// Builtins that go elsewhere, change the shell, or say nothing by their status; and what only prints.
const LEFT_ALONE: [&str; 27] = [
    ":", "true", "echo", "printf", "exit", "return", "break", "continue", "exec", "eval", ".", "source", "set",
    "unset", "shift", "export", "readonly", "local", "trap", "read", "umask", "alias", "times", "getopts", "kill",
    "wait", "command",
];

/// A simple command as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleCommand {
    /// Where it begins.
    pub begins: usize,
    /// It with its redirections.
    pub statement: Range<usize>,
}

impl Script {
    /// The simple commands that are neither the script's functions nor called one of `others`. Those in the
    /// background are left out, as their process is known by its number, and those with here-documents or in
    /// backquotes; all of them where the text cannot be read as a whole.
    pub fn simple_commands(&self, others: &[&str]) -> Vec<SimpleCommand> {
        if self.root().is_none_or(|root| root.has_error()) {
            return Vec::new();
        }
        let is_command = |node: Node<'_>| matches!(node.kind(), "command" | "test_command");
        let commands = self.nodes(is_command).into_iter().filter(|node| {
            let name = self.words_as_written(*node).into_iter().next().unwrap_or_default();
            !name.is_empty()
                && !LEFT_ALONE.contains(&name.as_str())
                && !others.contains(&name.as_str())
                && self.function(&name).is_none()
                && !self.is_apart(&self.site(*node))
                && !self.is_within_other_text(*node)
        });
        commands.filter_map(simple_command).collect()
    }

    /// The command that begins at this byte, with its words as written.
    pub fn simple_command_at(&self, begins: usize) -> Option<(Site, Vec<String>)> {
        let is_it = |node: Node<'_>| matches!(node.kind(), "command" | "test_command") && node.start_byte() == begins;
        let node = self.nodes(is_it).into_iter().next()?;
        Some((self.site(node), self.words_as_written(node)))
    }

    /// A command's words, each as its text where something in it is expanded; none when that is its name.
    pub(super) fn words_as_written(&self, node: Node<'_>) -> Vec<String> {
        if node.kind() == "test_command" {
            return self.text(node).split_whitespace().map(str::to_owned).collect();
        }
        let own = statements(node).into_iter().filter(|child| child.kind() != "variable_assignment");
        let word = |child: Node<'_>| {
            Word::of(self, child).literal().map_or_else(|| self.text(child).to_owned(), str::to_owned)
        };
        let is_literal = node.child_by_field_name("name").is_some_and(|name| Word::of(self, name).literal().is_some());
        if is_literal { own.map(word).collect() } else { Vec::new() }
    }

    /// Whether a command stands where other rules for quotes hold, or in a text.
    pub(super) fn is_within_other_text(&self, node: Node<'_>) -> bool {
        let mut up = node.parent();
        while let Some(around) = up {
            let backquoted = around.kind() == "command_substitution" && self.text(around).starts_with('`');
            if backquoted || around.kind().starts_with("heredoc") {
                return true;
            }
            up = around.parent();
        }
        false
    }
}

/// The command with what it is written with, unless that is a here-document.
fn simple_command(node: Node<'_>) -> Option<SimpleCommand> {
    let parent = node.parent()?;
    let is_body = parent.kind() == "redirected_statement" && parent.child_by_field_name("body") == Some(node);
    let statement = if is_body { parent } else { node };
    let has_document = children(statement).iter().any(|part| part.kind().starts_with("here"));
    // A list whose last command is redirected may hold the here-document.
    let in_document =
        parent.parent().is_some_and(|up| children(up).iter().any(|part| part.kind() == "heredoc_redirect"));
    let begins = node.start_byte();
    (!has_document && !in_document).then(|| SimpleCommand { begins, statement: statement.byte_range() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_with_their_redirections() {
        let text = "grep x f >out || true\nif [ -f f ]; then ls; fi\nf() { rm f; }\nf\nx=$(cat a | sort)\nls &\n\
                    A=b make all 2>&1\n$tool x\n! cmp a b\n(ls; ls) &\ny=`ls`\n";
        let script = Script::parse(text);
        let found = script.simple_commands(&["make"]);
        let texts: Vec<&str> = found.iter().map(|one| &text[one.statement.clone()]).collect();
        assert_eq!(texts, ["grep x f >out", "[ -f f ]", "ls", "rm f", "cat a", "sort", "cmp a b"]);
        let (site, words) = script.simple_command_at(found[1].begins).unwrap();
        assert_eq!((site.line(), words.join(" ").as_str()), (2, "[ -f f ]"));
        assert_eq!(Script::parse("cat <<E | sort\nx\nE\n").simple_commands(&[]), []);
        assert_eq!(Script::parse("if x; then\n").simple_commands(&[]), []);
    }
}
