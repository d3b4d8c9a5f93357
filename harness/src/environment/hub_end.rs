//! The hub's end of an environment.

use stagegate_confighub::{Hub, Options, UnknownEntityType};
use stagegate_simulation::Simulation;

use super::EnvironmentError;
use super::site::Ends;

/// The hub of one environment.
pub(super) enum HubEnd {
    /// The emulator.
    Embedded(Hub),
}

impl HubEnd {
    pub(super) async fn start(simulation: &Simulation, ends: &Ends) -> Result<Self, EnvironmentError> {
        let options = Options { address: ends.hub_address(), ..Options::default() };
        Ok(Self::Embedded(Hub::start(simulation.clone(), options).await?))
    }

    /// Base URL without a trailing slash, which clients and workers reach.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Embedded(hub) => hub.url(),
        }
    }

    /// The token of the environment's user.
    pub(super) fn token(&self) -> &str {
        match self {
            Self::Embedded(hub) => hub.token(),
        }
    }

    /// The files with which the real client is logged in: paths relative to HOME, and their texts.
    pub(super) fn session(&self) -> Vec<(String, String)> {
        match self {
            Self::Embedded(hub) => hub.session().files.into_iter().map(|file| (file.path, file.text)).collect(),
        }
    }

    pub(super) fn set_quota(&self, entity_type: &str, limit: u64) -> Result<(), UnknownEntityType> {
        match self {
            Self::Embedded(hub) => hub.set_quota(entity_type, limit),
        }
    }
}
