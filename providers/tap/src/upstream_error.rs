//! Why an API server cannot be put behind a tap, and what to do about it.

use std::time::Duration;

use http::StatusCode;
use kube::client::AuthError;
use kube::config::{ExecConfig, KubeconfigError};

use crate::obstacle::Obstacle;
use crate::upstream::chain;

/// An API server that cannot be put behind a tap.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The kubeconfig, or a file that it names, cannot be read.
    #[error("the kubeconfig cannot be used: {0}")]
    Kubeconfig(String),
    /// Its way to log in does not work, such as a plugin that cannot be run or certificates that are none.
    #[error("the kubeconfig gives no way to log in: {reason}")]
    Login {
        /// What does not work.
        reason: String,
        /// What helps.
        fix: String,
    },
    /// It wants the server to be reached through a proxy.
    #[error("the kubeconfig reaches {server} through the proxy {proxy}, which is not supported")]
    Proxy {
        /// The API server.
        server: String,
        /// The proxy.
        proxy: String,
    },
    /// No connection to the server, or none that can be trusted.
    #[error("the API server {server} cannot be reached: {reason}")]
    Unreachable {
        /// The API server.
        server: String,
        /// What the connection said.
        reason: String,
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// The server does not take the credentials.
    #[error("the API server {server} refuses the kubeconfig's user with {status}: {message}")]
    Refused {
        /// The API server.
        server: String,
        /// The HTTP status.
        status: StatusCode,
        /// What the server said.
        message: String,
    },
    /// Something else than Kubernetes answers.
    #[error("what answers at {server} is no API server of Kubernetes: {reason}")]
    Foreign {
        /// The server.
        server: String,
        /// What tells.
        reason: String,
    },
}

impl From<KubeconfigError> for UpstreamError {
    fn from(error: KubeconfigError) -> Self {
        Self::Kubeconfig(chain(&error))
    }
}

impl UpstreamError {
    /// What to do about it.
    pub fn fix(&self) -> String {
        let fix = match self {
            Self::Kubeconfig(_) => "see what `kubectl config view` says of it",
            Self::Login { fix, .. } => fix,
            Self::Proxy { .. } => "take `proxy-url` out of the kubeconfig, or name the server in NO_PROXY",
            Self::Unreachable { obstacle, .. } => match obstacle {
                Obstacle::Connection => "see whether the cluster runs and its address in the kubeconfig is right",
                Obstacle::ClearText => "nothing there speaks TLS; see whether the address in the kubeconfig is right",
                Obstacle::Name => {
                    "let the kubeconfig name the server as its certificate does, or give that name as `tls-server-name`"
                }
                Obstacle::Time => {
                    "see whether this machine's clock is right; if it is, the cluster needs a new certificate"
                }
                Obstacle::Authority | Obstacle::Certificate => {
                    "the kubeconfig is not of this cluster, or of an earlier one at this address: get it anew; the \
                     authority of the cluster belongs into its `certificate-authority-data`"
                }
            },
            Self::Refused { status: StatusCode::UNAUTHORIZED, .. } => {
                "the credentials are wrong or have ended: log in again, or get a new kubeconfig"
            }
            Self::Refused { message, .. } if message.contains("system:anonymous") => {
                "the kubeconfig's user has no credentials, or none that the server looks at: log in again"
            }
            Self::Refused { .. } => "let an administrator of the cluster give the user the right",
            Self::Foreign { .. } => "see whether the server's address in the kubeconfig is right",
        };
        fix.to_owned()
    }

    /// The plugin that logs in, if one does, is named: what the system says of it does not.
    pub(crate) fn login(plugin: Option<&ExecConfig>, error: &kube::Error) -> Self {
        let mut fix = "see whether `kubectl auth whoami` works with it".to_owned();
        let name = plugin.and_then(|plugin| plugin.command.as_deref()).unwrap_or_default();
        let reason = match error {
            kube::Error::Auth(AuthError::AuthExecStart(source)) => {
                let hint = plugin.and_then(|plugin| plugin.install_hint.as_deref()).map(str::trim);
                fix = hint.map_or_else(|| "install it, or put it on PATH".to_owned(), str::to_owned);
                format!("the plugin `{name}` cannot be run: {source}")
            }
            kube::Error::Auth(AuthError::AuthExecRun { out, .. }) => {
                format!("the plugin `{name}` failed with {}{}", out.status, last_words(&out.stderr))
            }
            // What it printed instead may hold what opens the cluster.
            kube::Error::Auth(AuthError::AuthExecParse(error)) => {
                format!("what the plugin `{name}` printed are no credentials: {}", error.without_snippet())
            }
            error if plugin.is_some() => format!("by the plugin `{name}`: {}", chain(error)),
            error => chain(error),
        };
        Self::Login { reason, fix }
    }

    /// The plugin does not come to an end within `limit`.
    pub(crate) fn silent(plugin: Option<&ExecConfig>, limit: Duration) -> Self {
        let name = plugin.and_then(|plugin| plugin.command.as_deref()).unwrap_or_default();
        Self::Login {
            reason: format!("the plugin `{name}` was not done within {limit:?}"),
            fix: "log in by hand first, such as with `kubectl auth whoami`: it may wait for an answer".to_owned(),
        }
    }
}

/// The end of what a process said about its failure.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(3)..];
    if last.is_empty() { " and said nothing".to_owned() } else { format!(" and said: {}", last.join("; ")) }
}
