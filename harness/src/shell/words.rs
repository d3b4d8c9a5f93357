//! The words of a command as written, and whether words that ran can have come from them.

use tree_sitter::Node;

use super::script::{Script, children};

/// A part of a word as written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Text that stays as it is.
    Literal(String),
    /// What only running the script tells: an expansion or a substitution within quotes.
    Expanded,
    /// Likewise without quotes, or a pattern: it may become any number of words.
    Split,
}

/// A word as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word(Vec<Piece>);

impl Word {
    pub(super) fn of(script: &Script, node: Node<'_>) -> Self {
        let mut pieces = Vec::new();
        collect(script, node, &mut pieces);
        Self(pieces)
    }

    /// A word that only running the script tells.
    pub(super) fn any() -> Self {
        Self(vec![Piece::Split])
    }

    /// The text, when nothing in it is expanded.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether this word may have become any number of words.
    pub(super) fn any_number(&self) -> bool {
        self.0.contains(&Piece::Split)
    }

    /// How much of `text` stands in this word as written, and where in it that ends; `None` when not all that
    /// stands there is in it, in order.
    pub(super) fn gives(&self, text: &str) -> Option<(usize, usize)> {
        let (mut length, mut end) = (0, 0);
        for piece in &self.0 {
            let Piece::Literal(literal) = piece else { continue };
            end += text.get(end..)?.find(literal.as_str())? + literal.len();
            length += literal.len();
        }
        Some((length, end))
    }

    /// Whether `text` can have come from this word: the literal pieces are in it, in order.
    fn can_be(&self, text: &str) -> bool {
        if let Some(literal) = self.literal() {
            return literal == text;
        }
        let mut rest = text;
        for (index, piece) in self.0.iter().enumerate() {
            let Piece::Literal(literal) = piece else { continue };
            let Some(at) = rest.find(literal.as_str()) else { return false };
            if index == 0 && at != 0 {
                return false;
            }
            rest = &rest[at + literal.len()..];
        }
        match self.0.last() {
            Some(Piece::Literal(literal)) => text.ends_with(literal.as_str()),
            _ => true,
        }
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self(vec![Piece::Literal(text.to_owned())])
    }
}

/// How well `arguments` fit the words as written, by the number of literal words met; `None` when
/// they cannot have come from them.
pub(super) fn fit(words: &[Word], arguments: &[String]) -> Option<usize> {
    // Cell n: the best score with the words so far used up on the first n arguments.
    let mut best: Vec<Option<usize>> = vec![None; arguments.len() + 1];
    best[0] = Some(0);
    for word in words {
        let mut next = vec![None; arguments.len() + 1];
        for (used, score) in best.iter().enumerate() {
            let Some(score) = *score else { continue };
            if let Some(argument) = arguments.get(used)
                && word.can_be(argument)
            {
                let worth = usize::from(word.literal().is_some());
                next[used + 1] = next[used + 1].max(Some(score + worth));
            }
        }
        if word.any_number() {
            // None, or one more than could be used up so far.
            let mut reach = None;
            for (used, score) in best.iter().enumerate() {
                reach = reach.max(*score);
                next[used] = next[used].max(reach);
            }
        }
        best = next;
    }
    best.pop().flatten()
}

fn collect(script: &Script, node: Node<'_>, pieces: &mut Vec<Piece>) {
    let text = script.text(node);
    match node.kind() {
        "command_name" | "concatenation" => {
            for child in children(node) {
                collect(script, child, pieces);
            }
        }
        "word" | "number" if !text.contains(['*', '?', '[', '{']) && !text.starts_with('~') => {
            push(pieces, &unescaped(text, |_| true));
        }
        "raw_string" => push(pieces, text.trim_matches('\'')),
        "string" => quoted(script, node, pieces),
        _ => pieces.push(Piece::Split),
    }
}

/// `"…"`: the parser gives its literal parts line by line, so they are taken from between the others.
fn quoted(script: &Script, node: Node<'_>, pieces: &mut Vec<Piece>) {
    let literal = |range| unescaped(script.slice(range), |c| "\"\\$`\n".contains(c));
    let mut end = node.start_byte() + 1;
    for child in children(node).into_iter().filter(|child| !matches!(child.kind(), "\"" | "string_content")) {
        push(pieces, &literal(end..child.start_byte()));
        pieces.push(if is_all_words(script.text(child)) { Piece::Split } else { Piece::Expanded });
        end = child.end_byte();
    }
    push(pieces, &literal(end..node.end_byte().saturating_sub(1)));
}

/// Whether an expansion gives each word of a list as one, also within quotes: `$@`, `${@:2}`, `${list[@]}`.
fn is_all_words(expansion: &str) -> bool {
    matches!(expansion, "$@" | "${@}") || expansion.starts_with("${@:") || expansion.contains("[@]")
}

/// Adds literal text to the word.
fn push(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Literal(literal)) => literal.push_str(text),
        _ => pieces.push(Piece::Literal(text.to_owned())),
    }
}

/// `text` without the backslashes before characters that they quote.
fn unescaped(text: &str, quotes: impl Fn(char) -> bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\\' && rest.peek().is_some_and(|next| quotes(*next)) {
            match rest.next() {
                Some('\n') | None => {}
                Some(character) => result.push(character),
            }
        } else {
            result.push(c);
        }
    }
    result
}
