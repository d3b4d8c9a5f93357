//! Recording proxies before real endpoints, which look to their clients like the emulators.
//!
//! A [`ClusterTap`] stands before the API server of a real cluster. What goes through it is recorded,
//! attributed to commands and met by rules for faults as requests of the embedded cluster are, and what changes in
//! the cluster is told with the command behind it. Answers pass as they are, streams included.
//!
//! A [`HubTap`] does the same before a ConfigHub endpoint.
//!
//! Each takes the same [`Simulation`](stagegate_simulation::Simulation) as an emulator. Its clock should go by the wall:
//! a real cluster does.

mod answer;
mod api;
mod change;
mod cluster_tap;
mod effects;
mod hub;
mod login_plugin;
mod made;
mod obstacle;
mod proxy;
mod sender;
mod upstream;
mod upstream_error;

pub use cluster_tap::{ClusterTap, Options, TapError};
pub use effects::{EffectsError, Unsettled};
pub use hub::{HubOptions, HubRefusal, HubTap, HubTapError, HubUpstream};
pub use made::{Made, Making, OnMade};
pub use obstacle::Obstacle;
pub use upstream::Upstream;
pub use upstream_error::UpstreamError;
