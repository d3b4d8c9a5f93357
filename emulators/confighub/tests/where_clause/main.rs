//! The WHERE language: what it accepts, what it refuses and how it says so, what it selects.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod canonical;
mod corpus;
mod evaluation;
mod model;
mod patterns;
mod properties;
mod refusals;
mod row;
#[path = "../hub/shared.rs"]
mod shared;
