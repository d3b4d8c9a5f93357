//! Newlines that end a statement and that the parser takes for blanks.
//!
//! tree-sitter-bash 0.25.1 reads on over the end of a line after a pipe of three commands, and after
//! two assignments on one line (its issues 228 and 347): the next statements become words of the command
//! before, and the tree shows no error. A `;` in place of the newline is read right.

use std::collections::BTreeSet;

use tree_sitter::{Node, Parser, Tree};

/// How often the text is parsed again at most. A statement that was hidden may hide another one.
const ROUNDS: usize = 16;

/// The syntax tree of the bash script `text`. Places in it count in bytes, as those of `text`; rows and
/// columns do not hold, because a `;` may stand there for a newline.
pub(super) fn parse(text: String) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    let mut text = text.into_bytes();
    let mut tree = parser.parse(&text, None)?;
    let mut tried = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mut ends = passed_over(&text, tree.root_node());
        ends.retain(|end| tried.insert(*end));
        if ends.is_empty() {
            break;
        }
        tree = end_statements(&mut parser, &mut text, tree, &ends)?;
    }
    Some(tree)
}

/// Puts a `;` at `ends`, but at those where the parser finds an error then: one after the beginning of
/// a here-document takes its text away.
fn end_statements(parser: &mut Parser, text: &mut [u8], tree: Tree, ends: &[usize]) -> Option<Tree> {
    let before: Vec<u8> = ends.iter().map(|end| std::mem::replace(&mut text[*end], b';')).collect();
    let ended = parser.parse(&*text, None)?;
    if tree.root_node().has_error() || !ended.root_node().has_error() {
        return Some(ended);
    }
    for (end, byte) in ends.iter().zip(before) {
        text[*end] = byte;
    }
    if ends.len() == 1 {
        return Some(tree);
    }
    let (first, second) = ends.split_at(ends.len() / 2);
    let tree = end_statements(parser, text, tree, first)?;
    end_statements(parser, text, tree, second)
}

/// Where statements of `root` end that the parser reads on from: at the first newline between two parts of
/// a node that has to stand on one line.
fn passed_over(text: &[u8], root: Node<'_>) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut cursor = root.walk();
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        let children: Vec<_> = node.children(&mut cursor).collect();
        if stands_on_one_line(node) {
            ends.extend(first_newline(text, &children));
        }
        nodes.extend(children);
    }
    ends
}

/// Whether only an escaped newline can stand between the parts of `node`.
fn stands_on_one_line(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "command" | "declaration_command" | "unset_command" | "variable_assignments" | "redirected_statement"
    )
}

/// The place for a `;` instead of the first newline between `parts`: before a comment, that would take it
/// up otherwise.
fn first_newline(text: &[u8], parts: &[Node<'_>]) -> Option<usize> {
    let mut comment = None;
    for pair in parts.windows(2) {
        if pair[0].kind() != "comment" {
            comment = None;
        }
        let gap = pair[0].end_byte()..pair[1].start_byte();
        if let Some(newline) = newline(text.get(gap.clone())?) {
            return Some(comment.unwrap_or(gap.start + newline));
        }
        if pair[1].kind() == "comment" {
            comment = pair[1].start_byte().checked_sub(1);
        }
    }
    None
}

/// The first newline in `blanks` without a backslash before it.
fn newline(blanks: &[u8]) -> Option<usize> {
    let mut escaped = false;
    blanks.iter().position(|byte| {
        let found = *byte == b'\n' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        found
    })
}

#[cfg(test)]
mod tests {
    use super::super::script::Script;

    /// The text of the statements at the top of `text`.
    fn statements(text: &str) -> Vec<String> {
        let script = Script::parse(text);
        let root = script.root().unwrap();
        super::super::script::statements(root).into_iter().map(|node| script.text(node).to_owned()).collect()
    }

    #[test]
    fn a_line_after_a_pipe_of_three_is_a_statement_of_its_own() {
        for (pipe, next) in [
            ("a | b | c", "d && e"),
            ("a | b | c", "d || e"),
            ("a | b | c", "d >f"),
            ("a | b | c", ">f"),
            ("a | b | c", "! d && e"),
            ("a | b | c", "d <<EOF\ntext\nEOF"),
            ("a | b | c -d", "x=1 e && f"),
            ("a | b | c <<<word", "d && e"),
            ("a | b | export x", "d && e"),
            ("a | b | unset x", "d && e"),
            ("a && b | c | d", "e && f"),
            ("a | b | c \\\n -d", "e && f"),
        ] {
            assert_eq!(statements(&format!("{pipe}\n{next}\n")), [pipe, next]);
            assert_eq!(statements(&format!("{pipe}\n\n  {next}\n")), [pipe, next], "after an empty line");
            assert_eq!(statements(&format!("{pipe} # why\n# and\n{next}\n")), [pipe, next], "after a comment");
        }
    }

    #[test]
    fn so_is_each_of_the_lines_that_it_hides() {
        assert_eq!(
            statements("a | b | c\nx=$(d | e)\necho \"$x\"\nf 2>/dev/null\ng\n"),
            ["a | b | c", "x=$(d | e)", "echo \"$x\"", "f 2>/dev/null", "g"]
        );
        assert_eq!(
            statements("a | b | c\nd && e | f | g\nh | i | j\nk && l\n"),
            ["a | b | c", "d && e | f | g", "h | i | j", "k && l"]
        );
    }

    #[test]
    fn two_assignments_are_no_part_of_the_command_on_the_next_line() {
        assert_eq!(statements("x=1 y=2\nif a; then b; fi\n"), ["x=1 y=2", "if a; then b; fi"]);
        assert_eq!(statements("x=1 y=2\nc d\n"), ["x=1 y=2", "c d"]);
        assert_eq!(statements("x=1 y=2 c d\n"), ["x=1 y=2 c d"]);
    }

    #[test]
    fn lines_count_as_in_the_text() {
        let script = Script::parse("a | b | c\nd 'two\nlines' && e\nx=1 y=2\nf >g\n");
        let lines: Vec<_> = script.commands().into_iter().map(|(line, words)| (line, words[0])).collect();
        assert_eq!(lines, [(1, "a"), (1, "b"), (1, "c"), (2, "d"), (3, "e"), (5, "f")]);
    }

    #[test]
    fn here_documents_keep_their_newlines() {
        for text in ["a <<EOF | b | c\nd && e\nEOF\nf >g\n", "a | b | c <<EOF >f\nd && e\nEOF\nf && g\n"] {
            let script = Script::parse(text);
            assert!(!script.root().unwrap().has_error(), "{text}");
            assert!(script.commands().iter().all(|(_, words)| words[0] != "d"), "{text}");
            assert_eq!(statements(text).len(), 2, "{text}");
        }
    }

    #[test]
    fn a_here_document_that_cannot_be_mended_leaves_the_rest_mended() {
        let document = "a <<EOF | b | c | d\ne && f\nEOF";
        assert_eq!(
            statements(&format!("a | b | c\nd && e\n{document}\na | b | c\nd >f\n")),
            ["a | b | c", "d && e", document, "a | b | c", "d >f"]
        );
    }
}
