//! What a step is given: parameter values, a doc string, a table.

use std::cell::Cell;
use std::time::Duration;

/// A step's doc string, dedented, its media type apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocString {
    /// What stands behind the opening fence, such as `yaml`.
    pub media_type: Option<String>,
    /// The text.
    pub text: String,
}

/// What a step is given.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    values: Vec<String>,
    doc_string: Option<DocString>,
    table: Vec<Vec<String>>,
    /// Whether the step body has asked for what stands below the step.
    taken: Cell<bool>,
}

/// A step body asked for something the step was not given.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentError {
    /// There are fewer parameters.
    #[error("the sentence has no parameter {0}")]
    Missing(usize),
    /// The value is not of the kind the sentence needs.
    #[error("`{value}` is not {kind}")]
    Kind {
        /// The value.
        value: String,
        /// What it should be.
        kind: &'static str,
    },
    /// The sentence needs a doc string.
    #[error("this step needs a doc string below it")]
    NoDocString,
    /// The sentence needs a table.
    #[error("this step needs a table below it")]
    NoTable,
}

impl Arguments {
    /// The arguments of one step.
    pub fn new(values: Vec<String>, doc_string: Option<DocString>, table: Vec<Vec<String>>) -> Self {
        Self { values, doc_string, table, taken: Cell::new(false) }
    }

    /// The parameter at `index`, from 0.
    pub fn text(&self, index: usize) -> Result<&str, ArgumentError> {
        self.values.get(index).map(String::as_str).ok_or(ArgumentError::Missing(index))
    }

    /// The parameter at `index` as a whole number.
    pub fn int(&self, index: usize) -> Result<i64, ArgumentError> {
        let value = self.text(index)?;
        value.parse().map_err(|_| ArgumentError::Kind { value: value.to_owned(), kind: "a whole number" })
    }

    /// The parameter at `index` as a duration of environment time.
    pub fn duration(&self, index: usize) -> Result<Duration, ArgumentError> {
        let value = self.text(index)?;
        parse_duration(value).ok_or_else(|| ArgumentError::Kind { value: value.to_owned(), kind: "a duration" })
    }

    /// The doc string.
    pub fn doc_string(&self) -> Result<&DocString, ArgumentError> {
        self.taken.set(true);
        self.doc_string.as_ref().ok_or(ArgumentError::NoDocString)
    }

    /// The table's rows, the first of them the header where the sentence has one.
    pub fn table(&self) -> Result<&[Vec<String>], ArgumentError> {
        self.taken.set(true);
        if self.table.is_empty() { Err(ArgumentError::NoTable) } else { Ok(&self.table) }
    }

    /// What stands below the step and nobody asked for, so that it has no effect.
    pub(crate) fn left_over(&self) -> Option<&'static str> {
        match (self.taken.get(), &self.doc_string, self.table.is_empty()) {
            (false, Some(_), _) => Some("a doc string"),
            (false, None, false) => Some("a table"),
            _ => None,
        }
    }

    /// Replaces every text by what `replace` makes of it.
    pub(crate) fn try_map<E>(mut self, mut replace: impl FnMut(&str) -> Result<String, E>) -> Result<Self, E> {
        let cells = self.table.iter_mut().flatten();
        let doc_string = self.doc_string.iter_mut().map(|doc_string| &mut doc_string.text);
        for text in self.values.iter_mut().chain(cells).chain(doc_string) {
            *text = replace(text)?;
        }
        Ok(self)
    }
}

/// Reads `30 s`, `1.5m`, `250ms`, `2 h`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.trim().parse().ok()?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_four_units() {
        assert_eq!(parse_duration("30 s"), Some(Duration::from_secs(30)));
        assert_eq!(parse_duration("1.5m"), Some(Duration::from_secs(90)));
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("2h"), Some(Duration::from_secs(7200)));
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in ["", "30", "s", "-1s", "1 fortnight", "1e400s", "NaNs"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
