//! In which styles a text can be written.

/// What a text allows.
#[expect(clippy::struct_excessive_bools, reason = "each is one of the things that a text may allow")]
pub(super) struct TextShape {
    /// Whether it has line breaks.
    pub(super) multiline: bool,
    pub(super) plain_in_flow: bool,
    pub(super) plain_in_block: bool,
    pub(super) single_quoted: bool,
    pub(super) block: bool,
}

/// What was seen in a text.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of the things that can be seen in a text")]
struct Seen {
    block_indicator: bool,
    flow_indicator: bool,
    line_break: bool,
    special: bool,
    tab: bool,
    edge_blank_or_break: bool,
    trailing_space: bool,
    break_space: bool,
    space_break: bool,
}

impl TextShape {
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self {
                multiline: false,
                plain_in_flow: false,
                plain_in_block: true,
                single_quoted: true,
                block: false,
            };
        }
        let seen = Seen::in_text(text);
        let folds = seen.space_break || seen.special;
        let plain = !(seen.edge_blank_or_break || seen.break_space || folds || seen.tab || seen.line_break);
        Self {
            multiline: seen.line_break,
            plain_in_flow: plain && !seen.flow_indicator,
            plain_in_block: plain && !seen.block_indicator,
            single_quoted: !(seen.break_space || folds || seen.tab),
            block: !(seen.trailing_space || folds),
        }
    }
}

impl Seen {
    fn in_text(text: &str) -> Self {
        let mut seen = Self::default();
        if text.starts_with("---") || text.starts_with("...") {
            seen.block_indicator = true;
            seen.flow_indicator = true;
        }
        let mut before = None;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let after = characters.peek().copied();
            seen.indicators(character, before, after);
            seen.blanks_and_breaks(character, before, after);
            before = Some(character);
        }
        seen
    }

    fn indicators(&mut self, character: char, before: Option<char>, after: Option<char>) {
        let blank_after = after.is_none_or(is_blank);
        let blank_before = before.is_none_or(|before| is_blank(before) || is_break(before));
        let (flow, block) = match (before, character) {
            (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => {
                (true, true)
            }
            (None, '?') | (_, ':') => (true, blank_after),
            (None, '-') => (blank_after, blank_after),
            (Some(_), ',' | '?' | '[' | ']' | '{' | '}') => (true, false),
            (Some(_), '#') => (blank_before, blank_before),
            _ => (false, false),
        };
        self.flow_indicator |= flow;
        self.block_indicator |= block;
    }

    fn blanks_and_breaks(&mut self, character: char, before: Option<char>, after: Option<char>) {
        let edge = before.is_none() || after.is_none();
        if character == '\t' {
            self.tab = true;
        } else if !is_printable(character) {
            self.special = true;
        }
        if character == ' ' {
            self.edge_blank_or_break |= edge;
            self.trailing_space |= after.is_none();
            self.break_space |= before.is_some_and(is_break);
        } else if is_break(character) {
            self.line_break = true;
            self.edge_blank_or_break |= edge;
            self.space_break |= before == Some(' ');
        }
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character can stand for itself.
pub(super) fn is_printable(character: char) -> bool {
    matches!(
        character,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}'
    )
}
