//! At most ten waits at a time; a waiting one keeps its place through the pauses between its rounds
//! (recorded run 13d).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stagegate_simulation::{Busy, Clock};
use tokio::sync::oneshot;

/// The places.
#[derive(Clone)]
pub(crate) struct WaitSlots {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

struct State {
    free: usize,
    queue: VecDeque<oneshot::Sender<(Slot, Busy)>>,
}

/// A place, given to the next in the queue when dropped.
pub(crate) struct Slot {
    slots: WaitSlots,
    handed_on: bool,
}

impl WaitSlots {
    pub(crate) fn new(clock: Clock, places: usize) -> Self {
        Self { clock, state: Arc::new(Mutex::new(State { free: places, queue: VecDeque::new() })) }
    }

    /// Waits for a place. `busy` is given up while there is none, so that time can pass.
    pub(crate) async fn enter(&self, busy: Busy) -> Option<(Slot, Busy)> {
        let turn = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Some((self.slot(), busy));
            }
            let (give, turn) = oneshot::channel();
            state.queue.push_back(give);
            turn
        };
        drop(busy);
        turn.await.ok()
    }

    fn slot(&self) -> Slot {
        Slot { slots: self.clone(), handed_on: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self) {
        loop {
            let next = {
                let mut state = self.lock();
                let next = state.queue.pop_front();
                if next.is_none() {
                    state.free += 1;
                }
                next
            };
            let Some(next) = next else { return };
            // The one that waited may be gone; its place then goes to the next.
            match next.send((self.slot(), self.clock.busy())) {
                Ok(()) => return,
                Err((mut unused, _)) => unused.handed_on = true,
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.handed_on {
            self.slots.release();
        }
    }
}
