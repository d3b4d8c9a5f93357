//! The hub's side of the worker protocol: operations are queued, sent over the stream, reported on.

mod cancel;
mod condition;
mod connections;
mod contact;
mod effect;
mod event;
mod invocation;
mod link_order;
mod queue;
mod results;
mod secret;
mod stream;
mod targets;
mod transition;
mod unit_status;

pub(crate) use cancel::{cancel_of_target, cancel_of_worker, cancel_unit};
pub(crate) use condition::seen;
pub(crate) use connections::Connections;
pub(crate) use invocation::{Invocation, invoke_on_worker};
pub(crate) use link_order::{settle, waiting_for};
pub(crate) use queue::{Order, enqueue, enqueue_order, rehearse};
pub(crate) use results::accept_result;
pub(crate) use secret::rotate_secret;
pub(crate) use stream::open_stream;
pub(crate) use unit_status::unit_status;
