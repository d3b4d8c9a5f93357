//! Where a script asks its reader something.

use tree_sitter::Node;

use super::input::Input;
use super::script::{Script, statements};

/// A `read` from the script's own input or the terminal, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The byte at which the command begins, after any `NAME=value` before it.
    pub begins: usize,
    /// The line it begins on, from 1.
    pub line: usize,
    /// The last word of the `echo` or `printf` before it, quoted for the shell; `''` when there is none.
    pub said: String,
    /// Its own words. What does something when it is expanded is left out.
    pub words: String,
}

impl Script {
    /// The questions of the script, unless it has a function `read`.
    pub fn questions(&self) -> Vec<Question> {
        if self.has_function("read") {
            return Vec::new();
        }
        let reads = self.nodes(|node| node.kind() == "command" && self.name(node) == Some("read"));
        let asks = reads.into_iter().filter(|node| self.input_of(*node) != Input::Elsewhere);
        asks.map(|node| self.question(node)).collect()
    }

    fn question(&self, read: Node<'_>) -> Question {
        let own: Vec<&str> = self.words_of(read).collect();
        let words = if own.iter().all(|word| is_harmless(word)) { own.join(" ") } else { "read".to_owned() };
        Question {
            begins: read.child_by_field_name("name").unwrap_or(read).start_byte(),
            line: self.first_line_of(read),
            said: self.said_before(read).filter(|word| is_harmless(word)).unwrap_or("''").to_owned(),
            words,
        }
    }

    fn words_of<'a>(&'a self, command: Node<'a>) -> impl Iterator<Item = &'a str> {
        let own = statements(command).into_iter();
        own.filter(|word| {
            matches!(
                word.kind(),
                "command_name"
                    | "word"
                    | "string"
                    | "raw_string"
                    | "concatenation"
                    | "number"
                    | "simple_expansion"
                    | "expansion"
            )
        })
        .map(|word| self.text(word))
    }

    /// The last word of the statement before the one that `read` is in, when that one prints.
    fn said_before<'a>(&'a self, read: Node<'a>) -> Option<&'a str> {
        let mut node = read;
        loop {
            if let Some(before) = node.prev_named_sibling().filter(|before| before.end_byte() <= node.start_byte()) {
                let prints = match before.kind() {
                    "redirected_statement" => before.child_by_field_name("body")?,
                    _ => before,
                };
                let is_print = prints.kind() == "command" && matches!(self.name(prints), Some("echo" | "printf"));
                return is_print.then(|| self.words_of(prints).skip(1).filter(|word| !word.starts_with('-')).last())?;
            }
            node = node.parent().filter(|up| up.kind() != "function_definition")?;
        }
    }
}

/// Whether a word may be expanded twice: nothing is run or assigned by it.
fn is_harmless(word: &str) -> bool {
    word.starts_with('\'')
        || !(word.contains("$(")
            || word.contains('`')
            || word.contains("=}")
            || word.contains(":=")
            || word.contains("${") && (word.contains('=') || word.contains('?')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions(text: &str) -> Vec<(usize, String, String)> {
        let found = Script::parse(text).questions();
        found.into_iter().map(|question| (question.line, question.said, question.words)).collect()
    }

    #[test]
    fn what_is_said_before_a_read_is_its_prompt() {
        let text = "ask() {\n  printf '%s ' \"$1\"\n  read -r answer\n}\nread -p \"Go on? \" x </dev/tty\n\
                    ls | while read -r file; do :; done\n: \"${x:=1}\"\nread -p \"$(date)\" y\n";
        let expected = [(3, "\"$1\"", "read -r answer"), (5, "''", "read -p \"Go on? \" x"), (8, "''", "read")];
        let expected = expected.map(|(line, said, words)| (line, said.to_owned(), words.to_owned()));
        assert_eq!(questions(text), expected);
        assert_eq!(questions("read() { :; }\nread x\n"), []);
    }
}
