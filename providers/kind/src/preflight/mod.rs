//! Whether this machine can run clusters, asked before one is made.

mod info;
mod kernel;
mod problem;

use std::path::{Path, PathBuf};

pub use problem::Problem;

use self::info::Info;
use crate::command::CallError;
use crate::error::Error;
use crate::kind::{Kind, succeeded};
use crate::runtime::Runtime;

/// What a machine must have at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirements {
    /// Bytes that are free where the runtime keeps its containers.
    pub free_disk: u64,
    /// `fs.inotify.max_user_instances`, where the nodes run on this machine's kernel.
    pub inotify_instances: u64,
    /// `fs.inotify.max_user_watches`, where the nodes run on this machine's kernel.
    pub inotify_watches: u64,
}

/// What the processes of one node hold of inotify's instances: 165 in nine nodes of Kubernetes 1.34.
const INSTANCES_OF_NODE: u64 = 20;

impl Default for Requirements {
    /// Enough for one small cluster.
    fn default() -> Self {
        Self { free_disk: 2 << 30, inotify_instances: 128, inotify_watches: 8192 }
    }
}

impl Requirements {
    /// The default, with instances of inotify for `count` nodes of one cluster or several. Where there are too few, clusters
    /// are made all the same, but kube-proxy crashes in the last of them and no Pod there reaches a Service.
    pub fn for_nodes(count: usize) -> Self {
        let least = Self::default();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let inotify_instances = least.inotify_instances.max(count.saturating_mul(INSTANCES_OF_NODE));
        Self { inotify_instances, ..least }
    }
}

/// What kind's documentation asks for when there are several clusters or nodes.
const ADVISED_INSTANCES: u64 = 512;
/// The same for watches.
const ADVISED_WATCHES: u64 = 524_288;

/// What was found out about a machine that can run clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// What `kind version` prints.
    pub kind: String,
    /// What runs the containers.
    pub runtime: Runtime,
    /// The runtime's version.
    pub runtime_version: String,
    /// `1` or `2`, where the runtime tells.
    pub cgroup_version: Option<String>,
    /// Whether the runtime works without root.
    pub rootless: bool,
    /// The bytes that are free where the runtime keeps its containers, when that is on this machine.
    pub free_disk: Option<u64>,
    /// What does not stop one cluster, but may stop several, or newer ones.
    pub advice: Vec<Problem>,
}

impl Kind {
    /// Asks kind and the runtime whether a cluster can be made, and says what is in the way first of all.
    ///
    /// Space and kernel settings are looked at where the containers run on this machine itself. In a virtual machine, as with
    /// Docker Desktop, or on another host they cannot be seen from here, and are not judged.
    pub fn preflight(&self, required: &Requirements) -> Result<Preflight, Problem> {
        let kind = self.version().map_err(|error| Problem::KindFails { said: error.to_string() })?;
        let info = self.runtime_info()?;
        if let Some(trouble) = info.cgroup_trouble() {
            return Err(Problem::Cgroup { trouble });
        }
        let local_root = info.storage.as_deref().filter(|root| info.is_local && root.exists());
        let free_disk = local_root.and_then(kernel::free_bytes);
        if let (Some(free), Some(root)) = (free_disk, local_root)
            && free < required.free_disk
        {
            return Err(Problem::Disk { place: root.to_owned(), free, needed: required.free_disk });
        }
        let mut advice = Vec::new();
        if info.is_local {
            let needed = (required.inotify_instances, required.inotify_watches);
            if let Some(problem) = kernel::inotify_below(needed) {
                return Err(problem);
            }
            advice.extend(kernel::inotify_below((ADVISED_INSTANCES, ADVISED_WATCHES)));
        }
        if info.cgroup_version.as_deref() == Some("1") {
            advice.push(Problem::CgroupV1);
        }
        Ok(Preflight {
            kind,
            runtime: self.runtime(),
            runtime_version: info.version,
            cgroup_version: info.cgroup_version,
            rootless: info.rootless,
            free_disk,
            advice,
        })
    }

    fn runtime_info(&self) -> Result<Info, Problem> {
        let runtime = self.runtime().name();
        let format = match self.runtime() {
            Runtime::Podman => "json",
            Runtime::Docker | Runtime::Nerdctl => "{{json .}}",
        };
        let call = self.ask_runtime()?.arguments(["info", "--format", format]);
        match call.run() {
            Ok(output) if output.success() => {
                Info::parse(self.runtime(), &output.text()).map_err(|said| Problem::RuntimeFails { runtime, said })
            }
            Ok(output) => Err(Problem::of_runtime(runtime, &output.said())),
            Err(CallError::Overran { limit, .. }) => Err(Problem::RuntimeHangs { runtime, within: limit }),
            Err(error) => Err(Problem::RuntimeFails { runtime, said: error.to_string() }),
        }
    }

    /// Whether the runtime has this image, so that nothing must be pulled for a node.
    pub fn has_image(&self, image: &str) -> Result<bool, Error> {
        let call = self.ask_runtime()?.arguments(["image", "inspect", "--format", "{{.Id}}", image]);
        match succeeded(&call) {
            Ok(_) => Ok(true),
            Err(Error::Failed { said, .. }) if said.to_lowercase().contains("no such image") => Ok(false),
            // Podman's and nerdctl's words.
            Err(Error::Failed { said, .. }) if said.contains("image not known") || said.contains("no such object") => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// The path as far as it is one of this machine.
fn storage_path(text: &str) -> Option<PathBuf> {
    Some(Path::new(text)).filter(|path| path.is_absolute()).map(Path::to_owned)
}
