//! Text of unknown origin, made safe to show.

use std::borrow::Cow;

/// The longest control sequence that is taken away as a whole. A sequence that never ends would otherwise
/// take the evidence after it along.
const LONGEST_SEQUENCE: usize = 256;

/// The text without ANSI control sequences and with every other control character as a visible sign.
///
/// Line feeds and tabs stay, a carriage return before a line feed goes. Characters that reorder or hide text
/// (bidirectional controls) and those that XML does not allow become `U+FFFD`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(needs_care) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let skipped = if character == '\u{1b}' { sequence_length(rest) } else { None };
        let length = skipped.unwrap_or(character.len_utf8());
        if skipped.is_none() && !rest.starts_with("\r\n") {
            out.push(visible(character));
        }
        rest = &rest[length..];
    }
    Cow::Owned(out)
}

fn needs_care(character: char) -> bool {
    visible(character) != character
}

fn visible(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fffe}'
        | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

/// The length of the complete control sequence (ECMA-48) at the beginning of `text`, which begins with an
/// escape character.
fn sequence_length(text: &str) -> Option<usize> {
    let bytes = &text.as_bytes()[..text.len().min(LONGEST_SEQUENCE)];
    match bytes.get(1)? {
        b'[' => {
            let end = bytes[2..].iter().position(|byte| !(0x20..=0x3f).contains(byte))? + 2;
            (0x40..=0x7e).contains(&bytes[end]).then_some(end + 1)
        }
        b']' | b'P' | b'_' | b'^' | b'X' => {
            let end = bytes[2..].iter().position(|byte| *byte < 0x20)? + 2;
            match (bytes[end], bytes.get(end + 1)) {
                (0x07, _) => Some(end + 1),
                (0x1b, Some(b'\\')) => Some(end + 2),
                _ => None,
            }
        }
        b'(' | b')' if bytes.get(2).is_some_and(u8::is_ascii_alphanumeric) => Some(3),
        b'7' | b'8' | b'=' | b'>' | b'c' | b'D' | b'E' | b'H' | b'M' => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_go_and_text_stays() {
        assert_eq!(printable("\u{1b}[1;31mred\u{1b}[0m\r\nplain\tok"), "red\nplain\tok");
        assert_eq!(printable("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b"), "ab");
    }

    #[test]
    fn an_unfinished_sequence_hides_nothing() {
        assert_eq!(printable("\u{1b}]0;all of this\nis evidence"), "␛]0;all of this\nis evidence");
        assert_eq!(printable("\u{1b}["), "␛[");
        assert_eq!(printable("a\u{0}b\rc\u{8}d\u{202e}e"), "a␀b␍c␈d\u{fffd}e");
    }

    proptest! {
        #[test]
        fn nothing_unprintable_is_left(text in "(\\PC|\\x1b|[\\x00-\\x1f]|\\[|\\]|;|m){0,60}") {
            let clean = printable(&text);
            prop_assert!(!clean.chars().any(needs_care), "{clean:?}");
        }
    }
}
