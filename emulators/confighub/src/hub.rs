//! The hub as its users hold it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use stagegate_simulation::{Faults, ServeError, Server, Simulation, inject_faults, loopback, record_exchanges};
use uuid::Uuid;

use crate::api::{self, SYSTEM};
use crate::audit::{AuditEntry, Trail};
use crate::entity::{Organization, User};
use crate::faulty::HubApi;
use crate::identity::{Accounts, Directory, Grantee, OrganizationDescription, Secret};
use crate::names::Names;
use crate::quota::{Quotas, UnknownEntityType};
use crate::session::{Session, SessionTokens};
use crate::snapshot::{Loaded, Snapshot, SnapshotError, SnapshotSecrets};
use crate::store::{Store, Tenant};
use crate::worker::Connections;

/// A hub cannot be started from a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The snapshot is not as it must be.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The listener could not be opened.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// How to start a hub.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port; 0 takes any free one.
    pub port: u16,
    /// Where it listens instead of on loopback: the gateway of a container network whose containers must reach it.
    pub address: Option<IpAddr>,
    /// How many entities of each type an organization may have.
    pub quotas: Quotas,
    /// Who there is: users, organizations, and what their members may do.
    pub directory: Directory,
    /// How many entries of the audit trail are kept, the latest ones; 100,000 when absent.
    pub audit_entries: Option<usize>,
}

impl Options {
    fn listens_at(&self) -> SocketAddr {
        let mut asked = loopback(self.port);
        asked.set_ip(self.address.unwrap_or(asked.ip()));
        asked
    }
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
    pub(crate) state: Arc<HubState>,
    server: Server,
    tokens: SessionTokens,
    user: User,
    organization: Organization,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Hub {
    /// Starts a hub with the organizations and users of its directory, and nothing else in it.
    pub async fn start(simulation: Simulation, options: Options) -> Result<Self, ServeError> {
        let asked = options.listens_at();
        let mut accounts = Accounts::new(&options.directory, &simulation);
        let tenants: BTreeMap<Uuid, Tenant> = accounts
            .organizations()
            .iter()
            .map(|organization| (organization.organization_id, tenant(&accounts, organization)))
            .collect();
        let organization = accounts.organizations().first().cloned().unwrap_or_default();
        let primary = organization.organization_id;
        let user = accounts.owner(primary).unwrap_or_default();
        let [token, refresh_token] =
            accounts.issue(&simulation, Grantee { user: user.user_id, organization: primary, worker: None }, None);
        let state = Arc::new(HubState {
            tenants: RwLock::new(tenants),
            primary,
            accounts: Mutex::new(accounts),
            quotas: Mutex::new(options.quotas),
            trail: Mutex::new(Trail::new(options.audit_entries)),
            connections: Connections::default(),
            simulation,
        });
        let server = serve(&state, asked).await?;
        Ok(Self { state, server, tokens: SessionTokens { access: token, refresh: refresh_token }, user, organization })
    }

    /// Starts a hub that goes on from a snapshot: it answers as the saved one did. Users and quotas are
    /// the snapshot's, not those of `options`. New ids come from a series of the seed that is this
    /// snapshot's own, so that none was given before.
    ///
    /// # Errors
    ///
    /// [`LoadError`] when a file of the snapshot is not as it must be, or the port cannot be had.
    pub async fn load(mut simulation: Simulation, options: Options, snapshot: &Snapshot) -> Result<Self, LoadError> {
        let asked = options.listens_at();
        let Loaded { mut accounts, stores, quotas, audit, session, fingerprint } = snapshot.load()?;
        simulation.seed = simulation.seed.child(&format!("loaded {fingerprint:08x}"));
        accounts.complete(&simulation);
        let organization = accounts.organizations().first().cloned().unwrap_or_default();
        let primary = organization.organization_id;
        let user = accounts.owner(primary).unwrap_or_default();
        let tokens = session.unwrap_or_else(|| {
            let grantee = Grantee { user: user.user_id, organization: primary, worker: None };
            let [access, refresh] = accounts.issue(&simulation, grantee, None);
            SessionTokens { access, refresh }
        });
        let mut trail = Trail::new(options.audit_entries);
        trail.restore(audit);
        let state = Arc::new(HubState {
            tenants: RwLock::default(),
            primary,
            accounts: Mutex::new(accounts),
            quotas: Mutex::new(quotas),
            trail: Mutex::new(trail),
            connections: Connections::default(),
            simulation,
        });
        for mut store in stores {
            state.complete_workers(&mut store);
            state.set_tenant(store.organization.organization_id, Some(Tenant::new(store)));
        }
        let server = serve(&state, asked).await?;
        Ok(Self { state, server, tokens, user, organization })
    }

    /// All that the hub keeps now. See [`Snapshot`] for what that leaves out.
    pub fn snapshot(&self, secrets: SnapshotSecrets) -> Snapshot {
        Snapshot::of(&self.state, &self.tokens, secrets)
    }

    /// `http://127.0.0.1:PORT`, or the address of its options. The API's root is `<url>/api`, the worker login `<url>/auth/worker`,
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
        self.tokens.access.expose()
    }

    /// The files with which the real clients are logged in as the environment's user, and with which
    /// `cub auth test-login` becomes any other one.
    pub fn session(&self) -> Session {
        let accounts = self.state.accounts();
        Session::new(&self.url(), &self.tokens, &self.user, &self.organization, accounts.passwords())
    }

    /// The email of the environment's user, whose session [`Hub::session`] and [`Hub::token`] are.
    pub fn user(&self) -> &str {
        &self.user.username
    }

