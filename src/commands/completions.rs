//! `stagegate completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::output::to_stdout;

/// Prints a completion script.
pub(crate) fn run(shell: Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "stagegate", &mut script);
    to_stdout(&String::from_utf8_lossy(&script));
    0
}
