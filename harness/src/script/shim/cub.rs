//! Being the ConfigHub client that is compiled in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::time::Duration;

use stagegate_cub::{Invocation, Sleeper, Streams, run_with_sleeper};
use tokio::sync::{mpsc, oneshot};

use super::super::excerpt::Excerpt;
use super::super::protocol::{End, Report};
use super::signals::Signals;
use super::tool::SIGPIPE;
use super::{Harness, ShimError};

/// Runs the client in this process with `added` on top of its environment. Its waits are slept by
/// the harness, on the environment's clock.
pub(super) async fn run(
    arguments: &[OsString],
    added: Vec<(String, String)>,
    signals: &mut Signals,
    harness: &mut Harness,
) -> Result<Report, ShimError> {
    let text = |word: OsString| word.to_string_lossy().into_owned();
    let env: BTreeMap<String, String> =
        std::env::vars_os().map(|(name, value)| (text(name), text(value))).chain(added).collect();
    let args = arguments.iter().cloned().map(text).collect();
    let invocation = Invocation { args, env, cwd: std::env::current_dir().unwrap_or_default() };
    let (mut stdin, mut stdout, mut stderr) = (io::stdin(), Tee::new(io::stdout()), Tee::new(io::stderr()));
    let ended = {
        let stdin: &mut (dyn Read + Send) = &mut stdin;
        let streams = Streams { stdin, stdout: &mut stdout, stderr: &mut stderr };
        let (ask, mut asked) = mpsc::unbounded_channel::<(Duration, oneshot::Sender<()>)>();
        let sleeper = Sleeper::new(move |duration| {
            let (wake, woken) = oneshot::channel();
            // Nobody listens any more only when the client is about to end by a signal.
            let _listening = ask.send((duration, wake));
            async { drop(woken.await) }
        });
        let client = run_with_sleeper(invocation, streams, sleeper);
        tokio::pin!(client);
        loop {
            tokio::select! {
                status = &mut client => break End::Status(i32::from(status)),
                signal = signals.next() => break End::Signal(signal),
                Some((duration, wake)) = asked.recv() => {
                    let slept = tokio::select! {
                        paused = harness.pause(duration) => paused.map(|()| None)?,
                        signal = signals.next() => Some(signal),
                    };
                    match slept {
                        None => drop(wake.send(())),
                        Some(signal) => break End::Signal(signal),
                    }
                }
            }
        }
    };
    let broken = stdout.broken || stderr.broken;
    let end = if broken { End::Signal(SIGPIPE) } else { ended };
    Ok(Report { end, stdout: stdout.kept.output(), stderr: stderr.kept.output() })
}

/// Writes to one of the process's own outputs and keeps a copy.
pub(super) struct Tee<W> {
    to: W,
    pub(super) kept: Excerpt,
    /// Nobody reads the output any more.
    pub(super) broken: bool,
}

impl<W: Write> Tee<W> {
    pub(super) fn new(to: W) -> Self {
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
