//! A Kind cluster that the scenarios of a run use one after the other.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use stagegate_images::{CONTAINERD_CONFIG_PATCHES, Registry};
use stagegate_kind::{Cluster, ClusterConfig, ClusterName, Creation, DeletedOnDrop, Kind, NodeCommand, Requirements};
use stagegate_kubernetes::Catalogue;
use stagegate_reports::diagnostic::chain;
use stagegate_reports::journal::{Event, RealCluster};
use stagegate_tap::Upstream;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::EnvironmentError;
use super::inventory::Inventory;
use super::node_images;
use super::presence::{LOOK_AGAIN, Present};
use super::site::RealEnd;
use super::sweep::sweep;
use crate::journal::Journal;
use crate::run::Settings;

/// How long a new cluster may take until it does its work.
const READY: Duration = Duration::from_secs(180);
/// Where a cluster that stays keeps what it held when it was made.
const BASELINE_PATH: &str = "/etc/stagegate/baseline.json";
/// What its containers run.
const STAND_INS: &str = "stand-ins of stagegate";

/// The cluster, and how to make it anew.
pub(super) struct KindSite {
    maker: Maker,
    present: Mutex<Option<Made>>,
    /// Why the cluster does not answer any more, once it does not although nobody here has deleted it.
    gone: watch::Sender<Option<String>>,
}

/// How a cluster is made.
struct Maker {
    kind: Kind,
    config: ClusterConfig,
    /// The cluster was there, or stays after the run.
    stays: bool,
    kubeconfig: PathBuf,
    executable: PathBuf,
    images: Catalogue,
    run_id: String,
    journal: Journal,
}

/// A cluster that is ready.
struct Made {
    cluster: Cluster,
    client: Client,
    end: RealEnd,
    baseline: Inventory,
    /// It is being deleted.
    deleted: CancellationToken,
    /// Serves the images as long as it lives.
    _registry: Registry,
}

/// How many nodes besides the control plane hold what features ask for. Each node has the CPUs of this machine, and one
/// that is a control plane runs no other Pods once there are more: three regions ask for 2.3 CPUs and the system for
/// one, and while Deployments roll they ask for a quarter more.
fn workers_for_features() -> usize {
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if cpus >= ALONE { 0 } else { ASKED.div_ceil(cpus) }
}

/// With so many CPUs one node holds all.
const ALONE: usize = 6;
/// CPUs that nodes for nothing but Pods should have together.
const ASKED: usize = 4;

/// The name of the run's cluster.
fn name(settings: &Settings, run_id: &str) -> Result<ClusterName, EnvironmentError> {
    let name = match &settings.cluster.reuse {
        Some(name) => ClusterName::of(name),
        None => ClusterName::of(run_id.split('-').next().unwrap_or(run_id)),
    };
    Ok(name.map_err(stagegate_kind::Error::from)?)
}

/// The name of the cluster that is made for the run and goes with it.
pub(super) fn name_of_new(settings: &Settings, run_id: &str) -> Result<Option<String>, EnvironmentError> {
    if settings.cluster.reuse.is_some() {
        return Ok(None);
    }
    Ok(Some(name(settings, run_id)?.to_string()))
}

impl KindSite {
    pub(super) async fn prepare(
        settings: &Settings,
        run_id: &str,
        journal: Journal,
        stop: CancellationToken,
    ) -> Result<Self, EnvironmentError> {
        let kind = Kind::find().map_err(stagegate_kind::Error::from)?.stopped_by(stop);
        let wanted = &settings.cluster;
        let workers = wanted.kind_workers.unwrap_or_else(workers_for_features);
        let mut config = ClusterConfig::new(name(settings, run_id)?).workers(workers);
        config.containerd_config_patches = CONTAINERD_CONFIG_PATCHES.map(str::to_owned).to_vec();
        if let Some(image) = &wanted.node_image {
            config = config.image(image);
        }
        let maker = Maker {
            kind,
            config,
            stays: wanted.reuse.is_some(),
            kubeconfig: settings.folder.join("kubeconfig"),
            executable: settings.executable.clone(),
            images: wanted.images()?,
            run_id: run_id.to_owned(),
            journal,
        };
        let made = maker.make().await?;
        Ok(Self { maker, present: Mutex::new(Some(made)), gone: watch::Sender::new(None) })
    }

