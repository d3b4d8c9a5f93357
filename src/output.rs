//! Writing to the terminal: colour only where it is wanted, a closed pipe is no error.

use std::io::{IsTerminal as _, Write as _};

use stagegate_harness::run::LoggedErrors;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::cli::ColorChoice;

/// Whether standard output is coloured.
pub(crate) fn color_of_stdout(choice: Option<ColorChoice>) -> bool {
    colored(choice, std::io::stdout().is_terminal())
}

/// Whether standard error is coloured.
pub(crate) fn color_of_stderr(choice: Option<ColorChoice>) -> bool {
    colored(choice, std::io::stderr().is_terminal())
}

fn colored(choice: Option<ColorChoice>, terminal: bool) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match choice {
        Some(ColorChoice::Always) => true,
        Some(ColorChoice::Never) => false,
        Some(ColorChoice::Auto) | None => terminal && !unwanted,
    }
}

/// Prints to standard output. A reader that has gone away is no error of ours.
pub(crate) fn to_stdout(text: &str) {
    let mut out = std::io::stdout().lock();
    let _reader_gone = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints to standard error.
pub(crate) fn to_stderr(text: &str) {
    let _reader_gone = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Logs of the harness itself go to standard error when STAGEGATE_LOG asks for them.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("STAGEGATE_LOG").unwrap_or_else(|_| EnvFilter::new("off"));
    let to_stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    // A second call keeps the first one's subscriber, which is the same.
    let _already_set = tracing_subscriber::registry().with(LoggedErrors).with(to_stderr).try_init();
}
