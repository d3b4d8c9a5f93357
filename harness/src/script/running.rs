//! Running one command line in a workspace.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use stagegate_reports::diagnostic::{Diagnostic, Location};
use stagegate_reports::journal::{Attachment, CommandFate, CommandFinished, CommandStarted, Event, Output};
use stagegate_simulation::{Clock, Pace};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::task::{JoinError, JoinSet};

use super::control::Control;
use super::excerpt::Excerpt;
use super::group::LeftRunning;
use super::limits::{Exceeded, Limits};
use super::prompt::Answers;
use super::protocol::{End, Order, SUPERVISOR};
use super::supervised::{Input, Supervised};
use super::terminal;
use super::workspace::Workspace;
use crate::journal::Scribe;

/// How to run a command line.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The environment's clock.
    pub clock: Clock,
    /// How many times faster than the wall the clock runs while processes do.
    pub speed: f64,
    /// The longest the command line may take, in environment time.
    pub timeout: Duration,
    /// How much it may use.
    pub limits: Limits,
    /// What it is given when it asks something. Without any, its input is empty.
    pub answers: Answers,
}

/// A command line could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// bash did not start.
    #[error("cannot start bash: {0}")]
    Start(std::io::Error),
    /// Its end could not be learned.
    #[error("cannot wait for bash: {0}")]
    Wait(std::io::Error),
}

/// How a command line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an exit status.
    Status(i32),
    /// By a signal.
    Signal(i32),
    /// It took longer than it may and was killed.
    TimedOut,
    /// It used more than it may and was killed.
    Stopped(Exceeded),
    /// It killed the process that runs it, its parent, and was killed for that.
    Unsupervised,
}

impl From<End> for Ended {
    fn from(end: End) -> Self {
        match end {
            End::Status(status) => Self::Status(status),
            End::Signal(signal) => Self::Signal(signal),
        }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "it ended with exit status {status}"),
            Self::Signal(signal) => write!(f, "it was ended by signal {signal}"),
            Self::TimedOut => write!(f, "it took too long and was killed"),
            Self::Stopped(exceeded) => write!(f, "{exceeded} and was killed"),
            Self::Unsupervised => write!(f, "it killed its parent, the process that runs it, and was killed"),
        }
    }
}

/// What came of a command line.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its number in the journal.
    pub number: u64,
    /// How it ended.
    pub ended: Ended,
    /// What it wrote to standard output.
    pub stdout: Output,
    /// What it wrote to standard error.
    pub stderr: Output,
    /// Both, in the order they were written.
    pub output: Output,
    /// The traced commands it ran, in the order they started.
    pub commands: Vec<Ran>,
    /// What it left running; killed by now.
    pub left_running: Vec<LeftRunning>,
    /// How long it took in environment time.
    pub duration: Duration,
}

impl Outcome {
    /// The exit status as a shell gives it: 128 and the signal's number for a signal; `None` when
    /// the harness killed it.
    pub fn exit_status(&self) -> Option<i32> {
        match self.ended {
            Ended::Status(status) => Some(status),
            Ended::Signal(signal) => Some(128 + signal),
            Ended::TimedOut | Ended::Stopped(_) | Ended::Unsupervised => None,
        }
    }
}

/// A traced command that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// What was asked of it, and where.
    pub started: CommandStarted,
    /// What came of it.
    pub finished: CommandFinished,
}

/// How long after its end a script's output may stay open. A `tee` that the script wrote through
/// needs a moment; a daemon would keep it open for ever.
const GRACE: Duration = Duration::from_secs(2);
/// How long after everything was killed an output may stay open.
const CLOSING: Duration = Duration::from_millis(500);

/// How long, in wall time, a question may stand before it is noticed.
const LISTENING: Duration = Duration::from_millis(5);

impl Workspace {
    /// Runs `line` with bash in the copy of the checkout, its input empty, and waits for its end.
    ///
    /// The journal gets the line and every traced command it runs, as they happen. The clock runs
    /// at the given speed meanwhile and then goes on as before. Nothing the line started outlives
    /// the call, also when the call is cancelled.
    pub async fn run(&mut self, line: &str, scribe: &Scribe, options: &RunOptions) -> Result<Outcome, RunError> {
        self.run_from(line, None, scribe, options).await
    }

