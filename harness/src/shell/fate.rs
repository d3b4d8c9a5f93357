//! What becomes of a command's exit status.

use stagegate_reports::journal::CommandFate;
use tree_sitter::Node;

use super::block::{
    Next, errexit_off, here_document_operator, here_document_pipe, in_test, is_negated, leaves, negates_pipeline,
    then_branch,
};
use super::consequence::Consequence;
use super::locate::Site;
use super::script::{Script, children, statements};
use super::substitution::Use;

/// The options of the shell that ran a command, at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options<'a> {
    /// `set -e`.
    pub errexit: bool,
    /// `set -o pipefail`.
    pub pipefail: bool,
    /// `set -E`.
    pub errtrace: bool,
    /// `set -e` around each substitution the command is within, the outermost first.
    pub errexit_outside: &'a [bool],
}

impl Options<'_> {
    /// The options around the substitution that these hold in.
    fn outside(self) -> Self {
        match self.errexit_outside.split_last() {
            Some((errexit, outside)) => Self { errexit: *errexit, errexit_outside: outside, ..self },
            None => self,
        }
    }
}

/// A call of the function, or the `source` of the file, that a command stands in.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The script with the call.
    pub script: &'a Script,
    /// Its line, as bash traced it.
    pub line: usize,
    /// The function's name, or `source`.
    pub function: &'a str,
}

/// An `if` without `else` that leaves when its test holds.
pub(crate) const LEAVING: &str = "`if` that leaves when it works";

/// A test that fails its script when the command works: what it is to see is the failure.
pub(crate) const EXPECTED: &str = "a check that fails when it works";

/// Between what discarded a status and the variable whose value is tested instead.
pub(crate) const TESTED: &str = ", and a test looks at the value of ";

fn discarded(by: impl Into<String>) -> CommandFate {
    CommandFate::Discarded { by: by.into() }
}

fn handled(by: impl Into<String>) -> CommandFate {
    CommandFate::Handled { by: by.into() }
}

/// What one construct makes of a status.
enum Step<'a> {
    /// Nothing more happens to it.
    Done(CommandFate),
    /// It is now the status of this node.
    Up(Node<'a>),
    /// Likewise, turned into its opposite by `!`.
    UpInverted(Node<'a>),
    /// Likewise, and `set -e` does not act on it, because of this.
    UpIgnored(Node<'a>, &'static str),
    /// It is now the status of the function or sourced file.
    Returned,
    /// The shell, or the subshell around this node, ends with it.
    Exits(Node<'a>),
}

impl Script {
    /// What becomes of a failure of the command at `site`. `callers` are the calls that led to it,
    /// the innermost first; `None` when the text does not tell.
    pub fn fate(&self, site: &Site, options: Options<'_>, callers: &[Caller<'_>]) -> Option<CommandFate> {
        let (node, walk) = (self.node(site)?, Walk { script: self, options, callers });
        match self.name(node).filter(|_| node.kind() == "command") {
            Some("return") => walk.returned(),
            Some("exit") => walk.carry_on(Step::Exits(node)),
            _ => walk.follow(node),
        }
    }
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    script: &'a Script,
    options: Options<'a>,
    callers: &'a [Caller<'a>],
}

