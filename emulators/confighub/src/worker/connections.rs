//! The open streams, one per worker.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stagegate_simulation::Sender;
use uuid::Uuid;

use super::event::Event;

/// The sending ends of all open streams.
#[derive(Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    streams: HashMap<Uuid, (u64, Sender<Event>)>,
    last_serial: u64,
}

impl Connections {
    /// Takes a new stream of a worker; a former one of the same worker ends. Gives its serial number.
    pub(super) fn open(&self, worker: Uuid, sender: Sender<Event>) -> u64 {
        let mut open = self.lock();
        open.last_serial += 1;
        let serial = open.last_serial;
        open.streams.insert(worker, (serial, sender));
        serial
    }

    /// Sends an event; `false` when the worker has no stream.
    pub(super) fn send(&self, worker: Uuid, event: Event) -> bool {
        self.lock().streams.get(&worker).is_some_and(|(_, sender)| sender.send(event))
    }

    /// Forgets a stream that ended; `false` when a newer one has taken its place.
    pub(super) fn forget(&self, worker: Uuid, serial: u64) -> bool {
        let mut open = self.lock();
        let present = open.streams.get(&worker).is_some_and(|(present, _)| *present == serial);
        if present {
            open.streams.remove(&worker);
        }
        present
    }

    /// Ends the stream of a worker.
    pub(crate) fn close(&self, worker: Uuid) {
        self.lock().streams.remove(&worker);
    }

    /// Ends all streams.
    pub(crate) fn close_all(&self) {
        self.lock().streams.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
