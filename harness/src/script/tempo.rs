//! How fast the clock runs while a script does.
//!
//! What a process does between two calls of a shim cannot be seen, so the clock runs at a fixed
//! multiple of the wall. But while every command of a script sleeps on the clock itself, nothing can
//! happen before the first of them wakes, and the clock may jump there. So a script's own waits take
//! no wall time, and the time that its processes need counts for what it is.

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stagegate_simulation::{Clock, Pace};

use super::answer::Sleep;
use super::group::marked;

/// The least speed while commands only wait for something to happen in the cluster: fast enough to
/// be no burden, slow enough for their own reaction, some milliseconds, to count for little.
const AWAITING_EVENTS: f64 = 20.0;

/// The clock's speed while commands wait for events, when scripts otherwise run at `speed`.
pub(crate) fn speed_awaiting_events(speed: f64) -> f64 {
    if speed <= 1.0 { speed } else { speed.max(AWAITING_EVENTS) }
}

/// Whether the clock goes with the wall, as it must where a cluster is real. Slower than the wall only emulators
/// go: there what processes need counts for less than it is.
fn is_the_walls(speed: f64) -> bool {
    (speed - 1.0).abs() < f64::EPSILON
}

/// The least wall time that a time limit leaves what it limits.
const LIMIT: Duration = Duration::from_secs(2);

const FIRST_LOOK: Duration = Duration::from_millis(2);
const NEXT_LOOK: Duration = Duration::from_millis(10);

/// Programs that, while they are asleep, do nothing of their own accord: shells that wait for a
/// command, what reads a command's output, and `timeout`, which goes by the clock.
const IDLE: [&str; 6] = ["bash", "sh", "dash", "tee", "cat", "timeout"];

/// The names of shims: as many processes of these names as commands sleep are those commands.
const SHIMS: [&str; 3] = ["sleep", "cub", "kubectl"];

/// How often in a row the script must have been seen at rest before the clock jumps. A shell that has
/// just lost a child looks asleep until the system gets to it.
const CALM: usize = 2;

/// The name of the program that a command line runs.
fn program(command: &str) -> String {
    let path = command.split_whitespace().next().unwrap_or_default();
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.trim_start_matches('-').to_owned()
}

/// Whether the system says that a process waits for something (proc(5), the field after the name).
#[cfg(target_os = "linux")]
fn is_asleep(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| fields.starts_with('S'))
}

/// Elsewhere it is not known, so the clock does not jump while a script runs.
#[cfg(not(target_os = "linux"))]
fn is_asleep(_: i32) -> bool {
    false
}

/// The pace of the clock while a script runs.
pub(crate) struct Tempo {
    clock: Clock,
    speed: f64,
    /// What marks the script's processes.
    mark: String,
    commands: Mutex<Commands>,
}

#[derive(Debug, Default)]
struct Commands {
    running: usize,
    /// Of those, the ones that sleep on the clock.
    sleeping: usize,
    /// Of those, the ones that wait for events.
    awaiting: usize,
    /// How often in a row everything else was seen at rest.
    calm: usize,
    /// The time limits that run.
    limits: Vec<Duration>,
}

/// A time limit that runs.
pub(crate) struct Limit<'t>(&'t Tempo, Duration);

impl Drop for Limit<'_> {
    fn drop(&mut self) {
        let mut commands = self.0.lock();
        if let Some(at) = commands.limits.iter().position(|limit| *limit == self.1) {
            commands.limits.remove(at);
        }
        drop(commands);
        self.0.keep();
    }
}

/// One command in one of the states of [`Commands`].
pub(crate) struct In<'t> {
    tempo: &'t Tempo,
    leave: fn(&mut Commands),
}

impl Drop for In<'_> {
    fn drop(&mut self) {
        let mut commands = self.tempo.lock();
        (self.leave)(&mut commands);
        commands.calm = 0;
        drop(commands);
        self.tempo.keep();
    }
}

impl Tempo {
    pub(crate) fn new(clock: Clock, speed: f64, mark: String) -> Self {
        Self { clock, speed, mark, commands: Mutex::default() }
    }

