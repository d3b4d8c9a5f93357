//! A tap on a real cluster: started before its API server and stopped by dropping.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stagegate_kubernetes::observation::{self, SYSTEM};
use stagegate_kubernetes::{Authority, CertificateError};
use stagegate_simulation::{FaultRule, ServeError, Server, Simulation, loopback};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::api::{self, Api};
use crate::effects::{Effects, EffectsError, Unsettled};
use crate::made::OnMade;
use crate::upstream::Upstream;

/// How a tap is set up.
#[derive(Debug, Default)]
pub struct Options {
    /// The loopback port; 0 takes any free one.
    pub port: u16,
    /// Changes are not watched: only exchanges are told.
    pub blind: bool,
    /// Is told which objects have been made.
    pub made: Option<OnMade>,
    /// What ConfigHub workers make inside of the cluster is made for this tap's clients: there are no other workers.
    pub only_workers: bool,
}

/// A tap that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    /// Its port could not be listened on.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Its certificates could not be made.
    #[error(transparent)]
    Certificates(#[from] CertificateError),
    /// The cluster could not be watched.
    #[error(transparent)]
    Effects(#[from] EffectsError),
}

/// A running tap. Dropping it stops it, with all streams that go through it; the cluster goes on.
///
/// To its clients it is what the embedded cluster is: one port on loopback that speaks clear text and TLS, HTTP/1.1
/// and HTTP/2, and takes a bearer token of its own, which may carry the number of a command. Such requests go on as
/// the user of the upstream's kubeconfig. Requests with other tokens, or with none, go on as they are, and it is the
/// cluster that takes or refuses them.
pub struct ClusterTap {
    server: Server,
    authority: Authority,
    api: Arc<Api>,
    effects: Option<Effects>,
    _stop: DropGuard,
}

impl ClusterTap {
    /// Starts a tap before `upstream`, and watches the cluster: what is there already is no change.
    pub async fn start(simulation: Simulation, upstream: Upstream, options: Options) -> Result<Self, TapError> {
        // Random, not of the environment's seed: it opens a real cluster.
        let token = format!("stagegate-tap-{}", Uuid::new_v4().simple());
        simulation.observer.secret(&token);
        let authority = Authority::new()?;
        let tls = Some(authority.serving()?);
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        let effects = if options.blind {
            None
        } else {
            Some(
                Effects::start(
                    simulation.clone(),
                    upstream.client(),
                    (options.made.clone().filter(|_| options.only_workers), stop.clone()),
                )
                .await?,
            )
        };
        let answers = effects.as_ref().map(|effects| effects.answers.clone());
        let api = Arc::new(Api { simulation: simulation.clone(), upstream, token, answers, made: options.made, stop });
        let router = api::router(Arc::clone(&api));
        let server = Server::start_faulty(router, loopback(options.port), &simulation, SYSTEM, tls).await?;
        Ok(Self { server, authority, api, effects, _stop: guard })
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash. The same port speaks TLS with a client that begins to.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The bearer token that opens the cluster as the user of the upstream's kubeconfig.
    pub fn token(&self) -> &str {
        &self.api.token
    }

    /// A kubeconfig (YAML) whose current context `stagegate` presents `token`, over TLS.
    ///
    /// The token may carry the number of a command (`stagegate_simulation::token_for_command`).
    pub fn kubeconfig(&self, token: &str) -> String {
        let address = self.server.address().to_string();
        observation::kubeconfig(&address, &self.authority.pem(), &format!("token: {token}"))
    }

    /// Waits, for at most `limit` of wall time, until every change that the tap has answered has been seen and told.
    /// What controllers make of it later is not waited for.
    pub async fn settled(&self, limit: Duration) -> Result<(), Unsettled> {
        match &self.effects {
            Some(effects) => effects.settled(limit).await,
            None => Ok(()),
        }
    }

    /// Whether a rule for faults has any effect here: a real cluster's nodes and clock are not the tap's, and what
    /// workers inside of it ask comes through no tap.
    pub fn follows(rule: &FaultRule) -> bool {
        // What only a cluster meets, it meets by itself.
        rule.effect.only_of() != Some(SYSTEM) && rule.matching.actor.as_deref() != Some("worker")
    }

    /// The resources that cannot be watched, such as those the user may not list, and why. Changes of their objects are
    /// not told.
    pub fn unseen(&self) -> BTreeMap<String, String> {
        self.effects.as_ref().map(|effects| effects.answers.blind()).unwrap_or_default()
    }
}

impl std::fmt::Debug for ClusterTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClusterTap")
            .field("url", &self.url())
            .field("upstream", &self.api.upstream)
            .finish_non_exhaustive()
    }
}
