//! Where a script calls tools by their names.

use tree_sitter::Node;

use super::locate::Site;
use super::script::{Script, statements};
use super::words::Word;

/// Commands that run the command in their arguments and hand on their environment.
const RUNNERS: [&str; 8] = ["command", "exec", "nice", "nohup", "setsid", "timeout", "xargs", "env"];

/// A call of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolCall {
    /// The byte at which the command begins, after any `NAME=value` before it.
    pub begins: usize,
    /// The line it begins on, from 1.
    pub line: usize,
}

impl Script {
    /// The calls of the tools called `names`, unless the script has a function of that name.
    pub fn tool_calls(&self, names: &[&str]) -> Vec<ToolCall> {
        let is_tool = |word: &str| names.contains(&word) && self.function(word).is_none();
        let calls = |node: Node<'_>| {
            if node.kind() != "command" {
                return false;
            }
            let own = statements(node).into_iter().filter(|child| child.kind() != "variable_assignment");
            let words: Vec<String> =
                own.map(|child| Word::of(self, child).literal().unwrap_or_default().to_owned()).collect();
            match words.split_first() {
                Some((first, _)) if is_tool(first) => true,
                Some((first, rest)) if RUNNERS.contains(&first.as_str()) => rest.iter().any(|word| is_tool(word)),
                _ => false,
            }
        };
        let begin = |node: Node<'_>| {
            let name = node.child_by_field_name("name").unwrap_or(node);
            ToolCall { begins: name.start_byte(), line: self.first_line_of(node) }
        };
        self.nodes(calls).into_iter().map(begin).collect()
    }

    /// Whether the script reads a file of this name into itself.
    pub fn sources(&self, name: &str) -> bool {
        let reads = |node: Node<'_>| {
            node.kind() == "command"
                && matches!(self.name(node), Some("." | "source"))
                && self.text(node).split([' ', '/', '"', '\'', ')', '}']).any(|part| part == name)
        };
        !self.nodes(reads).is_empty()
    }

    /// Where the script switches the shell's trace, each with whether it switches it on.
    pub fn switches_of_trace(&self) -> Vec<(std::ops::Range<usize>, bool)> {
        let sets = self.nodes(|node| node.kind() == "command" && self.name(node) == Some("set"));
        let switch = |node: Node<'_>| {
            let words: Vec<&str> =
                self.text(node).split_whitespace().skip(1).take_while(|word| *word != "--").collect();
            let named =
                words.windows(2).filter(|pair| pair[1] == "xtrace" && pair[0].ends_with('o')).map(|pair| pair[0]);
            let short = words.iter().copied().filter(|word| is_short(word, 'x') || is_short_off(word, 'x'));
            named.chain(short).last().map(|word| (node.byte_range(), word.starts_with('-')))
        };
        sets.into_iter().filter_map(switch).collect()
    }

    /// Where the script names the variable `name` to give it a value.
    pub fn assignments_of(&self, name: &str) -> Vec<std::ops::Range<usize>> {
        let assigned = |node: Node<'_>| {
            node.kind() == "variable_name"
                && self.text(node) == name
                && node.parent().is_some_and(|up| up.kind() == "variable_assignment")
        };
        self.nodes(assigned).into_iter().map(|node| node.byte_range()).collect()
    }

    /// Whether the script writes a trace of its own.
    pub fn traces_itself(&self) -> bool {
        let shebang = self.line(1).filter(|line| line.starts_with("#!")).unwrap_or_default();
        let by_option = shebang.split_whitespace().skip(1).any(|word| word.starts_with('-') && word.contains('x'));
        by_option || self.switches_of_trace().iter().any(|(_, on)| *on)
    }

    /// Whether `set -e` is on at `site`, as far as the text before it tells.
    pub fn sets_errexit_before(&self, site: &Site) -> bool {
        let shebang = self.line(1).filter(|line| line.starts_with("#!")).unwrap_or_default();
        let mut on = shebang.split_whitespace().skip(1).any(|word| is_short(word, 'e'));
        let sets = self.nodes(|node| node.kind() == "command" && self.name(node) == Some("set"));
        for node in sets.into_iter().filter(|node| node.start_byte() < site.range.start) {
            for word in self.text(node).split_whitespace().skip(1) {
                match word {
                    "--" => break,
                    "errexit" => on = !self.text(node).contains("+o"),
                    _ if is_short(word, 'e') => on = true,
                    _ if word.starts_with('+') && word.contains('e') => on = false,
                    _ => {}
                }
            }
        }
        on
    }
}

fn is_short(word: &str, letter: char) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
}

fn is_short_off(word: &str, letter: char) -> bool {
    word.starts_with('+') && word.contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        Script::parse(text).tool_calls(&["kubectl", "jq"]).iter().map(|call| call.line).collect()
    }

    #[test]
    fn calls_are_found_by_name_and_behind_what_runs_others() {
        let text = "kubectl get x\necho kubectl\nif ! kubectl get y | jq .; then :; fi\nA=b timeout 5 kubectl get\n\
                    x=\"$(kubectl get z)\"\ncat <<EOF\nkubectl get\nEOF\nls | xargs kubectl delete\n";
        assert_eq!(lines(text), [1, 3, 3, 4, 5, 9]);
        assert_eq!(lines("kubectl() { command kubectl \"$@\"; }\nkubectl get\n"), [] as [usize; 0]);
    }

    #[test]
    fn options_are_told_from_the_text() {
        let on = |text: &str| {
            let script = Script::parse(text);
            let line = text.lines().count();
            script.sets_errexit_before(&script.command(line, &["kubectl".to_owned()]).unwrap())
        };
        assert!(on("#!/bin/sh -e\nkubectl"));
        assert!(on("#!/bin/sh\nset -eu\nkubectl"));
        assert!(on("#!/bin/sh\nset -o errexit\nkubectl"));
        assert!(!on("#!/bin/sh\nset -eu\nset +e\nkubectl"));
        assert!(!on("#!/bin/sh\nset -- -e\nkubectl"));
        assert!(Script::parse("#!/bin/sh -ex\n").traces_itself());
        assert!(Script::parse("set -o xtrace\n").traces_itself());
        assert!(!Script::parse("#!/bin/sh\nset -e\n").traces_itself());
        let switches =
            |text: &str| Script::parse(text).switches_of_trace().iter().map(|(_, on)| *on).collect::<Vec<_>>();
        assert_eq!(
            switches("set -eux\n{ set +x; } 2>/dev/null\nset +o xtrace\nset -- -x\nset -e"),
            [true, false, false]
        );
    }
}
