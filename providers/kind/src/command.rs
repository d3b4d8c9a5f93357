//! Calls of other programs, each in a process group of its own and never longer than its limit.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use duct::Handle;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio_util::sync::CancellationToken;

/// Between two looks at whether a call is to be stopped. One that ends by itself is noticed at once.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// The longest a killed process may take to be gone.
const DYING: Duration = Duration::from_secs(5);
/// The same for its children, which stay listed after their death for as long as nobody waits for them.
const ORPHANS_DYING: Duration = Duration::from_millis(500);

/// What a program that ended left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// All that it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// All that it wrote to its standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it ended with status 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// Its standard output as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The last lines that say something, of its standard error or else of its standard output.
    pub fn said(&self) -> String {
        last_lines(&self.stderr).or_else(|| last_lines(&self.stdout)).unwrap_or_else(|| "nothing".to_owned())
    }
}

/// How many lines of an output an error shows.
const SHOWN: usize = 8;

fn last_lines(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let shown = &lines[lines.len().saturating_sub(SHOWN)..];
    (!shown.is_empty()).then(|| shown.join("\n"))
}

/// Why a program was not brought to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("`{command}` could not be run: {source}")]
    Start { command: String, source: io::Error },
    #[error("`{command}` was not done within {limit:?}; it said: {said}")]
    Overran { command: String, limit: Duration, said: String, log: Vec<u8> },
    #[error("`{command}` was stopped")]
    Cancelled { command: String, log: Vec<u8> },
}

/// A program with its arguments, input and limit.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    limit: Duration,
    stop: CancellationToken,
}

impl Call {
    /// `program` is the path of an executable. Nothing stops it but its end and `limit`.
    pub(crate) fn new(program: &Path, limit: Duration) -> Self {
        Self {
            program: program.to_owned(),
            arguments: Vec::new(),
            variables: Vec::new(),
            stdin: Vec::new(),
            limit,
            stop: CancellationToken::new(),
        }
    }

    pub(crate) fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Its whole input; without it the input is empty.
    pub(crate) fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    pub(crate) fn stopped_by(mut self, stop: &CancellationToken) -> Self {
        self.stop = stop.clone();
        self
    }

    /// The command line as a person would type it, without its input.
    pub(crate) fn line(&self) -> String {
        let program = self.program.file_name().unwrap_or(self.program.as_os_str());
        let words = std::iter::once(program).chain(self.arguments.iter().map(OsString::as_os_str));
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }

    /// Runs it to its end, and kills it with its whole process group when it overruns or is stopped.
    pub(crate) fn run(&self) -> Result<Output, CallError> {
        tracing::debug!(command = self.line(), "calling");
        if self.stop.is_cancelled() {
            return Err(CallError::Cancelled { command: self.line(), log: Vec::new() });
        }
        let failed = |source| CallError::Start { command: self.line(), source };
        let (mut stdout, mut stderr) = (tempfile::tempfile().map_err(failed)?, tempfile::tempfile().map_err(failed)?);
        let handle = self.start(&stdout, &stderr).map_err(failed)?;
        let ended = self.watch(&handle).map_err(failed)?;
        let mut log = || written(&mut stderr).unwrap_or_default();
        match ended {
            Ended::Itself(status) => {
                Ok(Output { status, stdout: written(&mut stdout).map_err(failed)?, stderr: log() })
            }
            Ended::Stopped => Err(CallError::Cancelled { command: self.line(), log: log() }),
            Ended::Overran => {
                let log = log();
                let said = last_lines(&log).unwrap_or_else(|| "nothing".to_owned());
                Err(CallError::Overran { command: self.line(), limit: self.limit, said, log })
            }
        }
    }

    /// Input and output are files without a name, so that no thread must feed or drain a pipe, which a process that left
    /// the group could hold open.
    fn start(&self, stdout: &File, stderr: &File) -> io::Result<Handle> {
        let mut stdin = tempfile::tempfile()?;
        stdin.write_all(&self.stdin)?;
        stdin.rewind()?;
        let mut expression = duct::cmd(&self.program, &self.arguments)
            .stdin_file(stdin)
            .stdout_file(stdout.try_clone()?)
            .stderr_file(stderr.try_clone()?)
            .unchecked()
            .before_spawn(|command| {
                command.process_group(0);
                Ok(())
            });
        for (name, value) in &self.variables {
            expression = expression.env(name, value);
        }
        expression.start()
    }

