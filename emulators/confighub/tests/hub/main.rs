//! The hub over HTTP.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod attribution;
mod audit;
mod bad_input;
mod cancellation;
mod cast;
mod change_sets;
mod client;
mod clones;
mod contract;
mod deletion;
mod description;
mod determinism;
mod entities;
mod faults;
mod functions;
mod history;
mod identity;
mod import;
mod link_corpus;
mod link_order;
mod links;
mod load;
mod operation_queue;
mod operations;
mod populated;
mod quotas;
mod replay;
mod secrets;
mod selection;
mod session;
mod shared;
mod snapshot;
mod snapshot_broken;
mod snapshot_laws;
mod stage;
mod triggers;
mod upgrades;
mod worker;
mod worker_condition;
mod worker_functions;
mod worker_load;
mod worker_recording;
mod worker_replay;
mod worker_stream;
