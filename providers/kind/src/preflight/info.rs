//! What `docker info`, `podman info` and `nerdctl info` say.

use std::path::PathBuf;

use serde::Deserialize;

use super::storage_path;
use crate::runtime::Runtime;

/// What a runtime says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) version: String,
    pub(super) cgroup_version: Option<String>,
    pub(super) rootless: bool,
    /// Where containers are kept, as the runtime sees it.
    pub(super) storage: Option<PathBuf>,
    /// Whether its containers run on this machine's own kernel.
    pub(super) is_local: bool,
    /// The cgroup driver is `none`: containers cannot be limited at all.
    unmanaged: bool,
    /// Controllers that containers cannot be limited with.
    missing_controllers: Vec<&'static str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Docker {
    #[serde(default)]
    server_version: String,
    #[serde(default)]
    cgroup_version: String,
    #[serde(default)]
    cgroup_driver: String,
    #[serde(default, rename = "DockerRootDir")]
    root: String,
    #[serde(default)]
    operating_system: String,
    #[serde(default)]
    memory_limit: bool,
    #[serde(default)]
    pids_limit: bool,
    #[serde(default, rename = "CPUShares")]
    cpu_shares: bool,
    #[serde(default)]
    security_options: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Podman {
    host: PodmanHost,
    store: PodmanStore,
    version: PodmanVersion,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanHost {
    #[serde(default)]
    cgroup_version: String,
    #[serde(default)]
    cgroup_controllers: Option<Vec<String>>,
    #[serde(default)]
    service_is_remote: bool,
    security: PodmanSecurity,
}

#[derive(Deserialize)]
struct PodmanSecurity {
    rootless: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanStore {
    graph_root: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PodmanVersion {
    version: String,
}

impl Info {
    /// Reads the JSON that `info` printed.
    pub(super) fn parse(runtime: Runtime, json: &str) -> Result<Self, String> {
        let reason = |error: serde_json::Error| format!("its information cannot be understood: {error}");
        Ok(match runtime {
            Runtime::Docker | Runtime::Nerdctl => serde_json::from_str::<Docker>(json).map_err(reason)?.into(),
            Runtime::Podman => serde_json::from_str::<Podman>(json).map_err(reason)?.into(),
        })
    }

    /// Why nodes cannot be limited as kubelet must, if so.
    pub(super) fn cgroup_trouble(&self) -> Option<String> {
        if self.rootless && self.cgroup_version.as_deref() == Some("1") {
            return Some("a rootless runtime needs cgroup v2, and this machine has v1".to_owned());
        }
        if self.unmanaged {
            return Some("the runtime's cgroup driver is `none`".to_owned());
        }
        let missing = self.missing_controllers.join(", ");
        (!missing.is_empty()).then(|| format!("containers cannot be limited in {missing}"))
    }
}

/// Whether this process runs on the kernel that a runtime without `DOCKER_HOST` runs containers on.
fn on_this_kernel() -> bool {
    let remote = std::env::var("DOCKER_HOST").is_ok_and(|host| !host.is_empty() && !host.starts_with("unix://"));
    cfg!(target_os = "linux") && !remote
}

impl From<Docker> for Info {
    fn from(info: Docker) -> Self {
        let unmanaged = info.cgroup_driver == "none";
        let controllers = [(info.memory_limit, "memory"), (info.pids_limit, "pids"), (info.cpu_shares, "cpu")];
        let options = info.security_options.unwrap_or_default();
        Self {
            version: info.server_version,
            cgroup_version: Some(info.cgroup_version).filter(|version| !version.is_empty()),
            rootless: options.iter().any(|option| option.contains("name=rootless")),
            storage: storage_path(&info.root),
            is_local: on_this_kernel() && !info.operating_system.contains("Docker Desktop"),
            unmanaged,
            missing_controllers: controllers.into_iter().filter_map(|(has, name)| (!has).then_some(name)).collect(),
        }
    }
}

impl From<Podman> for Info {
    fn from(info: Podman) -> Self {
        let has = |name: &&str| info.host.cgroup_controllers.iter().flatten().any(|controller| controller == *name);
        // Only Podman 4 and later list them.
        let lists = info.host.cgroup_controllers.is_some();
        let missing = ["memory", "pids", "cpu"].into_iter().filter(|name| lists && !has(name)).collect();
        let version = info.host.cgroup_version.trim_start_matches('v').to_owned();
        Self {
            version: info.version.version,
            cgroup_version: Some(version).filter(|version| !version.is_empty()),
            rootless: info.host.security.rootless,
            storage: storage_path(&info.store.graph_root),
            is_local: on_this_kernel() && !info.host.service_is_remote,
            unmanaged: false,
            missing_controllers: missing,
        }
    }
}
