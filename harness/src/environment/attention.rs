//! Keeps the clocks of a thread's environments still while that thread has anything to do.
//!
//! Steps and their clients run on one thread, the emulators of each environment on another. A client
//! may hand a request to a task of its own before any guard of ours sees it (kube's does), so while
//! the steps' thread is not idle no clock of its environments may jump. The runtime's own park hooks
//! tell exactly when it is.

use std::cell::RefCell;
use std::io;

use stagegate_simulation::{Busy, Clock};
use tokio::runtime::{Builder, Runtime};

struct Attended {
    id: u64,
    clock: Clock,
    busy: Option<Busy>,
}

#[derive(Default)]
struct Clocks {
    attended: Vec<Attended>,
    next: u64,
}

thread_local! {
    static CLOCKS: RefCell<Clocks> = RefCell::default();
}

/// The runtime that steps run on: one thread, whose idleness the environments' clocks wait for.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().on_thread_park(let_go).on_thread_unpark(hold).build()
}

fn let_go() {
    CLOCKS.with_borrow_mut(|clocks| clocks.attended.iter_mut().for_each(|attended| attended.busy = None));
}

fn hold() {
    CLOCKS.with_borrow_mut(|clocks| {
        for attended in &mut clocks.attended {
            attended.busy = Some(attended.clock.busy());
        }
    });
}

/// While it lives, the thread it was made on attends to a clock.
#[derive(Debug)]
pub(super) struct Attention {
    id: u64,
}

impl Attention {
    /// From the next time this thread's runtime parks, `clock` stands still whenever it is not parked.
    pub(super) fn pay(clock: &Clock) -> Self {
        CLOCKS.with_borrow_mut(|clocks| {
            let id = clocks.next;
            clocks.next += 1;
            clocks.attended.push(Attended { id, clock: clock.clone(), busy: None });
            Self { id }
        })
    }
}

impl Drop for Attention {
    fn drop(&mut self) {
        CLOCKS.with_borrow_mut(|clocks| clocks.attended.retain(|attended| attended.id != self.id));
    }
}
