//! In which subshells, pipes and substitutions a command stands.

use tree_sitter::Node;

use super::block::Next;
use super::locate::Site;
use super::script::{Script, children, statements};
use super::variables::{has, within};

/// A command's place in a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PipePart {
    /// Where the pipe begins in the text.
    pub begins: usize,
    /// How many parts it has.
    pub parts: usize,
    /// Which part the command stands in, from 0.
    pub part: usize,
}

impl Script {
    /// Whether the shell does not wait for the command at `site`: it is in the background or in a
    /// process substitution.
    pub fn is_apart(&self, site: &Site) -> bool {
        let mut up = self.node(site);
        while let Some(node) = up {
            if node.kind() == "process_substitution" || (node.is_named() && matches!(self.next(node), Next::Background))
            {
                return true;
            }
            if node.kind() == "function_definition" {
                return false;
            }
            up = node.parent();
        }
        false
    }

    /// The pipes that the command at `site` stands in, the innermost first.
    pub fn pipes(&self, site: &Site) -> Vec<PipePart> {
        let mut pipes = Vec::new();
        let Some(mut node) = self.node(site) else { return pipes };
        while let Some(parent) = node.parent() {
            if parent.kind() == "pipeline" {
                let all = statements(parent);
                if let Some(part) = all.iter().position(|part| *part == node) {
                    pipes.push(PipePart { begins: parent.start_byte(), parts: all.len(), part });
                }
            }
            node = parent;
        }
        pipes
    }

    /// Whether the command at `site` stands in a loop of its function or script.
    pub fn is_in_loop(&self, site: &Site) -> bool {
        let mut up = self.node(site);
        while let Some(node) = up.filter(|node| node.kind() != "function_definition") {
            if matches!(node.kind(), "while_statement" | "for_statement" | "c_style_for_statement") {
                return true;
            }
            up = node.parent();
        }
        false
    }

    /// Whether the command at `site` stands in a `( … )`.
    pub fn is_in_subshell(&self, site: &Site) -> bool {
        let mut up = self.node(site);
        while let Some(node) = up.filter(|node| !matches!(node.kind(), "function_definition" | "command_substitution"))
        {
            if node.kind() == "subshell" {
                return true;
            }
            up = node.parent();
        }
        false
    }

    /// Whether the command at `site` stands in the last command substitution of a statement on `line`.
    pub fn is_substituted_into(&self, site: &Site, line: usize) -> bool {
        let mut up = self.node(site);
        let mut substitution = None;
        while let Some(node) = up {
            match node.kind() {
                "command_substitution" => substitution = Some(node),
                "command" | "variable_assignment" | "variable_assignments" | "declaration_command" | "test_command"
                    if substitution.is_some() =>
                {
                    let covers = self.lines(node).contains(&line);
                    return covers && last_substitution(node) == substitution;
                }
                "function_definition" => return false,
                _ => {}
            }
            up = node.parent();
        }
        false
    }

    /// Whether something reads the standard output of the command at `site`: a pipe or a substitution.
    pub fn is_read(&self, site: &Site) -> bool {
        self.node(site).is_some_and(is_read)
    }

    /// The name of the `grep` at the end of the pipe that the command at `site` is read by, when nothing is seen of what
    /// that finds but its status.
    pub fn silent_search(&self, site: &Site) -> Option<String> {
        let search = self.end_of_its_pipe(site)?;
        let words = self.words_as_written(search);
        let (name, rest) = words.split_first()?;
        let is_short = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('q');
        let is_quiet = rest.iter().any(|word| is_short(word) || word == "--quiet" || word == "--silent");
        let is_silent = is_quiet || self.thrown_away(&self.site(search)).stdout;
        (matches!(name.as_str(), "grep" | "egrep" | "fgrep") && is_silent).then(|| name.clone())
    }

    /// The text of the `grep` at the end of the pipe from `site`, if it finds any line that there is: `grep -q .`.
    pub fn search_for_anything(&self, site: &Site) -> Option<String> {
        let words = self.words_as_written(self.end_of_its_pipe(site)?);
        let (name, rest) = words.split_first()?;
        let pattern = rest.iter().find(|word| !word.starts_with('-')).map(|word| word.trim_matches(['\'', '"']));
        let is_any = matches!(name.as_str(), "grep" | "egrep") && matches!(pattern, Some("" | "." | "^" | "$" | ".*"));
        is_any.then(|| words.join(" "))
    }

