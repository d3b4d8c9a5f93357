//! How fast the clock runs while a script does.
//!
//! What a process does between two calls of a shim cannot be seen, so the clock runs at a fixed
//! multiple of the wall. But while every command of a script sleeps on the clock itself, nothing can
//! happen before the first of them wakes, and the clock may jump there. So a script's own waits take
//! no wall time, and the time that its processes need counts for what it is.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Programs that, beside sleeping commands, do nothing of their own accord: shells that wait for
/// them, and what reads their output.
const IDLE: [&str; 9] = ["bash", "sh", "dash", "env", "tee", "cat", "sleep", "cub", "kubectl"];

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
}

/// One command in one of the states of [`Commands`].
pub(crate) struct In<'t> {
    tempo: &'t Tempo,
    leave: fn(&mut Commands),
}

impl Drop for In<'_> {
    fn drop(&mut self) {
        (self.leave)(&mut self.tempo.lock());
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

    /// Sleeps on behalf of a running command.
    pub(crate) async fn sleep(&self, sleep: Sleep) {
        let Sleep::For(duration) = sleep else { return std::future::pending().await };
        let sleeping = self.enter(|commands| commands.sleeping += 1, |commands| commands.sleeping -= 1);
        let ((), _still) = self.clock.attended(self.clock.sleep(duration)).await;
        // The clock must not jump on before it is slowed down.
        drop(sleeping);
    }

    fn enter(&self, enter: fn(&mut Commands), leave: fn(&mut Commands)) -> In<'_> {
        enter(&mut self.lock());
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
        let Commands { running, sleeping, awaiting } = *self.lock();
        // At wall speed nothing is hurried: there may be something real at the other end.
        if self.speed <= 1.0 || running == 0 || sleeping + awaiting < running {
            Pace::Times(self.speed)
        } else if awaiting > 0 {
            Pace::Times(speed_awaiting_events(self.speed))
        } else if self.others_are_idle() {
            Pace::Jump
        } else {
            Pace::Times(self.speed)
        }
    }

    /// Whether the script has no process that could be doing something of its own.
    fn others_are_idle(&self) -> bool {
        marked(&self.mark).iter().all(|process| {
            let program = process.command.split_whitespace().next().unwrap_or_default();
            let name = Path::new(program).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            IDLE.contains(&name.trim_start_matches('-'))
        })
    }
}