    /// [`Workspace::run`] for a line that a script printed at `source`.
    pub async fn run_from(
        &mut self,
        line: &str,
        source: Option<Location>,
        scribe: &Scribe,
        options: &RunOptions,
    ) -> Result<Outcome, RunError> {
        let former = options.clock.pace();
        let pace = Paced::at(&options.clock, options.speed);
        let number = scribe.next_command_number();
        let (at, wall) = (options.clock.now(), Instant::now());
        self.tell_start(number, line, source, scribe);
        let parts = (self.tools.clone(), self.layout.clone());
        let times = (scribe.clone(), options.clock.clone());
        let control = Arc::new(Control::new(times, parts, (number, line), (options.speed, options.answers.clone())));
        let command = self.command(line, options).map_err(RunError::Start)?;
        let mark = self.layout.control.to_string_lossy().into_owned();
        let mut script = Supervised::start(command, mark).map_err(RunError::Start)?;
        let mut captured = Captured::of(script.outputs());
        let mut shims = JoinSet::new();
        let mut input = script.input();
        let ended = self.attend((&mut script, &mut input), &captured, &control, &mut shims, options).await?;
        let (mut left_running, remain) = script.finish(input).await;
        // A shim may have called just before it was killed.
        while let Some(Ok((stream, _))) = self.listener.accept().now_or_never() {
            let control = Arc::clone(&control);
            shims.spawn(async move { control.serve(stream).await });
        }
        captured.close(&mut left_running).await;
        // Every shim is gone by now, so what is left to do here is to write down what became of it.
        while let Some(joined) = shims.join_next().await {
            tell_of_panic(joined, scribe);
        }
        control.tell_end(match ended {
            Ended::Status(status) => Some(status),
            _ => None,
        });
        let duration = options.clock.since(at);
        let [stdout, stderr, output] = captured.outputs().map(|output| self.layout.readable_output(&output));
        let outcome =
            Outcome { number, ended, stdout, stderr, output, commands: control.ran(), left_running, duration };
        tell_end(&outcome, wall.elapsed(), scribe);
        tell_left_running(&outcome.left_running, scribe);
        for process in remain {
            scribe.write(Event::Leftover { what: format!("process {}: {}", process.pid, process.command) });
        }
        pace.end(former);
        Ok(outcome)
    }

    /// The call of the supervisor that runs `line`.
    fn command(&self, line: &str, options: &RunOptions) -> std::io::Result<Command> {
        let answers = !options.answers.is_empty();
        let order =
            serde_json::to_string(&Order { limits: options.limits, folder: self.layout.root.clone(), answers })?;
        let mut command = Command::new(&self.tools.shim);
        command
            .arg0(SUPERVISOR)
            .arg(order)
            .arg(&self.tools.bash)
            .args(["-c", line])
            .current_dir(&self.layout.checkout)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if answers {
            command.env(terminal::VARIABLE, terminal::path(&self.layout.root));
        }
        Ok(command)
    }

    /// Serves the shims until the script, and what it wrote through, has ended.
    async fn attend(
        &self,
        (supervised, input): (&mut Supervised, &mut Option<Input>),
        captured: &Captured,
        control: &Arc<Control>,
        shims: &mut JoinSet<()>,
        options: &RunOptions,
    ) -> Result<Ended, RunError> {
        let script = async {
            let ended = tokio::select! {
                ended = supervised.ended() => ended?,
                () = options.clock.sleep(options.timeout) => return Ok(Ended::TimedOut),
            };
            if !matches!(ended, Ended::Status(_) | Ended::Signal(_)) {
                return Ok(ended);
            }
            // Running out of grace is no failure: what still writes then is killed and told.
            let _still_open = tokio::time::timeout(GRACE, captured.closed()).await;
            Ok(ended)
        };
        tokio::pin!(script);
        loop {
            tokio::select! {
                ended = &mut script => return ended,
                // Wall time, because a script that waits to be answered does so in its own.
                () = tokio::time::sleep(LISTENING), if !options.answers.is_empty() => reply(control, input).await,
                connection = self.listener.accept() => match connection {
                    Ok((stream, _)) => {
                        let control = Arc::clone(control);
                        shims.spawn(async move { control.serve(stream).await });
                    }
                    Err(error) => tracing::warn!(%error, "cannot accept a shim"),
                },
                Some(joined) = shims.join_next() => tell_of_panic(joined, &control.scribe),
            }
        }
    }

    fn tell_start(&mut self, number: u64, line: &str, source: Option<Location>, scribe: &Scribe) {
        let argv = ["bash", "-c", line].map(str::to_owned).to_vec();
        let started = CommandStarted { number, argv, cwd: ".".to_owned(), source, parent: None };
        scribe.write(Event::CommandStarted(started));
        if !std::mem::replace(&mut self.told, true) {
            self.tell_surroundings(scribe);
        }
    }

    /// Writes down the scripts' environment and in what their copy differs from the checkout.
    fn tell_surroundings(&self, scribe: &Scribe) {
        let variables = self.environment.iter().map(|(name, value)| self.layout.readable(&format!("{name}={value}\n")));
        let lines = self.redirected().iter().map(|at| format!("{}:{}: {}\n", at.file.display(), at.line, at.text));
        let told = [
            (crate::findings::ENVIRONMENT, variables.collect::<String>()),
            ("lines of the copy in which /tmp is the run's own folder", lines.collect()),
        ];
        for (name, text) in told.into_iter().filter(|(_, text)| !text.is_empty()) {
            let media_type = "text/plain".to_owned();
            scribe.write(Event::Attachment(Attachment { name: name.to_owned(), media_type, text }));
        }
    }
}

