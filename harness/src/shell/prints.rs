//! What a script prints, in words that may be expanded once more to tell them.

use tree_sitter::Node;

use super::script::{Script, children, statements};

/// An `echo` or `printf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// Where it begins.
    pub begins: usize,
    /// It, as written on one line. Expanded again it gives what the command gets, and does nothing: what is
    /// substituted is there by its text, and the end of a line as `\n`.
    pub words: String,
}

impl Script {
    /// The commands that print, unless the script has functions of their names. Those in backquotes and
    /// here-documents are left out; all of them where the text cannot be read as a whole. Assignments before commands to
    /// variables whose names begin with `hidden` are no part of the text.
    pub fn prints(&self, hidden: &str) -> Vec<Print> {
        if self.root().is_none_or(|root| root.has_error()) {
            return Vec::new();
        }
        let is_print = |node: Node<'_>| {
            let name = self.name(node).filter(|name| matches!(*name, "echo" | "printf"));
            node.kind() == "command" && name.is_some_and(|name| !self.has_function(name))
        };
        let prints = self.nodes(is_print).into_iter().filter(|node| !self.is_within_other_text(*node));
        prints.filter_map(|node| self.print(node, hidden)).collect()
    }

    fn print(&self, command: Node<'_>, hidden: &str) -> Option<Print> {
        let is_word = |node: &Node<'_>| !node.kind().ends_with("redirect") && node.kind() != "variable_assignment";
        let words: Vec<String> = statements(command)
            .into_iter()
            .filter(is_word)
            .map(|word| {
                let mut again = String::new();
                self.again(word, hidden, &mut again);
                again
            })
            .collect();
        (words.len() > 1).then(|| Print { begins: command.start_byte(), words: words.join(" ") })
    }

    /// Adds what the word, or a part of one outside of quotes, is to be written like.
    fn again(&self, node: Node<'_>, hidden: &str, into: &mut String) {
        match node.kind() {
            "command_name" | "concatenation" => {
                for child in children(node) {
                    self.again(child, hidden, into);
                }
            }
            "string" => self.quoted_again(node, hidden, into),
            _ if does_something(node, self.text(node)) => {
                let text = self.shown(node, hidden).replace('\'', r"'\''");
                into.push_str(&format!("'{text}'"));
            }
            kind => into.push_str(&on_one_line(self.text(node), kind != "raw_string")),
        }
    }

    /// `"…"`: the parser gives its literal parts line by line, so they are taken from between the others.
    fn quoted_again(&self, node: Node<'_>, hidden: &str, into: &mut String) {
        let mut end = node.start_byte();
        for child in children(node).into_iter().filter(|child| !matches!(child.kind(), "\"" | "string_content")) {
            into.push_str(&on_one_line(self.slice(end..child.start_byte()), true));
            if does_something(child, self.text(child)) {
                for c in self.shown(child, hidden).chars() {
                    into.extend(matches!(c, '"' | '\\' | '$' | '`').then_some('\\'));
                    into.push(c);
                }
            } else {
                into.push_str(&on_one_line(self.text(child), true));
            }
            end = child.end_byte();
        }
        into.push_str(&on_one_line(self.slice(end..node.end_byte()), true));
    }

    /// The text of what is substituted.
    fn shown(&self, node: Node<'_>, hidden: &str) -> String {
        let is_hidden = |part: Node<'_>| {
            part.kind() == "variable_assignment" && self.text(part).starts_with(hidden) && within(part, node)
        };
        let mut text = String::new();
        let mut end = node.start_byte();
        for part in self.nodes(is_hidden) {
            text.push_str(self.slice(end..part.start_byte()));
            end = part.next_sibling().map_or(part.end_byte(), |next| next.start_byte());
        }
        text.push_str(self.slice(end..node.end_byte()));
        on_one_line(&text, false)
    }
}

fn within(part: Node<'_>, node: Node<'_>) -> bool {
    node.start_byte() <= part.start_byte() && part.end_byte() <= node.end_byte()
}

/// Whether to expand it runs something, or counts.
fn does_something(node: Node<'_>, text: &str) -> bool {
    let runs = || text.contains('`') || text.replace("$((", "").contains("$(");
    match node.kind() {
        "simple_expansion" | "word" | "number" | "raw_string" => false,
        "expansion" => runs(),
        "arithmetic_expansion" => runs() || ["=", "++", "--"].iter().any(|sign| text.contains(sign)),
        _ => true,
    }
}

/// `text` with the ends of its lines as `\n`. Where backslashes `quote`, those before an end take it away.
fn on_one_line(text: &str, quote: bool) -> String {
    let mut line = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' => line.push_str("\\n"),
            '\\' if quote => match rest.next() {
                Some('\n') => {}
                other => line.extend([Some('\\'), other].into_iter().flatten()),
            },
            _ => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Script::parse(text).prints("HIDDEN").into_iter().map(|print| print.words).collect()
    }

    #[test]
    fn words_do_nothing_when_they_are_expanded_again() {
        let cases = [
            ("echo -n \"a $x\" '$y' ${z:-b}$?", "echo -n \"a $x\" '$y' ${z:-b}$?"),
            ("printf '%s: %d\\n' \"$@\" 3 >out 2>&1", "printf '%s: %d\\n' \"$@\" 3"),
            ("echo \"✓ on $(HIDDEN='a:1' kubectl get \"$x\")\" | cat", "echo \"✓ on \\$(kubectl get \\\"\\$x\\\")\""),
            ("echo $(date) a`date`", "echo '$(date)' a'`date`'"),
            ("echo \"one\n  two\" 'three\n' \\\n  \"fo\\\nur\"", "echo \"one\\n  two\" 'three\\n' \"four\""),
            ("echo $((a + 1)) $((a += 1)) ${x:-$(date)}", "echo $((a + 1)) '$((a += 1))' '${x:-$(date)}'"),
            ("IFS=, echo \"$*\" it\\'s", "echo \"$*\" it\\'s"),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), [expected], "{text}");
        }
    }

    #[test]
    fn what_does_not_print_is_left_alone() {
        for text in
            ["echo", "echo() { :; }; echo a", "x=`echo a`", "cat <<E\n$(echo a)\nE\n", "cat echo", "if echo a; then"]
        {
            assert_eq!(words(text), [""; 0], "{text}");
        }
        assert_eq!(Script::parse("x && echo a").prints("H").first().map(|print| print.begins), Some(5));
    }
}
