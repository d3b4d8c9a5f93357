//! What the stagegate executable does when a script calls it by the name of a tool.

mod cub;
mod kind;
mod kubeconfig;
mod leave;
mod pump;
mod signals;
mod timeout;
mod timeouts;
mod tool;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use stagegate_reports::journal::Output;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::protocol::{ASK, Action, Answer, CONTROL_VARIABLE, Call, End, Noted, Report, SUPERVISOR, Said, Woken};
use super::workspace::CONTROL_FILE;
use super::{search_path, sh_places};
use signals::Signals;

/// The status of a shim that has lost the harness, as `timeout` and `env` use it for their own failures.
const FAILED: u8 = 125;

/// Why a shim cannot do its work.
#[derive(Debug, thiserror::Error)]
enum ShimError {
    #[error("{CONTROL_VARIABLE} is not set: only a script that stagegate runs can call this")]
    NoControl,
    #[error("the harness is gone: {0}")]
    Lost(#[from] std::io::Error),
    #[error("the harness is gone: it closed the connection")]
    Closed,
    #[error("the harness does not understand: {0}")]
    Protocol(#[from] serde_json::Error),
    #[error("cannot run {}: {source}", .program.display())]
    Spawn { program: PathBuf, source: std::io::Error },
}

/// Acts as the tool called `name`: asks the harness what to do, does it, and ends as the tool ended,
/// by the same signal when it was one.
///
/// Fails with status 125 and a message when the harness cannot be reached.
pub fn main(name: &str, arguments: Vec<OsString>) -> ExitCode {
    if name == SUPERVISOR {
        return super::supervisor::main(arguments);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(name, &ShimError::Lost(error)),
    };
    match runtime.block_on(act(name, arguments)) {
        Ok(end) => leave::leave(end),
        Err(error) => fail(name, &error),
    }
}

/// The harness's socket for the tool called `name`: the one that the environment names, or, where a
/// script has cleared its environment, the one beside the folder that PATH finds this executable in.
pub fn control(name: &str) -> Option<PathBuf> {
    let beside = || {
        let found = search_path::find(name, &std::env::var_os("PATH")?)?;
        let own = std::env::current_exe().and_then(std::fs::canonicalize).ok()?;
        let control = found.parent()?.parent()?.join(CONTROL_FILE);
        (found.canonicalize().ok()? == own && control.exists()).then_some(control)
    };
    std::env::var_os(CONTROL_VARIABLE).map(PathBuf::from).or_else(beside)
}

#[expect(clippy::print_stderr, reason = "the script's own output is where a tool's failure is told")]
fn fail(name: &str, error: &ShimError) -> ExitCode {
    eprintln!("stagegate: {name}: {error}");
    ExitCode::from(FAILED)
}

async fn act(name: &str, arguments: Vec<OsString>) -> Result<End, ShimError> {
    let control = control(name).ok_or(ShimError::NoControl)?;
    let mut signals = Signals::catch()?;
    let mut harness = Harness::connect(&control).await?;
    harness.call(name, &arguments).await?;
    if name == ASK {
        let Noted = harness.receive().await?;
        return Ok(End::Status(0));
    }
    let answer: Answer = harness.receive().await?;
    let report = match answer.action {
        Action::Run { program, mark_kubeconfig, timeouts, environment } => {
            let arguments = match timeouts {
                Some(speed) => timeouts::scaled(arguments, speed),
                None => arguments,
            };
            let mut command = tokio::process::Command::new(&program);
            command.arg0(name).envs(environment).env_remove(sh_places::VARIABLE);
            let _copies = if mark_kubeconfig {
                kubeconfig::mark(&mut command, &control, arguments, answer.number)
            } else {
                command.args(arguments);
                kubeconfig::Copies::default()
            };
            let spawned = tool::run(command, &mut signals).await;
            spawned.map_err(|source| ShimError::Spawn { program, source })?
        }
        Action::Cub { environment } => cub::run(&arguments, environment, &mut signals, &mut harness).await?,
        Action::Kind(machine) => kind::run(&arguments, &machine),
        Action::Become { program, before, changed } => {
            let mut arguments = arguments;
            if let Some((at, word)) = changed
                && let Some(argument) = arguments.get_mut(at)
            {
                *argument = word.into();
            }
            let mut command = std::process::Command::new(&program);
            let source = command.arg0(name).args(before).args(arguments).exec();
            return Err(ShimError::Spawn { program, source });
        }
        Action::Timeout { program, operand, after } => {
            return timeout::run((&program, name), arguments, (operand, after), &mut signals, &mut harness).await;
        }
        Action::Sleep => {
            let end = tokio::select! {
                woken = harness.woken() => woken?,
                signal = signals.next() => End::Signal(signal),
            };
            Report { end, stdout: Output::default(), stderr: Output::default() }
        }
    };
    let end = report.end;
    harness.report(report).await?;
    Ok(end)
}

/// The connection to the harness.
struct Harness {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl Harness {
    async fn connect(control: &std::path::Path) -> Result<Self, ShimError> {
        let (reader, writer) = UnixStream::connect(control).await?.into_split();
        Ok(Self { lines: BufReader::new(reader).lines(), writer })
    }

    /// Tells what was called.
    async fn call(&mut self, name: &str, arguments: &[OsString]) -> Result<(), ShimError> {
        let words = arguments.iter().map(|word| word.to_string_lossy().into_owned());
        let call = Call {
            argv: std::iter::once(name.to_owned()).chain(words).collect(),
            // A working directory that was removed has no name; the tool will say so itself.
            cwd: std::env::current_dir().unwrap_or_default(),
            pid: std::process::id(),
            ppid: parent(),
            at: std::env::var(sh_places::VARIABLE).ok(),
        };
        self.send(&call).await
    }

    async fn woken(&mut self) -> Result<End, ShimError> {
        let Woken = self.receive().await?;
        Ok(End::Status(0))
    }

    /// Waits until so much environment time has passed.
    async fn pause(&mut self, duration: Duration) -> Result<(), ShimError> {
        self.send(&Said::Pause(duration)).await?;
        self.woken().await.map(|_| ())
    }

    /// Reports and waits until the harness has written it down, so that the journal has the
    /// script's order.
    async fn report(&mut self, report: Report) -> Result<(), ShimError> {
        self.send(&Said::Report(report)).await?;
        let Noted = self.receive().await?;
        Ok(())
    }

    async fn send<T: serde::Serialize>(&mut self, message: &T) -> Result<(), ShimError> {
        Ok(self.writer.write_all(&super::protocol::line(message)?).await?)
    }

    async fn receive<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, ShimError> {
        let line = self.lines.next_line().await?.ok_or(ShimError::Closed)?;
        Ok(serde_json::from_str(&line)?)
    }
}

fn parent() -> u32 {
    rustix::process::getppid().map_or(0, |parent| parent.as_raw_nonzero().get().unsigned_abs())
}
