//! Stand-in images: their process alone, out of a layer, and on a real Kind cluster.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test says what it expects")]

#[cfg(target_os = "linux")]
mod cluster;
mod commands;
#[cfg(target_os = "linux")]
mod layers;
mod process;
#[cfg(target_os = "linux")]
mod worker;
mod workload;
