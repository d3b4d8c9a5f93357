//! Ending as the tool ended.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use super::super::protocol::End;

/// Ends this process with the status, or by the signal, that `end` names.
pub(super) fn leave(end: End) -> ExitCode {
    match end {
        End::Status(status) => std::process::exit(status),
        End::Signal(signal) => die_by(signal),
    }
}

/// Dies by `signal`, so that the calling shell sees what it would have seen of the tool.
///
/// This process has handlers for some signals and ignores SIGPIPE, as every Rust program does.
/// Replacing it by a shell of the same process id brings all of them back to their defaults.
fn die_by(signal: i32) -> ExitCode {
    let kill = format!("ulimit -c 0; kill -{signal} $$");
    let _error = Command::new("/bin/sh").args(["-c", &kill]).env_remove("BASH_ENV").exec();
    // No shell to be had: say it as a shell would have.
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}
