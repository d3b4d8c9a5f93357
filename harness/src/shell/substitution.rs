//! What becomes of the status of a command substitution.

use tree_sitter::Node;

use super::script::{Script, children};

/// Where a substitution's status goes.
pub(super) enum Use<'a> {
    /// It is the status of this assignment.
    Status(Node<'a>),
    /// Nothing sees it, because of this construct.
    Lost(String),
    /// Likewise, and the output becomes the value of a variable by this statement.
    LostToVariable(String),
}

impl Script {
    /// Where the status of the `command_substitution` node goes.
    pub(super) fn substitution_use<'a>(&self, substitution: Node<'a>) -> Use<'a> {
        let mut node = substitution;
        while let Some(parent) = node.parent() {
            match parent.kind() {
                "variable_assignment" => return self.assignment_use(substitution, parent),
                "declaration_command" => return self.declared(parent),
                "command" => {
                    let name = self.name(parent).unwrap_or_default();
                    return Use::Lost(match name {
                        "[" | "test" => "a command substitution in a test".to_owned(),
                        _ if parent.child_by_field_name("name") == Some(node) => {
                            "a command substitution as the name of a command".to_owned()
                        }
                        _ => format!("a command substitution in an argument of `{name}`"),
                    });
                }
                "test_command" => return Use::Lost("a command substitution in a test".to_owned()),
                "for_statement" => return Use::Lost("a command substitution in the list of `for`".to_owned()),
                "case_statement" => return Use::Lost("a command substitution in `case`".to_owned()),
                "heredoc_body" => return Use::Lost("a command substitution in a here-document".to_owned()),
                "file_redirect" | "herestring_redirect" => {
                    return Use::Lost("a command substitution in a redirection".to_owned());
                }
                _ => node = parent,
            }
        }
        Use::Lost("a command substitution".to_owned())
    }

    fn assignment_use<'a>(&self, substitution: Node<'a>, assignment: Node<'a>) -> Use<'a> {
        let statement = match assignment.parent() {
            Some(parent) if parent.kind() == "declaration_command" => return self.declared(parent),
            Some(parent) if parent.kind() == "command" => {
                let name = self.name(parent).unwrap_or_default();
                return Use::Lost(format!("an assignment before `{name}`"));
            }
            Some(parent) if parent.kind() == "variable_assignments" => parent,
            _ => assignment,
        };
        if last_substitution(statement).is_some_and(|last| last.id() != substitution.id()) {
            return Use::Lost("a later command substitution of the same assignment".to_owned());
        }
        Use::Status(statement)
    }

    /// `local`, `export` and the like have a status of their own.
    fn declared<'a>(&self, declaration: Node<'_>) -> Use<'a> {
        let keyword = self.text(declaration).split_whitespace().next().unwrap_or_default();
        Use::LostToVariable(format!("`{keyword} x=$(…)`"))
    }
}

impl Script {
    /// The variable that takes the output of the substitution around `node`, and the statement that sets it.
    pub(super) fn variable_of<'a>(&self, node: Node<'a>) -> Option<(&str, Node<'a>)> {
        let mut up = node;
        while up.kind() != "command_substitution" {
            up = up.parent()?;
        }
        while up.kind() != "variable_assignment" {
            up = up.parent().filter(|parent| !matches!(parent.kind(), "command" | "test_command"))?;
        }
        Some((self.text(up.child_by_field_name("name")?), up))
    }
}

/// The last command substitution in `node` that is not within another one.
fn last_substitution(node: Node<'_>) -> Option<Node<'_>> {
    children(node).into_iter().rev().find_map(|child| match child.kind() {
        "command_substitution" => Some(child),
        _ => last_substitution(child),
    })
}
