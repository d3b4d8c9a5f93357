//! The cluster as the worker uses it.

mod apply;
mod authorities;
mod client;
mod connection;
mod discovery;
mod error;
mod order;

pub(crate) use apply::{apply_all, delete_all};
pub use authorities::Authorities;
pub(crate) use client::Client;
pub(crate) use discovery::Listed;
pub(crate) use error::{ApplyError, Error};