    /// The organizations there are now, with what their members may do. The first one is the environment's.
    pub fn organizations(&self) -> Vec<OrganizationDescription> {
        let accounts = self.state.accounts();
        let describe = |organization: &Organization| OrganizationDescription {
            slug: organization.slug.clone(),
            name: Some(organization.display_name.clone()),
            members: accounts.memberships(organization.organization_id),
        };
        accounts.organizations().iter().map(describe).collect()
    }

    /// What the hub's entities are called.
    pub fn names(&self) -> Names {
        Names::new(&self.state)
    }

    /// The audit trail, oldest entry first, of all organizations.
    pub fn audit(&self) -> Vec<AuditEntry> {
        self.state.audit()
    }

    /// What goes wrong, by rule. The rules are the simulation's: those that name no system, or
    /// `confighub`, meet this hub.
    pub fn faults(&self) -> &Faults {
        &self.state.simulation.faults
    }

    /// Takes over the entries of a former audit trail, in the place of its own.
    pub fn restore_audit(&self, entries: Vec<AuditEntry>) {
        self.state.trail().restore(entries);
    }

    /// Changes how many entities of a type, such as `Space`, there may be.
    ///
    /// # Errors
    ///
    /// [`UnknownEntityType`] when there is no such type.
    pub fn set_quota(&self, entity_type: &str, limit: u64) -> Result<(), UnknownEntityType> {
        lock(&self.state.quotas).set(entity_type, limit)
    }

    /// Lets the targets of workers that connect from now on appear this much later, in environment
    /// time. The hosted service takes 12 to 15 s.
    pub fn set_target_registration_delay(&self, delay: Duration) {
        self.state.connections.set_registration_delay(delay);
    }

    /// Gives a bridge worker a new secret, and ends its stream. The old one is refused with 401, and so are
    /// the tokens of logins with it.
    /// `None` when there is no such worker.
    pub fn rotate_worker_secret(&self, bridge_worker_id: Uuid) -> Option<Secret> {
        self.state.rotate_secret(bridge_worker_id).map(|(_, secret)| secret)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.state.connections.close_all();
    }
}

/// Serves the API, whose requests meet the rules for faults, and the endpoint that changes those rules.
async fn serve(state: &Arc<HubState>, asked: SocketAddr) -> Result<Server, ServeError> {
    let simulation = &state.simulation;
    let api = inject_faults(api::router(Arc::clone(state)), simulation, SYSTEM, Arc::new(HubApi(Arc::clone(state))));
    let router = record_exchanges(api.merge(api::faults_router(Arc::clone(state))), simulation, SYSTEM);
    Server::start_faulty(router, asked, simulation, SYSTEM, None).await
}

/// What all requests share. Whoever holds a store may take any of the other locks, never the reverse.
pub(crate) struct HubState {
    pub(crate) simulation: Simulation,
    /// The store of each organization.
    tenants: RwLock<BTreeMap<Uuid, Tenant>>,
    /// The environment's own organization.
    primary: Uuid,
    accounts: Mutex<Accounts>,
    quotas: Mutex<Quotas>,
    trail: Mutex<Trail>,
    pub(crate) connections: Connections,
}

impl HubState {
    pub(crate) fn accounts(&self) -> MutexGuard<'_, Accounts> {
        lock(&self.accounts)
    }

    pub(crate) fn quotas(&self) -> MutexGuard<'_, Quotas> {
        lock(&self.quotas)
    }

    pub(crate) fn trail(&self) -> MutexGuard<'_, Trail> {
        lock(&self.trail)
    }

    /// The environment's own organization.
    pub(crate) fn primary(&self) -> Uuid {
        self.primary
    }

    /// The store of an organization; `None` when that was deleted.
    pub(crate) fn tenant(&self, organization: Uuid) -> Option<Tenant> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(&organization).cloned()
    }

    /// The stores of all organizations.
    pub(crate) fn tenants(&self) -> Vec<(Uuid, Tenant)> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.iter().map(|(id, tenant)| (*id, tenant.clone())).collect()
    }

    /// Adds or, with `None`, removes the store of an organization.
    pub(crate) fn set_tenant(&self, organization: Uuid, tenant: Option<Tenant>) {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        match tenant {
            Some(tenant) => tenants.insert(organization, tenant),
            None => tenants.remove(&organization),
        };
    }

    /// Gives a secret to workers that were restored without one, and registers all of them.
    fn complete_workers(&self, store: &mut Store) {
        let secrets: Vec<(Uuid, Secret)> =
            store.bridge_workers.iter().map(|worker| (worker.bridge_worker_id, worker.secret.clone())).collect();
        for (id, secret) in secrets {
            if secret.is_empty() {
                let secret = self.new_worker_secret();
                store.bridge_workers.update(id, |worker| worker.secret = secret);
            } else {
                self.simulation.observer.secret(secret.expose());
            }
        }
    }

    /// A new secret for a worker.
    pub(crate) fn new_worker_secret(&self) -> Secret {
        let secret = Secret::from(format!("ch_{}", self.simulation.seed.uuid("secret").simple()));
        self.simulation.observer.secret(secret.expose());
        secret
    }
}

/// A handler that panicked leaves at worst its own change half done; all others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tenant(accounts: &Accounts, organization: &Organization) -> Tenant {
    let members = accounts.members(organization.organization_id);
    Tenant::new(Store::new(organization.clone(), members.map(|(user, _)| user.clone()).collect()))
}
