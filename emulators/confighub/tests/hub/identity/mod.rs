//! Who may do what.

mod directory;
mod isolation;
mod logins;
mod operations;
mod organizations;
mod prod;
