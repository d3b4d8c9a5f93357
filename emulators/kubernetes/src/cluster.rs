//! A cluster: the API, its controllers and its node, started together and stopped by dropping.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use stagegate_simulation::{ServeError, Server, Simulation, loopback};
use tokio_util::sync::CancellationToken;

use crate::access::Rbac;
use crate::api::access::Access;
use crate::api::{self, Api};
use crate::certificates::{Authority, CertificateError};
use crate::controllers;
use crate::kinds::{Registry, metrics};
use crate::node::Node;
use crate::node::catalogue::Catalogue;
use crate::observation;
use crate::program::Program;
use crate::store::Store;

/// What a cluster is made of.
#[derive(Default)]
pub struct Options {
    /// The loopback port; 0 takes any free one.
    pub port: u16,
    /// The images its node can pull.
    pub catalogue: Catalogue,
    /// A metrics API is installed, as metrics-server would be: `kubectl top` works.
    pub metrics: bool,
    /// What runs in containers whose image declares a `program`.
    pub programs: Vec<Arc<dyn Program>>,
}

/// A cluster that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Its port could not be listened on.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Its certificates could not be made.
    #[error("the cluster's certificates could not be made: {0}")]
    Certificates(String),
}

impl From<CertificateError> for ClusterError {
    fn from(error: CertificateError) -> Self {
        Self::Certificates(error.0)
    }
}

/// A running cluster. Dropping it stops it.
pub struct Cluster {
    server: Server,
    store: Store,
    access: Access,
    authority: Authority,
    stop: CancellationToken,
}

impl Cluster {
    /// Starts a cluster with its default namespaces, service accounts and one node.
    pub async fn start(simulation: Simulation, options: Options) -> Result<Self, ClusterError> {
        let starting = simulation.clock.busy();
        let store = Store::new(simulation.clone());
        let authority = Authority::new()?;
        let access = Access::new(&store);
        let registry = Registry::new();
        if options.metrics {
            metrics::install(&registry);
        }
        let stop = CancellationToken::new();
        let node = Arc::new(Node::new(&store, &access, options.catalogue, options.programs, stop.clone()));
        let api = Api {
            store: store.clone(),
            registry: registry.clone(),
            access: access.clone(),
            rbac: Rbac::new(&store),
            node: Arc::clone(&node),
            authority: authority.clone(),
        };
        let tls = Some(authority.serving()?);
        let router = api::router(Arc::new(api));
        let server = Server::start_faulty(router, loopback(options.port), &simulation, api::SYSTEM, tls).await?;
        node.start(&server.url());
        controllers::start(&store, &registry, &node, &access, &authority, stop.clone());
        store.forget_history();
        drop(starting);
        Ok(Self { server, store, access, authority, stop })
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash. The same port speaks TLS with a client that begins to.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The administrator's bearer token.
    pub fn token(&self) -> &str {
        self.access.administrator()
    }

    /// A kubeconfig (YAML) whose current context `stagegate` presents `token`, over TLS.
    ///
    /// The token may carry the number of a command (`stagegate_simulation::token_for_command`).
    pub fn kubeconfig(&self, token: &str) -> String {
        self.kubeconfig_of_user(&format!("token: {token}"))
    }

    /// A kubeconfig whose user logs in with a client certificate: `name` is the user, `group` a group of theirs.
    pub fn kubeconfig_with_certificate(&self, name: &str, group: &str) -> Result<String, ClusterError> {
        let issued = self.authority.issue(name, group, self.store.simulation.clock.now())?;
        let (certificate, key) = (STANDARD.encode(issued.certificate), STANDARD.encode(issued.key));
        Ok(self.kubeconfig_of_user(&format!("client-certificate-data: {certificate}\n    client-key-data: {key}")))
    }

    fn kubeconfig_of_user(&self, credentials: &str) -> String {
        observation::kubeconfig(&self.server.address().to_string(), &self.authority.pem(), credentials)
    }

    /// All objects of a group-qualified resource such as `pods` or `deployments.apps`, in the order
    /// of namespace and name; with a namespace only those in it.
    pub fn objects(&self, resource: &str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        self.store.list(resource, namespace).0.into_iter().map(|stored| stored.object).collect()
    }

    /// One object.
    pub fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.store.get(resource, namespace, name).map(|stored| stored.object)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("url", &self.url()).finish_non_exhaustive()
    }
}
