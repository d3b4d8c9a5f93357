//! Configuration data as the real executor and the real worker of August 2025 read, compare and change it.
//!
//! The hub runs configuration functions with it, and the worker takes drift into a unit's data with it, as
//! both real ones share one library. Nothing here knows the hub or the worker.

pub mod mutation;
pub mod resource;
pub mod yaml;
