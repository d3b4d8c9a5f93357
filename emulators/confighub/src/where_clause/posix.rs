//! POSIX regular expressions in the syntax of the `regex` crate.
//!
//! The two agree but for these: in brackets POSIX knows classes and ranges only, so that `[`, `&&`
//! and `--` stand for themselves; a brace that begins no repetition is a brace; a repetition goes up
//! to 255; a repetition of a repetition is an error; and of the groups with a question mark only
//! `(?:` and leading options are taken here. Lookaround, which the service's database has, is
//! refused by name: the linear engine has none.

use std::iter::Peekable;
use std::str::Chars;

use super::pattern::PatternError;

/// The most repetitions a count may ask for.
const REPETITION_LIMIT: u32 = 255;

/// The character classes of POSIX; the engine takes other names for sets of their letters.
const CLASSES: [&str; 12] =
    ["alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"];

/// `expression` in the syntax of the `regex` crate.
pub(super) fn translate(expression: &str) -> Result<String, PatternError> {
    let mut translation = Translation { rest: expression.chars().peekable(), done: String::new(), repeated: false };
    while let Some(character) = translation.rest.next() {
        translation.take(character)?;
    }
    Ok(translation.done)
}

fn refuse<T>(reason: &str) -> Result<T, PatternError> {
    Err(PatternError(reason.to_owned()))
}

struct Translation<'a> {
    rest: Peekable<Chars<'a>>,
    done: String,
    /// What stands before is repeated already.
    repeated: bool,
}

impl Translation<'_> {
    fn take(&mut self, character: char) -> Result<(), PatternError> {
        let repeats = match character {
            '[' => {
                self.brackets()?;
                false
            }
            '{' => self.repetition()?,
            '*' | '+' | '?' => {
                self.quantifier()?;
                self.done.push(character);
                self.shy();
                true
            }
            '(' => {
                self.done.push('(');
                self.group()?;
                false
            }
            '}' | ']' => {
                self.done.push('\\');
                self.done.push(character);
                false
            }
            other => {
                self.done.push(other);
                false
            }
        };
        self.repeated = repeats;
        Ok(())
    }

    /// `+*` and the like.
    fn quantifier(&self) -> Result<(), PatternError> {
        if self.repeated { refuse("a repetition repeats nothing") } else { Ok(()) }
    }

    /// The question mark that makes a repetition take as little as it can.
    fn shy(&mut self) {
        self.done.extend(self.rest.next_if_eq(&'?'));
    }

    /// After `(`.
    fn group(&mut self) -> Result<(), PatternError> {
        let first = self.done.len() == 1;
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        match self.rest.next() {
            Some(':') => self.done.push_str("?:"),
            // Options for the whole expression; the other ones of the database are about line breaks.
            Some('i') if first && self.rest.next_if_eq(&')').is_some() => self.done.push_str("?i)"),
            Some('=' | '!' | '<') => return refuse("lookaround is not supported"),
            _ => return refuse("unsupported group, only (?: is"),
        }
        Ok(())
    }

    /// After `{`: a count, or a brace.
    fn repetition(&mut self) -> Result<bool, PatternError> {
        if self.rest.peek().is_none_or(|c| !c.is_ascii_digit()) {
            self.done.push_str("\\{");
            return Ok(false);
        }
        self.quantifier()?;
        let mut inside = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(c @ ('0'..='9' | ',')) => inside.push(c),
                _ => return refuse("invalid repetition count"),
            }
        }
        let (least, most) = inside.split_once(',').map_or((inside.as_str(), None), |(least, most)| (least, Some(most)));
        let count = |text: &str| text.parse().ok().filter(|count: &u32| *count <= REPETITION_LIMIT);
        let valid = match (count(least), most) {
            (Some(_), None | Some("")) => true,
            (Some(least), Some(most)) => count(most).is_some_and(|most| least <= most),
            (None, _) => false,
        };
        if !valid {
            return refuse("invalid repetition count");
        }
        self.done.push('{');
        self.done.push_str(&inside);
        self.done.push('}');
        self.shy();
        Ok(true)
    }

    /// After `[`.
    fn brackets(&mut self) -> Result<(), PatternError> {
        if let Some(boundary) = self.word_boundary() {
            self.done.push_str(boundary);
            return Ok(());
        }
        self.done.push('[');
        self.done.extend(self.rest.next_if_eq(&'^'));
        let mut first = true;
        loop {
            match self.rest.next() {
                None => return refuse("brackets not closed"),
                Some(']') if !first => break,
                Some('[') => self.within_brackets()?,
                // A range, unless it is the first or the last in the brackets.
                Some('-') if !first && self.rest.peek().is_some_and(|c| *c != ']') => {
                    self.done.push('-');
                    match self.rest.next() {
                        Some('[') => self.within_brackets()?,
                        Some(end) => self.in_class(end),
                        None => return refuse("brackets not closed"),
                    }
                }
                Some(other) => self.in_class(other),
            }
            first = false;
        }
        self.done.push(']');
        Ok(())
    }

    /// `[[:<:]]` and `[[:>:]]`.
    fn word_boundary(&mut self) -> Option<&'static str> {
        let ahead: String = self.rest.clone().take(6).collect();
        let boundary = match ahead.as_str() {
            "[:<:]]" => r"\b{start}",
            "[:>:]]" => r"\b{end}",
            _ => return None,
        };
        self.rest.nth(5);
        Some(boundary)
    }

    /// After a `[` in brackets: `[:alpha:]`, `[.x.]`, `[=x=]`, or itself.
    fn within_brackets(&mut self) -> Result<(), PatternError> {
        let Some(kind) = self.rest.next_if(|c| matches!(c, ':' | '.' | '=')) else {
            self.in_class('[');
            return Ok(());
        };
        let mut name = String::new();
        loop {
            match self.rest.next() {
                None => return refuse("brackets not closed"),
                Some(c) if c == kind && self.rest.next_if_eq(&']').is_some() => break,
                Some(c) => name.push(c),
            }
        }
        let mut characters = name.chars();
        match (kind, characters.next(), characters.next()) {
            (':', ..) if CLASSES.contains(&name.as_str()) => self.done.push_str(&format!("[:{name}:]")),
            (':', ..) => return refuse("unknown character class"),
            (_, Some(only), None) => self.in_class(only),
            _ => return refuse("unsupported collating element"),
        }
        Ok(())
    }

    /// A character that stands for itself in brackets.
    fn in_class(&mut self, character: char) {
        if matches!(character, '[' | ']' | '&' | '~' | '-' | '^' | '\\') {
            self.done.push('\\');
        }
        self.done.push(character);
    }
}
