//! The command as its users call it: messages, exit statuses, what it leaves behind.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod bad_ends;
mod catalogue;
mod cluster;
mod command;
mod compare;
mod configuration;
mod coverage;
mod cub_contract;
mod ends;
mod faults;
mod findings;
mod hub;
mod hub_container;
mod interrupt;
mod kind;
mod listing;
mod lost_ends;
mod nothing_selected;
mod own_features;
mod real_ends;
mod real_faults;
mod reports;
mod resilience;
mod settling;
mod tools;
mod up;
mod usage;
