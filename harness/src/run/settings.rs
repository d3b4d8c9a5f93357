//! What a run was asked to do.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stagegate_kubernetes::{Catalogue, CatalogueError};
use stagegate_reports::Lane;

use crate::findings::Policies;
use crate::script::Answers;

/// Which environments' folders stay after the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// None.
    Never,
    /// Those of scenarios that did not pass.
    Failed,
    /// All.
    Always,
}

/// How a real hub is reached.
#[derive(Clone)]
pub struct HubToken(pub String);

impl std::fmt::Debug for HubToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HubToken")
    }
}

/// How a real cluster is made or found.
#[derive(Debug, Clone, Default)]
pub struct ClusterSettings {
    /// The file that says how to reach an existing cluster.
    pub kubeconfig: Option<PathBuf>,
    /// The existing cluster of this context may be used whatever speaks against that.
    pub known: Option<String>,
    /// This machine's address at which the Pods of an existing cluster reach it.
    pub hub_address: Option<IpAddr>,
    /// The image of Kind's nodes; Kind's own default when absent.
    pub node_image: Option<String>,
    /// How many of Kind's nodes only run Pods; as many as the features need when absent.
    pub kind_workers: Option<usize>,
    /// The Kind cluster of this name is used if it is there, made if it is not, and stays after the run.
    pub reuse: Option<String>,
    /// Kind's nodes pull images from their registries, not stand-ins.
    pub real_images: bool,
    /// What the nodes of emulators and of Kind can pull besides the built-in images.
    pub more_images: Arc<Catalogue>,
}

impl ClusterSettings {
    /// All that the nodes of emulators and of Kind can pull.
    pub(crate) fn images(&self) -> Result<Catalogue, CatalogueError> {
        Ok(Catalogue::built_in()?.with(Catalogue::clone(&self.more_images)))
    }
}

/// What a run was asked to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Hub, cluster and client.
    pub lane: Lane,
    /// What opens a real hub.
    pub hub_token: Option<HubToken>,
    /// How a real cluster is made or found.
    pub cluster: ClusterSettings,
    /// What every id and random choice is made from.
    pub seed: u64,
    /// Environment seconds per wall second while a script runs.
    pub speed: f64,
    /// What scripts are given when they ask something.
    pub answers: Answers,
    /// How many scenarios run at once.
    pub jobs: usize,
    /// How often a failed scenario is tried again.
    pub retries: usize,
    /// Stop after the first scenario that fails.
    pub fail_fast: bool,
    /// The longest a step may take, in wall time.
    pub step_limit: Duration,
    /// The longest a scenario may take, in wall time.
    pub scenario_limit: Duration,
    /// The longest the whole run may take, in wall time.
    pub budget: Option<Duration>,
    /// Which folders stay.
    pub keep: Keep,
    /// What findings do to verdicts.
    pub policies: Policies,
    /// A checkout of the tutorial.
    pub tutorial: Option<PathBuf>,
    /// The executable that plays the shims: stagegate itself.
    pub executable: PathBuf,
    /// Where the folders of scenarios are made.
    pub folder: PathBuf,
}