    /// The last command of the pipe that the command at `site` writes to.
    fn end_of_its_pipe(&self, site: &Site) -> Option<Node<'_>> {
        let mut node = self.node(site)?;
        loop {
            let parent = node.parent().filter(|parent| parent.kind() != "function_definition")?;
            let last = statements(parent).last().copied().filter(|last| parent.kind() == "pipeline" && *last != node);
            match last {
                Some(last) => return Some(end_of_pipe(last)),
                None => node = parent,
            }
        }
    }

    /// The variable that takes what the command at `site` prints.
    pub fn taker(&self, site: &Site) -> Option<&str> {
        Some(self.variable_of(self.node(site)?)?.0)
    }

    /// Whether what the command at `site` prints becomes the value of a variable that is only ever printed.
    pub fn is_only_told(&self, site: &Site) -> bool {
        let told = || {
            let (variable, assignment) = self.variable_of(self.node(site)?)?;
            let passes = |node: Node<'_>| {
                let name = self.name(node).unwrap_or_default();
                matches!(name, "head" | "tail" | "sort" | "uniq" | "cut" | "awk" | "sed" | "tr" | "cat" | "tee")
            };
            let commands = within(assignment, |node| node.kind() == "command");
            let passed_on = commands.iter().skip(1).all(|command| passes(*command));
            let reads =
                |node: Node<'_>| matches!(node.kind(), "simple_expansion" | "expansion") && self.names(node, variable);
            let uses = self.nodes(reads);
            let prints = |node: &Node<'_>| self.text(*node).len() <= variable.len() + 3 && self.is_in_print(*node);
            let exported = self.nodes(|node| {
                node.kind() == "declaration_command"
                    && self.text(node).starts_with("export")
                    && has(node, |part| part.kind() == "variable_name" && self.text(part) == variable)
            });
            Some(passed_on && exported.is_empty() && !uses.is_empty() && uses.iter().all(prints))
        };
        told().unwrap_or(false)
    }

    /// Whether `node` stands in the words of an `echo` or `printf` that nothing reads.
    fn is_in_print(&self, node: Node<'_>) -> bool {
        let mut up = node;
        while let Some(parent) = up.parent() {
            match parent.kind() {
                "command" => {
                    let redirected = parent.parent().filter(|around| around.kind() == "redirected_statement");
                    let to_nowhere = redirected.is_none_or(|around| self.text(around).contains(">&2"));
                    let is_read = is_read(parent);
                    return matches!(self.name(parent), Some("echo" | "printf")) && to_nowhere && !is_read;
                }
                "string" | "concatenation" | "word" => up = parent,
                _ => return false,
            }
        }
        false
    }

    /// Whether the status of the command at `site` decides an `if`, a loop, or what `&&` and `||` go on with.
    pub fn is_tested_by_status(&self, site: &Site) -> bool {
        let mut up = self.node(site);
        while let Some(node) = up {
            let Some(parent) = node.parent() else { return false };
            match parent.kind() {
                "if_statement" | "elif_clause" | "while_statement" => return super::block::in_test(parent, node),
                "list" if children(parent).first() == Some(&node) => return true,
                "list" | "redirected_statement" | "negated_command" => up = Some(parent),
                "pipeline" if statements(parent).last() == Some(&node) => up = Some(parent),
                _ => return false,
            }
        }
        false
    }

    /// The text of the call of `function` at `line`.
    pub fn call_text(&self, line: usize, function: &str) -> Option<(usize, &str)> {
        let call = self.call(line, function)?;
        Some((self.first_line_of(call), self.text(call)))
    }

    /// The text of the command at `site`.
    pub fn text_of(&self, site: &Site) -> Option<&str> {
        Some(self.text(self.node(site)?))
    }

    /// Whether `name` is a function of this script.
    pub fn has_function(&self, name: &str) -> bool {
        self.function(name).is_some()
    }
}

/// The command at the end of a pipe whose last part the parser gives as `part`: of `a | b | c || d` it gives
/// `b | c || d` as one.
fn end_of_pipe(part: Node<'_>) -> Node<'_> {
    let within = match part.kind() {
        "redirected_statement" => part.child_by_field_name("body"),
        "list" => statements(part).first().copied(),
        "pipeline" => statements(part).last().copied(),
        _ => None,
    };
    within.map_or(part, end_of_pipe)
}

/// The last command substitution in `node` that is not within another one.
fn last_substitution(node: Node<'_>) -> Option<Node<'_>> {
    children(node).into_iter().rev().find_map(|child| match child.kind() {
        "command_substitution" => Some(child),
        _ => last_substitution(child),
    })
}

/// Whether a pipe or a substitution reads what `command` prints.
fn is_read(command: Node<'_>) -> bool {
    let mut node = command;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "command_substitution" | "process_substitution" => return true,
            "pipeline" if statements(parent).last() != Some(&node) => return true,
            "function_definition" => return false,
            _ => node = parent,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_shows_nothing_is_told_from_the_end_of_the_pipe() {
        let search = |text: &str| {
            let script = Script::parse(text);
            let site = script.command(1, &["kubectl", "get", "x"].map(str::to_owned)).expect("the command");
            script.silent_search(&site)
        };
        for text in [
            "kubectl get x | grep -q .",
            "kubectl get x | sort | egrep -iq y || true",
            "kubectl get x 2>&1 | grep y >/dev/null",
            "{ kubectl get x; } | fgrep --quiet y",
        ] {
            assert!(search(text).is_some_and(|name| name.ends_with("grep")), "{text}");
        }
        for text in ["kubectl get x", "kubectl get x | grep y", "kubectl get x | wc -l", "kubectl get x; a | grep -q b"]
        {
            assert_eq!(search(text), None, "{text}");
        }
    }
}
