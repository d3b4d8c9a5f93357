//! The run loop: what becomes of scenarios, judged by the journal they leave.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod bench;
mod ending;
mod never_green;
mod rejected;
mod verdicts;
