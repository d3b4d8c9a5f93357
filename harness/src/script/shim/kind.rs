//! Being the `kind` that is compiled in.

use std::ffi::OsString;
use std::io::{self, Write};

use stagegate_kind_stand_in::{Invocation, Machine};

use super::super::protocol::{End, Report};
use super::cub::Tee;
use super::tool::SIGPIPE;

/// Carries the call out in this process.
pub(super) fn run(arguments: &[OsString], machine: &Machine) -> Report {
    let text = |word: OsString| word.to_string_lossy().into_owned();
    let invocation = Invocation {
        args: arguments.iter().cloned().map(text).collect(),
        env: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
        cwd: std::env::current_dir().unwrap_or_default(),
    };
    let ended = stagegate_kind_stand_in::run(&invocation, machine, &mut io::stdin());
    let (mut stdout, mut stderr) = (Tee::new(io::stdout()), Tee::new(io::stderr()));
    // What its reader does not take is told by `broken`.
    let _said = stderr.write_all(ended.stderr.as_bytes());
    let _printed = stdout.write_all(ended.stdout.as_bytes());
    let broken = stdout.broken || stderr.broken;
    let end = if broken { End::Signal(SIGPIPE) } else { End::Status(i32::from(ended.status)) };
    Report { end, stdout: stdout.kept.output(), stderr: stderr.kept.output() }
}
