//! Waiting for objects, and the rounds and pauses of it.

use std::time::Duration;

use serde_json::Value;
use stagegate_simulation::Busy;

use super::Operation;
use crate::backoff::Backoff;
use crate::hub::HubError;
use crate::kstatus::{self, Status};
use crate::manifest::display_name;

/// How often objects are looked at, after a first look at once (recorded runs 2, 4).
const POLL: Duration = Duration::from_secs(5);

/// What one round of a wait came to.
pub(super) enum Round {
    /// The wait is over.
    Over,
    /// It is to be tried again after a pause.
    Again,
}

impl From<HubError> for Round {
    /// A report the hub did not take starts the wait over (recorded runs 17c, 17k, 17l).
    fn from(_: HubError) -> Self {
        Self::Again
    }
}

/// Repeats rounds until one is the last, a place is refused, or it is time to give up.
///
/// `busy` keeps a jumping clock still; a round gets it and gives it back.
pub(super) async fn in_rounds<F>(operation: Operation, busy: Busy, round: F)
where
    F: AsyncFn(&Operation, Busy) -> (Round, Busy),
{
    let clock = operation.work.clock.clone();
    let Some((_place, mut busy)) = operation.work.slots.enter(busy).await else { return };
    let began = clock.now();
    let mut backoff = Backoff::new(operation.work.seed.clone());
    loop {
        let (outcome, still_busy) = round(&operation, busy).await;
        busy = still_busy;
        let Round::Again = outcome else { return };
        let Some(pause) = backoff.next_pause(clock.since(began)) else { return };
        drop(busy);
        clock.sleep(pause).await;
        busy = clock.busy();
    }
}

/// Waits until all objects are current. Otherwise the error lists those that are not.
pub(super) async fn until_current(
    operation: &Operation,
    objects: &[Value],
    poll: Duration,
    timeout: Duration,
    mut busy: Busy,
) -> (Result<(), String>, Busy) {
    let clock = &operation.work.clock;
    let deadline = clock.now() + timeout;
    loop {
        let behind = behind(operation, objects).await;
        if behind.is_empty() {
            return (Ok(()), busy);
        }
        if clock.now() >= deadline {
            return (Err(format!("timeout waiting for: [{}]", behind.join(", "))), busy);
        }
        let next = (clock.now() + poll).min(deadline);
        drop(busy);
        clock.sleep_until(next).await;
        busy = clock.busy();
    }
}

/// [`until_current`] at the usual pace.
pub(super) async fn until_ready(operation: &Operation, objects: &[Value], busy: Busy) -> (Result<(), String>, Busy) {
    until_current(operation, objects, POLL, operation.wait_timeout(), busy).await
}

/// The objects that are not current, with their status.
async fn behind(operation: &Operation, objects: &[Value]) -> Vec<String> {
    let mut behind = Vec::new();
    for object in objects {
        let status = match operation.kubernetes.get(object).await {
            Ok(live) => kstatus::status(&live),
            Err(error) if error.is_not_found() => Status::NotFound,
            Err(_) => Status::Unknown,
        };
        if status != Status::Current {
            behind.push(format!("{} status: '{status}'", display_name(object)));
        }
    }
    behind
}

/// Waits until the object is gone.
pub(super) async fn until_gone(operation: &Operation, object: &Value, mut busy: Busy) -> (Result<(), String>, Busy) {
    let clock = &operation.work.clock;
    let deadline = clock.now() + operation.wait_timeout();
    loop {
        match operation.kubernetes.get(object).await {
            Err(error) if error.is_not_found() => return (Ok(()), busy),
            Err(error) => return (Err(format!("{} termination timeout: {error}", display_name(object))), busy),
            Ok(_) => {}
        }
        if clock.now() >= deadline {
            return (Err(format!("{} termination timeout: context deadline exceeded", display_name(object))), busy);
        }
        let next = (clock.now() + POLL).min(deadline);
        drop(busy);
        clock.sleep_until(next).await;
        busy = clock.busy();
    }
}
