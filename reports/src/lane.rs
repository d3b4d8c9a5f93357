//! Which hub, cluster and client a run used.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which hub, cluster and client a run used; written in every report, so that an emulated pass is
/// never read as a real one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub struct Lane {
    /// The ConfigHub endpoint.
    pub hub: HubLane,
    /// The Kubernetes API.
    pub cluster: ClusterLane,
    /// The ConfigHub client that scripts call.
    pub cub: CubLane,
}

/// The ConfigHub endpoint of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HubLane {
    /// This project's emulator.
    Embedded,
    /// This project's emulator in a container.
    Container,
    /// A real endpoint, by its URL without credentials.
    Url(String),
}

/// The Kubernetes API of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterLane {
    /// This project's emulator.
    Embedded,
    /// A Kind cluster made for the run.
    Kind,
    /// An existing cluster, by its context.
    Kubeconfig(String),
}

/// The ConfigHub client that scripts call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CubLane {
    /// This project's stand-in, with the commands of the tutorials' own time.
    Builtin,
    /// This project's stand-in, with the commands of the month named here, such as `2025-08`.
    BuiltinContract(String),
    /// The real client, by what it says of its version.
    Real(String),
}

impl Lane {
    /// What a pass on this lane is a pass of, in a few words for people, as far as the lane alone tells: an end that is
    /// there may be an emulator, too.
    pub fn claim(&self) -> &'static str {
        claim(!matches!(self.hub, HubLane::Url(_)), self.cluster == ClusterLane::Embedded)
    }
}

/// Which of hub and cluster is emulated, in words.
pub(crate) fn claim(hub_is_emulated: bool, cluster_is_emulated: bool) -> &'static str {
    match (hub_is_emulated, cluster_is_emulated) {
        (true, true) => "emulated hub, emulated cluster",
        (true, false) => "emulated hub, real cluster",
        (false, true) => "real hub, emulated cluster",
        (false, false) => "real hub, real cluster",
    }
}

impl std::fmt::Display for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.hub {
            HubLane::Embedded => f.write_str("hub embedded")?,
            HubLane::Container => f.write_str("hub in a container")?,
            HubLane::Url(url) => write!(f, "hub {url}")?,
        }
        match &self.cluster {
            ClusterLane::Embedded => f.write_str(", cluster embedded")?,
            ClusterLane::Kind => f.write_str(", cluster kind")?,
            ClusterLane::Kubeconfig(context) => write!(f, ", cluster {context}")?,
        }
        match &self.cub {
            CubLane::Builtin => f.write_str(", cub built in"),
            CubLane::BuiltinContract(month) => write!(f, ", cub built in, as of {month}"),
            CubLane::Real(version) => write!(f, ", cub {version}"),
        }
    }
}
