//! The process between the harness and a script: it bounds what the script uses, ends all that the
//! script leaves, and cleans up when the harness itself is killed.
//!
//! It is the executable under another name. Its standard input is a socket to the harness. It leads a
//! session without a terminal, so what reads from `/dev/tty` fails at once. A script that kills its
//! parent kills this process, and not the harness.

use std::io::{self, BufRead, BufReader, PipeWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, WaitOptions, kill_process, kill_process_group};

use super::descendants::below;
use super::group::{DYING, LeftRunning};
use super::limits::{Exceeded, disk_use};
use super::protocol::{CONTROL_VARIABLE, End, Given, Order, Told, line};
use super::terminal::Terminal;

/// The least wall time between two looks at what the script uses.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// How much longer than a look the pause after it is.
const PAUSE: u32 = 100;
/// The supervisor's nice value, where it may have one below 0.
const URGENT: i32 = -10;
/// The most processes that are told by name.
const TOLD: usize = 50;

/// What happens to a supervisor.
enum News {
    /// The script ended.
    Ended(End),
    /// No process of the script is left.
    AllGone,
    /// The harness wants no more of the script, or is gone.
    Finish,
}

/// Runs the command line in `arguments`, an [`Order`] before it, under supervision.
pub(super) fn main(arguments: Vec<std::ffi::OsString>) -> ExitCode {
    match supervise(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The harness tells it as its own failure to start the script.
            let _harness_gone = harness().and_then(|harness| tell(&harness, &Told::Failed(error.to_string())));
            ExitCode::FAILURE
        }
    }
}

fn harness() -> io::Result<UnixStream> {
    Ok(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?))
}

fn tell(mut harness: &UnixStream, told: &Told) -> io::Result<()> {
    harness.write_all(&line(told)?)
}

fn supervise(arguments: Vec<std::ffi::OsString>) -> io::Result<()> {
    let mut arguments = arguments.into_iter();
    let order: Order = serde_json::from_str(&arguments.next().unwrap_or_default().to_string_lossy())?;
    let program = arguments.next().unwrap_or_default();
    let harness = harness()?;
    let harness_pid = rustix::process::getppid();
    rustix::process::setsid()?;
    adopt_orphans()?;
    limit_files(order.limits.disk)?;
    limit_processes(order.limits.processes);
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).process_group(0);
    let (mut input, mut terminal) = (None, None);
    if order.answers {
        terminal = Some(Terminal::new(&order.folder)?);
        let (reader, writer) = io::pipe()?;
        command.stdin(reader);
        input = Some(writer);
    }
    // Before the script: what fails after it would leave it running.
    let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    let listening = harness.try_clone()?;
    let script = command.spawn()?;
    // Its own end of the script's input must be the only one.
    drop(command);
    // Among a thousand processes this one must still get to run. Only root may ask for it; for others
    // `limit_processes` holds.
    let _not_root = rustix::process::setpriority_process(None, URGENT);
    // Their readers must see the end of the script's outputs.
    let _as_before = rustix::stdio::dup2_stdout(&nowhere).and_then(|()| rustix::stdio::dup2_stderr(&nowhere));
    let leader = i32::try_from(script.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("no pid"))?;
    // A harness that is gone already ends what follows at once.
    let _harness_gone = tell(&harness, &Told::Started(script.id()));
    let (sender, news) = channel();
    std::thread::spawn({
        let sender = sender.clone();
        move || wait_for_finish(listening, input, terminal, &sender)
    });
    std::thread::spawn(move || reap(leader, &sender));
    let mark = std::env::var(CONTROL_VARIABLE).unwrap_or_default();
    let supervisor = Supervisor { order, harness, news, leader, mark };
    supervisor.attend();
    let said = supervisor.clean_up();
    if rustix::process::getppid() != harness_pid {
        // The harness was killed, so nobody else will.
        let _gone = std::fs::remove_dir_all(&supervisor.order.folder);
        let _not_empty = supervisor.order.folder.parent().map(std::fs::remove_dir);
    }
    said
}

