//! What a worker is started with.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::kubernetes::Authorities;

/// How long after the start of a worker in a cluster its target appears: what the tutorial's evaluation measured.
pub const REGISTRATION_DELAY: RangeInclusive<Duration> = Duration::from_secs(12)..=Duration::from_secs(15);

/// How a worker names the target it announces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetName {
    /// `k8s-<worker slug>`: inside a cluster, as the workers of October 2025 did.
    InCluster,
    /// `<worker slug>`: inside a cluster, as the worker of August 2025 does without its multiplexer.
    InClusterWithoutPrefix,
    /// This name (`IN_CLUSTER_TARGET_NAME`).
    Fixed(String),
    /// `<worker slug>-<context>`: outside a cluster, one kubeconfig context.
    Context(String),
}

/// What a worker is started with: its hub, its identity, its cluster.
#[derive(Clone)]
pub struct Config {
    /// `CONFIGHUB_URL`, such as `http://127.0.0.1:8080`.
    pub hub_url: String,
    /// `CONFIGHUB_WORKER_PORT`. `None` takes the port of `hub_url`, as later workers do; the worker
    /// of August 2025 drops that port and takes 443.
    pub worker_port: Option<u16>,
    /// `CONFIGHUB_WORKER_ID`, a UUID.
    pub worker_id: String,
    /// `CONFIGHUB_WORKER_SECRET`, at least 8 characters.
    pub secret: String,
    /// The Kubernetes API, such as `http://127.0.0.1:6443`.
    pub kubernetes_url: String,
    /// Bearer token for the Kubernetes API; none is sent when it is empty.
    pub kubernetes_token: String,
    /// Who vouches for the API server of an https URL; without any, http alone is spoken.
    pub kubernetes_authorities: Option<Authorities>,
    /// Environment time from process start to connecting.
    pub registration_delay: Duration,
    /// The name of the target it announces.
    pub target_name: TargetName,
}

/// The environment of the worker's process does not say enough to start it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Variables that must be set are not; the text is the one the real worker logs.
    #[error("required flag(s) {} not set", .0.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", "))]
    Missing(Vec<&'static str>),
    /// `CONFIGHUB_WORKER_PORT` is not a port.
    #[error("CONFIGHUB_WORKER_PORT {0:?} is not a port number")]
    Port(String),
    /// The certificates of authorities cannot be used.
    #[error("the certificate authorities of the Kubernetes API cannot be read: {0}")]
    Authorities(String),
}

impl Config {
    /// Reads the hub, identity and target name from the environment of the worker's container.
    ///
    /// An empty `CONFIGHUB_WORKER_PORT` counts as unset: install manifests carry it empty.
    pub fn from_env(
        env: &BTreeMap<String, String>,
        kubernetes_url: impl Into<String>,
        kubernetes_token: impl Into<String>,
    ) -> Result<Self, ConfigError> {
        let set = |name: &str| env.get(name).filter(|value| !value.is_empty()).cloned();
        let (id, secret) = (set("CONFIGHUB_WORKER_ID"), set("CONFIGHUB_WORKER_SECRET"));
        let (Some(worker_id), Some(secret)) = (id.clone(), secret.clone()) else {
            let missing = [("worker-id", id.is_none()), ("worker-secret", secret.is_none())];
            return Err(ConfigError::Missing(
                missing.iter().filter(|(_, absent)| *absent).map(|(name, _)| *name).collect(),
            ));
        };
        let worker_port = match set("CONFIGHUB_WORKER_PORT") {
            Some(port) => Some(port.parse().map_err(|_| ConfigError::Port(port))?),
            None => None,
        };
        Ok(Self {
            hub_url: set("CONFIGHUB_URL").unwrap_or_else(|| "https://hub.confighub.com".to_owned()),
            worker_port,
            worker_id,
            secret,
            kubernetes_url: kubernetes_url.into(),
            kubernetes_token: kubernetes_token.into(),
            kubernetes_authorities: None,
            registration_delay: Duration::ZERO,
            target_name: set("IN_CLUSTER_TARGET_NAME").map_or(TargetName::InCluster, TargetName::Fixed),
        })
    }

    /// The name of the target a worker of this slug announces.
    pub(crate) fn target(&self, slug: &str) -> String {
        match &self.target_name {
            TargetName::InCluster => format!("k8s-{slug}"),
            TargetName::InClusterWithoutPrefix => slug.to_owned(),
            TargetName::Fixed(name) => name.clone(),
            TargetName::Context(context) => format!("{slug}-{}", slug_of(context)),
        }
    }

    /// The kubeconfig context of the target; `None` inside a cluster.
    pub(crate) fn kube_context(&self) -> Option<&str> {
        match &self.target_name {
            TargetName::Context(context) => Some(context),
            _ => None,
        }
    }
}

/// Lower case, "@" written "at", everything else that is not a letter, digit, "-" or "_" one dash
/// (recorded: "Prod_EU@team/x y" gives "prod_euatteam-x-y").
fn slug_of(context: &str) -> String {
    let spelled = context.replace('@', "at").replace('&', "and").to_lowercase();
    let mut slug = String::new();
    for letter in spelled.chars() {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches(['-', '_']).to_owned()
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("hub_url", &self.hub_url)
            .field("worker_port", &self.worker_port)
            .field("worker_id", &self.worker_id)
            .field("kubernetes_url", &self.kubernetes_url)
            .field("registration_delay", &self.registration_delay)
            .field("target_name", &self.target_name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_targets_as_recorded() {
        assert_eq!(slug_of("Prod_EU@team/x y"), "prod_euatteam-x-y");
        assert_eq!(slug_of("kind-demo"), "kind-demo");
    }

    #[test]
    fn says_which_variables_are_missing_and_never_shows_the_secret() {
        let empty = Config::from_env(&BTreeMap::new(), "http://k", "t").expect_err("nothing is set");
        assert_eq!(empty.to_string(), "required flag(s) \"worker-id\", \"worker-secret\" not set");
        let env = BTreeMap::from([
            ("CONFIGHUB_WORKER_ID".to_owned(), "w".to_owned()),
            ("CONFIGHUB_WORKER_SECRET".to_owned(), "hush-hush".to_owned()),
            ("CONFIGHUB_WORKER_PORT".to_owned(), String::new()),
        ]);
        let config = Config::from_env(&env, "http://k", "token-of-the-cluster").expect("all is set");
        assert_eq!(config.worker_port, None);
        let shown = format!("{config:?}");
        assert!(!shown.contains("hush") && !shown.contains("token-of"), "{shown}");
    }
}
