//! What can go wrong with a cluster, and what to do about it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::command::CallError;
use crate::config::ConfigError;
use crate::name::{ClusterName, NameError};
use crate::preflight::Problem;
use crate::ready::Missing;

/// A creation that failed. What was made has been deleted, unless `left` says otherwise.
#[derive(Debug, thiserror::Error)]
#[error("cluster `{name}` could not be made: {said}")]
pub struct CreateFailure {
    /// The cluster.
    pub name: ClusterName,
    /// What the machine lacks, where the log tells.
    pub cause: Option<Problem>,
    /// kind's own words.
    pub said: String,
    /// All that kind logged, and what the nodes printed last, a line each.
    pub log: Vec<String>,
    /// Why deleting failed, when it did.
    pub left: Option<Box<Error>>,
}

/// Why a cluster could not be made, used or deleted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine is not ready for kind.
    #[error(transparent)]
    Machine(#[from] Problem),
    /// A name that no cluster of ours can have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A configuration that makes no cluster.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The name of a cluster that was to be made is taken. Nothing was changed.
    #[error("there is already a cluster named `{name}`")]
    NameTaken {
        /// The cluster.
        name: ClusterName,
    },
    /// The cluster is not there.
    #[error("there is no cluster named `{name}`")]
    NoSuchCluster {
        /// The cluster.
        name: ClusterName,
    },
    /// The cluster has the name of one of ours, but nothing in it says that stagegate made it.
    #[error("cluster `{name}` has no mark of stagegate in it: somebody else made it, or its creation was not finished")]
    NotOurs {
        /// The cluster.
        name: ClusterName,
    },
    /// Containers of the cluster do not run.
    #[error("cluster `{name}` does not run: stopped are {}", .stopped.join(", "))]
    Stopped {
        /// The cluster.
        name: ClusterName,
        /// The containers that do not run.
        stopped: Vec<String>,
    },
    /// The cluster is there but does not do its work yet, or no more.
    #[error("cluster `{name}` was not ready within {within:?}: {}", .missing.join())]
    NotReady {
        /// The cluster.
        name: ClusterName,
        /// How long was waited.
        within: Duration,
        /// What it lacks.
        missing: Missing,
    },
    /// kind could not make the cluster.
    #[error(transparent)]
    Create(Box<CreateFailure>),
    /// A call was stopped by the token of [`crate::Kind::stopped_by`]. A cluster that was being made has been deleted, unless
    /// `left` says otherwise.
    #[error("`{command}` was stopped")]
    Cancelled {
        /// The command line.
        command: String,
        /// Why deleting failed, when it did.
        left: Option<Box<Error>>,
    },
    /// A program could not be started, or its output could not be kept.
    #[error("`{command}` could not be run: {source}")]
    NotRun {
        /// The command line.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A call did not end in time.
    #[error("`{command}` was not done within {limit:?}; it said: {said}")]
    Overran {
        /// The command line.
        command: String,
        /// How long it had.
        limit: Duration,
        /// What was said about it.
        said: String,
    },
    /// A command ended with a status other than 0.
    #[error("`{command}` failed with {}: {said}", status_text(*.status))]
    Failed {
        /// The command line.
        command: String,
        /// Its exit status; `None` when a signal ended it.
        status: Option<i32>,
        /// What was said about it.
        said: String,
    },
    /// An answer is not what was expected.
    #[error("`{command}` answered what cannot be understood: {reason}")]
    Answer {
        /// The command line.
        command: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Nothing can be run in a node: its container was removed or stopped since it was listed.
    #[error("nothing can be run in node `{node}`: {said}")]
    NodeGone {
        /// The node.
        node: String,
        /// What the runtime said.
        said: String,
    },
    /// Containers of a cluster that was deleted are still there.
    #[error("cluster `{name}` was deleted, but still there are {}", .containers.join(", "))]
    Left {
        /// The cluster.
        name: ClusterName,
        /// Their names.
        containers: Vec<String>,
    },
    /// A kubeconfig was to be written where a person has theirs.
    #[error("{} is a kubeconfig of the user and is not written to", .path.display())]
    UsersKubeconfig {
        /// The file.
        path: PathBuf,
    },
    /// This machine has no address on the network of the nodes.
    #[error("this machine has no address on the network `{network}` of the nodes; its gateways are {found:?}")]
    NoGateway {
        /// Its name.
        network: String,
        /// The gateways, none of which this machine has.
        found: Vec<IpAddr>,
    },
    /// A node has neither bash nor curl to try a route with.
    #[error("node `{node}` has neither bash nor curl, so no route from it can be tried")]
    NoProbe {
        /// The node.
        node: String,
    },
    /// A file cannot be read or written.
    #[error("{what} {}: {source}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// What became of a file or folder, as the argument of `map_err`.
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl Fn(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path: path.clone(), source }
    }

    /// What to do about it, where that can be said.
    pub fn fix(&self) -> Option<String> {
        Some(match self {
            Self::Machine(problem) => problem.fix(),
            Self::Create(failure) => return failure.cause.as_ref().map(Problem::fix),
            Self::NameTaken { name } => {
                format!("use it again, choose another name, or delete it: kind delete cluster --name {name}")
            }
            Self::NoSuchCluster { .. } => {
                "see `kind get clusters` for the names there are, or make it first".to_owned()
            }
            Self::NotOurs { name } => {
                format!("use another name, or, if nobody needs it, delete it: kind delete cluster --name {name}")
            }
            Self::Stopped { stopped, name } => {
                format!("start it (docker start {}) or delete it: kind delete cluster --name {name}", stopped.join(" "))
            }
            Self::NotReady { name, .. } => {
                format!("look into it with `kind export logs --name {name}`, or delete it and make a new one")
            }
            Self::NodeGone { .. } => {
                "make the cluster anew; somebody deleted or stopped it while it was in use".to_owned()
            }
            Self::UsersKubeconfig { .. } => "name a file in a folder of its own".to_owned(),
            Self::NoGateway { .. } => {
                "nodes in a virtual machine or of a rootless runtime do not reach this machine by \
                                       its loopback servers; use what listens on an address that they reach"
                    .to_owned()
            }
            Self::Left { containers, .. } => format!("remove them: docker rm -f -v {}", containers.join(" ")),
            _ => return None,
        })
    }
}

impl From<CreateFailure> for Error {
    fn from(failure: CreateFailure) -> Self {
        Self::Create(Box::new(failure))
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Start { command, source } => Self::NotRun { command, source },
            CallError::Overran { command, limit, said, .. } => Self::Overran { command, limit, said },
            CallError::Cancelled { command, .. } => Self::Cancelled { command, left: None },
        }
    }
}

fn status_text(status: Option<i32>) -> String {
    status.map_or_else(|| "a signal".to_owned(), |status| format!("status {status}"))
}