    /// The whole name of its cluster.
    pub(super) fn name(&self) -> &str {
        self.maker.config.name.as_str()
    }

    /// The cluster for the next scenario; another one if the last could not be made clean.
    pub(super) async fn claim(&self) -> Result<RealEnd, EnvironmentError> {
        let mut present = self.present.lock().await;
        if let Some(reason) = self.gone.borrow().clone() {
            return Err(self.gone(reason));
        }
        if let Some(made) = present.as_ref() {
            return Ok(made.end.clone());
        }
        let made = self.maker.make().await?;
        let end = made.end.clone();
        *present = Some(made);
        Ok(end)
    }

    /// Removes what the last scenario left. A cluster that is not as it was then is deleted.
    pub(super) async fn sweep(&self) -> Result<(), EnvironmentError> {
        let mut present = self.present.lock().await;
        let Some(made) = present.as_ref() else { return Ok(()) };
        let remains = match sweep(&made.client, &made.baseline).await {
            Ok(swept) if swept.remains.is_empty() => {
                tracing::debug!(removed = swept.removed.join(", "), "swept");
                return Ok(());
            }
            Ok(swept) => swept.remains.join(", "),
            Err(error @ kube::Error::Api(_)) => chain(&error),
            Err(error) => {
                // Another one would hide that somebody deletes what the run uses.
                self.gone.send_replace(Some(chain(&error)));
                return Ok(());
            }
        };
        let what = format!("the cluster is not as it was ({remains}); it is deleted and made anew");
        self.maker.journal.write(Event::Preparing { what });
        match present.take() {
            Some(made) => delete(made).await,
            None => Ok(()),
        }
    }

    /// Waits until the cluster does not answer any more although nobody here has deleted it.
    pub(super) async fn lost(&self) -> EnvironmentError {
        let mut gone = self.gone.subscribe();
        let seen_by_a_sweep = async {
            let reason = gone.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
            self.gone(reason.unwrap_or_default())
        };
        tokio::select! {
            error = seen_by_a_sweep => error,
            error = self.watched() => error,
        }
    }

    /// The same, found by asking one cluster after the other while scenarios use it.
    async fn watched(&self) -> EnvironmentError {
        loop {
            let present = self.present.lock().await.as_ref().map(|made| (made.client.clone(), made.deleted.clone()));
            let Some((client, deleted)) = present else {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            };
            let present = Present::Cluster { name: format!("{} of Kind", self.name()), client };
            tokio::select! {
                error = present.lost(None) => return error,
                () = deleted.cancelled() => {}
            }
        }
    }

    fn gone(&self, reason: String) -> EnvironmentError {
        EnvironmentError::Gone { end: format!("the cluster {} of Kind", self.name()), reason, run_id: None }
    }

