//! Names of clusters that are ours.

use std::fmt;
use std::str::FromStr;

/// The name of a cluster that is ours to use and to delete: it begins with `stagegate-`, so that no cluster of somebody
/// else is ever taken for one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterName(String);

/// A text that cannot be the name of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` cannot name a cluster of stagegate: {reason}")]
pub struct NameError {
    /// The text.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl ClusterName {
    /// What all names begin with.
    pub const PREFIX: &str = "stagegate-";
    /// The most characters: with `-control-plane` added it must fit in a host name.
    pub const LONGEST: usize = 50;

    /// The name for what a person calls `name`: with the prefix, unless it has it already.
    pub fn of(name: &str) -> Result<Self, NameError> {
        if name.starts_with(Self::PREFIX) { name.parse() } else { format!("{}{name}", Self::PREFIX).parse() }
    }

    /// The whole name, as kind has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClusterName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        let refuse = |reason| Err(NameError { name: name.to_owned(), reason });
        let Some(own) = name.strip_prefix(Self::PREFIX) else { return refuse("it must begin with `stagegate-`") };
        let allowed = |character: char| matches!(character, 'a'..='z' | '0'..='9' | '-' | '.');
        if own.is_empty() || !name.chars().all(allowed) {
            return refuse("after `stagegate-` it takes small letters, digits, `-` and `.`, at least one of them");
        }
        if !name.ends_with(|last: char| last.is_ascii_alphanumeric()) {
            return refuse("it must end with a letter or a digit");
        }
        if name.len() > Self::LONGEST {
            return refuse("it must not be longer than 50 characters");
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gets_the_prefix_once() {
        assert_eq!(ClusterName::of("warm").unwrap(), ClusterName::of("stagegate-warm").unwrap());
    }

    #[test]
    fn what_kind_or_a_host_name_would_not_take_is_refused() {
        for name in ["", "stagegate-", "Warm", "a b", "a/b", "warm-", "stagegate-.", &"a".repeat(41)] {
            assert!(ClusterName::of(name).is_err(), "{name}");
        }
        assert!(ClusterName::of(&"a".repeat(40)).is_ok());
        assert!("kind".parse::<ClusterName>().is_err());
    }
}
