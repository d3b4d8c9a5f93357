//! Which command of a script it was that ran.

use tree_sitter::Node;

use super::script::{Script, statements};
use super::words::{Word, fit};

/// A command in a script's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub(super) range: std::ops::Range<usize>,
    line: usize,
}

impl Site {
    /// The line it begins on, from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl Script {
    pub(super) fn site(&self, node: Node<'_>) -> Site {
        Site { range: node.byte_range(), line: self.first_line_of(node) }
    }

    /// Whether `node` has text on `line`, counted from 1.
    fn covers(&self, node: Node<'_>, line: usize) -> bool {
        self.lines(node).contains(&line)
    }

    /// The command that became `argv`, given a line of it, both as bash traced them.
    ///
    /// bash gives for a command of several lines any of them. When no command on the line fits, the
    /// only one of that name there is taken, or else the only fitting one of the script.
    pub fn command(&self, line: usize, argv: &[String]) -> Option<Site> {
        if argv.first().is_some_and(|name| matches!(name.as_str(), "[" | "[[" | "((")) {
            return self.test(line, argv);
        }
        let commands = self.nodes(|node| node.kind() == "command");
        let scored = |node: Node<'_>| self.fit(node, argv).map(|score| (score, self.site(node)));
        let here: Vec<_> =
            commands.iter().filter(|node| self.covers(**node, line)).filter_map(|node| scored(*node)).collect();
        // The first of the best: `max_by_key` would take the last.
        if let Some((_, site)) = here.into_iter().rev().max_by_key(|(score, _)| *score) {
            return Some(site);
        }
        let name = argv.first().map(|name| base(name));
        let mut named = commands.iter().filter(|node| self.covers(**node, line) && self.name(**node).map(base) == name);
        if let (Some(node), None) = (named.next(), named.next()) {
            return Some(self.site(*node));
        }
        let mut anywhere = commands.iter().filter_map(|node| scored(*node));
        match (anywhere.next(), anywhere.next()) {
            (Some((_, site)), None) => Some(site),
            _ => None,
        }
    }

    /// Whether the command at `site` is one that a function was given to run, as by `"$@"`, and not `name` as written.
    pub fn is_given(&self, site: &Site, name: &str) -> bool {
        let Some(node) = self.node(site) else { return false };
        let words: Vec<&str> = statements(node).into_iter().map(|word| self.text(word)).collect();
        let given = |word: &&str| ["$@", "${@", "$*", "${*"].iter().any(|form| word.contains(form));
        words.iter().any(given) && !words.iter().any(|word| base(word) == base(name))
    }

    /// The `[ … ]`, `[[ … ]]` or `((…))` at `line`: the one with the most of the words in its text.
    fn test(&self, line: usize, argv: &[String]) -> Option<Site> {
        let bracket = argv.first()?;
        let is_test = |node: Node<'_>| {
            matches!(node.kind(), "test_command" | "compound_statement")
                && self.text(node).starts_with(bracket.as_str())
                && self.covers(node, line)
        };
        let words = |node: &Node<'_>| argv.iter().filter(|word| self.text(*node).contains(word.as_str())).count();
        // The first of the best: `max_by_key` would take the last.
        self.nodes(is_test).into_iter().rev().max_by_key(words).map(|node| self.site(node))
    }

    /// The command at `line` whose name is `function`.
    pub(super) fn call(&self, line: usize, function: &str) -> Option<Node<'_>> {
        let named = |node: Node<'_>| {
            let name = self.name(node).map(|name| if name == "." { "source" } else { name });
            node.kind() == "command" && name == Some(function)
        };
        let calls = self.nodes(named);
        let distance = |node: &&Node<'_>| {
            if self.covers(**node, line) { 0 } else { line.abs_diff(self.first_line_of(**node)) }
        };
        // bash may give a line a little off for calls of several lines.
        calls.iter().filter(|node| distance(node) <= 2).min_by_key(distance).copied()
    }

    /// The node of a site.
    pub(super) fn node(&self, site: &Site) -> Option<Node<'_>> {
        let mut node = self.root()?.descendant_for_byte_range(site.range.start, site.range.end)?;
        while node.byte_range() != site.range
            || !matches!(node.kind(), "command" | "test_command" | "compound_statement")
        {
            node = node.parent()?;
        }
        Some(node)
    }

    /// How well `argv` fits a command as written. The command proper may stand behind others that
    /// run it, such as `exec`, `env X=1` or `timeout 60`.
    fn fit(&self, command: Node<'_>, argv: &[String]) -> Option<usize> {
        let own = statements(command)
            .into_iter()
            .filter(|child| !matches!(child.kind(), "variable_assignment" | "file_redirect" | "herestring_redirect"));
        // The parser leaves a `-` before a redirection out of the command.
        let gap = following(command).map_or("", |next| self.slice(command.end_byte()..next.start_byte()));
        let words: Vec<Word> = own
            .map(|child| Word::of(self, child))
            .chain(gap.split_whitespace().filter(|word| *word == "-").map(Word::from))
            .collect();
        let (name, arguments) = argv.split_first()?;
        // What only running tells may be the command's name at the beginning, or behind what runs others.
        let runs_others = words.first().and_then(Word::literal).is_some_and(|first| RUNNERS.contains(&base(first)));
        let is_name = |index: usize, word: &Word| match word.literal() {
            Some(literal) => base(literal) == base(name),
            None => index == 0 || runs_others,
        };
        let starts = words.iter().enumerate().filter(|(index, word)| is_name(*index, word));
        starts
            .filter_map(|(index, word)| {
                let named = usize::from(word.literal().is_some());
                // xargs adds to the words it is given.
                let more = words[..index].iter().any(|word| word.literal().is_some_and(|text| base(text) == "xargs"));
                // `"$@"` is the name and all that comes with it.
                let with_name = word.any_number().then(Word::any);
                let own = words[index + 1..].iter().cloned();
                let rest: Vec<Word> = with_name.into_iter().chain(own).chain(more.then(Word::any)).collect();
                fit(&rest, arguments).map(|score| score + 2 * named)
            })
            .max()
    }
}

/// Commands that run the command in their arguments.
const RUNNERS: [&str; 13] = [
    "builtin", "command", "env", "eval", "exec", "nice", "nohup", "setsid", "stdbuf", "sudo", "time", "timeout",
    "xargs",
];

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// What the parser found next after `node`.
fn following(node: Node<'_>) -> Option<Node<'_>> {
    let mut node = node;
    loop {
        if let Some(next) = node.next_sibling() {
            return Some(next);
        }
        node = node.parent()?;
    }
}
