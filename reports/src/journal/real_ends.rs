//! The real endpoints of a run.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many spaces an organization of a hosted hub was seen to be allowed; the API does not tell.
const HOSTED_QUOTA: usize = 100;
/// So many spaces leave no room for the largest features.
const NEAR_QUOTA: usize = 90;

/// A hub that is no emulator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RealHub {
    /// Its URL, without a trailing slash.
    pub url: String,
    /// What it says of its build (OpenAPI schema `ApiInfo`); empty when it does not.
    pub build: String,
    /// The revision it says it was built from; empty when it does not.
    pub revision: String,
    /// The user of the token.
    pub user: String,
    /// How many spaces that user saw when the run began.
    pub spaces: usize,
    /// What else a hub has and this one gave no list of, by the name in the API, with the status that it answered.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unanswered: BTreeMap<String, u16>,
    /// Wall time until all of this was known, in milliseconds.
    pub took_ms: f64,
}

impl RealHub {
    /// Whether it says that it is this project's emulator.
    pub fn is_emulated(&self) -> bool {
        self.build.starts_with("stagegate")
    }
}

impl std::fmt::Display for RealHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)?;
        let version: Vec<&str> =
            [&self.build, &self.revision].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        if !version.is_empty() {
            write!(f, ", build {}", version.join(" "))?;
        }
        write!(f, ", as {}; {} spaces were there", self.user, self.spaces)?;
        if self.spaces >= NEAR_QUOTA {
            write!(f, ", and hosted hubs have room for about {HOSTED_QUOTA}")?;
        }
        if !self.unanswered.is_empty() {
            let missing: Vec<String> =
                self.unanswered.iter().map(|(name, status)| format!("{name} (HTTP {status})")).collect();
            write!(f, "; it has no {}", missing.join(", "))?;
        }
        Ok(())
    }
}

/// A cluster that is no emulator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RealCluster {
    /// The Kind cluster's name, or the context.
    pub name: String,
    /// What its API server says of its version, such as `v1.34.4`.
    pub version: String,
    /// The image of its nodes, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_image: Option<String>,
    /// What its containers run, such as stand-ins of this project.
    pub images: String,
    /// Whether it was made for this run.
    pub made: bool,
    /// Wall time until it was ready, in milliseconds.
    pub took_ms: f64,
}

/// An image that a real cluster's nodes have pulled from its registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PulledImage {
    /// Its name and tag, as manifests name it.
    pub image: String,
    /// What it was then: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

impl RealCluster {
    /// Whether its version says that it is this project's emulator.
    pub fn is_emulated(&self) -> bool {
        self.version.ends_with("+stagegate")
    }
}

impl std::fmt::Display for RealCluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, Kubernetes {}", self.name, self.version)?;
        if let Some(image) = &self.node_image {
            write!(f, " ({image})")?;
        }
        write!(f, "; containers run {}", self.images)
    }
}
