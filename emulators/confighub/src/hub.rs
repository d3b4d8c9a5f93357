//! The hub as its users hold it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use stagegate_simulation::{ServeError, Server, Simulation, record_exchanges};
use uuid::Uuid;

use crate::api;
use crate::entity::{Organization, User};
use crate::identity::Tokens;
use crate::quota::Quotas;
use crate::session::Session;
use crate::store::Store;
use crate::worker::Connections;

/// How to start a hub.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The loopback port; 0 takes any free one.
    pub port: u16,
    /// How many entities of each type it allows.
    pub quotas: Quotas,
}

/// A running hub. Dropping it closes its listener and every connection.
///
/// ```no_run
/// # use stagegate_confighub::{Hub, Options};
/// # use stagegate_simulation::{Clock, Pace, Seed, Simulation};
/// # async fn example() -> Result<(), stagegate_confighub::ServeError> {
/// let clock = Clock::start("2025-10-05T09:00:00Z".parse().unwrap(), Pace::Jump);
/// let hub = Hub::start(Simulation::silent(clock, Seed::new(1)), Options::default()).await?;
/// println!("{}/api with bearer token {}", hub.url(), hub.token());
/// # Ok(())
/// # }
/// ```
pub struct Hub {
    state: Arc<HubState>,
    server: Server,
    token: String,
    user: User,
    organization: Organization,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Hub {
    /// Starts a hub with one organization and one user, and nothing else in it.
    pub async fn start(simulation: Simulation, options: Options) -> Result<Self, ServeError> {
        let now = simulation.clock.now();
        let organization = organization(simulation.seed.uuid("Organization"), now);
        let user = user(simulation.seed.uuid("User"), now);
        let mut tokens = Tokens::default();
        let token = tokens.issue(&simulation.seed, user.user_id);
        simulation.observer.secret(&token);
        let state = Arc::new(HubState {
            store: Mutex::new(Store::new(organization.clone(), vec![user.clone()])),
            tokens: Mutex::new(tokens),
            quotas: Mutex::new(options.quotas),
            connections: Connections::default(),
            simulation,
        });
        let router = record_exchanges(api::router(Arc::clone(&state)), &state.simulation, api::SYSTEM);
        let server = Server::start(router, options.port).await?;
        Ok(Self { state, server, token, user, organization })
    }

    /// `http://127.0.0.1:PORT`. The API's root is `<url>/api`, the worker login `<url>/auth/worker`,
    /// and the port is that of the worker stream too.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// The bearer token of the environment's user.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The files with which the real clients are logged in as the environment's user.
    pub fn session(&self) -> Session {
        Session::new(&self.url(), &self.token, &self.user, &self.organization)
    }

    /// Changes how many entities of a type, such as `Space`, there may be.
    pub fn set_quota(&self, entity_type: &str, limit: u64) {
        lock(&self.state.quotas).set(entity_type, limit);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.state.connections.close_all();
    }
}

/// What all requests share. Whoever holds `store` may take any of the other locks, never the reverse.
pub(crate) struct HubState {
    pub(crate) simulation: Simulation,
    store: Mutex<Store>,
    tokens: Mutex<Tokens>,
    quotas: Mutex<Quotas>,
    pub(crate) connections: Connections,
}

impl HubState {
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.tokens)
    }

    pub(crate) fn quotas(&self) -> MutexGuard<'_, Quotas> {
        lock(&self.quotas)
    }
}

/// A handler that panicked leaves at worst its own change half done; all others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn organization(organization_id: Uuid, now: Timestamp) -> Organization {
    Organization {
        organization_id,
        slug: "stagegate".to_owned(),
        display_name: "stagegate".to_owned(),
        external_id: "org_stagegate".to_owned(),
        created_at: now,
        updated_at: now,
        version: 1,
        entity_type: "Organization",
    }
}

fn user(user_id: Uuid, now: Timestamp) -> User {
    User {
        user_id,
        slug: "operator".to_owned(),
        display_name: "Operator".to_owned(),
        username: "operator@stagegate.invalid".to_owned(),
        external_id: "user_operator".to_owned(),
        created_at: now,
        updated_at: now,
        version: 1,
        entity_type: "User",
    }
}
