//! Values that steps give names to and later steps use as `{name}`.

use std::collections::BTreeMap;

/// A step uses a name that nothing gave a value to.
#[derive(Debug, thiserror::Error)]
#[error("there is no variable `{name}`{}", list(.known))]
pub struct UnknownVariable {
    /// The name.
    pub name: String,
    /// The names that have values.
    pub known: Vec<String>,
}

fn list(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("; there are: {}", names.join(", ")) }
}

/// The variables of one scenario.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    pub(super) fn get(&self, name: &str) -> Result<&str, UnknownVariable> {
        let unknown = || UnknownVariable { name: name.to_owned(), known: self.0.keys().cloned().collect() };
        self.0.get(name).map(String::as_str).ok_or_else(unknown)
    }

    /// Replaces each `{name}`. Braces around anything but a plain name stay as they are, so that
    /// JSON in a doc string needs no escapes.
    pub(super) fn fill(&self, text: &str) -> Result<String, UnknownVariable> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let behind = &rest[open + 1..];
            match behind.find('}').map(|close| (&behind[..close], &behind[close + 1..])) {
                Some((name, after)) if is_name(name) => {
                    out.push_str(self.get(name)?);
                    rest = after;
                }
                _ => {
                    out.push('{');
                    rest = behind;
                }
            }
        }
        out.push_str(rest);
        Ok(out)
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("prefix", "warm-cub".to_owned());
        variables
    }

    #[test]
    fn a_known_name_is_replaced_wherever_it_stands() {
        assert_eq!(variables().fill("{prefix}-traderx in {prefix}").expect("known"), "warm-cub-traderx in warm-cub");
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = variables().fill("{prefx}-traderx").expect_err("unknown");
        assert_eq!(error.to_string(), "there is no variable `prefx`; there are: prefix");
    }

    #[test]
    fn other_braces_are_text() {
        for text in [r#"{"spec":{"replicas":3}}"#, "${HOME}", "{", "}", "{}", "a {b c} d"] {
            assert_eq!(variables().fill(text).expect("no variable in it"), text);
        }
    }
}
