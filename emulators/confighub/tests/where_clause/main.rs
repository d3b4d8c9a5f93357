//! The WHERE language: what it accepts, what it refuses and how it says so, what it selects.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod evaluation;
mod properties;
mod refusals;
mod row;
