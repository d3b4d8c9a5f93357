//! The hub over HTTP.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod client;
mod clones;
mod description;
mod entities;
mod functions;
mod links;
mod operations;
mod replay;
mod selection;
mod session;
mod shared;
mod triggers;
mod worker;
mod worker_stream;
