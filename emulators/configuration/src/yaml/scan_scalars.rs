//! Scalars: plain, quoted and block ones.

use super::error::YamlError;
use super::scanner::Scanner;
use super::token::{Mark, ScalarStyle, Token, TokenKind};

/// Blanks and line breaks inside a scalar, until it is known what they stand for.
#[derive(Default)]
struct Gap {
    blanks: String,
    first_break: String,
    more_breaks: String,
    /// Whether a line break came.
    broken: bool,
}

impl Gap {
    /// Adds what the gap stands for: its blanks, a space for one break, or the breaks but the first.
    fn fold_into(&mut self, text: &mut String) {
        if !self.broken {
            text.push_str(&self.blanks);
        } else if self.first_break.starts_with('\n') {
            text.push_str(if self.more_breaks.is_empty() { " " } else { &self.more_breaks });
        } else {
            text.push_str(&self.first_break);
            text.push_str(&self.more_breaks);
        }
        *self = Self::default();
    }
}

impl Scanner<'_> {
    fn at_document_indicator(&self) -> bool {
        self.cursor.mark.column == 0
            && (self.cursor.starts_with("---") || self.cursor.starts_with("..."))
            && self.cursor.is_blank_or_end(3)
    }

    fn scalar(start: Mark, value: String, style: ScalarStyle) -> Token {
        Token { value, style, ..Token::new(TokenKind::Scalar, start) }
    }

    pub(super) fn scan_plain(&mut self) -> Result<Token, YamlError> {
        let start = self.cursor.mark;
        let indent = self.indent + 1;
        let mut value = String::new();
        let mut gap = Gap::default();
        while !self.at_document_indicator() && self.cursor.byte(0) != b'#' {
            while !self.cursor.is_blank_or_end(0) && !self.ends_plain() {
                gap.fold_into(&mut value);
                self.cursor.read(&mut value);
            }
            if !self.cursor.is_blank(0) && !self.cursor.is_break(0) {
                break;
            }
            while self.cursor.is_blank(0) || self.cursor.is_break(0) {
                if gap.broken && self.cursor.mark.column < indent && self.cursor.byte(0) == b'\t' {
                    return Err(self.error_at(start, "found a tab character that violates indentation"));
                }
                self.scan_gap(&mut gap);
            }
            if self.flow_level == 0 && self.cursor.mark.column < indent {
                break;
            }
        }
        if gap.broken {
            self.simple_key_allowed = true;
        }
        Ok(Self::scalar(start, value, ScalarStyle::Plain))
    }

    fn ends_plain(&self) -> bool {
        let byte = self.cursor.byte(0);
        (byte == b':' && self.cursor.is_blank_or_end(1)) || (self.flow_level > 0 && b",?[]{}".contains(&byte))
    }

    /// Takes one blank or line break of a gap.
    fn scan_gap(&mut self, gap: &mut Gap) {
        if self.cursor.is_blank(0) {
            if gap.broken {
                self.cursor.skip();
            } else {
                self.cursor.read(&mut gap.blanks);
            }
        } else if gap.broken {
            self.cursor.read_line(&mut gap.more_breaks);
        } else {
            gap.blanks.clear();
            self.cursor.read_line(&mut gap.first_break);
            gap.broken = true;
        }
    }

    pub(super) fn scan_quoted(&mut self, single: bool) -> Result<Token, YamlError> {
        let start = self.cursor.mark;
        let quote = if single { b'\'' } else { b'"' };
        let mut value = String::new();
        self.cursor.skip();
        loop {
            if self.at_document_indicator() {
                return Err(self.error_at(start, "found unexpected document indicator"));
            }
            if self.cursor.is_end(0) {
                return Err(self.error_at(start, "found unexpected end of stream"));
            }
            let mut gap = Gap { broken: self.scan_quoted_word(start, single, &mut value)?, ..Gap::default() };
            if self.cursor.byte(0) == quote {
                break;
            }
            while self.cursor.is_blank(0) || self.cursor.is_break(0) {
                self.scan_gap(&mut gap);
            }
            gap.fold_into(&mut value);
        }
        self.cursor.skip();
        let style = if single { ScalarStyle::SingleQuoted } else { ScalarStyle::DoubleQuoted };
        Ok(Self::scalar(start, value, style))
    }

    /// Reads up to a blank, a line break or the closing quote; tells whether an escaped break ended it.
    fn scan_quoted_word(&mut self, start: Mark, single: bool, value: &mut String) -> Result<bool, YamlError> {
        while !self.cursor.is_blank_or_end(0) {
            match (single, self.cursor.byte(0), self.cursor.byte(1)) {
                (true, b'\'', b'\'') => {
                    value.push('\'');
                    self.cursor.skip();
                    self.cursor.skip();
                }
                (true, b'\'', _) | (false, b'"', _) => break,
                (false, b'\\', _) if self.cursor.is_break(1) => {
                    self.cursor.skip();
                    self.cursor.skip_line();
                    return Ok(true);
                }
                (false, b'\\', code) => self.scan_escape(start, code, value)?,
                _ => self.cursor.read(value),
            }
        }
        Ok(false)
    }

    fn scan_escape(&mut self, start: Mark, code: u8, value: &mut String) -> Result<(), YamlError> {
        let digits = match code {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let simple = match code {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            b' ' | b'"' | b'\'' | b'\\' => char::from(code),
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            _ if digits > 0 => '\0',
            _ => return Err(self.error_at(start, "found unknown escape character")),
        };
        self.cursor.skip();
        self.cursor.skip();
        if digits == 0 {
            value.push(simple);
            return Ok(());
        }
        let mut number = 0;
        for place in 0..digits {
            let digit = char::from(self.cursor.byte(place)).to_digit(16);
            let digit = digit.ok_or_else(|| self.error_at(start, "did not find expected hexdecimal number"))?;
            number = (number << 4) + digit;
        }
        let character = char::from_u32(number);
        value.push(character.ok_or_else(|| self.error_at(start, "found invalid Unicode character escape code"))?);
        (0..digits).for_each(|_| self.cursor.skip());
        Ok(())
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Token, YamlError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let (chomping, increment) = self.scan_block_header(start)?;
        self.cursor.skip_line();
        let mut indent = if increment == 0 { 0 } else { self.indent.max(0) + increment };
        let (mut value, mut leading, mut trailing) = (String::new(), String::new(), String::new());
        self.scan_block_breaks(&mut indent, &mut trailing, start)?;
        let mut leading_blank = false;
        while self.cursor.mark.column == indent && !self.cursor.is_end(0) {
            let blank = self.cursor.is_blank(0);
            if !literal && !leading_blank && !blank && leading.starts_with('\n') {
                if trailing.is_empty() {
                    value.push(' ');
                }
            } else {
                value.push_str(&leading);
            }
            leading.clear();
            value.push_str(&trailing);
            trailing.clear();
            leading_blank = blank;
            while !self.cursor.is_break_or_end(0) {
                self.cursor.read(&mut value);
            }
            self.cursor.read_line(&mut leading);
            self.scan_block_breaks(&mut indent, &mut trailing, start)?;
        }
        if chomping != Chomping::Strip {
            value.push_str(&leading);
        }
        if chomping == Chomping::Keep {
            value.push_str(&trailing);
        }
        let style = if literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        Ok(Self::scalar(start, value, style))
    }

    /// Reads the indicators after `|` or `>`, and the comment there.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, i64), YamlError> {
        let mut chomping = Chomping::Clip;
        let mut increment = 0;
        for _ in 0..2 {
            match self.cursor.byte(0) {
                sign @ (b'+' | b'-') if chomping == Chomping::Clip => {
                    chomping = if sign == b'+' { Chomping::Keep } else { Chomping::Strip };
                    self.cursor.skip();
                }
                b'0' if increment == 0 => {
                    return Err(self.error_at(start, "found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if increment == 0 => {
                    increment = i64::from(digit - b'0');
                    self.cursor.skip();
                }
                _ => {}
            }
        }
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
        if self.cursor.byte(0) == b'#' {
            self.scan_line_comment(start);
            while !self.cursor.is_break_or_end(0) {
                self.cursor.skip();
            }
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.error_at(start, "did not find expected comment or line break"));
        }
        Ok((chomping, increment))
    }

    /// Takes empty lines, and finds out the indentation where it is not known yet.
    fn scan_block_breaks(&mut self, indent: &mut i64, breaks: &mut String, start: Mark) -> Result<(), YamlError> {
        let mut deepest = 0;
        loop {
            let inside = |column: i64| *indent == 0 || column < *indent;
            while inside(self.cursor.mark.column) && self.cursor.byte(0) == b' ' {
                self.cursor.skip();
            }
            deepest = deepest.max(self.cursor.mark.column);
            if inside(self.cursor.mark.column) && self.cursor.byte(0) == b'\t' {
                return Err(self.error_at(start, "found a tab character where an indentation space is expected"));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            self.cursor.read_line(breaks);
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}

/// What becomes of the line breaks at the end of a block scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}
