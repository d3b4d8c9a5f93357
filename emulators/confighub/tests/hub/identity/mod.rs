//! Who may do what.

mod directory;
mod isolation;
mod logins;
pub(crate) mod operations;
mod organizations;
mod prod;
mod unreadable;
mod worker_functions;
