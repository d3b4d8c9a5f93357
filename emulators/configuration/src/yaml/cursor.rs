//! The text under the scanner, character by character.

use super::error::YamlError;
use super::token::Mark;

/// A place in text that only moves forward.
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    pub(super) mark: Mark,
    /// Line breaks since the last character that is not blank.
    pub(super) newlines: usize,
}

impl<'a> Cursor<'a> {
    /// Refuses characters that YAML does not allow anywhere.
    pub(super) fn new(text: &'a str) -> Result<Self, YamlError> {
        let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        if !text.chars().all(allowed) {
            return Err(YamlError::Whole("control characters are not allowed".to_owned()));
        }
        Ok(Self { text: text.as_bytes(), mark: Mark::default(), newlines: 0 })
    }

    /// Bytes from here on, up to the end of the text.
    fn ahead(&self, offset: usize) -> &'a [u8] {
        let place = usize::try_from(self.mark.index).unwrap_or_default().saturating_add(offset);
        self.text.get(place..).unwrap_or_default()
    }

    /// The byte at an offset from here, 0 beyond the end.
    pub(super) fn byte(&self, offset: usize) -> u8 {
        self.ahead(offset).first().copied().unwrap_or_default()
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.ahead(0).starts_with(text.as_bytes())
    }

    pub(super) fn is_end(&self, offset: usize) -> bool {
        self.ahead(offset).is_empty()
    }

    pub(super) fn is_blank(&self, offset: usize) -> bool {
        matches!(self.byte(offset), b' ' | b'\t')
    }

    pub(super) fn is_break(&self, offset: usize) -> bool {
        break_length(self.ahead(offset)) > 0
    }

    pub(super) fn is_break_or_end(&self, offset: usize) -> bool {
        self.is_end(offset) || self.is_break(offset)
    }

    pub(super) fn is_blank_or_end(&self, offset: usize) -> bool {
        self.is_blank(offset) || self.is_break_or_end(offset)
    }

    pub(super) fn is_alphanumeric(&self) -> bool {
        is_alphanumeric(self.byte(0))
    }

    /// Goes on by one character.
    pub(super) fn skip(&mut self) {
        if !self.is_blank(0) {
            self.newlines = 0;
        }
        self.mark.index += i64::from(width(self.byte(0)));
        self.mark.column += 1;
    }

    /// Goes on by one line break, if there is one here.
    pub(super) fn skip_line(&mut self) {
        let length = break_length(self.ahead(0));
        if length > 0 {
            self.mark.index += length;
            self.mark.column = 0;
            self.mark.line += 1;
            self.newlines += 1;
        }
    }

    /// Goes on by one character and keeps it.
    pub(super) fn read(&mut self, kept: &mut String) {
        let byte = self.byte(0);
        if byte.is_ascii() {
            kept.push(char::from(byte));
            return self.skip();
        }
        let length = usize::from(width(byte));
        kept.push_str(&String::from_utf8_lossy(self.ahead(0).get(..length).unwrap_or_default()));
        self.skip();
    }

    /// Goes on by one line break and keeps it as one line feed, or as it is where it means more.
    pub(super) fn read_line(&mut self, kept: &mut String) {
        match self.ahead(0) {
            [0xe2, 0x80, last @ (0xa8 | 0xa9), ..] => kept.push(if *last == 0xa8 { '\u{2028}' } else { '\u{2029}' }),
            here if break_length(here) > 0 => kept.push('\n'),
            _ => {}
        }
        self.skip_line();
    }
}

pub(super) fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The length of the line break that text begins with, in bytes.
fn break_length(text: &[u8]) -> i64 {
    match text {
        [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

/// How many bytes the character has that begins with this one.
fn width(byte: u8) -> u8 {
    match byte {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    }
}
