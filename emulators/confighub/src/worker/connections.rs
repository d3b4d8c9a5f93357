//! The open streams, one per worker, and what waits for answers over them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use stagegate_simulation::Sender;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::event::Event;

/// Takes what a worker says of functions that it ran: the response, or why there is none.
pub(super) type Answer = oneshot::Sender<Result<Json, String>>;

/// The sending ends of all open streams.
#[derive(Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    streams: HashMap<Uuid, OpenStream>,
    last_serial: u64,
    /// Invocations of functions by worker and id.
    asked: HashMap<(Uuid, Uuid), Answer>,
    registration_delay: Duration,
}

struct OpenStream {
    serial: u64,
    sender: Sender<Event>,
    /// The cursor that the first unit event after its opening has.
    first_event: i64,
}

impl Connections {
    /// Takes a new stream of a worker; a former one of the same worker ends. Gives its serial number.
    /// `first_event` is the cursor of the next unit event.
    pub(super) fn open(&self, worker: Uuid, sender: Sender<Event>, first_event: i64) -> u64 {
        let mut open = self.lock();
        open.last_serial += 1;
        let serial = open.last_serial;
        open.asked.retain(|(asked, _), _| *asked != worker);
        open.streams.insert(worker, OpenStream { serial, sender, first_event });
        serial
    }

    /// Whether a worker has a stream.
    pub(super) fn is_open(&self, worker: Uuid) -> bool {
        self.lock().streams.contains_key(&worker)
    }

    /// Whether this is still the worker's stream.
    pub(super) fn is_current(&self, worker: Uuid, serial: u64) -> bool {
        self.lock().streams.get(&worker).is_some_and(|stream| stream.serial == serial)
    }

    /// The cursor of the first unit event after a worker's present process has connected, if one has.
    pub(super) fn first_event(&self, worker: Uuid) -> Option<i64> {
        self.lock().streams.get(&worker).map(|stream| stream.first_event)
    }

    /// Sends an event; `false` when the worker has no stream.
    pub(super) fn send(&self, worker: Uuid, event: Event) -> bool {
        self.lock().streams.get(&worker).is_some_and(|stream| stream.sender.send(event))
    }

    /// Sends an event whose answer `answer` takes; it is dropped when the stream ends. `false` when the
    /// worker has no stream.
    pub(super) fn ask(&self, worker: Uuid, id: Uuid, event: Event, answer: Answer) -> bool {
        let mut open = self.lock();
        let sent = open.streams.get(&worker).is_some_and(|stream| stream.sender.send(event));
        if sent {
            open.asked.insert((worker, id), answer);
        }
        sent
    }

    /// Who waits for this answer of a worker, if anybody does.
    pub(super) fn take_asked(&self, worker: Uuid, id: Uuid) -> Option<Answer> {
        self.lock().asked.remove(&(worker, id))
    }

    /// Forgets a stream that ended; `false` when a newer one has taken its place.
    pub(super) fn forget(&self, worker: Uuid, serial: u64) -> bool {
        let mut open = self.lock();
        let present = open.streams.get(&worker).is_some_and(|stream| stream.serial == serial);
        if present {
            open.end(worker);
        }
        present
    }

    /// Ends the stream of a worker.
    pub(crate) fn close(&self, worker: Uuid) {
        self.lock().end(worker);
    }

    /// Ends all streams.
    pub(crate) fn close_all(&self) {
        let mut open = self.lock();
        open.streams.clear();
        open.asked.clear();
    }

    /// How long it takes, in environment time, until the targets of a worker that connects are there.
    /// The hosted service takes 12 to 15 s (the tutorials' scripts wait for that).
    pub(crate) fn set_registration_delay(&self, delay: Duration) {
        self.lock().registration_delay = delay;
    }

    pub(super) fn registration_delay(&self) -> Duration {
        self.lock().registration_delay
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn end(&mut self, worker: Uuid) {
        self.streams.remove(&worker);
        self.asked.retain(|(asked, _), _| *asked != worker);
    }
}
