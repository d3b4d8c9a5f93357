//! The commands of a script, as they are written.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::{Node, Parser};

use crate::consumers::consumers;

/// A simple command of a script.
pub(crate) struct Command {
    /// The line of its name, from 1.
    pub(crate) line: usize,
    /// Its last line.
    pub(crate) last_line: usize,
    /// Its bytes, without redirections.
    pub(crate) range: Range<usize>,
    /// With its redirections.
    pub(crate) statement: Range<usize>,
    /// Whether it is a part of a pipeline.
    pub(crate) piped: bool,
    /// Its name and arguments, as written.
    pub(crate) words: Vec<Word>,
    /// The lines of the script that use what it gives or that wait for it.
    pub(crate) consumers: BTreeSet<usize>,
}

/// A word as written.
#[derive(Clone)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
}

impl Command {
    pub(crate) fn name(&self) -> &str {
        self.words.first().map_or("", |word| &word.text)
    }

    /// Whether the shell itself carries it out: a builtin or a function of `script`.
    pub(crate) fn is_of_the_shell(&self, script: &str) -> bool {
        const BUILTINS: [&str; 9] = [":", "cd", "echo", "exit", "printf", "return", "set", "trap", "true"];
        BUILTINS.contains(&self.name()) || self.is_function(script)
    }

    fn is_function(&self, script: &str) -> bool {
        script.contains(&format!("{}() {{", self.name()))
    }

    /// Whether it is a script of the tutorial's own.
    pub(crate) fn is_script(&self) -> bool {
        self.name().contains('/')
    }

    /// The values of its flags that stand in a word of their own: flag and value.
    pub(crate) fn flag_values(&self) -> Vec<(&Word, &Word)> {
        let pairs = self.words.windows(2).map(|pair| (&pair[0], &pair[1]));
        pairs.filter(|(flag, value)| is_flag(flag) && !is_flag(value) && !flag.text.contains('=')).collect()
    }

    /// Its words behind the name that are neither flags nor their values.
    pub(crate) fn positionals(&self) -> Vec<&Word> {
        let values: Vec<_> = self.flag_values().into_iter().map(|(_, value)| value.range.clone()).collect();
        let arguments = self.words.iter().skip(1);
        arguments.filter(|word| !is_flag(word) && !values.contains(&word.range)).collect()
    }
}

fn is_flag(word: &Word) -> bool {
    word.text.starts_with('-') && word.text.len() > 1
}

/// Every simple command of `script`, in the order of the text; those inside of substitutions too.
pub(crate) fn commands(script: &str) -> Vec<Command> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).expect("the grammar fits the parser");
    let tree = parser.parse(script, None).expect("a tree");
    assert!(!tree.root_node().has_error(), "the script is not understood:\n{script}");
    let mut found = Vec::new();
    visit(tree.root_node(), script, &mut found);
    // What follows a function waits for it, or uses what it made.
    for index in 1..found.len() {
        if found[index - 1].is_function(script) {
            let next = found[index].line;
            found[index - 1].consumers.insert(next);
        }
    }
    found
}

fn visit(node: Node<'_>, script: &str, found: &mut Vec<Command>) {
    if node.kind() == "command" {
        found.push(command(node, script));
    }
    let mut cursor = node.walk();
    for child in node.named_children(&mut cursor) {
        visit(child, script, found);
    }
}

fn command(node: Node<'_>, script: &str) -> Command {
    let mut cursor = node.walk();
    let words = node.named_children(&mut cursor).filter(|child| child.kind() != "variable_assignment");
    let words = words.map(|word| Word { text: script[word.byte_range()].to_owned(), range: word.byte_range() });
    let redirected = node.parent().filter(|parent| parent.kind() == "redirected_statement");
    let statement = redirected.unwrap_or(node);
    Command {
        line: node.start_position().row + 1,
        last_line: node.end_position().row + 1,
        range: node.byte_range(),
        statement: statement.byte_range(),
        piped: statement.parent().is_some_and(|parent| parent.kind() == "pipeline"),
        words: words.collect(),
        consumers: consumers(node, script),
    }
}
