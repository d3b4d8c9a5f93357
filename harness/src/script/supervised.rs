//! The harness's end of a supervisor.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::group::{DYING, Group, LeftRunning};
use super::protocol::{Given, Told, line};
use super::running::{Ended, RunError};

/// A script under supervision. Dropping it kills the script.
pub(crate) struct Supervised {
    process: Child,
    lines: Lines<BufReader<OwnedReadHalf>>,
    input: Option<Input>,
    group: Group,
}

/// The way to a script's input. While it is kept, the script is, too.
pub(crate) struct Input(OwnedWriteHalf);

impl Input {
    /// Gives the script something to read.
    pub(crate) async fn give(&mut self, given: &Given) -> io::Result<()> {
        self.0.write_all(&line(given)?).await
    }
}

impl Supervised {
    /// Starts `command`, a call of the supervisor, for the script whose processes carry `mark`.
    pub(crate) fn start(mut command: Command, mark: String) -> io::Result<Self> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (reader, writer) = UnixStream::from_std(ours)?.into_split();
        let process = command.stdin(Stdio::from(OwnedFd::from(theirs))).spawn()?;
        let lines = BufReader::new(reader).lines();
        Ok(Self { process, lines, input: Some(Input(writer)), group: Group::of(mark) })
    }

    /// The way to its input, to be handed back in the end.
    pub(crate) fn input(&mut self) -> Option<Input> {
        self.input.take()
    }

    pub(crate) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.process.stdout.take(), self.process.stderr.take())
    }

    /// What the supervisor tells next; `None` when it is gone.
    async fn told(&mut self) -> Result<Option<Told>, RunError> {
        let told = self.lines.next_line().await.map_err(RunError::Wait)?;
        told.map(|line| serde_json::from_str(&line).map_err(|error| RunError::Wait(error.into()))).transpose()
    }

    /// Waits for the end of the script.
    pub(crate) async fn ended(&mut self) -> Result<Ended, RunError> {
        loop {
            match self.told().await? {
                Some(Told::Started(leader)) => self.group.led_by(leader),
                Some(Told::Ended(end)) => return Ok(end.into()),
                Some(Told::Stopped(exceeded)) => return Ok(Ended::Stopped(exceeded)),
                Some(Told::Failed(what)) => return Err(RunError::Start(io::Error::other(what))),
                Some(Told::Left { .. }) => {}
                None => return Ok(Ended::Unsupervised),
            }
        }
    }

    /// Ends all that the script has left running; tells what that was, and what would not go.
    pub(crate) async fn finish(mut self, input: Option<Input>) -> (Vec<LeftRunning>, Vec<LeftRunning>) {
        // Closing our end tells the supervisor.
        drop((input, self.input.take()));
        let left = tokio::time::timeout(2 * DYING, async {
            loop {
                match self.told().await {
                    Ok(Some(Told::Left { left, remain })) => return Some((left, remain)),
                    Ok(Some(_)) => {}
                    Ok(None) | Err(_) => return None,
                }
            }
        });
        let told = left.await.ok().flatten();
        // What the supervisor did not see, or all of it when the script killed the supervisor.
        let missed = self.group.end();
        let (mut left, mut remain) = told.unwrap_or_default();
        left.extend(missed);
        remain.extend(self.group.gone().await);
        let _gone = tokio::time::timeout(Duration::from_millis(500), self.process.wait()).await;
        (left, remain)
    }
}
