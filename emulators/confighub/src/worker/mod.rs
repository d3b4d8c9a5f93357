//! The hub's side of the worker protocol: operations are queued, sent over the stream, reported on.

mod connections;
mod event;
mod queue;
mod results;
mod stream;
mod targets;

pub(crate) use connections::Connections;
pub(crate) use queue::enqueue;
pub(crate) use results::{accept_result, seen};
pub(crate) use stream::open_stream;