    fn watch(&self, handle: &Handle) -> io::Result<Ended> {
        let since = Instant::now();
        loop {
            let left = self.limit.saturating_sub(since.elapsed());
            if let Some(output) = handle.wait_timeout(left.min(BETWEEN_LOOKS))? {
                return Ok(Ended::Itself(output.status.code()));
            }
            if self.stop.is_cancelled() {
                kill(handle)?;
                return Ok(Ended::Stopped);
            }
            if left.is_zero() {
                kill(handle)?;
                return Ok(Ended::Overran);
            }
        }
    }
}

/// How a process came to its end.
enum Ended {
    Itself(Option<i32>),
    Stopped,
    Overran,
}

/// Kills all that the process started, and waits until it is gone.
fn kill(handle: &Handle) -> io::Result<()> {
    let pids = handle.pids();
    let groups: Vec<Pid> = pids.iter().filter_map(|pid| Pid::from_raw(i32::try_from(*pid).ok()?)).collect();
    for group in &groups {
        // Nothing left in the group is what is wanted.
        let _empty = kill_process_group(*group, Signal::KILL);
    }
    handle.wait_timeout(DYING)?;
    let since = Instant::now();
    while groups.iter().any(|group| test_kill_process_group(*group).is_ok()) && since.elapsed() < ORPHANS_DYING {
        std::thread::sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

fn written(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Call {
        Call::new(Path::new("/bin/sh"), limit).arguments(["-c", script])
    }

    #[test]
    fn output_status_input_and_variables_arrive() {
        let call = shell("cat; echo \"$GREETING\" >&2; exit 3", Duration::from_secs(30));
        let output = call.stdin(b"in".to_vec()).variable("GREETING", "hello").run().unwrap();
        assert_eq!((output.status, output.text().as_str(), output.said().as_str()), (Some(3), "in", "hello"));
    }

    #[test]
    fn a_call_that_overruns_dies_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pids = folder.path().join("pids");
        let script = format!("sleep 600 & echo $! >{}; echo waiting >&2; wait", pids.display());
        let error = shell(&script, Duration::from_millis(500)).run().unwrap_err();
        let CallError::Overran { said, .. } = error else { panic!("{error}") };
        assert_eq!(said, "waiting");
        let pid = std::fs::read_to_string(pids).unwrap().trim().parse().unwrap();
        assert!(is_gone(Pid::from_raw(pid).unwrap()), "{pid} lives on");
    }

    #[test]
    fn a_call_that_is_stopped_dies_and_one_that_was_stopped_before_does_not_start() {
        let folder = tempfile::tempdir().unwrap();
        let started = folder.path().join("started");
        let stop = CancellationToken::new();
        let call =
            shell(&format!("touch {}; sleep 600", started.display()), Duration::from_secs(600)).stopped_by(&stop);
        let running = std::thread::spawn({
            let call = call.clone();
            move || call.run()
        });
        while !started.exists() {
            std::thread::yield_now();
        }
        stop.cancel();
        assert!(matches!(running.join().unwrap(), Err(CallError::Cancelled { .. })));
        std::fs::remove_file(&started).unwrap();
        assert!(matches!(call.run(), Err(CallError::Cancelled { .. })));
        assert!(!started.exists());
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Call::new(Path::new("/nowhere/tool"), Duration::from_secs(1)).run().unwrap_err();
        assert!(error.to_string().starts_with("`tool` could not be run"), "{error}");
    }

    /// Dead, be it that nobody has waited for it yet.
    fn is_gone(pid: Pid) -> bool {
        let mut ps = std::process::Command::new("ps");
        ps.args(["-o", "stat=", "-p", &pid.as_raw_nonzero().to_string()]);
        let mut ps = ps_output(&mut ps);
        ps.retain(|character| !character.is_whitespace());
        ps.is_empty() || ps.starts_with('Z')
    }

    fn ps_output(ps: &mut std::process::Command) -> String {
        String::from_utf8(ps.output().unwrap().stdout).unwrap()
    }
}
