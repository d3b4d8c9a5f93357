//! Making a Kind cluster ready for scenarios, or a cluster that is there already.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kube::Client;
use serde::{Deserialize, Serialize};
use stagegate_images::{CONTAINERD_CONFIG_PATCHES, Registry};
use stagegate_kind::{Cluster, ClusterConfig, ClusterName, Creation, DeletedOnDrop, Kind, NodeCommand, Requirements};
use stagegate_reports::diagnostic::chain;
use stagegate_reports::journal::{Event, RealCluster};
use stagegate_tap::Upstream;
use tokio_util::sync::CancellationToken;

use super::EnvironmentError;
use super::claim::RealEnd;
use super::image_source::{ImageSource, Remembered};
use super::inventory::Inventory;
use super::kind_site::blocking;
use super::node_images;
use super::sweep::sweep;
use crate::journal::Journal;
use crate::run::Settings;

/// How long a new cluster may take until it does its work.
const READY: Duration = Duration::from_secs(180);
/// Where a cluster that stays keeps what it remembers.
const MEMORY_PATH: &str = "/etc/stagegate/baseline.json";
/// Prints the file `$0`, and nothing where there is none.
const READ_IF_THERE: &str = r#"test ! -e "$0" || cat -- "$0""#;

/// What a cluster that stays remembers.
#[derive(Serialize, Deserialize)]
#[serde(from = "Kept")]
struct Memory {
    /// What it held when it was made.
    baseline: Inventory,
    images: Remembered,
}

/// The same as it is kept; at first that was the baseline alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Whole { baseline: Inventory, images: Remembered },
    Baseline(Inventory),
}

impl From<Kept> for Memory {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Whole { baseline, images } => Self { baseline, images },
            Kept::Baseline(baseline) => Self { baseline, images: Remembered::default() },
        }
    }
}

/// How a cluster is made.
pub(super) struct Maker {
    kind: Kind,
    config: ClusterConfig,
    /// The cluster was there, or stays after the run.
    pub(super) stays: bool,
    kubeconfig: PathBuf,
    executable: PathBuf,
    images: ImageSource,
    run_id: String,
    /// What the machine must have for all clusters of the run.
    required: Requirements,
    pub(super) journal: Journal,
}

/// A cluster that is ready.
pub(super) struct Made {
    cluster: Cluster,
    pub(super) client: Client,
    pub(super) end: RealEnd,
    pub(super) baseline: Inventory,
    /// It is being deleted.
    pub(super) deleted: CancellationToken,
    remembered: Remembered,
    /// Serves stand-ins of images as long as it lives.
    _registry: Option<Registry>,
}

impl Made {
    pub(super) async fn delete(self) -> Result<(), EnvironmentError> {
        self.deleted.cancel();
        blocking(move || self.cluster.delete()).await
    }
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

impl Maker {
    /// How the cluster `name` is made.
    pub(super) fn new(
        settings: &Settings,
        (name, run_id): (ClusterName, &str),
        journal: Journal,
        stop: CancellationToken,
    ) -> Result<Self, EnvironmentError> {
        let kind = Kind::find().map_err(stagegate_kind::Error::from)?.stopped_by(stop);
        let wanted = &settings.cluster;
        let workers = wanted.kind_workers.unwrap_or_else(workers_for_features);
        let kubeconfig = settings.folder.join(format!("{name}.kubeconfig"));
        let mut config = ClusterConfig::new(name).workers(workers);
        config.containerd_config_patches = CONTAINERD_CONFIG_PATCHES.map(str::to_owned).to_vec();
        if let Some(image) = &wanted.node_image {
            config = config.image(image);
        }
        Ok(Self {
            kind,
            config,
            stays: wanted.reuse.is_some(),
            kubeconfig,
            executable: settings.executable.clone(),
            images: if wanted.real_images { ImageSource::Registries } else { ImageSource::StandIns(wanted.images()?) },
            run_id: run_id.to_owned(),
            required: Requirements::for_nodes(settings.jobs * (1 + workers)),
            journal,
        })
    }

    /// The whole name of the cluster.
    pub(super) fn name(&self) -> &str {
        self.config.name.as_str()
    }

    /// A cluster that is ready. A new one is deleted again unless all of this comes to its end.
    pub(super) async fn make(&self) -> Result<Made, EnvironmentError> {
        let began = Instant::now();
        if let Some(cluster) = self.adopt().await? {
            return self.complete(cluster, false, began).await;
        }
        let new = self.create().await?;
        let ready = self.complete(new.clone(), true, began).await;
        if ready.is_ok() {
            let _there = new.keep();
        } else {
            blocking(move || {
                drop(new);
                Ok(())
            })
            .await?;
        }
        ready
    }

    /// Furnishes a cluster, and tells that it is ready.
    async fn complete(&self, cluster: Cluster, new: bool, began: Instant) -> Result<Made, EnvironmentError> {
        let ready = self.furnish(cluster, new).await?;
        let version = ready.client.apiserver_version().await.map_err(EnvironmentError::Version)?;
        self.journal.write(Event::ClusterReady(RealCluster {
            name: self.config.name.to_string(),
            version: version.git_version,
            node_image: self.config.image.clone(),
            images: self.images.words().to_owned(),
            made: new,
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
        }));
        Ok(ready)
    }

