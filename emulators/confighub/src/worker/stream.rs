//! A worker's event stream.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use jiff::Timestamp;
use serde_json::Value as Json;
use stagegate_simulation::{Actor, Origin, Receiver, StreamSender, Subject};
use uuid::Uuid;

use super::event::Event;
use super::{condition, contact, link_order, queue, targets};
use crate::api::Call;
use crate::entity::{Condition, WorkerContact};
use crate::error::ApiError;
use crate::faulty::subject;
use crate::hub::HubState;
use crate::store::Tenant;

/// Time between heartbeats; the worker gives its connection up after 2 minutes of silence.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Opens the stream of the calling worker: registers its targets, sends what waits for it, and then
/// whatever is queued for it, until either side ends it. `ledger` is the account that an in-process
/// client keeps of the stream, if it is one.
pub(crate) fn open_stream(hub: Arc<HubState>, call: &Call<'_>, ledger: Option<u64>) -> Result<Response, ApiError> {
    let id = call.id("bridge_worker_id")?;
    let info = Json::Object(call.object()?.clone());
    let (sender, receiver) = hub.simulation.clock.channel();
    let account = ledger.and_then(|id| hub.simulation.clock.join_stream(id));
    let subject = subject(call);
    let registration_delay = hub.connections.registration_delay() + hub.simulation.faults.registration_delay(&subject);
    let serial = {
        let mut store = call.tenant.store();
        let worker = store
            .bridge_workers
            .get(id)
            .cloned()
            .ok_or_else(|| ApiError::not_found(format!("BridgeWorker {id} not found")))?;
        if registration_delay.is_zero() {
            targets::register(&mut store, call, &worker, &info)?;
        }
        store.bridge_workers.update(id, |worker| {
            worker.provided_info = Some(info.clone());
            worker.last_seen_at = Some(call.now);
            worker.last_message.clear();
            "127.0.0.1".clone_into(&mut worker.ip_address);
        });
        condition::set(&mut store, &hub, id, Condition::Ready, &call.origin);
        contact::note(&mut store, &hub, id, WorkerContact::Connected);
        let serial = hub.connections.open(id, sender, store.unit_events.next_cursor());
        queue::send_open(&mut store, call, id);
        serial
    };
    if !registration_delay.is_zero() {
        targets::register_after(Arc::clone(&hub), call, registration_delay, serial, info);
    }
    let connection = Connection {
        hub,
        tenant: call.tenant.clone(),
        organization: call.caller.organization,
        worker: id,
        serial,
        subject,
        receiver,
        held: VecDeque::new(),
        account,
        next_heartbeat: call.now + HEARTBEAT,
        later: Box::new(call.for_later()),
    };
    let lines = stream::unfold(connection, |mut connection| async move {
        let event = connection.next().await?;
        Some((Ok::<_, Infallible>(Bytes::from(event.line())), connection))
    });
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(lines)).into_response())
}

/// The hub's end of a stream; dropped when the stream ends, whoever ended it.
struct Connection {
    hub: Arc<HubState>,
    tenant: Tenant,
    organization: Uuid,
    worker: Uuid,
    serial: u64,
    /// What rules for faults know of the stream.
    subject: Subject,
    receiver: Receiver<Event>,
    /// What a partition holds back.
    held: VecDeque<Event>,
    account: Option<StreamSender>,
    next_heartbeat: Timestamp,
    /// The call that opened it, for what time brings about.
    later: Later,
}

type Later = Box<dyn for<'a> Fn(&'a HubState) -> Call<'a> + Send>;

impl Connection {
    async fn next(&mut self) -> Option<Event> {
        let (clock, faults) = (self.hub.simulation.clock.clone(), self.hub.simulation.faults.clone());
        let event = loop {
            tokio::select! {
                biased;
                () = faults.cut_off(&self.subject) => self.outlast_partition().await?,
                event = next_of(&mut self.held, &mut self.receiver) => break event?,
                () = faults.stream_cut(&self.subject) => return None,
                () = clock.sleep_until(self.next_heartbeat) => {
                    let now = self.beat()?;
                    if !faults.withholds_heartbeat(&self.subject) {
                        break Event::heartbeat(now);
                    }
                }
            }
        };
        if let Some(account) = &self.account {
            account.sent(1);
        }
        Some(event)
    }

    /// Keeps what is to be sent until no partition cuts the stream off any more; `None` when the worker is given up, or
    /// has given up, before that.
    async fn outlast_partition(&mut self) -> Option<()> {
        let (clock, faults) = (self.hub.simulation.clock.clone(), self.hub.simulation.faults.clone());
        let subject = self.subject.clone();
        let mut rejoined = std::pin::pin!(faults.rejoined(&subject));
        loop {
            tokio::select! {
                biased;
                in_time = &mut rejoined => return in_time.then_some(()),
                event = self.receiver.recv() => self.held.push_back(event?),
                // Its heartbeat is lost.
                () = clock.sleep_until(self.next_heartbeat) => { self.beat()?; }
            }
        }
    }

    /// What is due with each heartbeat; `None` when its organization has been deleted.
    fn beat(&mut self) -> Option<Timestamp> {
        self.hub.tenant(self.organization)?;
        let now = self.hub.simulation.clock.now();
        self.next_heartbeat = now + HEARTBEAT;
        self.check_silence(now);
        self.check_waits();
        Some(now)
    }

    fn check_silence(&self, now: Timestamp) {
        let mut store = self.tenant.store();
        let last_seen = store.bridge_workers.get(self.worker).and_then(|worker| worker.last_seen_at);
        let silence = last_seen.map(|at| Duration::try_from(now.duration_since(at)).unwrap_or_default());
        if let Some(silent) = silence.and_then(condition::after_silence) {
            condition::set(&mut store, &self.hub, self.worker, silent, &worker_origin());
        }
    }

    /// What waits for other operations may do so in vain by now.
    fn check_waits(&self) {
        let mut store = self.tenant.store();
        if link_order::any_waiting(&store, self.worker) {
            let call = (self.later)(&self.hub);
            link_order::review(&mut store, &call, self.worker);
            drop(store);
            self.hub.audit_call(&call, None);
        }
    }
}

/// What was held back goes first. Cancel-safe.
async fn next_of(held: &mut VecDeque<Event>, receiver: &mut Receiver<Event>) -> Option<Event> {
    match held.pop_front() {
        Some(event) => Some(event),
        None => receiver.recv().await,
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.hub.connections.forget(self.worker, self.serial) {
            let mut store = self.tenant.store();
            condition::set(&mut store, &self.hub, self.worker, Condition::Disconnected, &worker_origin());
        }
    }
}

fn worker_origin() -> Origin {
    Origin { actor: Actor::Worker { operation: None }, command: None }
}