/// Has the system make this process the parent of what loses its own below it.
#[cfg(target_os = "linux")]
fn adopt_orphans() -> io::Result<()> {
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it may fail")]
fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

fn limit_files(most: u64) -> io::Result<()> {
    let before = rustix::process::getrlimit(Resource::Fsize);
    let current = Some(before.current.map_or(most, |current| current.min(most)));
    Ok(rustix::process::setrlimit(Resource::Fsize, Rlimit { current, ..before })?)
}

/// Has the system refuse more processes, too, where it counts them for users (it does not for root).
/// It counts all of the user's, hence the room.
fn limit_processes(most: usize) {
    const ROOM: u64 = 4096;
    let before = rustix::process::getrlimit(Resource::Nproc);
    let most = most as u64 + ROOM;
    let current = Some(before.current.map_or(most, |current| current.min(most)));
    // Looking at the number of processes holds in any case.
    let _refused = rustix::process::setrlimit(Resource::Nproc, Rlimit { current, ..before });
}

/// Hands on what the harness gives the script to read, until it closes its end or is gone.
fn wait_for_finish(
    harness: UnixStream,
    mut input: Option<PipeWriter>,
    mut terminal: Option<Terminal>,
    sender: &Sender<News>,
) {
    for line in BufReader::new(harness).lines().map_while(Result::ok) {
        let given = serde_json::from_str(&line).unwrap_or(Given::End);
        // The script may have closed its input.
        let _unread = match (given, &mut input, &mut terminal) {
            (Given::Text(text), Some(writer), _) => writer.write_all(text.as_bytes()),
            (Given::Typed(text), _, Some(terminal)) => terminal.type_in(&text),
            (Given::Typed(_) | Given::HungUp, ..) => {
                terminal = None;
                Ok(())
            }
            (Given::Text(_) | Given::End, ..) => {
                input = None;
                Ok(())
            }
        };
    }
    drop((input, terminal));
    let _ended = sender.send(News::Finish);
}

/// Takes leave of every process that ends below this one.
fn reap(leader: Pid, sender: &Sender<News>) {
    loop {
        let news = match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == leader => News::Ended(End::of(ExitStatus::from_raw(status.as_raw()))),
            Ok(_) | Err(rustix::io::Errno::INTR) => continue,
            Err(_) => News::AllGone,
        };
        let last = matches!(news, News::AllGone);
        if sender.send(news).is_err() || last {
            return;
        }
    }
}

struct Supervisor {
    order: Order,
    harness: UnixStream,
    news: Receiver<News>,
    leader: Pid,
    mark: String,
}

impl Supervisor {
    /// Tells what becomes of the script until the harness wants no more of it.
    fn attend(&self) {
        let mut pause = BETWEEN_LOOKS;
        let mut stopped = false;
        loop {
            match self.news.recv_timeout(pause) {
                Ok(News::Finish) | Err(RecvTimeoutError::Disconnected) => return,
                // That the harness is gone is news of its own.
                Ok(News::Ended(end)) if !stopped => _ = tell(&self.harness, &Told::Ended(end)),
                Ok(News::Ended(_) | News::AllGone) => {}
                Err(RecvTimeoutError::Timeout) if stopped => {}
                Err(RecvTimeoutError::Timeout) => {
                    let began = Instant::now();
                    if let Some(exceeded) = self.exceeded() {
                        stopped = true;
                        let processes = self.processes();
                        self.kill(&processes);
                        let _harness_gone = tell(&self.harness, &Told::Stopped(exceeded));
                    }
                    pause = BETWEEN_LOOKS.max(began.elapsed() * PAUSE);
                }
            }
        }
    }

    fn processes(&self) -> Vec<LeftRunning> {
        below(std::process::id(), &self.mark)
    }

    fn exceeded(&self) -> Option<Exceeded> {
        let limits = self.order.limits;
        if self.processes().len() > limits.processes {
            return Some(Exceeded::Processes(limits.processes));
        }
        (disk_use(&self.order.folder) > limits.disk).then_some(Exceeded::Disk(limits.disk))
    }

    fn kill(&self, processes: &[LeftRunning]) {
        // The whole group at once, so that none of it can start another meanwhile.
        let _empty = kill_process_group(self.leader, Signal::KILL);
        for process in processes {
            if let Some(pid) = Pid::from_raw(process.pid) {
                let _gone = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Kills all that is left and tells what there was, and what would not go.
    fn clean_up(&self) -> io::Result<()> {
        let mut left = self.processes();
        let more = left.len().saturating_sub(TOLD);
        let since = Instant::now();
        let mut remain = left.clone();
        loop {
            self.kill(&remain);
            remain = self.processes();
            if remain.is_empty() || since.elapsed() > DYING {
                break;
            }
            // What was killed is still listed until the system has taken it apart.
            std::thread::sleep(Duration::from_millis(2));
        }
        if more > 0 {
            left.truncate(TOLD);
            left.push(LeftRunning { pid: 0, command: format!("and {more} more") });
        }
        remain.truncate(TOLD);
        tell(&self.harness, &Told::Left { left, remain })
    }
}
