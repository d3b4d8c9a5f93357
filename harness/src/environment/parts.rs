//! The hub and the cluster of an environment, wired to one clock, on a thread of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;
use stagegate_kubernetes::Catalogue;
use stagegate_simulation::{Applied, Change, Clock, Exchange, FaultRule, Faults, Injected, Observer, Seed, Simulation};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::claim::Ends;
use super::cluster_end::ClusterEnd;
use super::http::StepHttp;
use super::hub_end::{HubEnd, QuotaError};
use super::{ClusterAccess, EnvironmentError, HubAccess, HubClient};
use crate::journal::Scribe;
use crate::run::Settings;

pub(super) struct Parts {
    simulation: Simulation,
    hub: HubEnd,
    cluster: ClusterEnd,
    observer: Arc<Unmuted>,
    /// Ends the thread that all of it runs on.
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Parts {
    /// Starts hub and cluster, or what stands before them, on a thread of their own.
    ///
    /// One thread, so that the jumping clock can let every task have its turn before it jumps, and so
    /// that one environment's work never delays another's time.
    pub(super) async fn start(
        settings: &Settings,
        scribe: &Scribe,
        ends: Ends,
        (scenario, attempt): (usize, usize),
    ) -> Result<Self, EnvironmentError> {
        let seed = Seed::new(settings.seed).child(&format!("scenario {scenario} attempt {attempt}"));
        let (scribe, stop) = (scribe.clone(), CancellationToken::new());
        let images = settings.cluster.images()?;
        let (tell, started) = oneshot::channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(EnvironmentError::Thread)?;
        let stopped = stop.clone();
        let thread = std::thread::Builder::new()
            .name(format!("environment {}", scenario + 1))
            .spawn(move || {
                runtime.block_on(async {
                    let _nobody_waits = tell.send(wire(&scribe, (seed, ends, images)).await);
                    stopped.cancelled().await;
                });
            })
            .map_err(EnvironmentError::Thread)?;
        let (simulation, hub, cluster, observer) = started.await.map_err(|_| EnvironmentError::Lost)??;
        Ok(Self { simulation, hub, cluster, observer, stop, thread: Some(thread) })
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

    pub(super) async fn settled(&self) {
        self.hub.settled().await;
        self.cluster.settled().await;
    }

    pub(super) fn set_quota(&self, entity_type: &str, limit: u64) -> Result<(), QuotaError> {
        self.hub.set_quota(entity_type, limit)
    }

    /// Whether a rule, which names its system, has any effect here: what real ends do by themselves is not ours.
    pub(super) fn follows(&self, rule: &FaultRule) -> bool {
        let about_hub = rule.matching.system.as_deref() == Some(stagegate_confighub::observation::SYSTEM);
        if about_hub { self.hub.follows(rule) } else { self.cluster.follows(rule) }
    }

    /// The rules for faults.
    pub(super) fn faults(&self) -> &Faults {
        &self.simulation.faults
    }

    /// What happens from now on is told no more.
    pub(super) fn mute(&self) {
        self.observer.listening.store(false, Ordering::Release);
    }

    /// Stops everything and waits until the thread has ended.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _panicked = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts both ends on the present runtime.
async fn wire(
    scribe: &Scribe,
    (seed, ends, images): (Seed, Ends, Catalogue),
) -> Result<(Simulation, HubEnd, ClusterEnd, Arc<Unmuted>), EnvironmentError> {
    let clock = Clock::start(Timestamp::now(), ends.pace());
    scribe.set_clock(clock.clone());
    let observer = Arc::new(Unmuted { scribe: scribe.clone(), listening: AtomicBool::new(false) });
    let simulation = Simulation::new(clock, seed, Arc::clone(&observer) as Arc<dyn Observer>);
    let hub = HubEnd::start(&simulation, &ends).await?;
    let cluster = ClusterEnd::start(&simulation, &ends, images).await?;
    // The clock moves only when the cluster has made all that every cluster has, which is nobody's effect.
    simulation.clock.sleep(Duration::from_millis(1)).await;
    observer.listening.store(true, Ordering::Release);
    Ok((simulation, hub, cluster, observer))
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

    fn applied(&self, applied: Applied) {
        if self.listening.load(Ordering::Acquire) {
            self.scribe.applied(applied);
        }
    }

    fn secret(&self, value: &str) {
        self.scribe.secret(value);
    }
}