impl<'a> Walk<'a> {
    /// Follows the failing status of `node` outwards.
    fn follow(mut self, node: Node<'a>) -> Option<CommandFate> {
        let (mut node, mut ignored, mut inverted) = (node, None, false);
        let mut is_piped = false;
        loop {
            let Some(parent) = node.parent() else { return self.returned() };
            is_piped |= parent.kind() == "pipeline" && statements(parent).last() != Some(&node);
            if parent.kind() == "negated_command" {
                node = parent;
                // The parser gives the `!` before a pipe to the first command only; it is the whole pipe's.
                if !negates_pipeline(parent) {
                    (inverted, ignored) = (!inverted, Some("`!`"));
                }
                continue;
            }
            let step = if inverted { self.inverted_step(node, parent) } else { self.step(node, parent, ignored)? };
            match step {
                // What the check waits for is the failure of the last of the pipe.
                Step::Done(CommandFate::Handled { by }) if by == EXPECTED && is_piped => {
                    return Some(discarded("left of a pipe whose failure its check takes for the answer"));
                }
                Step::Done(fate) => return Some(fate),
                Step::Up(up) => {
                    // A subshell and a substitution have a status of their own to act on.
                    if matches!(parent.kind(), "subshell" | "command_substitution") {
                        ignored = None;
                    }
                    if parent.kind() == "command_substitution" {
                        self.options = self.options.outside();
                    }
                    node = up;
                }
                Step::UpInverted(up) => (node, inverted, ignored) = (up, !inverted, Some("`!`")),
                Step::UpIgnored(up, by) => (node, ignored) = (up, Some(by)),
                Step::Returned => return self.returned(),
                Step::Exits(from) => match self.boundary(from) {
                    Some(boundary) => (node, ignored) = (boundary, None),
                    None => return self.exits_caller(),
                },
            }
        }
    }

    /// What `parent` makes of the failing status of its child `node`.
    fn step(self, node: Node<'a>, parent: Node<'a>, ignored: Option<&'static str>) -> Option<Step<'a>> {
        Some(match parent.kind() {
            "redirected_statement" => self.redirected(parent),
            "heredoc_redirect" => Step::Up(parent.parent()?),
            "list" => self.list(node, parent),
            "pipeline" => self.pipeline(node, parent),
            "if_statement" | "elif_clause" if in_test(parent, node) => self.tested(node, parent),
            "while_statement" if in_test(parent, node) => self.loop_test(parent, false),
            "if_statement" | "elif_clause" | "else_clause" | "compound_statement" | "case_item" | "subshell"
            | "do_group" | "program" => self.statement(node, parent, ignored),
            "command_substitution" => match self.statement(node, parent, ignored) {
                Step::Up(_) => match self.script.substitution_use(parent) {
                    Use::Status(assignment) => Step::Up(assignment),
                    Use::Lost(by) => Step::Done(discarded(by)),
                    Use::LostToVariable(by) => Step::Done(self.captured(node, by)),
                },
                other => other,
            },
            "process_substitution" => Step::Done(discarded("a process substitution")),
            "while_statement"
            | "for_statement"
            | "c_style_for_statement"
            | "case_statement"
            | "variable_assignments" => Step::Up(parent),
            "function_definition" => Step::Returned,
            _ => return None,
        })
    }

    /// What `parent` makes of a failure that `!` has turned into a success.
    fn inverted_step(self, node: Node<'a>, parent: Node<'a>) -> Step<'a> {
        match parent.kind() {
            "if_statement" | "elif_clause" if in_test(parent, node) => {
                let otherwise = statements(parent).into_iter().find(|child| child.kind() == "else_clause");
                if otherwise.is_some_and(|clause| self.script.is_failure(&statements(clause))) {
                    return Step::Done(handled(EXPECTED));
                }
                self.branch(&then_branch(parent), parent, "`if !`")
            }
            "while_statement" if in_test(parent, node) => self.loop_test(parent, true),
            // `! command >/dev/null`: the parser has the redirection around the whole.
            "redirected_statement" if here_document_operator(parent).is_none() => Step::Up(parent),
            "list" => {
                let parts = children(parent);
                match parts.as_slice() {
                    [left, operator, right] if *left == node && operator.kind() == "&&" => {
                        self.branch(&[*right], parent, "`! … &&`")
                    }
                    [left, operator, right]
                        if *left == node && operator.kind() == "||" && self.script.is_failure(&[*right]) =>
                    {
                        Step::Done(handled(EXPECTED))
                    }
                    _ => Step::Done(discarded("`!`")),
                }
            }
            _ => Step::Done(discarded("`!`")),
        }
    }

