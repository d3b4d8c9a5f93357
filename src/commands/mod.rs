//! One file a sub-command.

pub(crate) mod clean;
pub(crate) mod cluster;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod coverage;
pub(crate) mod cub;
pub(crate) mod doctor;
pub(crate) mod findings;
pub(crate) mod hub;
pub(crate) mod list;
pub(crate) mod reap;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod steps;
pub(crate) mod up;