/// Answers what the script has asked since the last time.
async fn reply(control: &Control, input: &mut Option<Input>) {
    for given in control.replies() {
        if let Some(input) = input
            && let Err(error) = input.give(&given).await
        {
            tracing::debug!(%error, "a script's supervisor is gone");
        }
    }
}

/// What a script leaves running is killed, and somebody should know.
fn tell_left_running(left: &[LeftRunning], scribe: &Scribe) {
    if !left.is_empty() {
        let lines = left.iter().map(|process| format!("{} {}\n", process.pid, process.command));
        scribe.write(Event::Attachment(Attachment {
            name: "processes that the script left running; they were killed".to_owned(),
            media_type: "text/plain".to_owned(),
            text: lines.collect(),
        }));
    }
}

/// A command whose attendant broke is missing from the journal, so the run must not pass.
fn tell_of_panic(joined: Result<(), JoinError>, scribe: &Scribe) {
    if let Err(error) = joined {
        let what = "a traced command was lost: what attends to it broke".to_owned();
        let diagnostic = Diagnostic { what, causes: vec![error.to_string()], ..Diagnostic::default() };
        scribe.write(Event::EnvironmentFailed { diagnostic });
    }
}

fn tell_end(outcome: &Outcome, wall: Duration, scribe: &Scribe) {
    let (exit_status, signal) = match outcome.ended {
        Ended::Status(status) => (Some(status), None),
        Ended::Signal(signal) => (None, Some(signal)),
        _ => (None, Some(rustix::process::Signal::KILL.as_raw())),
    };
    scribe.write(Event::CommandFinished(CommandFinished {
        number: outcome.number,
        exit_status,
        signal,
        duration_ms: outcome.duration.as_secs_f64() * 1000.0,
        wall_ms: wall.as_secs_f64() * 1000.0,
        stdout: outcome.stdout.clone(),
        stderr: outcome.stderr.clone(),
        fate: Some(CommandFate::Propagated),
    }));
}

/// The clock at a script's pace. Dropped before the end, as when a run is interrupted, it leaves the
/// clock at the wall's pace: nothing waits for environment time any more, so none must be made up.
struct Paced {
    clock: Clock,
    after: Pace,
}

impl Paced {
    fn at(clock: &Clock, speed: f64) -> Self {
        clock.set_pace(Pace::Times(speed));
        Self { clock: clock.clone(), after: Pace::Times(1.0) }
    }

    /// The script has ended: the clock goes on as before.
    fn end(mut self, former: Pace) {
        self.after = former;
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        self.clock.set_pace(self.after);
    }
}

/// What a script writes, as far as it is kept: standard output, standard error, and both in order.
struct Captured {
    kept: [Arc<Mutex<Excerpt>>; 3],
    readers: tokio::sync::watch::Receiver<usize>,
    tasks: JoinSet<()>,
}

impl Captured {
    fn of((stdout, stderr): (Option<ChildStdout>, Option<ChildStderr>)) -> Self {
        let kept: [Arc<Mutex<Excerpt>>; 3] = Default::default();
        let (open, readers) = tokio::sync::watch::channel(2);
        let mut tasks = JoinSet::new();
        let [out, err, both] = kept.clone();
        tasks.spawn(read(stdout, [out, Arc::clone(&both)], open.clone()));
        tasks.spawn(read(stderr, [err, both], open));
        Self { kept, readers, tasks }
    }

    /// Waits until both outputs are closed.
    async fn closed(&self) {
        // The senders are gone only when both are closed, too.
        let mut readers = self.readers.clone();
        let _all_gone = readers.wait_for(|open| *open == 0).await;
    }

    /// Waits a moment for both outputs to close now that everything is killed.
    async fn close(&self, left_running: &mut Vec<LeftRunning>) {
        if tokio::time::timeout(CLOSING, self.closed()).await.is_err() {
            let command = "something that hides its environment and holds the script's output open".to_owned();
            left_running.push(LeftRunning { pid: 0, command });
        }
    }

    /// Stops reading and gives what was kept.
    fn outputs(&mut self) -> [Output; 3] {
        self.tasks.abort_all();
        self.kept.each_ref().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner).output())
    }
}

async fn read(
    from: Option<impl AsyncRead + Unpin>,
    kept: [Arc<Mutex<Excerpt>>; 2],
    open: tokio::sync::watch::Sender<usize>,
) {
    if let Some(mut from) = from {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            for excerpt in &kept {
                excerpt.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]);
            }
        }
    }
    open.send_modify(|open| *open -= 1);
}
