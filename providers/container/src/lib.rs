//! The hub's emulator in a container of its own, on a network of containers: what is on that network reaches it by name.
//!
//! [`HubContainer::start`] makes an image of an executable of stagegate, starts `stagegate hub` in it, and reads the session's
//! token out of it by Docker's API. Its port is published on this machine's loopback alone. Both container and image have
//! the run in a label, and go with [`remove`], be it called by the run or after it.

mod docker;
mod error;
mod hub;
mod names;

pub use docker::{is_there, remove};
pub use error::ContainerError;
pub use hub::HubContainer;
pub use names::{Names, RUN_LABEL};
