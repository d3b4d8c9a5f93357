//! Sub-commands that were meant.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Error};

use super::Cli;

/// The error with the sub-commands from which what was typed is one slip of the hand away. clap itself looks for what is
/// alike in most of its letters, which in names as short as `run` leaves no room for a slip.
pub(crate) fn with_similar(mut error: Error) -> Error {
    if error.kind() != ErrorKind::InvalidSubcommand || error.get(ContextKind::SuggestedSubcommand).is_some() {
        return error;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let command = Cli::command();
    let names = command.get_subcommands().filter(|one| !one.is_hide_set()).map(clap::Command::get_name);
    let alike = names.filter(|name| strsim::damerau_levenshtein(name, given) == 1);
    let alike: Vec<String> = alike.map(str::to_owned).collect();
    if !alike.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(alike));
    }
    error
}
