//! The environment that needs nothing from outside: the emulators, wired to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::HeaderValue;
use jiff::Timestamp;
use stagegate_confighub::{Hub, UnknownEntityType};
use stagegate_kubernetes::{Catalogue, Cluster, Container, Program};
use stagegate_simulation::{Change, Clock, Exchange, FaultRule, Injected, Observer, Pace, Seed, Simulation};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::http::StepHttp;
use super::{ClusterAccess, EnvironmentError, HubAccess, HubClient};
use crate::journal::Scribe;
use crate::run::Settings;

pub(super) struct Embedded {
    simulation: Simulation,
    hub: Hub,
    cluster: Cluster,
    /// Ends the thread that all of it runs on.
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Starts the emulators on a thread of their own.
    ///
    /// One thread, so that the jumping clock can let every task have its turn before it jumps, and so
    /// that one environment's work never delays another's time.
    pub(super) async fn start(
        settings: &Settings,
        scribe: &Scribe,
        scenario: usize,
        attempt: usize,
    ) -> Result<Self, EnvironmentError> {
        let seed = Seed::new(settings.seed).child(&format!("scenario {scenario} attempt {attempt}"));
        let (scribe, stop) = (scribe.clone(), CancellationToken::new());
        let (tell, started) = oneshot::channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(EnvironmentError::Thread)?;
        let stopped = stop.clone();
        let thread = std::thread::Builder::new()
            .name(format!("environment {}", scenario + 1))
            .spawn(move || {
                runtime.block_on(async {
                    let _nobody_waits = tell.send(parts(&scribe, seed).await);
                    stopped.cancelled().await;
                });
            })
            .map_err(EnvironmentError::Thread)?;
        let (simulation, hub, cluster) = started.await.map_err(|_| EnvironmentError::Lost)??;
        Ok(Self { simulation, hub, cluster, stop, thread: Some(thread) })
    }

    pub(super) fn clock(&self) -> Clock {
        self.simulation.clock.clone()
    }

    pub(super) fn seed(&self) -> &Seed {
        &self.simulation.seed
    }

    pub(super) fn hub_access(&self) -> Result<HubAccess, EnvironmentError> {
        let url = self.hub.url();
        let client = HubClient::new(self.clock(), &url, self.hub.token())
            .map_err(|error| EnvironmentError::Client { system: "hub", reason: error.to_string() })?;
        let session = self.hub.session().files.into_iter().map(|file| (file.path, file.text)).collect();
        Ok(HubAccess { client, url, session })
    }

    pub(super) fn cluster_access(&self) -> Result<ClusterAccess, EnvironmentError> {
        let (url, token) = (self.cluster.url(), self.cluster.token().to_owned());
        let fail = |reason: String| EnvironmentError::Client { system: "cluster", reason };
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {token}")).map_err(|error| fail(error.to_string()))?;
        authorization.set_sensitive(true);
        let base: http::Uri = url.parse().map_err(|error: http::uri::InvalidUri| fail(error.to_string()))?;
        let service = kube::client::middleware::BaseUriLayer::new(base);
        let service = tower::Layer::layer(&service, StepHttp::new(self.clock(), authorization));
        Ok(ClusterAccess { client: kube::Client::new(service, "default"), url, token })
    }

    pub(super) fn kubeconfig(&self, token: &str) -> String {
        self.cluster.kubeconfig(token)
    }

    pub(super) fn set_quota(&self, entity_type: &str, limit: u64) -> Result<(), UnknownEntityType> {
        self.hub.set_quota(entity_type, limit)
    }

    /// Adds rules that have been checked.
    pub(super) fn inject(&self, rules: &[FaultRule]) {
        for rule in rules {
            let _kept_until_the_environment_ends = self.simulation.faults.add(rule.clone());
        }
    }

    /// Stops everything and waits until the thread has ended.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _panicked = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The emulators, started on the present runtime.
async fn parts(scribe: &Scribe, seed: Seed) -> Result<(Simulation, Hub, Cluster), EnvironmentError> {
    let clock = Clock::start(Timestamp::now(), Pace::Jump);
    scribe.set_clock(clock.clone());
    let observer = Arc::new(Unmuted { scribe: scribe.clone(), listening: AtomicBool::new(false) });
    let simulation = Simulation::new(clock, seed, Arc::clone(&observer) as Arc<dyn Observer>);
    let hub = Hub::start(simulation.clone(), stagegate_confighub::Options::default()).await?;
    let worker = WorkerProgram { simulation: simulation.clone() };
    let options = stagegate_kubernetes::Options {
        catalogue: Catalogue::built_in()?,
        programs: vec![Arc::new(worker)],
        ..stagegate_kubernetes::Options::default()
    };
    let cluster = Cluster::start(simulation.clone(), options).await?;
    // The clock moves only when the cluster has made all that every cluster has, which is nobody's effect.
    simulation.clock.sleep(Duration::from_millis(1)).await;
    observer.listening.store(true, Ordering::Release);
    Ok((simulation, hub, cluster))
}

/// Tells the scribe what happens once the environment is ready.
struct Unmuted {
    scribe: Scribe,
    listening: AtomicBool,
}

impl Observer for Unmuted {
    fn exchange(&self, exchange: Exchange) {
        if self.listening.load(Ordering::Acquire) {
            self.scribe.exchange(exchange);
        }
    }

    fn change(&self, change: Change) {
        if self.listening.load(Ordering::Acquire) {
            self.scribe.change(change);
        }
    }

    fn injected(&self, injected: Injected) {
        if self.listening.load(Ordering::Acquire) {
            self.scribe.injected(injected);
        }
    }

    fn secret(&self, value: &str) {
        self.scribe.secret(value);
    }
}

/// The worker's image, as the cluster runs it.
struct WorkerProgram {
    simulation: Simulation,
}

impl Program for WorkerProgram {
    fn name(&self) -> &'static str {
        "confighub-worker"
    }

    fn run(&self, container: Container) -> BoxFuture<'static, i32> {
        let simulation = self.simulation.clone();
        async move {
            let log = container.log.clone();
            let read = stagegate_worker::Config::from_env(&container.env, &container.api_url, &container.api_token);
            let mut config = match read {
                Ok(config) => config,
                Err(error) => {
                    // The real worker logs what is missing and ends with status 0 (recorded runs 1i, 1j).
                    log.write_line(&error.to_string());
                    return 0;
                }
            };
            config.registration_delay =
                simulation.seed.duration("target registration", stagegate_worker::REGISTRATION_DELAY);
            let exit =
                stagegate_worker::run(simulation, config, move |line| log.write_line(line), container.stop).await;
            i32::from(exit.code())
        }
        .boxed()
    }
}
