//! Being the ConfigHub client that is compiled in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};

use stagegate_cub::{Invocation, Streams};

use super::super::excerpt::Excerpt;
use super::super::protocol::{End, Report};
use super::signals::Signals;
use super::tool::SIGPIPE;

/// Runs the client in this process with `added` on top of its environment.
pub(super) async fn run(arguments: &[OsString], added: Vec<(String, String)>, signals: &mut Signals) -> Report {
    let text = |word: OsString| word.to_string_lossy().into_owned();
    let env: BTreeMap<String, String> =
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).chain(added).collect();
    let args = arguments.iter().cloned().map(text).collect();
    let invocation = Invocation { args, env, cwd: std::env::current_dir().unwrap_or_default() };
    let (mut stdin, mut stdout, mut stderr) = (io::stdin(), Tee::new(io::stdout()), Tee::new(io::stderr()));
    let ended = {
        let stdin: &mut (dyn Read + Send) = &mut stdin;
        let streams = Streams { stdin, stdout: &mut stdout, stderr: &mut stderr };
        tokio::select! {
            status = stagegate_cub::run(invocation, streams) => End::Status(i32::from(status)),
            signal = signals.next() => End::Signal(signal),
        }
    };
    let broken = stdout.broken || stderr.broken;
    let end = if broken { End::Signal(SIGPIPE) } else { ended };
    Report { end, stdout: stdout.kept.output(), stderr: stderr.kept.output() }
}

/// Writes to one of the process's own outputs and keeps a copy.
struct Tee<W> {
    to: W,
    kept: Excerpt,
    /// Nobody reads the output any more.
    broken: bool,
}

impl<W: Write> Tee<W> {
    fn new(to: W) -> Self {
        Self { to, kept: Excerpt::default(), broken: false }
    }
}

impl<W: Write> Write for Tee<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes).and_then(|length| self.to.flush().map(|()| length));
        self.broken |= written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        // What its reader did not take was said all the same.
        self.kept.push(&bytes[..*written.as_ref().unwrap_or(&bytes.len())]);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