    /// A command runs until the returned value is dropped.
    pub(crate) fn run(&self) -> In<'_> {
        self.enter(|commands| commands.running += 1, |commands| commands.running -= 1)
    }

    /// A running command waits for events until the returned value is dropped.
    pub(crate) fn await_events(&self) -> In<'_> {
        self.enter(|commands| commands.awaiting += 1, |commands| commands.awaiting -= 1)
    }

    /// A time limit of what the script runs, until the returned value is dropped. Processes are no
    /// faster than elsewhere, so a short one must not be over before they have started.
    pub(crate) fn limit(&self, limit: Duration) -> Limit<'_> {
        self.lock().limits.push(limit);
        self.keep();
        Limit(self, limit)
    }

    /// Something happens that a script at rest will notice.
    pub(crate) fn disturb(&self) {
        self.lock().calm = 0;
        self.keep();
    }

    /// Sleeps on behalf of a running command.
    pub(crate) async fn sleep(&self, sleep: Sleep) {
        let Sleep::For(duration) = sleep else { return std::future::pending().await };
        let sleeping = self.enter(|commands| commands.sleeping += 1, |commands| commands.sleeping -= 1);
        let slept = self.clock.attended(self.clock.sleep(duration));
        let _still = tokio::select! {
            ((), still) = slept => still,
            never = self.look_again() => match never {},
        };
        // The clock must not jump on before it is slowed down.
        drop(sleeping);
    }

    /// Looks again and again whether the script's processes have come to rest: the one that has just
    /// asked to sleep is seldom asleep at once, and no event tells when a shell has done its work.
    async fn look_again(&self) -> Infallible {
        let mut pause = FIRST_LOOK;
        loop {
            // Wall time, because it is the processes' own.
            tokio::time::sleep(pause).await;
            let sleeping = self.lock().sleeping;
            let calm = self.others_are_idle(sleeping);
            let mut commands = self.lock();
            commands.calm = if calm { commands.calm + 1 } else { 0 };
            pause = if commands.calm < CALM { FIRST_LOOK } else { NEXT_LOOK };
            drop(commands);
            self.keep();
        }
    }

    fn enter(&self, enter: fn(&mut Commands), leave: fn(&mut Commands)) -> In<'_> {
        let mut commands = self.lock();
        enter(&mut commands);
        commands.calm = 0;
        drop(commands);
        self.keep();
        In { tempo: self, leave }
    }

    fn lock(&self) -> MutexGuard<'_, Commands> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the pace that the commands' present states allow.
    fn keep(&self) {
        let pace = self.pace();
        if self.clock.pace() != pace {
            self.clock.set_pace(pace);
        }
    }

    fn pace(&self) -> Pace {
        let commands = self.lock();
        let Commands { running, sleeping, awaiting, calm, .. } = *commands;
        let shortest = commands.limits.iter().min().map_or(f64::INFINITY, |limit| limit.div_duration_f64(LIMIT));
        drop(commands);
        let ordinary = Pace::Times(self.speed.min(shortest.max(1.0)));
        // At the wall's speed nothing is hurried: there may be something real at the other end.
        if is_the_walls(self.speed) || running == 0 || sleeping + awaiting < running {
            ordinary
        } else if awaiting > 0 {
            Pace::Times(speed_awaiting_events(self.speed))
        } else if calm >= CALM {
            Pace::Jump
        } else {
            ordinary
        }
    }

    /// Whether the script has no process that could be doing something of its own.
    fn others_are_idle(&self, sleeping: usize) -> bool {
        let processes = marked(&self.mark);
        let (shims, others): (Vec<_>, Vec<_>) =
            processes.iter().partition(|process| SHIMS.contains(&&*program(&process.command)));
        // Not to see the script's processes is no proof that they are idle.
        !others.is_empty()
            && shims.len() == sleeping
            && others.iter().all(|process| IDLE.contains(&&*program(&process.command)) && is_asleep(process.pid))
    }
}
