//! Scalars as text.

use super::emitter::Emitter;
use super::node::Node;
use super::text_shape::{TextShape, is_break, is_printable};
use super::token::ScalarStyle;

impl Emitter {
    /// The style that a scalar can have where it stands: its own, if that is possible.
    pub(super) fn scalar_style(&self, node: &Node, quoted: bool, simple_key: bool) -> ScalarStyle {
        let shape = TextShape::of(&node.value);
        let mut style = match node.style {
            ScalarStyle::Plain if node.value.contains('\n') => ScalarStyle::Literal,
            ScalarStyle::Plain if quoted => ScalarStyle::DoubleQuoted,
            own => own,
        };
        if simple_key && shape.multiline {
            style = ScalarStyle::DoubleQuoted;
        }
        if style == ScalarStyle::Plain {
            let allowed = if self.in_flow() { shape.plain_in_flow } else { shape.plain_in_block };
            let nothing = node.value.is_empty() && (self.in_flow() || simple_key);
            if !allowed || nothing {
                style = ScalarStyle::SingleQuoted;
            }
        }
        if style == ScalarStyle::SingleQuoted && !shape.single_quoted {
            style = ScalarStyle::DoubleQuoted;
        }
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if block && (!shape.block || self.in_flow() || simple_key) {
            style = ScalarStyle::DoubleQuoted;
        }
        style
    }

    /// A tag, in its short form where it has one.
    pub(super) fn write_tag(&mut self, tag: &str) {
        if tag.is_empty() {
            return;
        }
        if tag.starts_with('!') {
            self.write_blank();
            self.bare(tag);
        } else {
            self.indicator("!<", true, false, false);
            self.bare(tag);
            self.indicator(">", false, false, false);
        }
    }

    pub(super) fn scalar(&mut self, text: &str, style: ScalarStyle) {
        match style {
            ScalarStyle::Plain => self.plain(text),
            ScalarStyle::SingleQuoted => self.single_quoted(text),
            ScalarStyle::DoubleQuoted => self.double_quoted(text),
            ScalarStyle::Literal => self.literal(text),
            ScalarStyle::Folded => self.folded(text),
        }
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() {
            self.write_blank();
            text.chars().for_each(|character| self.put(character));
            self.set_whitespace(false);
        }
        self.set_indention(false);
    }

    fn single_quoted(&mut self, text: &str) {
        self.indicator("'", true, false, false);
        let mut broken = false;
        for character in text.chars() {
            if is_break(character) {
                if !broken && character == '\n' {
                    self.line_break();
                }
                self.text_break(character);
                broken = true;
                continue;
            }
            if broken {
                self.write_indent();
            }
            if character == '\'' {
                self.put('\'');
            }
            self.put_text(character);
            broken = false;
        }
        self.indicator("'", false, false, false);
        self.set_indention(false);
    }

    fn text_break(&mut self, character: char) {
        if character == '\n' {
            self.line_break();
        } else {
            self.put(character);
        }
    }

    fn double_quoted(&mut self, text: &str) {
        self.indicator("\"", true, false, false);
        for character in text.chars() {
            if is_printable(character) && !is_break(character) && !matches!(character, '"' | '\\') {
                self.put(character);
            } else {
                escape(character).chars().for_each(|part| self.put(part));
            }
        }
        self.indicator("\"", false, false, false);
        self.set_indention(false);
    }

    fn block_hints(&mut self, text: &str) {
        if text.starts_with(|first| first == ' ' || is_break(first)) {
            self.indicator("2", false, false, false);
        }
        let mut last = text.chars().rev();
        let chomping = match (last.next(), last.next()) {
            (Some(last), _) if !is_break(last) => "-",
            (None, _) => "-",
            (Some(_), None) => "+",
            (Some(_), Some(before)) if is_break(before) => "+",
            _ => "",
        };
        if !chomping.is_empty() {
            self.indicator(chomping, false, false, false);
        }
        if !self.write_line() {
            self.line_break();
        }
        self.set_whitespace(true);
    }

    fn literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        self.block_hints(text);
        let mut broken = true;
        for character in text.chars() {
            if is_break(character) {
                self.text_break(character);
                broken = true;
            } else {
                if broken {
                    self.write_indent();
                }
                self.put_text(character);
                broken = false;
            }
        }
    }

    fn folded(&mut self, text: &str) {
        self.indicator(">", true, false, false);
        self.block_hints(text);
        let mut broken = true;
        let mut leading_blank = true;
        // The library looks at the breaks that the text begins with, not at those here.
        let beginning = text.chars().find(|character| !is_break(*character));
        let begins_blank = beginning.is_none_or(|first| matches!(first, ' ' | '\t'));
        for character in text.chars() {
            if is_break(character) {
                if !broken && !leading_blank && character == '\n' && !begins_blank {
                    self.line_break();
                }
                self.text_break(character);
                broken = true;
                continue;
            }
            if broken {
                self.write_indent();
                leading_blank = matches!(character, ' ' | '\t');
            }
            self.put_text(character);
            broken = false;
        }
    }
}

fn escape(character: char) -> String {
    let short = match character {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        other => {
            let code = u32::from(other);
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
