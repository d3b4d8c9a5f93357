//! The environment's clock: wall time, a multiple of it, or jumping from timer to timer.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};

use crate::channel;
use crate::stream::{StreamLedger, StreamSender};

/// How environment time relates to wall time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// Jump to the next timer as soon as nothing holds a [`Busy`].
    Jump,
    /// Run this many times faster than the wall; `1.0` is the wall.
    Times(f64),
}

/// A [`Clock::timeout`] ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("timed out after {0:?} of environment time")]
pub struct Elapsed(pub Duration);

/// A handle to an environment's clock. Clones share one time line.
///
/// In [`Pace::Jump`] the clock stands still while any [`Busy`] is held and otherwise goes straight
/// to the earliest timer. In-process code therefore holds a `Busy` whenever it has something to do
/// that is not a [`Clock::sleep`]: a request in flight, a message not yet handled, a step running.
///
/// The clock belongs on a current-thread runtime together with the tasks that live by it: before it
/// jumps it lets every one of them run, which only such a runtime can promise. A future on another
/// thread is accounted for by [`Clock::attended`].
#[derive(Clone)]
pub struct Clock {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    pace: Pace,
    /// Environment and wall time of the latest change of pace or jump.
    base: Timestamp,
    base_wall: Instant,
    started: Timestamp,
    timers: BTreeMap<(Timestamp, u64), oneshot::Sender<Busy>>,
    next_timer: u64,
    busy: usize,
    /// How many of `busy` are held by a step that waits for each of its requests.
    foreground: usize,
    /// How many senders wait for an answer that is held back on purpose; steps among them.
    lent: usize,
    lent_by_steps: usize,
    /// Grows with every change of `busy`, so that the driver can tell quiet from a lull.
    generation: u64,
    streams: HashMap<u64, usize>,
    next_stream: u64,
}

