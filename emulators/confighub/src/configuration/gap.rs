//! What stands between the nodes of a text: indicators, comments, and the tags and anchors of nodes.

use std::ops::Range;

/// The tag and the anchor of a node, found in the gap before it; an empty range at its end where there are none.
pub(super) fn properties(text: &str, gap: Range<usize>) -> Range<usize> {
    let nothing = gap.end..gap.end;
    let mut letters = significant(text, gap).skip_while(|(_, letter)| !matches!(letter, '&' | '!')).peekable();
    let Some((start, _)) = letters.peek().copied() else { return nothing };
    letters.last().map_or(nothing, |(at, letter)| start..at + letter.len_utf8())
}

/// The end of the colon behind a key that ends here; `{a, b: 1}` has a key without one.
pub(super) fn colon_end(text: &str, key_end: usize) -> Option<usize> {
    significant(text, key_end..text.len()).next().filter(|(_, letter)| *letter == ':').map(|(at, _)| at + 1)
}

/// Whether a gap has the mark of a key that is written as `? key`.
pub(super) fn has_question_mark(text: &str, gap: Range<usize>) -> bool {
    significant(text, gap).any(|(_, letter)| letter == '?')
}

/// The dash of the item that begins at `at`, its tag and anchor included.
pub(super) fn dash_before(text: &str, at: usize) -> usize {
    // Before a dash there are only others like it on its line; a comment may hold some too.
    let is_indicator =
        |dash: &usize| text[line_start(text, *dash)..*dash].trim_start_matches([' ', '\t', '-', '?', ':']).is_empty();
    text[..at].rmatch_indices('-').map(|(dash, _)| dash).find(is_indicator).unwrap_or(at)
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The characters of a gap that are neither blank nor in a comment.
fn significant(text: &str, gap: Range<usize>) -> impl Iterator<Item = (usize, char)> {
    let mut comment = false;
    let mut after_blank = text[..gap.start].chars().next_back().is_none_or(char::is_whitespace);
    let start = gap.start;
    let letters = text[gap].char_indices().filter(move |(_, letter)| {
        comment = *letter != '\n' && (comment || (*letter == '#' && after_blank));
        after_blank = letter.is_whitespace();
        !comment && !after_blank
    });
    letters.map(move |(at, letter)| (start + at, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_stepped_over() {
        let text = "a # b: !c\n  :  &x # -\n   !y-z  v";
        assert_eq!(colon_end(text, 1), Some(13));
        assert_eq!(&text[properties(text, 1..text.len() - 1)], "&x # -\n   !y-z");
        let list = "x:\n-   # foo-bar\n  !a-b y";
        assert_eq!(dash_before(list, list.find('!').unwrap_or_default()), 3);
        assert_eq!(colon_end("{a, b: 1}", 2), None);
    }
}
