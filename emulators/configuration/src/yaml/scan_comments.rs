//! Which token a comment belongs to.

use super::scanner::Scanner;
use super::token::{Comment, Mark, TokenKind};

/// How far ahead of a token its comments are looked for, in blanks and line breaks.
const REACH: usize = 512;

impl Scanner<'_> {
    /// Makes the comment after the `-` that opens a sequence one above its first item.
    pub(super) fn lift_entry_comment(&mut self) {
        let opens = matches!(
            self.tokens.as_slice(),
            [.., first, second] if first.kind == TokenKind::BlockSequenceStart && second.kind == TokenKind::BlockEntry
        );
        let here = self.cursor.mark;
        let on_break = self.cursor.is_break(0);
        if let Some(comment) = self.comments.last_mut()
            && opens
            && !comment.line.is_empty()
            && !on_break
        {
            comment.head = std::mem::take(&mut comment.line);
            if comment.start.line + 1 == here.line {
                comment.token = here;
            }
        }
    }

    /// Takes the comment on the rest of this line, as one of the token at `token`.
    pub(super) fn scan_line_comment(&mut self, token: Mark) {
        if self.cursor.newlines > 0 {
            return;
        }
        let blanks = (0..REACH).take_while(|peek| self.cursor.is_blank(*peek)).count();
        if blanks == REACH || self.cursor.byte(blanks) != b'#' {
            return;
        }
        (0..blanks).for_each(|_| self.cursor.skip());
        let start = self.cursor.mark;
        let mut line = String::new();
        self.read_to_break(&mut line);
        self.comments.push(Comment { token, start, line, ..Comment::default() });
    }

    fn read_to_break(&mut self, text: &mut String) {
        while !self.cursor.is_break_or_end(0) {
            self.cursor.read(text);
        }
    }

    /// Takes the comments that begin here, up to the next token: those that stand close below the last
    /// token, or further out than the current block, are its foot; the others are the head of the next.
    pub(super) fn scan_comments(&mut self, scan: Mark) {
        CommentScan::new(self, scan).run(self);
    }
}

struct CommentScan {
    scan: Mark,
    /// The token before the comments.
    token_kind: TokenKind,
    token: Mark,
    start: Mark,
    text: String,
    next_indent: i64,
    recent_empty: bool,
    first_empty: bool,
    line: usize,
    column: i64,
    /// The line on which a comment is a foot of what stands above; none at the beginning of the text.
    foot_line: Option<usize>,
}

impl CommentScan {
    fn new(scanner: &Scanner<'_>, scan: Mark) -> Self {
        let cursor = &scanner.cursor;
        let token = match scanner.tokens.as_slice() {
            [.., before, last] if last.kind == TokenKind::FlowEntry => Some(before),
            all => all.last(),
        };
        let below = cursor.newlines == 0 && cursor.mark.column > 1;
        let foot_line =
            (scan.line > 0).then(|| (cursor.mark.line + 1).saturating_sub(cursor.newlines) + usize::from(below));
        Self {
            scan,
            token_kind: token.map_or(TokenKind::StreamStart, |token| token.kind),
            token: token.map(|token| token.start).unwrap_or_default(),
            start: Mark::default(),
            text: String::new(),
            next_indent: scanner.indent.max(0),
            recent_empty: false,
            first_empty: cursor.newlines <= 1,
            line: cursor.mark.line,
            column: cursor.mark.column,
            foot_line,
        }
    }

    fn run(mut self, scanner: &mut Scanner<'_>) {
        let mut peek = 0;
        while peek < REACH {
            self.column += 1;
            if scanner.cursor.is_blank(peek) {
                peek += 1;
                continue;
            }
            let here = Mark { index: scanner.cursor.mark.index + offset(peek), line: self.line, column: self.column };
            let byte = scanner.cursor.byte(peek);
            let closes_flow = scanner.flow_level > 0 && matches!(byte, b']' | b'}');
            if closes_flow || scanner.cursor.is_break_or_end(peek) {
                if closes_flow || !self.recent_empty {
                    self.end_of_paragraph(scanner, here, closes_flow, scanner.cursor.is_end(peek));
                }
                if !scanner.cursor.is_break(peek) {
                    break;
                }
                self.first_empty = false;
                self.recent_empty = true;
                self.column = 0;
                self.line += 1;
                peek += 1;
                continue;
            }
            let further_out = self.column - 1 < self.next_indent && self.column != self.start.column;
            if !self.text.is_empty() && further_out {
                self.foot(scanner, here);
            }
            if byte != b'#' {
                break;
            }
            self.take_line(scanner, here, peek);
            // The first step after a comment looks at what follows its first character.
            peek = 1;
        }
        if !self.text.is_empty() {
            let index = scanner.cursor.mark.index + offset(peek) - 1;
            let end = Mark { index, line: self.line, column: self.column };
            let head = std::mem::take(&mut self.text);
            let comment =
                Comment { scan: self.scan, token: self.start, start: self.start, end, head, ..Comment::default() };
            scanner.comments.push(comment);
        }
    }

    /// An empty line, the end of the text or of a flow collection comes after a comment.
    fn end_of_paragraph(&mut self, scanner: &mut Scanner<'_>, here: Mark, closes_flow: bool, at_end: bool) {
        let out = self.start.column - 1 < self.next_indent;
        let close_below = Some(self.start.line) == self.foot_line && self.token_kind != TokenKind::Value;
        if closes_flow || (self.first_empty && (close_below || out)) {
            if !self.text.is_empty() {
                if out {
                    self.token = self.start;
                }
                self.foot(scanner, here);
            }
        } else if !self.text.is_empty() && !at_end {
            self.text.push('\n');
        }
    }

    fn foot(&mut self, scanner: &mut Scanner<'_>, end: Mark) {
        let foot = std::mem::take(&mut self.text);
        let comment =
            Comment { scan: self.scan, token: self.token, start: self.start, end, foot, ..Comment::default() };
        scanner.comments.push(comment);
        self.scan = end;
        self.token = end;
    }

    fn take_line(&mut self, scanner: &mut Scanner<'_>, here: Mark, peek: usize) {
        if self.text.is_empty() {
            self.start = here;
        } else {
            self.text.push('\n');
        }
        self.recent_empty = false;
        let begin = scanner.cursor.mark.index + offset(peek);
        while scanner.cursor.mark.index < begin {
            if scanner.cursor.is_break(0) {
                scanner.cursor.skip_line();
            } else {
                scanner.cursor.skip();
            }
        }
        scanner.read_to_break(&mut self.text);
        self.column = 0;
        self.line = scanner.cursor.mark.line;
        self.next_indent = scanner.indent.max(0);
    }
}

fn offset(peek: usize) -> i64 {
    i64::try_from(peek).unwrap_or(i64::MAX)
}
