//! Running the real tool: its input is the caller's own, its outputs are copied on their way, and
//! signals are handed on to it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::process::Stdio;

use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};

use super::super::protocol::{End, Report};
use super::pump::Pump;
use super::signals::Signals;

/// What a write to a pipe without a reader does to a program.
pub(super) const SIGPIPE: i32 = Signal::PIPE.as_raw();

/// Runs `command` to its end.
pub(super) async fn run(mut command: Command, signals: &mut Signals) -> io::Result<Report> {
    let (mut child, pumps) = start(&mut command)?;
    // The ends that the tool writes to must be closed here for the pumps to see their end.
    drop(command);
    let pid = child.id();
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            signal = signals.next() => hand_on(pid, signal),
        }
    };
    let [(stdout, stdout_broken), (stderr, stderr_broken)] =
        pumps.map(|pump| pump.map_or_else(Default::default, Pump::finish));
    // The tool was done before its reader went away, but only because the copy in between was
    // quicker than the reader: on its own the tool would have met the broken pipe.
    let broken = stdout_broken || stderr_broken;
    let end = if broken && status.success() { End::Signal(SIGPIPE) } else { End::of(status) };
    Ok(Report { end, stdout, stderr })
}

/// Starts the tool with a pump for each output. When both outputs go to the same place, one pipe
/// serves both, so that their order is kept; the copy then counts as standard output.
fn start(command: &mut Command) -> io::Result<(Child, [Option<Pump>; 2])> {
    if one_place() {
        let (reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        return Ok((child, [Some(Pump::start(reader, own(io::stdout())?)), None]));
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().map(tokio::process::ChildStdout::into_owned_fd).transpose()?;
    let stderr = child.stderr.take().map(tokio::process::ChildStderr::into_owned_fd).transpose()?;
    let out = own(io::stdout())?;
    let err = own(io::stderr())?;
    Ok((
        child,
        [stdout.map(|from| Pump::start(File::from(from), out)), stderr.map(|from| Pump::start(File::from(from), err))],
    ))
}

/// A stream of this process without the buffer that the standard library puts before it.
fn own(stream: impl AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

/// Whether standard output and error are the same file or pipe, other than a device such as
/// `/dev/null`, which keeps no order.
fn one_place() -> bool {
    let stat = |stream: &dyn Fn() -> rustix::io::Result<rustix::fs::Stat>| stream().ok();
    let out = stat(&|| rustix::fs::fstat(io::stdout()));
    let err = stat(&|| rustix::fs::fstat(io::stderr()));
    match (out, err) {
        (Some(out), Some(err)) => {
            let device = rustix::fs::FileType::from_raw_mode(out.st_mode) == rustix::fs::FileType::CharacterDevice;
            !device && (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino)
        }
        _ => false,
    }
}

/// Sends `signal` to the tool.
pub(super) fn hand_on(pid: Option<u32>, signal: i32) {
    let pid = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(signal)) {
        // The tool may have ended in between.
        let _gone = rustix::process::kill_process(pid, signal);
    }
}
