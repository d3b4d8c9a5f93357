//! Why there is no hub in a container.

use testcontainers::TestcontainersError;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::core::client::ClientError;
use testcontainers::core::error::WaitContainerError;

/// There is no hub in a container.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// Docker is not where it was looked for, or not set up.
    #[error("Docker cannot be found")]
    Client(#[source] ClientError),
    /// Docker does not answer.
    #[error("Docker does not answer")]
    Silent(#[source] DockerError),
    /// The image cannot be made of this executable.
    #[error("no image can be made of this executable")]
    Image(#[from] stagegate_images::ExecutableError),
    /// Docker does not take the image.
    #[error("Docker does not take the hub's image")]
    Load(#[source] DockerError),
    /// The container was not started, or the hub in it not ready in time.
    #[error("the hub's container cannot be started")]
    Start(#[source] TestcontainersError),
    /// What is in it cannot be read.
    #[error("the hub's session cannot be read out of its container: {0}")]
    Session(String),
    /// Container or image cannot be removed.
    #[error("{what} cannot be removed: {source}")]
    Remove {
        /// Which.
        what: String,
        /// What Docker said.
        source: DockerError,
    },
}

impl ContainerError {
    /// What to do about it, where that can be said.
    pub fn fix(&self) -> Option<String> {
        let fix = match self {
            Self::Client(_) | Self::Silent(_) => {
                "start Docker, or let DOCKER_HOST name where it listens; this user must be allowed to talk to it (`docker \
                 info` tells). --hub embedded needs no Docker"
            }
            Self::Image(_) => "use a stagegate for Linux, or --hub embedded",
            Self::Load(_) => "see whether Docker's disk has room: docker system df",
            Self::Start(TestcontainersError::WaitContainer(WaitContainerError::StartupTimeout)) => {
                "see whether this machine has anything to spare, and what `docker logs` says"
            }
            Self::Start(_) | Self::Session(_) => return None,
            Self::Remove { .. } => "remove it by hand: docker rm -f -v, docker rmi -f",
        };
        Some(fix.to_owned())
    }
}