impl State {
    fn now(&self) -> Timestamp {
        match self.pace {
            Pace::Jump => self.base,
            Pace::Times(factor) => {
                self.base.checked_add(self.base_wall.elapsed().mul_f64(factor)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// Whether nobody holds a `Busy` but those that wait for an answer that is held back.
    fn is_quiet(&self) -> bool {
        let waiting = if self.lent_by_steps > 0 { self.foreground } else { 0 };
        self.busy <= self.lent + waiting
    }

    fn set_base(&mut self, to: Timestamp) {
        self.base = to;
        self.base_wall = Instant::now();
    }
}

/// Something is going on: while it lives, a jumping clock stands still.
pub struct Busy {
    shared: Arc<Shared>,
    foreground: bool,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let quiet = {
            let mut state = self.shared.lock();
            state.busy -= 1;
            state.foreground -= usize::from(self.foreground);
            state.generation += 1;
            state.is_quiet()
        };
        if quiet {
            self.shared.changed.notify_one();
        }
    }
}

/// A request is held back on purpose: while it lives, a jumping clock does not stand still for the
/// [`Busy`] of the one that waits for its answer.
#[derive(Debug)]
pub(crate) struct Lent {
    clock: Clock,
    by_step: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut state = self.clock.shared.lock();
        state.lent -= 1;
        state.lent_by_steps -= usize::from(self.by_step);
        state.generation += 1;
    }
}

impl std::fmt::Debug for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Busy")
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section leaves the state whole, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(self: &Arc<Self>, foreground: bool) -> Busy {
        let mut state = self.lock();
        state.busy += 1;
        state.foreground += usize::from(foreground);
        state.generation += 1;
        drop(state);
        Busy { shared: Arc::clone(self), foreground }
    }
}

impl Clock {
    /// Starts a clock at `start`. Must be called within a tokio runtime, which drives it.
    pub fn start(start: Timestamp, pace: Pace) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                pace,
                base: start,
                base_wall: Instant::now(),
                started: start,
                timers: BTreeMap::new(),
                next_timer: 0,
                busy: 0,
                foreground: 0,
                lent: 0,
                lent_by_steps: 0,
                generation: 0,
                streams: HashMap::new(),
                next_stream: 1,
            }),
            changed: Notify::new(),
        });
        tokio::spawn(drive(Arc::downgrade(&shared)));
        Self { shared }
    }

    /// The environment's time.
    pub fn now(&self) -> Timestamp {
        self.shared.lock().now()
    }

    /// Environment time since the clock was started.
    pub fn elapsed(&self) -> Duration {
        let state = self.shared.lock();
        since(state.started, state.now())
    }

    /// Environment time from `earlier` to now; zero when `earlier` is ahead.
    pub fn since(&self, earlier: Timestamp) -> Duration {
        since(earlier, self.now())
    }

    /// Environment time from now to `later`; zero when `later` is past.
    pub fn until(&self, later: Timestamp) -> Duration {
        since(self.now(), later)
    }

    /// The present pace.
    pub fn pace(&self) -> Pace {
        self.shared.lock().pace
    }

    /// Changes the pace from now on; time never goes back.
    pub fn set_pace(&self, pace: Pace) {
        let mut state = self.shared.lock();
        let now = state.now();
        state.set_base(now);
        state.pace = pace;
        drop(state);
        self.shared.changed.notify_one();
    }

    /// Holds a jumping clock still until the returned value is dropped.
    pub fn busy(&self) -> Busy {
        self.shared.busy(false)
    }

    /// The same for a step in the foreground, which can do nothing while a request of its own is
    /// under way. When such a request is held back on purpose, the clock runs on all the same.
    pub fn foreground(&self) -> Busy {
        self.shared.busy(true)
    }

    /// Does without the `Busy` of one that waits for an answer and, if that is a step, without the
    /// [`Clock::foreground`] ones.
    pub(crate) fn lend(&self, by_step: bool) -> Lent {
        let mut state = self.shared.lock();
        state.lent += 1;
        state.lent_by_steps += usize::from(by_step);
        state.generation += 1;
        drop(state);
        self.shared.changed.notify_one();
        Lent { clock: self.clone(), by_step }
    }

    /// Polls `future` with a [`Busy`] held, and gives the last one together with the output: so a
    /// jumping clock on another thread slips in neither between the end of one wait inside and the
    /// beginning of the next, nor before what comes after.
    pub async fn attended<F: Future>(&self, future: F) -> (F::Output, Busy) {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| {
            let busy = self.busy();
            future.as_mut().poll(context).map(|output| (output, busy))
        })
        .await
    }

    /// Sleeps for `duration` of environment time. Cancel-safe.
    pub async fn sleep(&self, duration: Duration) {
        if duration.is_zero() {
            return;
        }
        // Further than time goes is never.
        let deadline = self.now().checked_add(duration).unwrap_or(Timestamp::MAX);
        self.sleep_until(deadline).await;
    }

    /// Sleeps as a sender of requests does that will send one again: its own `Busy`, and the [`Clock::foreground`] ones
    /// of a step that waits for it, do not keep a jumping clock still meanwhile.
    pub async fn rest(&self, duration: Duration) {
        let lent = self.lend(true);
        let ((), busy) = self.attended(self.sleep(duration)).await;
        drop(lent);
        drop(busy);
    }

    /// Sleeps until the environment's time is `deadline`. Cancel-safe.
    pub async fn sleep_until(&self, deadline: Timestamp) {
        let fired = {
            let mut state = self.shared.lock();
            if deadline <= state.now() {
                return;
            }
            let (fire, fired) = oneshot::channel();
            let id = state.next_timer;
            state.next_timer += 1;
            state.timers.insert((deadline, id), fire);
            state.generation += 1;
            fired
        };
        self.shared.changed.notify_one();
        // The `Busy` that comes with the wake-up keeps the clock still until this task has run on.
        let _woken = fired.await;
    }

    /// Runs `future` for at most `limit` of environment time.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Elapsed> {
        tokio::select! {
            biased;
            output = future => Ok(output),
            () = self.sleep(limit) => Err(Elapsed(limit)),
        }
    }

    /// An unbounded channel whose unhandled messages keep a jumping clock still.
    pub fn channel<T>(&self) -> (channel::Sender<T>, channel::Receiver<T>) {
        channel::channel(self.clone())
    }

    /// The receiving end's account of a streamed response; its id goes into [`crate::STREAM_HEADER`].
    pub fn open_stream(&self) -> StreamLedger {
        let mut state = self.shared.lock();
        let id = state.next_stream;
        state.next_stream += 1;
        state.streams.insert(id, 0);
        drop(state);
        StreamLedger::new(self.clone(), id)
    }

    /// The sending end of a stream that a client of this clock opened; `None` for other clients.
    pub fn join_stream(&self, id: u64) -> Option<StreamSender> {
        self.shared.lock().streams.contains_key(&id).then(|| StreamSender::new(self.clone(), id))
    }

    pub(crate) fn stream_sent(&self, id: u64, messages: usize) {
        let mut state = self.shared.lock();
        if let Some(outstanding) = state.streams.get_mut(&id) {
            *outstanding += messages;
            state.busy += messages;
            state.generation += 1;
        }
    }

    pub(crate) fn stream_received(&self, id: u64, messages: usize) {
        let mut state = self.shared.lock();
        if let Some(outstanding) = state.streams.get_mut(&id) {
            let settled = messages.min(*outstanding);
            *outstanding -= settled;
            state.busy -= settled;
            state.generation += 1;
        }
        drop(state);
        self.shared.changed.notify_one();
    }

    pub(crate) fn stream_closed(&self, id: u64) {
        let mut state = self.shared.lock();
        if let Some(outstanding) = state.streams.remove(&id) {
            state.busy -= outstanding;
            state.generation += 1;
        }
        drop(state);
        self.shared.changed.notify_one();
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("Clock")
            .field("now", &state.now())
            .field("pace", &state.pace)
            .field("busy", &state.busy)
            .finish()
    }
}