    fn redirected(self, redirected: Node<'a>) -> Step<'a> {
        match here_document_operator(redirected) {
            Some(("||", right)) => self.alternative(right, redirected),
            Some(_) => Step::UpIgnored(redirected, "`&&`"),
            None if here_document_pipe(redirected) && !self.options.pipefail => {
                Step::Done(discarded("left of a pipe without pipefail"))
            }
            None => Step::Up(redirected),
        }
    }

    fn list(self, node: Node<'a>, list: Node<'a>) -> Step<'a> {
        match children(list).as_slice() {
            [left, operator, right] if *left == node => match operator.kind() {
                "||" => self.alternative(*right, list),
                _ if self.script.is_failure(&[*right]) => Step::Done(handled(EXPECTED)),
                _ => match list.parent().filter(|up| up.kind() == "list") {
                    // `a && b || c`: c runs for a's failure.
                    Some(_) => Step::Up(list),
                    None => Step::UpIgnored(list, "`&&`"),
                },
            },
            _ => Step::Up(list),
        }
    }

    /// The right side of `||` in `list`.
    fn alternative(self, right: Node<'a>, list: Node<'a>) -> Step<'a> {
        let by = format!("`|| {}`", self.script.gist(right));
        match self.script.consequence(&[right]) {
            // `x=$(command || echo default)`: what is printed is the value.
            Consequence::Prints if self.is_value(list) && !self.script.text(right).contains(">&2") => {
                match self.script.text(right).trim() {
                    "echo" | "echo \"\"" | "echo ''" => Step::Done(self.captured(list, by)),
                    _ => Step::Done(handled(by)),
                }
            }
            Consequence::Nothing if self.is_value(list) => Step::Done(self.captured(list, by)),
            Consequence::Nothing | Consequence::Prints | Consequence::Skips | Consequence::Quits => {
                Step::Done(discarded(by))
            }
            other => self.consequent(other, list, by),
        }
    }

    /// Whether what `list` prints is the value of a substitution.
    fn is_value(self, list: Node<'a>) -> bool {
        let mut node = list;
        while let Some(parent) = node.parent() {
            match parent.kind() {
                "command_substitution" => return matches!(self.script.next(node), Next::End),
                "pipeline" | "redirected_statement" | "list" | "compound_statement" | "subshell" => node = parent,
                _ => return false,
            }
        }
        false
    }

    /// A status that is lost while the output becomes the value of a variable.
    fn captured(self, node: Node<'a>, by: String) -> CommandFate {
        let Some((variable, assignment)) = self.script.variable_of(node) else { return discarded(by) };
        if self.script.is_tested_for_emptiness(variable, assignment) {
            handled(format!("a test whether `${variable}` is empty"))
        } else if self.script.is_tested(variable, assignment) {
            discarded(format!("{by}{TESTED}`${variable}`"))
        } else {
            discarded(by)
        }
    }

    /// What statements of `around` that run for a failure make of it.
    fn consequent(self, consequence: Consequence, around: Node<'a>, by: String) -> Step<'a> {
        let onward = match consequence {
            Consequence::Acts => return Step::Done(handled(by)),
            Consequence::Nothing => return Step::Done(discarded(format!("{by} that does nothing"))),
            Consequence::Prints => return Step::Done(discarded(format!("{by} that only prints"))),
            Consequence::Skips => return Step::Done(discarded(format!("{by} that goes on with the next round"))),
            Consequence::Quits => return Step::Done(discarded(format!("{by} that ends with success"))),
            Consequence::Fails => Step::Up(around),
            Consequence::Returns => Step::Returned,
            Consequence::Exits => Step::Exits(around),
        };
        // Where it leads to the end of the script, the construct here is what saw it.
        match self.carry_on(onward) {
            Some(fate @ CommandFate::Discarded { .. }) => Step::Done(fate),
            _ => Step::Done(handled(by)),
        }
    }

    /// Follows what a construct makes of a status to its end.
    fn carry_on(self, step: Step<'a>) -> Option<CommandFate> {
        match step {
            Step::Done(fate) => Some(fate),
            Step::Up(node) | Step::UpInverted(node) | Step::UpIgnored(node, _) => self.follow(node),
            Step::Returned => self.returned(),
            Step::Exits(node) => match self.boundary(node) {
                Some(boundary) => self.follow(boundary),
                None => self.exits_caller(),
            },
        }
    }

    fn pipeline(self, node: Node<'a>, pipeline: Node<'a>) -> Step<'a> {
        let last = statements(pipeline).last().is_some_and(|last| *last == node);
        if (last || self.options.pipefail) && is_negated(pipeline) {
            Step::UpInverted(pipeline)
        } else if last || self.options.pipefail {
            Step::Up(pipeline)
        } else {
            Step::Done(discarded("left of a pipe without pipefail"))
        }
    }

    /// The test of `if` or `elif`.
    fn tested(self, node: Node<'a>, parent: Node<'a>) -> Step<'a> {
        let last =
            !statements(parent).iter().any(|other| in_test(parent, *other) && other.start_byte() >= node.end_byte());
        if !last {
            return Step::Done(discarded("not the last command of a test"));
        }
        if self.script.is_failure(&then_branch(parent)) {
            return Step::Done(handled(EXPECTED));
        }
        // The alternatives of an `elif` are its later siblings.
        let following = |clause: &Node<'_>| clause.start_byte() > node.end_byte();
        let whole = if parent.kind() == "elif_clause" { parent.parent().unwrap_or(parent) } else { parent };
        let clauses = statements(whole);
        let next = clauses.iter().filter(|child| child.kind().ends_with("_clause")).find(|child| following(child));
        match next {
            // `if try; then return 0; fi`: what stands behind it is for the failure.
            None if self.leaves(parent) => Step::Done(handled(LEAVING)),
            None => Step::Done(discarded("`if` without `else`")),
            Some(clause) if clause.kind() == "elif_clause" => Step::Done(handled("`elif`")),
            Some(clause) => self.branch(&statements(*clause), whole, "`else`"),
        }
    }

    /// Whether what an `if` does for a success ends with leaving the function, the script or the loop.
    fn leaves(self, tested: Node<'a>) -> bool {
        let body = statements(tested).into_iter().rfind(|child| !in_test(tested, *child) && child.kind() != "comment");
        body.is_some_and(|last| self.script.name(last).is_some_and(leaves))
    }

    /// The statements of `around` that run for a failure.
    fn branch(self, body: &[Node<'a>], around: Node<'a>, by: &str) -> Step<'a> {
        self.consequent(self.script.consequence(body), around, by.to_owned())
    }

    /// The test of `while` and `until`: a failure ends the one, and the other tries again.
    fn loop_test(self, parent: Node<'a>, inverted: bool) -> Step<'a> {
        let keyword = self.script.text(parent).split_whitespace().next().unwrap_or_default();
        let not = if inverted { " !" } else { "" };
        Step::Done(match (keyword, inverted) {
            ("while", false) | ("until", true) => discarded(format!("the end of `{keyword}{not}`")),
            _ => handled(format!("`{keyword}{not}`")),
        })
    }

    /// A statement among others.
    fn statement(self, node: Node<'a>, block: Node<'a>, ignored: Option<&'static str>) -> Step<'a> {
        let next = self.script.next(node);
        if matches!(next, Next::Background) {
            let waited = self.script.wait_for(node).and_then(|wait| self.follow(wait));
            return Step::Done(match waited {
                None => discarded("`&`"),
                Some(fate @ CommandFate::Discarded { .. }) => fate,
                Some(_) => handled("`wait`"),
            });
        }
        let off = ignored.or_else(|| self.errexit_off(node));
        if self.options.errexit && off.is_none() {
            return Step::Exits(node);
        }
        let trap = self.script.traps_errors().filter(|_| self.options.errtrace || self.callers.is_empty());
        if off.is_none() && trap.is_some_and(|trap| trap > Consequence::Prints) {
            return Step::Done(handled("`trap … ERR`"));
        }
        match next {
            Next::ReadsStatus(reader) => self.status_read(reader),
            Next::Exit => Step::Exits(node),
            Next::Return => Step::Returned,
            Next::End if block.kind() == "program" => Step::Returned,
            Next::End if block.kind() == "do_group" => Step::Done(discarded(match off {
                Some(by @ "`&&`") => format!("{by} without `||`"),
                _ => "the next round of a loop".to_owned(),
            })),
            Next::End => Step::Up(block),
            Next::Background | Next::Other => Step::Done(discarded(match off {
                Some(by @ "`&&`") => format!("{by} without `||`"),
                Some(off) if self.options.errexit => format!("`set -e` has no effect in {off}"),
                _ => return Step::Done(self.passed_over(node)),
            })),
        }
    }

    /// The next command comes, without `set -e`.
    fn passed_over(self, node: Node<'a>) -> CommandFate {
        let by = "the next command, without `set -e`";
        let variable = node.child_by_field_name("name").filter(|_| node.kind() == "variable_assignment");
        match variable.map(|name| self.script.text(name)) {
            Some(variable) if self.script.is_tested_for_emptiness(variable, node) => {
                handled(format!("a test whether `${variable}` is empty"))
            }
            Some(variable) if self.script.is_tested(variable, node) => discarded(format!("{by}{TESTED}`${variable}`")),
            _ => discarded(by),
        }
    }

    /// The statement after it reads `$?`.
    fn status_read(self, reader: Node<'a>) -> Step<'a> {
        let script = self.script;
        if let Some(body) = script.on_bad_status(reader) {
            return if body.is_empty() {
                Step::Done(discarded("a test of `$?` that does nothing for a failure"))
            } else {
                self.branch(&body, reader, "a test of `$?`")
            };
        }
        let fate = match reader.kind() {
            "variable_assignment" | "declaration_command" => {
                let kept = script.variables_set(reader);
                match kept.first() {
                    Some(variable) if !script.is_consulted(variable) => {
                        discarded(format!("`$?` kept in `{variable}`, which nothing tests"))
                    }
                    _ => handled("`$?`"),
                }
            }
            "command" if script.only_prints(reader) => discarded("`$?` that is only printed"),
            "redirected_statement"
                if reader.child_by_field_name("body").is_some_and(|body| script.only_prints(body)) =>
            {
                discarded("`$?` that is only printed")
            }
            _ => handled("`$?`"),
        };
        Step::Done(fate)
    }

    /// The construct that switches `set -e` off here or at one of the calls that led here.
    fn errexit_off(self, node: Node<'a>) -> Option<&'static str> {
        let mut calls = self.callers.iter().filter_map(|caller| caller.script.call(caller.line, caller.function));
        errexit_off(node).or_else(|| calls.find_map(errexit_off))
    }

    /// The nearest subshell around `node` that an exit would end instead of the whole script.
    fn boundary(self, node: Node<'a>) -> Option<Node<'a>> {
        let mut node = node;
        while let Some(parent) = node.parent() {
            if parent.kind() == "pipeline" || (node.is_named() && matches!(self.script.next(node), Next::Background)) {
                return Some(node);
            }
            match parent.kind() {
                "subshell" | "command_substitution" => return Some(parent),
                "function_definition" => return None,
                _ => node = parent,
            }
        }
        None
    }

    /// The status of the function or sourced file is that of the call.
    fn returned(self) -> Option<CommandFate> {
        let Some((caller, callers)) = self.callers.split_first() else { return Some(CommandFate::Propagated) };
        let call = caller.script.call(caller.line, caller.function)?;
        Walk { script: caller.script, callers, ..self }.follow(call)
    }

    /// The shell ends in a function: the whole script, unless a caller stands in a subshell.
    fn exits_caller(self) -> Option<CommandFate> {
        let Some((caller, callers)) = self.callers.split_first() else { return Some(CommandFate::Propagated) };
        let call = caller.script.call(caller.line, caller.function)?;
        let walk = Walk { script: caller.script, callers, ..self };
        match walk.boundary(call) {
            Some(boundary) => walk.follow(boundary),
            None => walk.exits_caller(),
        }
    }
}
