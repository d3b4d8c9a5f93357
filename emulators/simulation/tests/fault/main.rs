//! Faults by rule: whom they meet, what they do, and that nothing of them is left once they are removed.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod bench;
mod connections;
mod counting;
mod requests;
mod text;