fn since(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::ZERO)
}

enum Next {
    /// Wait for a change.
    Wait,
    /// Wait for a change, at most this long.
    WaitFor(Duration),
    /// Jump, if this generation is still the present one after other tasks had their turn.
    Settle(u64),
}

/// How often the driver lets all other tasks run before it believes that nothing is going on. On a
/// current-thread runtime each round polls every task that is ready and then the sockets, so a chain
/// of wake-ups gets at least one link further; none is nearly as long as this.
const SETTLE_ROUNDS: usize = 64;

async fn drive(shared: Weak<Shared>) {
    loop {
        let Some(shared_now) = shared.upgrade() else { return };
        match next(&shared_now) {
            Next::Wait => wait(shared_now, None).await,
            Next::WaitFor(limit) => wait(shared_now, Some(limit)).await,
            Next::Settle(generation) => {
                for _ in 0..SETTLE_ROUNDS {
                    tokio::task::yield_now().await;
                }
                jump(&shared_now, generation);
            }
        }
    }
}

/// Waits for a change without keeping the clock alive for longer than a second.
async fn wait(shared: Arc<Shared>, limit: Option<Duration>) {
    let limit = limit.unwrap_or(Duration::MAX).min(Duration::from_secs(1));
    let _either = tokio::time::timeout(limit, shared.changed.notified()).await;
}

fn next(shared: &Arc<Shared>) -> Next {
    let mut state = shared.lock();
    while state.timers.first_entry().is_some_and(|timer| timer.get().is_closed()) {
        state.timers.pop_first();
    }
    let Some((&(deadline, _), _)) = state.timers.first_key_value() else { return Next::Wait };
    match state.pace {
        Pace::Jump if !state.is_quiet() => Next::Wait,
        Pace::Jump => Next::Settle(state.generation),
        Pace::Times(factor) => {
            let now = state.now();
            if now < deadline {
                return Next::WaitFor(since(now, deadline).div_f64(factor));
            }
            fire(shared, state, now);
            Next::WaitFor(Duration::ZERO)
        }
    }
}

fn jump(shared: &Arc<Shared>, generation: u64) {
    let mut state = shared.lock();
    if state.pace != Pace::Jump || !state.is_quiet() || state.generation != generation {
        return;
    }
    let Some((&(deadline, _), _)) = state.timers.first_key_value() else { return };
    state.set_base(deadline);
    fire(shared, state, deadline);
}

/// Wakes every timer that is due at `now`, each with a [`Busy`] of its own.
fn fire(shared: &Arc<Shared>, mut state: MutexGuard<'_, State>, now: Timestamp) {
    let later = state.timers.split_off(&(now, u64::MAX));
    let due = std::mem::replace(&mut state.timers, later);
    state.busy += due.len();
    state.generation += 1;
    drop(state);
    for (_, timer) in due {
        // A receiver that is gone drops the guard at once.
        let _receiver_gone = timer.send(Busy { shared: Arc::clone(shared), foreground: false });
    }
}
