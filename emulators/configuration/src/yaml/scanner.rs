//! Text as tokens.
//!
//! The executor keeps comments by the rules of its YAML library (go-yaml v3), which gives each comment to
//! a token while it scans: above it, on its line, or below the one before. To leave comments where the
//! executor leaves them, this scanner makes the same decisions with the same look-ahead.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::error::YamlError;
use super::token::{Comment, Mark, Token, TokenKind};

/// How far the flow collections of real data may be nested.
const MAX_FLOW_LEVEL: usize = 10_000;

/// A place where a key without `?` may have begun.
#[derive(Debug, Clone, Copy, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token_number: usize,
    mark: Mark,
}

pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    /// Tokens with some that are consumed already, which decisions about comments look back at.
    pub(super) tokens: Vec<Token>,
    pub(super) head: usize,
    pub(super) parsed: usize,
    pub(super) comments: Vec<Comment>,
    pub(super) comments_head: usize,
    started: bool,
    pub(super) indent: i64,
    indents: Vec<i64>,
    pub(super) simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
    simple_keys_by_token: HashMap<usize, usize>,
    pub(super) flow_level: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, YamlError> {
        Ok(Self {
            cursor: Cursor::new(text)?,
            tokens: Vec::new(),
            head: 0,
            parsed: 0,
            comments: Vec::new(),
            comments_head: 0,
            started: false,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            simple_keys_by_token: HashMap::new(),
            flow_level: 0,
        })
    }

    /// Makes sure that the next token is there, with the two after it that comments need.
    pub(super) fn fetch_more(&mut self) -> Result<(), YamlError> {
        loop {
            if self.head + 2 < self.tokens.len() {
                let Some(&key) = self.simple_keys_by_token.get(&self.parsed) else { return Ok(()) };
                if !self.is_valid(key)? {
                    return Ok(());
                }
            }
            self.fetch_next()?;
        }
    }

    /// Forgets consumed tokens and comments but the last ones.
    pub(super) fn forget(&mut self) {
        const KEPT: usize = 1024;
        if self.head > 2 * KEPT {
            self.tokens.drain(..self.head - KEPT);
            self.head = KEPT;
        }
    }

    pub(super) fn error_at(&self, context: Mark, problem: &str) -> YamlError {
        // The library takes line 0 for no line.
        let line = [context.line, self.cursor.mark.line].into_iter().find(|line| *line > 0);
        line.map_or_else(
            || YamlError::Whole(problem.to_owned()),
            |line| YamlError::Line { line: line + 1, problem: problem.to_owned() },
        )
    }

    fn fetch_next(&mut self) -> Result<(), YamlError> {
        if !self.started {
            self.started = true;
            self.push(TokenKind::StreamStart, self.cursor.mark);
            return Ok(());
        }
        let scan = self.cursor.mark;
        self.skip_to_next_token()?;
        self.unroll_indent(self.cursor.mark.column, scan);
        if self.cursor.is_end(0) {
            return self.fetch_stream_end();
        }
        if self.cursor.mark.column == 0 && self.cursor.byte(0) == b'%' {
            return self.fetch_directive();
        }
        for (text, kind) in [("---", TokenKind::DocumentStart), ("...", TokenKind::DocumentEnd)] {
            if self.cursor.mark.column == 0 && self.cursor.starts_with(text) && self.cursor.is_blank_or_end(3) {
                return self.fetch_document_indicator(kind);
            }
        }
        let follows = if self.flow_level == 0 { b':' } else { b',' };
        let comment_mark = match self.tokens.last() {
            Some(last) if self.cursor.byte(0) == follows => last.start,
            _ => self.cursor.mark,
        };
        self.fetch_indicator_or_scalar()?;
        // A comment right after `-` belongs to what follows.
        if self.tokens.last().is_some_and(|last| last.kind != TokenKind::BlockEntry) {
            self.scan_line_comment(comment_mark);
        }
        Ok(())
    }

    fn fetch_indicator_or_scalar(&mut self) -> Result<(), YamlError> {
        let flow = self.flow_level > 0;
        let before_blank = self.cursor.is_blank_or_end(1);
        match self.cursor.byte(0) {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if before_blank => self.fetch_block_entry(),
            b'?' if flow || before_blank => self.fetch_key(),
            b':' if flow || before_blank => self.fetch_value(),
            b'*' => self.fetch_scanned(|scanner| scanner.scan_anchor(TokenKind::Alias)),
            b'&' => self.fetch_scanned(|scanner| scanner.scan_anchor(TokenKind::Anchor)),
            b'!' => self.fetch_scanned(Self::scan_tag),
            b'|' if !flow => self.fetch_block_scalar(true),
            b'>' if !flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_scanned(|scanner| scanner.scan_quoted(true)),
            b'"' => self.fetch_scanned(|scanner| scanner.scan_quoted(false)),
            byte => {
                let indicator = b"-?:,[]{}#&*!|>'\"%@`".contains(&byte) || self.cursor.is_blank_or_end(0);
                let plain = !indicator
                    || (byte == b'-' && !self.cursor.is_blank(1))
                    || (!flow && matches!(byte, b'?' | b':') && !before_blank);
                if plain {
                    self.fetch_scanned(Self::scan_plain)
                } else {
                    Err(self.error_at(self.cursor.mark, "found character that cannot start any token"))
                }
            }
        }
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push(Token::new(kind, start));
    }

    /// Takes some characters as a token.
    fn push_skipped(&mut self, kind: TokenKind, length: usize) {
        let start = self.cursor.mark;
        (0..length).for_each(|_| self.cursor.skip());
        self.push(kind, start);
    }

    fn is_valid(&mut self, key: usize) -> Result<bool, YamlError> {
        let Some(simple_key) = self.simple_keys.get_mut(key) else { return Ok(false) };
        if !simple_key.possible {
            return Ok(false);
        }
        let here = self.cursor.mark;
        let key = *simple_key;
        if key.mark.line < here.line || key.mark.index + 1024 < here.index {
            simple_key.possible = false;
            if key.required {
                return Err(self.error_at(key.mark, "could not find expected ':'"));
            }
            return Ok(false);
        }
        Ok(true)
    }

    fn save_simple_key(&mut self) -> Result<(), YamlError> {
        if self.simple_key_allowed {
            let key = SimpleKey {
                possible: true,
                required: self.flow_level == 0 && self.indent == self.cursor.mark.column,
                token_number: self.parsed + (self.tokens.len() - self.head),
                mark: self.cursor.mark,
            };
            self.remove_simple_key()?;
            let place = self.simple_keys.len() - 1;
            self.simple_keys[place] = key;
            self.simple_keys_by_token.insert(key.token_number, place);
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<(), YamlError> {
        let place = self.simple_keys.len() - 1;
        let key = self.simple_keys[place];
        if key.possible {
            if key.required {
                return Err(self.error_at(key.mark, "could not find expected ':'"));
            }
            self.simple_keys[place].possible = false;
            self.simple_keys_by_token.remove(&key.token_number);
        }
        Ok(())
    }

    /// Opens a block collection where the column goes in; `number` is the token it comes before.
    fn roll_indent(&mut self, column: i64, number: Option<usize>, kind: TokenKind, mark: Mark) {
        if self.flow_level > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        self.insert(number, Token::new(kind, mark));
    }

    fn insert(&mut self, number: Option<usize>, token: Token) {
        match number {
            Some(number) => self.tokens.insert(self.head + number.saturating_sub(self.parsed), token),
            None => self.tokens.push(token),
        }
    }

    /// Closes the block collections that the column goes out of, before comments that stand on the level
    /// of their parents.
    fn unroll_indent(&mut self, column: i64, scan: Mark) {
        if self.flow_level > 0 {
            return;
        }
        let mut block = Mark { index: scan.index - 1, ..scan };
        while self.indent > column {
            let mut stop = block.index;
            for comment in self.comments.iter().rev() {
                if comment.end.index < stop {
                    break;
                }
                if comment.start.column == self.indent + 1 {
                    block = comment.start;
                }
                stop = comment.scan.index;
            }
            self.tokens.push(Token::new(TokenKind::BlockEnd, block));
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn fetch_stream_end(&mut self) -> Result<(), YamlError> {
        if self.cursor.mark.column != 0 {
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        self.end_block_context()?;
        self.push(TokenKind::StreamEnd, self.cursor.mark);
        Ok(())
    }

    fn end_block_context(&mut self) -> Result<(), YamlError> {
        self.unroll_indent(-1, self.cursor.mark);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), YamlError> {
        self.end_block_context()?;
        let token = self.scan_directive()?;
        self.tokens.push(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.end_block_context()?;
        self.push_skipped(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.save_simple_key()?;
        let token_number = self.parsed + (self.tokens.len() - self.head);
        self.simple_keys.push(SimpleKey { token_number, mark: self.cursor.mark, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_FLOW_LEVEL {
            return Err(self.error_at(self.cursor.mark, &format!("exceeded max depth of {MAX_FLOW_LEVEL}")));
        }
        self.simple_key_allowed = true;
        self.push_skipped(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            if let Some(last) = self.simple_keys.pop() {
                self.simple_keys_by_token.remove(&last.token_number);
            }
        }
        self.simple_key_allowed = false;
        self.push_skipped(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_skipped(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), YamlError> {
        if self.flow_level == 0 {
            self.open_block(TokenKind::BlockSequenceStart, "block sequence entries are not allowed in this context")?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_skipped(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn open_block(&mut self, kind: TokenKind, refusal: &str) -> Result<(), YamlError> {
        if !self.simple_key_allowed {
            return Err(self.error_at(self.cursor.mark, refusal));
        }
        self.roll_indent(self.cursor.mark.column, None, kind, self.cursor.mark);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), YamlError> {
        if self.flow_level == 0 {
            self.open_block(TokenKind::BlockMappingStart, "mapping keys are not allowed in this context")?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_skipped(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), YamlError> {
        let place = self.simple_keys.len() - 1;
        if self.is_valid(place)? {
            let key = self.simple_keys[place];
            self.insert(Some(key.token_number), Token::new(TokenKind::Key, key.mark));
            self.roll_indent(key.mark.column, Some(key.token_number), TokenKind::BlockMappingStart, key.mark);
            self.simple_keys[place].possible = false;
            self.simple_keys_by_token.remove(&key.token_number);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                self.open_block(TokenKind::BlockMappingStart, "mapping values are not allowed in this context")?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_skipped(TokenKind::Value, 1);
        Ok(())
    }

    /// A token that may be, or begin, a key.
    fn fetch_scanned(&mut self, scan: impl FnOnce(&mut Self) -> Result<Token, YamlError>) -> Result<(), YamlError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = scan(self)?;
        self.tokens.push(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block_scalar(literal)?;
        self.tokens.push(token);
        Ok(())
    }

    fn skip_to_next_token(&mut self) -> Result<(), YamlError> {
        let scan = self.cursor.mark;
        loop {
            if self.cursor.mark.column == 0 && self.cursor.starts_with("\u{feff}") {
                self.cursor.skip();
            }
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            while self.cursor.byte(0) == b' ' || (tabs && self.cursor.byte(0) == b'\t') {
                self.cursor.skip();
            }
            self.lift_entry_comment();
            if self.cursor.byte(0) == b'#' {
                self.scan_comments(scan);
            }
            if !self.cursor.is_break(0) {
                return Ok(());
            }
            self.cursor.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }
}