    /// Deletes what there may be of the cluster although nobody has it.
    pub(super) async fn delete_until_settled(&self) -> Result<(), EnvironmentError> {
        let (kind, name) = (self.kind.clone(), self.config.name.clone());
        blocking(move || kind.delete_until_settled(&name)).await
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
        let (creation, required) = (Creation::new(&self.kubeconfig, &self.run_id), self.required);
        blocking(move || {
            kind.preflight(&required)?;
            let cluster = kind.create(&config, &creation)?.deleted_on_drop();
            cluster.wait_ready(READY)?;
            Ok(cluster)
        })
        .await
    }

    /// Gives the cluster's nodes their images, and looks at what it holds.
    async fn furnish(&self, cluster: Cluster, new: bool) -> Result<Made, EnvironmentError> {
        let memory = if self.stays && !new { self.recall(&cluster).await? } else { None };
        let remembered = if new {
            self.images.begin(&cluster).await?
        } else {
            let remembered = memory.as_ref().map(|memory| memory.images.clone()).unwrap_or_default();
            self.images.resume(&cluster, &remembered)?;
            remembered
        };
        let (registry, address) = match &self.images {
            ImageSource::StandIns(images) => {
                let images = (images.clone(), self.executable.clone());
                let (registry, address) = node_images::serve(&self.kind, &cluster, images).await?;
                (Some(registry), address.ip())
            }
            ImageSource::Registries => (None, node_images::this_machine(&self.kind, &cluster).await?),
        };
        let client = Upstream::of_file(cluster.kubeconfig_path(), None).await?.client();
        let baseline = self.baseline((&cluster, &client), memory, &remembered).await?;
        let end = RealEnd {
            kubeconfig: Arc::from(cluster.kubeconfig_path()),
            context: None,
            hub_address: Some(address),
            made: None,
            only_workers: false,
        };
        let deleted = CancellationToken::new();
        Ok(Made { cluster, client, end, baseline, deleted, remembered, _registry: registry })
    }

    /// Writes down what the nodes have pulled so far.
    pub(super) async fn tell_pulled(&self, made: &Made) {
        match self.images.pulled(&made.cluster, &made.remembered).await {
            Ok(images) if images.is_empty() => {}
            Ok(images) => self.journal.write(Event::ImagesPulled { images }),
            // That the cluster is gone is told by what looks for it.
            Err(error) => tracing::warn!(error = chain(&error), "the images of the nodes cannot be listed"),
        }
    }

    /// What the cluster held when it was made. One that stays knows it; what was left in it since then is removed.
    async fn baseline(
        &self,
        (cluster, client): (&Cluster, &Client),
        memory: Option<Memory>,
        images: &Remembered,
    ) -> Result<Inventory, EnvironmentError> {
        if let Some(Memory { baseline, .. }) = memory {
            let swept = sweep(client, &baseline).await.map_err(EnvironmentError::Inventory)?;
            if !swept.remains.is_empty() {
                let name = self.config.name.to_string();
                return Err(EnvironmentError::Unclean { name, remains: swept.remains.join(", ") });
            }
            return Ok(baseline);
        }
        let baseline = Inventory::take(client).await.map_err(EnvironmentError::Inventory)?;
        if self.stays {
            let memory = Memory { baseline: baseline.clone(), images: images.clone() };
            let text = serde_json::to_vec(&memory).map_err(|error| EnvironmentError::Baseline(error.to_string()))?;
            let cluster = cluster.clone();
            blocking(move || cluster.write_file(&cluster.control_plane()?, MEMORY_PATH, 0o644, &text)).await?;
        }
        Ok(baseline)
    }

    /// What a cluster that stays remembers, if anything.
    async fn recall(&self, cluster: &Cluster) -> Result<Option<Memory>, EnvironmentError> {
        let (cluster, read) = (cluster.clone(), NodeCommand::new(["sh", "-c", READ_IF_THERE, MEMORY_PATH]));
        let kept = blocking(move || cluster.exec(&cluster.control_plane()?, &read)).await?;
        if kept.success() && kept.stdout.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&kept.stdout).map(Some).map_err(|error| EnvironmentError::Baseline(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_remembers_its_images_and_one_of_old_its_baseline() {
        let memory = Memory { baseline: Inventory::default(), images: Remembered::default() };
        let text = serde_json::to_string(&memory).unwrap();
        assert_eq!(text, r#"{"baseline":[],"images":{"source":"stand-ins","own":[]}}"#);
        let text = text.replace("stand-ins", "registries");
        let again: Memory = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
        let of_old: Memory = serde_json::from_str("[]").unwrap();
        assert!(serde_json::to_string(&of_old).unwrap().contains("stand-ins"));
        assert!(serde_json::from_str::<Memory>("{}").is_err());
    }
}
