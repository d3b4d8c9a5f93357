//! The hub's end of an environment.

use stagegate_confighub::{Hub, Options, Session, UnknownEntityType};
use stagegate_simulation::{FaultRule, Simulation};
use stagegate_tap::{HubOptions, HubTap};

use super::EnvironmentError;
use super::claim::Ends;
use super::cluster_end::SETTLING;
use super::remote_hub::RemoteHub;

/// The hub of one environment, or what stands before it.
pub(super) enum HubEnd {
    /// The emulator.
    Embedded(Box<Hub>),
    /// What stands before a real one.
    Tapped(Box<(HubTap, RemoteHub)>),
}

/// A quota cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum QuotaError {
    /// There is no such type of entities.
    #[error(transparent)]
    Unknown(#[from] UnknownEntityType),
    /// It is not ours to say.
    #[error("the quota of the hub {0} cannot be set: it is a real one")]
    Real(String),
}

impl HubEnd {
    pub(super) async fn start(simulation: &Simulation, ends: &Ends) -> Result<Self, EnvironmentError> {
        let address = ends.hub_address();
        let Some(remote) = &ends.hub else {
            let options = Options { address, ..Options::default() };
            let hub = Hub::start(simulation.clone(), options).await?;
            return Ok(Self::Embedded(Box::new(hub)));
        };
        let options = HubOptions { address, port: 0, made: Some(remote.made.clone()) };
        let tap = HubTap::start(simulation.clone(), &remote.upstream, options).await?;
        for (kind, reason) in tap.unseen() {
            tracing::warn!(hub = remote.upstream.url(), kind, reason, "changes of entities of this type are not told");
        }
        Ok(Self::Tapped(Box::new((tap, remote.clone()))))
    }

    /// Base URL without a trailing slash; the API is below `/api`.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Embedded(hub) => hub.url(),
            Self::Tapped(tapped) => tapped.0.url(),
        }
    }

    /// The bearer token of the environment's user.
    pub(super) fn token(&self) -> &str {
        match self {
            Self::Embedded(hub) => hub.token(),
            Self::Tapped(tapped) => tapped.1.upstream.token(),
        }
    }

    /// The files with which the real clients are logged in.
    pub(super) fn session(&self) -> Session {
        match self {
            Self::Embedded(hub) => hub.session(),
            Self::Tapped(tapped) => {
                let (tap, remote) = &**tapped;
                Session::of_member(&tap.url(), remote.upstream.token(), &remote.member)
            }
        }
    }

    /// Waits until what clients have asked a real hub for has been done and told, also where they wait no more.
    pub(super) async fn settled(&self) {
        if let Self::Tapped(tapped) = self {
            let under_way = tapped.0.settled(SETTLING).await;
            if under_way > 0 {
                tracing::warn!(under_way, "what requests to the hub change is not told: they do not end");
            }
        }
    }

    /// Whether a rule for faults has any effect here.
    pub(super) fn follows(&self, rule: &FaultRule) -> bool {
        matches!(self, Self::Embedded(_)) || HubTap::follows(rule)
    }

    pub(super) fn set_quota(&self, entity_type: &str, limit: u64) -> Result<(), QuotaError> {
        match self {
            Self::Embedded(hub) => Ok(hub.set_quota(entity_type, limit)?),
            Self::Tapped(tapped) => Err(QuotaError::Real(tapped.1.upstream.url().to_owned())),
        }
    }
}