    /// Deletes the cluster unless it stays; gives what would not go.
    pub(super) async fn close(&self) -> Vec<String> {
        let made = self.present.lock().await.take();
        match made {
            Some(made) if !self.maker.stays => {
                delete(made).await.err().map(|error| chain(&error)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Maker {
    /// A cluster that is ready. A new one is deleted again unless all of this comes to its end.
    async fn make(&self) -> Result<Made, EnvironmentError> {
        let began = Instant::now();
        let (cluster, new) = if let Some(cluster) = self.adopt().await? {
            (cluster, None)
        } else {
            let new = self.create().await?;
            (new.clone(), Some(new))
        };
        let ready = self.furnish(cluster).await?;
        let version = ready.client.apiserver_version().await.map_err(EnvironmentError::Version)?;
        self.journal.write(Event::ClusterReady(RealCluster {
            name: self.config.name.to_string(),
            version: version.git_version,
            node_image: self.config.image.clone(),
            images: STAND_INS.to_owned(),
            made: new.is_some(),
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
        }));
        if let Some(new) = new {
            let _there = new.keep();
        }
        Ok(ready)
    }

    /// The cluster that stays, if it is there.
    async fn adopt(&self) -> Result<Option<Cluster>, EnvironmentError> {
        if !self.stays {
            return Ok(None);
        }
        let (kind, name, kubeconfig) = (self.kind.clone(), self.config.name.clone(), self.kubeconfig.clone());
        self.journal.write(Event::Preparing { what: format!("looking for Kind cluster {name}") });
        blocking(move || match kind.adopt(&name, &kubeconfig, READY) {
            Ok(cluster) => Ok(Some(cluster)),
            Err(stagegate_kind::Error::NoSuchCluster { .. }) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    async fn create(&self) -> Result<DeletedOnDrop, EnvironmentError> {
        let (kind, config) = (self.kind.clone(), self.config.clone());
        let image = config.image.as_deref().unwrap_or("kind's own node image");
        self.journal.write(Event::Preparing { what: format!("making Kind cluster {} with {image}", config.name) });
        let creation = Creation::new(&self.kubeconfig, &self.run_id);
        blocking(move || {
            kind.preflight(&Requirements::default())?;
            let cluster = kind.create(&config, &creation)?.deleted_on_drop();
            cluster.wait_ready(READY)?;
            Ok(cluster)
        })
        .await
    }

    /// Gives the cluster's nodes their images, and looks at what it holds.
    async fn furnish(&self, cluster: Cluster) -> Result<Made, EnvironmentError> {
        let (registry, address) =
            node_images::serve(&self.kind, &cluster, (self.images.clone(), self.executable.clone())).await?;
        let client = Upstream::of_file(cluster.kubeconfig_path(), None).await?.client();
        let baseline = self.baseline(&cluster, &client).await?;
        let end = RealEnd {
            kubeconfig: Arc::from(cluster.kubeconfig_path()),
            context: None,
            hub_address: Some(address.ip()),
            made: None,
            only_workers: false,
        };
        Ok(Made { cluster, client, end, baseline, deleted: CancellationToken::new(), _registry: registry })
    }

    /// What the cluster held when it was made. One that stays knows it; what was left in it since then is removed.
    async fn baseline(&self, cluster: &Cluster, client: &Client) -> Result<Inventory, EnvironmentError> {
        let (named, node) = (cluster.clone(), NodeCommand::new(["cat", BASELINE_PATH]));
        let kept = if self.stays {
            blocking(move || named.exec(&named.control_plane()?, &node)).await?.stdout
        } else {
            Vec::new()
        };
        if let Ok(baseline) = serde_json::from_slice::<Inventory>(&kept) {
            let swept = sweep(client, &baseline).await.map_err(EnvironmentError::Inventory)?;
            if !swept.remains.is_empty() {
                let name = self.config.name.to_string();
                return Err(EnvironmentError::Unclean { name, remains: swept.remains.join(", ") });
            }
            return Ok(baseline);
        }
        let baseline = Inventory::take(client).await.map_err(EnvironmentError::Inventory)?;
        if self.stays {
            let text = serde_json::to_vec(&baseline).map_err(|error| EnvironmentError::Baseline(error.to_string()))?;
            let cluster = cluster.clone();
            blocking(move || cluster.write_file(&cluster.control_plane()?, BASELINE_PATH, 0o644, &text)).await?;
        }
        Ok(baseline)
    }
}

async fn delete(made: Made) -> Result<(), EnvironmentError> {
    made.deleted.cancel();
    blocking(move || made.cluster.delete()).await
}

/// Calls of kind block their thread.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, stagegate_kind::Error> + Send + 'static,
) -> Result<T, EnvironmentError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(done) => done.map_err(EnvironmentError::from),
        Err(_) => Err(EnvironmentError::Lost),
    }
}
