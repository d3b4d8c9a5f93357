//! Anchors, aliases, tags and directives.

use super::cursor::is_alphanumeric;
use super::error::YamlError;
use super::scanner::Scanner;
use super::token::{Mark, Token, TokenKind};

impl Scanner<'_> {
    pub(super) fn scan_anchor(&mut self, kind: TokenKind) -> Result<Token, YamlError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let mut value = String::new();
        while self.cursor.is_alphanumeric() {
            self.cursor.read(&mut value);
        }
        let ends = self.cursor.is_blank_or_end(0) || b"?:,]}%@`".contains(&self.cursor.byte(0));
        if value.is_empty() || !ends {
            return Err(self.error_at(start, "did not find expected alphabetic or numeric character"));
        }
        Ok(Token { value, ..Token::new(kind, start) })
    }

    pub(super) fn scan_tag(&mut self) -> Result<Token, YamlError> {
        let start = self.cursor.mark;
        let (mut handle, mut suffix) = (String::new(), String::new());
        if self.cursor.byte(1) == b'<' {
            self.cursor.skip();
            self.cursor.skip();
            self.scan_tag_uri("", start, &mut suffix)?;
            if self.cursor.byte(0) != b'>' {
                return Err(self.error_at(start, "did not find the expected '>'"));
            }
            self.cursor.skip();
        } else {
            self.scan_tag_handle(false, start, &mut handle)?;
            if handle.len() > 1 && handle.ends_with('!') {
                self.scan_tag_uri("", start, &mut suffix)?;
            } else {
                self.scan_tag_uri(&handle, start, &mut suffix)?;
                "!".clone_into(&mut handle);
                // A tag that is only `!` has no handle.
                if suffix.is_empty() {
                    std::mem::swap(&mut handle, &mut suffix);
                }
            }
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.error_at(start, "did not find expected whitespace or line break"));
        }
        Ok(Token { value: handle, suffix, ..Token::new(TokenKind::Tag, start) })
    }

    fn scan_tag_handle(&mut self, directive: bool, start: Mark, handle: &mut String) -> Result<(), YamlError> {
        if self.cursor.byte(0) != b'!' {
            return Err(self.error_at(start, "did not find expected '!'"));
        }
        self.cursor.read(handle);
        while self.cursor.is_alphanumeric() {
            self.cursor.read(handle);
        }
        if self.cursor.byte(0) == b'!' {
            self.cursor.read(handle);
        } else if directive && handle != "!" {
            return Err(self.error_at(start, "did not find expected '!'"));
        }
        Ok(())
    }

    /// Reads a URI that begins with what follows the `!` of `head`.
    fn scan_tag_uri(&mut self, head: &str, start: Mark, uri: &mut String) -> Result<(), YamlError> {
        let mut some = !head.is_empty();
        uri.push_str(head.get(1..).unwrap_or_default());
        while is_alphanumeric(self.cursor.byte(0)) || b";/?:@&=+$,.!~*'()[]%".contains(&self.cursor.byte(0)) {
            if self.cursor.byte(0) == b'%' {
                self.scan_uri_escapes(start, uri)?;
            } else {
                self.cursor.read(uri);
            }
            some = true;
        }
        if some { Ok(()) } else { Err(self.error_at(start, "did not find expected tag URI")) }
    }

    fn scan_uri_escapes(&mut self, start: Mark, uri: &mut String) -> Result<(), YamlError> {
        let mut bytes = Vec::new();
        while self.cursor.byte(0) == b'%' {
            let digit = |place| char::from(self.cursor.byte(place)).to_digit(16);
            let octet = digit(1).zip(digit(2)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
            bytes.push(octet.ok_or_else(|| self.error_at(start, "did not find URI escaped octet"))?);
            (0..3).for_each(|_| self.cursor.skip());
            if let Ok(text) = std::str::from_utf8(&bytes) {
                uri.push_str(text);
                return Ok(());
            }
        }
        Err(self.error_at(start, "found an incorrect leading UTF-8 octet"))
    }

    pub(super) fn scan_directive(&mut self) -> Result<Token, YamlError> {
        let start = self.cursor.mark;
        self.cursor.skip();
        let mut name = String::new();
        while self.cursor.is_alphanumeric() {
            self.cursor.read(&mut name);
        }
        if name.is_empty() {
            return Err(self.error_at(start, "could not find expected directive name"));
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.error_at(start, "found unexpected non-alphabetical character"));
        }
        self.skip_blanks();
        let (mut value, mut suffix) = (String::new(), String::new());
        let kind = match name.as_str() {
            "YAML" => {
                while self.cursor.byte(0).is_ascii_digit() || self.cursor.byte(0) == b'.' {
                    self.cursor.read(&mut value);
                }
                if value.is_empty() {
                    return Err(self.error_at(start, "did not find expected version number"));
                }
                TokenKind::VersionDirective
            }
            "TAG" => {
                self.scan_tag_handle(true, start, &mut value)?;
                self.skip_blanks();
                self.scan_tag_uri("", start, &mut suffix)?;
                TokenKind::TagDirective
            }
            _ => return Err(self.error_at(start, "found unknown directive name")),
        };
        self.skip_blanks();
        if self.cursor.byte(0) == b'#' {
            while !self.cursor.is_break_or_end(0) {
                self.cursor.skip();
            }
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.error_at(start, "did not find expected comment or line break"));
        }
        self.cursor.skip_line();
        Ok(Token { value, suffix, ..Token::new(kind, start) })
    }

    fn skip_blanks(&mut self) {
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
    }
}
