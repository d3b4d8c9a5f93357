//! A tap on a real hub: started before its API and stopped by dropping.

mod api;
mod entities;
mod operations;

use std::sync::Arc;

use http::Uri;
use http::uri::InvalidUri;
use kube::Config;
use stagegate_confighub::observation::SYSTEM;
use stagegate_simulation::{ServeError, Server, Simulation, loopback};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::upstream::{chain, service};
use api::Api;
use entities::Entities;

/// A hub that cannot be tapped.
#[derive(Debug, thiserror::Error)]
pub enum HubTapError {
    /// The tap's port could not be listened on.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The URL is none.
    #[error("the hub's URL {url:?} cannot be read: {source}; take one such as https://hub.confighub.com")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        source: InvalidUri,
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
    #[error("the hub {url} cannot be watched: {reason}; see whether it runs and `cub auth status` takes the token")]
    Hub {
        /// The URL.
        url: String,
        /// What it said.
        reason: String,
    },
}

/// A running tap. Dropping it stops it, with all streams that go through it; the hub goes on.
///
/// Requests go on with the credentials they have, and answers pass as they are. What the hub says of its own address
/// (`/api/info`) is the hub's, too: a worker comes through the tap when its `CONFIGHUB_URL` and
/// `CONFIGHUB_WORKER_PORT` are the tap's.
pub struct HubTap {
    server: Server,
    url: String,
    _stop: DropGuard,
}

impl HubTap {
    /// Starts a tap before the hub at `url`, such as `https://hub.confighub.com`. The entities that `token` may see are
    /// compared before and after each request that changes something; what is there already is no change. Port 0
    /// takes any free one.
    pub async fn start(simulation: Simulation, url: &str, token: &str, port: u16) -> Result<Self, HubTapError> {
        let url = url.trim_end_matches('/').to_owned();
        let uri: Uri = url.parse().map_err(|source| HubTapError::Url { url: url.clone(), source })?;
        let next =
            service(&Config::new(uri)).map_err(|error| HubTapError::Tls { url: url.clone(), reason: chain(&error) })?;
        simulation.observer.secret(token);
        let entities = Entities::read(next.clone(), token).await;
        let entities = entities.map_err(|reason| HubTapError::Hub { url: url.clone(), reason })?;
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let api = Api { simulation: simulation.clone(), url: url.clone(), next, entities, stop };
        let router = api::router(Arc::new(api));
        let server = Server::start_faulty(router, loopback(port), &simulation, SYSTEM, None).await?;
        Ok(Self { server, url, _stop: guard })
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash; the API is below `/api`.
    pub fn url(&self) -> String {
        self.server.url()
    }
}

impl std::fmt::Debug for HubTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubTap").field("url", &self.url()).field("upstream", &self.url).finish_non_exhaustive()
    }
}
