//! A statement's surroundings: what comes after it, and whether `set -e` holds there.

use tree_sitter::Node;

use super::consequence::Consequence;
use super::script::{Script, children, statements};

/// What comes right after a statement.
pub(super) enum Next<'a> {
    /// It runs in the background.
    Background,
    /// Nothing: its status is that of the block.
    End,
    /// Something that looks at `$?`.
    ReadsStatus(Node<'a>),
    /// `exit` without a status.
    Exit,
    /// `return` without a status.
    Return,
    /// Anything else.
    Other,
}

impl Script {
    /// What comes after the statement `node` in its block.
    pub(super) fn next<'a>(&self, node: Node<'a>) -> Next<'a> {
        let mut after = node.next_sibling();
        if after.is_some_and(|token| token.kind() == "&") {
            return Next::Background;
        }
        while let Some(next) = after {
            if next.is_named() && next.kind() != "comment" && next.kind() != "heredoc_body" {
                return self.judge(next);
            }
            after = next.next_sibling();
        }
        Next::End
    }

    fn judge<'a>(&self, next: Node<'a>) -> Next<'a> {
        if matches!(next.kind(), "else_clause" | "elif_clause") {
            return Next::End;
        }
        match self.text(next).trim() {
            "exit" | "exit $?" => Next::Exit,
            "return" | "return $?" => Next::Return,
            text if reads_status(head(text)) => Next::ReadsStatus(next),
            _ => Next::Other,
        }
    }

    /// What a `trap … ERR` does, when one is set somewhere.
    pub(super) fn traps_errors(&self) -> Option<Consequence> {
        let traps = |node: Node<'_>| {
            node.kind() == "command"
                && self.name(node) == Some("trap")
                && statements(node).last().is_some_and(|signal| self.text(*signal) == "ERR")
        };
        let text = self.nodes(traps).first().and_then(|trap| Some(self.text(*statements(*trap).get(1)?)))?;
        let body = Self::parse(text.trim_matches(['\'', '"']));
        let commands = body.nodes(|node| node.kind() == "command");
        let consequences = commands.iter().map(|command| {
            let own = body.name(*command).and_then(|name| self.function(name));
            match own {
                Some(function) => self.consequence(&statements(function)),
                None => body.consequence(&[*command]),
            }
        });
        Some(consequences.max().unwrap_or(Consequence::Nothing))
    }

    /// Where a background command's status is asked for: the first `wait` with a process after it.
    pub(super) fn wait_for<'a>(&'a self, background: Node<'_>) -> Option<Node<'a>> {
        let waits = |node: Node<'_>| {
            node.kind() == "command"
                && self.name(node) == Some("wait")
                && statements(node).len() > 1
                && node.start_byte() > background.start_byte()
        };
        self.nodes(waits).into_iter().next()
    }

    /// The statements that run when the status that `reader` looks at is a failure; `None` when the
    /// text does not tell, and an empty list when there are none.
    pub(super) fn on_bad_status<'a>(&self, reader: Node<'a>) -> Option<Vec<Node<'a>>> {
        match reader.kind() {
            "if_statement" => {
                let test = children(reader).into_iter().find(|child| child.is_named() && in_test(reader, *child))?;
                let named = |kind| children(reader).into_iter().find(|child| child.kind() == kind);
                if self.is_true_for_failure(test)? {
                    Some(then_branch(reader))
                } else if named("elif_clause").is_some() {
                    None
                } else {
                    Some(named("else_clause").map(statements).unwrap_or_default())
                }
            }
            "list" => match children(reader).as_slice() {
                [test, operator, right] => match (operator.kind(), self.is_true_for_failure(*test)?) {
                    ("&&", true) | ("||", false) => Some(vec![*right]),
                    ("&&", false) => Some(Vec::new()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a test of `$?` holds for a failure.
    fn is_true_for_failure(&self, test: Node<'_>) -> Option<bool> {
        let whole = self.text(test);
        let (_, after) = whole.split_once("$?").or_else(|| whole.split_once("${?}"))?;
        let mut words = after.trim_start_matches('"').split_whitespace();
        let (operator, value) = (words.next()?, words.next()?);
        let is_zero = value.trim_matches(['"', ';', ']', ')']) == "0";
        match operator {
            "-ne" | "!=" | "-gt" | ">" if is_zero => Some(true),
            "-eq" | "=" | "==" if is_zero => Some(false),
            _ => None,
        }
    }
}

/// The part of a statement that the shell looks at before it runs anything else.
fn head(text: &str) -> &str {
    let compound = ["if ", "while ", "until ", "for ", "case ", "{", "("].iter().any(|word| text.starts_with(word));
    if compound { text.lines().next().unwrap_or_default() } else { text }
}

fn reads_status(text: &str) -> bool {
    ["$?", "${?}", "PIPESTATUS"].iter().any(|status| text.contains(status))
}

/// The construct around `node`, within its function, in which `set -e` has no effect.
///
/// bash manual, "The Set Builtin": not in the test of `if`, `elif`, `while` and `until`, not in
/// a `&&` or `||` list but after the last of them, not under `!`.
pub(super) fn errexit_off(node: Node<'_>) -> Option<&'static str> {
    let mut node = node;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "function_definition" => return None,
            "negated_command" => return Some("a command under `!`"),
            "pipeline" if is_negated(parent) => return Some("a command under `!`"),
            "list" if children(parent).first() == Some(&node) => {
                let and = children(parent).get(1).is_some_and(|operator| operator.kind() == "&&");
                return Some(if and { "the left of `&&`" } else { "the left of `||`" });
            }
            "redirected_statement" if here_document_operator(parent).is_some_and(|list| list.0 == "||") => {
                return Some("the left of `||`");
            }
            "if_statement" | "elif_clause" if in_test(parent, node) => return Some("the test of `if`"),
            "while_statement" if in_test(parent, node) => return Some("the test of a loop"),
            _ => {}
        }
        node = parent;
    }
    None
}

/// Whether `child` of an `if`, `elif` or loop stands before its `then` or `do`.
pub(super) fn in_test(parent: Node<'_>, child: Node<'_>) -> bool {
    let body = children(parent).into_iter().find(|part| matches!(part.kind(), "then" | "do_group"));
    body.is_some_and(|body| child.end_byte() <= body.start_byte())
}

/// What an `if` or `elif` does when its test holds.
pub(super) fn then_branch(node: Node<'_>) -> Vec<Node<'_>> {
    let body = children(node).into_iter().skip_while(|child| child.kind() != "then");
    body.filter(|child| child.is_named() && !child.kind().ends_with("_clause")).collect()
}

/// Whether a command of this name leaves the loop around it, or all.
pub(crate) fn leaves(name: &str) -> bool {
    matches!(name, "break" | "return" | "exit")
}

/// Whether a pipe has a `!` before it, which the parser gives to its first command.
pub(super) fn is_negated(pipeline: Node<'_>) -> bool {
    let mut first = statements(pipeline).first().copied();
    while let Some(node) = first.filter(|node| node.kind() == "redirected_statement") {
        first = node.child_by_field_name("body");
    }
    first.is_some_and(|first| first.kind() == "negated_command")
}

/// Whether a `negated_command` is the first of a pipe.
pub(super) fn negates_pipeline(negated: Node<'_>) -> bool {
    let mut up = negated.parent();
    while let Some(node) = up.filter(|node| node.kind() == "redirected_statement") {
        up = node.parent();
    }
    up.is_some_and(|node| node.kind() == "pipeline")
}

/// `command <<EOF || other`: the parser hangs the operator and the other command on the
/// here-document.
pub(super) fn here_document_operator(redirected: Node<'_>) -> Option<(&'static str, Node<'_>)> {
    let document = children(redirected).into_iter().find(|child| child.kind() == "heredoc_redirect")?;
    let operator = document.child_by_field_name("operator")?.kind();
    Some((if operator == "&&" { "&&" } else { "||" }, document.child_by_field_name("right")?))
}

/// `command <<EOF | other`, likewise.
pub(super) fn here_document_pipe(redirected: Node<'_>) -> bool {
    let document = children(redirected).into_iter().find(|child| child.kind() == "heredoc_redirect");
    document.is_some_and(|document| children(document).iter().any(|child| child.kind() == "pipeline"))
}
