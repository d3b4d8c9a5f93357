//! A tap on a real hub: started before its API and stopped by dropping.

mod api;
mod entities;
mod operations;
mod upstream;
mod worker_stream;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use stagegate_confighub::observation::SYSTEM;
use stagegate_simulation::{Effect, FaultRule, ServeError, Server, Simulation, loopback};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::made::OnMade;
use api::Api;
use entities::Entities;
pub use upstream::{HubRefusal, HubUpstream};

/// How a tap before a hub is set up.
#[derive(Debug, Default)]
pub struct HubOptions {
    /// This machine's address to listen on; loopback when there is none. Workers in containers do not reach loopback.
    pub address: Option<IpAddr>,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Is told which spaces have been made.
    pub made: Option<OnMade>,
}

impl HubOptions {
    fn listening(&self) -> SocketAddr {
        self.address.map_or_else(|| loopback(self.port), |address| SocketAddr::new(address, self.port))
    }
}

/// A hub that cannot be tapped.
#[derive(Debug, thiserror::Error)]
pub enum HubTapError {
    /// The tap's port could not be listened on.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The URL is none.
    #[error("the hub's URL {url:?} cannot be read: {reason}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No TLS can be spoken with it.
    #[error("no connection to the hub {url} can be made: {reason}")]
    Tls {
        /// The URL.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The hub does not answer, or refuses the token.
    #[error("the hub {url} cannot be watched: {refusal}")]
    Hub {
        /// The URL.
        url: String,
        /// What it said.
        refusal: HubRefusal,
    },
}

impl HubTapError {
    /// What to do about it, where that can be said.
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Url { .. } => Some("take one such as https://hub.confighub.com".to_owned()),
            Self::Hub { refusal, .. } => Some(refusal.fix()),
            Self::Serve(_) | Self::Tls { .. } => None,
        }
    }
}

/// A running tap. Dropping it stops it, with all streams that go through it; the hub goes on.
///
/// Requests go on with the credentials they have, and answers pass as they are. What the hub says of its own address
/// (`/api/info`) is the hub's, too: a worker comes through the tap when its `CONFIGHUB_URL` and
/// `CONFIGHUB_WORKER_PORT` are the tap's.
pub struct HubTap {
    server: Server,
    url: String,
    unseen: BTreeMap<&'static str, String>,
    changing: TaskTracker,
    _stop: DropGuard,
}

impl HubTap {
    /// Starts a tap before a hub. The entities that its token opens are
    /// compared before and after each request that changes something; what is there already is no change.
    pub async fn start(
        simulation: Simulation,
        upstream: &HubUpstream,
        options: HubOptions,
    ) -> Result<Self, HubTapError> {
        let url = upstream.url().to_owned();
        simulation.observer.secret(upstream.token());
        let entities = Entities::read(upstream.clone()).await;
        let entities = entities.map_err(|refusal| HubTapError::Hub { url: url.clone(), refusal })?;
        let (unseen, listening) = (entities.unseen().clone(), options.listening());
        let (stop, changing) = (CancellationToken::new(), TaskTracker::new());
        let guard = stop.clone().drop_guard();
        let api = Api {
            simulation: simulation.clone(),
            url: url.clone(),
            next: upstream.next(),
            entities,
            made: options.made,
            stop,
            changing: changing.clone(),
        };
        let router = api::router(Arc::new(api));
        let server = Server::start_faulty(router, listening, &simulation, SYSTEM, None).await?;
        Ok(Self { server, url, unseen, changing, _stop: guard })
    }

    /// `http://ADDRESS:PORT`, without a trailing slash; the API is below `/api`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Waits until no request is under way that changes something, also one whose client has left; gives how many there
    /// still are after `limit`.
    pub async fn settled(&self, limit: Duration) -> usize {
        self.changing.close();
        let _outlasted = tokio::time::timeout(limit, self.changing.wait()).await;
        self.changing.reopen();
        self.changing.len()
    }

    /// Whether a rule for faults has any effect here: what a real hub does by itself is not the tap's. Of quotas, that
    /// of spaces is, as each is made by a request of its own.
    pub fn follows(rule: &FaultRule) -> bool {
        match &rule.effect {
            Effect::Quota { entity_type, .. } => entity_type == "Space",
            Effect::WithholdHeartbeats | Effect::RegistrationDelay(_) => false,
            _ => true,
        }
    }

    /// The types of entities that the hub does not list, and what it says instead. Changes of them are not told.
    pub fn unseen(&self) -> &BTreeMap<&'static str, String> {
        &self.unseen
    }
}

impl std::fmt::Debug for HubTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubTap").field("url", &self.url()).field("upstream", &self.url).finish_non_exhaustive()
    }
}
