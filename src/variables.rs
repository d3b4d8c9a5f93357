//! Environment variables that look like misspelt options.
//!
//! A variable that nothing reads is silently without effect, and a gate that was to run the tutorial's
//! scripts would pass without them.

use clap::{Command, CommandFactory as _};

use crate::cli::Cli;
use crate::error::CliError;

const PREFIX: &str = "STAGEGATE_";

/// From this length on, two slips of the hand still leave a name recognisable.
const LONG: usize = 7;

/// Fails when a variable of this process is almost, but not quite, one that an option reads. Other
/// variables of the prefix are left alone: a workflow may keep a version or a path in one.
///
/// # Errors
///
/// [`CliError::Variable`] for the first such variable by name.
pub(crate) fn check() -> Result<(), CliError> {
    let known = known(&Cli::command());
    let mut given: Vec<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    given.sort();
    match given.iter().find_map(|name| Some((name, misspelt(name, &known)?))) {
        Some((name, meant)) => Err(CliError::Variable { name: name.clone(), meant: meant.to_owned() }),
        None => Ok(()),
    }
}

/// Every variable that an option of the command or of its sub-commands reads.
fn known(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(known)).collect()
}

/// The variable that was probably meant.
fn misspelt<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let given = name.strip_prefix(PREFIX)?;
    if known.iter().any(|known| known == name) {
        return None;
    }
    let distance = |known: &str| {
        let option = known.strip_prefix(PREFIX).unwrap_or(known);
        let slips = strsim::damerau_levenshtein(option, given);
        (slips <= if option.len() < LONG { 1 } else { 2 }).then_some(slips)
    };
    known.iter().filter_map(|known| Some((distance(known)?, known.as_str()))).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_names_of_something_else() {
        let known = known(&Cli::command());
        for (name, meant) in [
            ("STAGEGATE_TGAS", Some("STAGEGATE_TAGS")),
            ("STAGEGATE_TAG", Some("STAGEGATE_TAGS")),
            ("STAGEGATE_TUTRIAL", Some("STAGEGATE_TUTORIAL")),
            ("STAGEGATE_FINDINGS", Some("STAGEGATE_FINDING")),
            ("STAGEGATE_FAILFAST", Some("STAGEGATE_FAIL_FAST")),
            ("STAGEGATE_TAGS", None),
            ("STAGEGATE_SPEED", None),
            ("STAGEGATE_VERSION", None),
            ("STAGEGATE_REPO", None),
            ("STAGEGATE_LOG", None),
            ("STAGEGATE_CONTROL", None),
            ("STAGEGATE_SHARED", None),
            ("STAGEGATE_WITHOUT_RECORDINGS", None),
            ("TAGS", None),
        ] {
            assert_eq!(misspelt(name, &known), meant, "{name}");
        }
    }
}
