//! The container runtimes that kind can use.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::command::Call;

/// What runs the nodes' containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// Docker Engine or Docker Desktop.
    Docker,
    /// Podman, with or without root.
    Podman,
    /// containerd by its command line nerdctl.
    Nerdctl,
}

/// The variable that tells kind which runtime to use.
pub(crate) const VARIABLE: &str = "KIND_EXPERIMENTAL_PROVIDER";

const ALL: [Runtime; 3] = [Runtime::Docker, Runtime::Nerdctl, Runtime::Podman];
const ASKED: Duration = Duration::from_secs(10);

impl Runtime {
    /// Its name for kind, which is also the name of its command.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Nerdctl => "nerdctl",
        }
    }

    /// The runtime of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|runtime| runtime.name() == name)
    }

    /// The first one that answers for its version, in kind's own order; Docker when none does.
    ///
    /// A `docker` that is podman under another name answers as podman, and is passed over as kind does.
    pub(crate) fn detect(path: &OsStr) -> Self {
        let answers = |runtime: &Self| {
            let Some(program) = executable(runtime.name(), path) else { return false };
            let answer = Call::new(&program, ASKED).arguments(["--version"]).variable("PATH", path).run();
            answer.is_ok_and(|output| {
                output.success() && output.text().to_lowercase().starts_with(&format!("{} version", runtime.name()))
            })
        };
        ALL.into_iter().find(answers).unwrap_or(Self::Docker)
    }

    /// The name of the network on which kind puts nodes, with kind's own variable for it.
    pub(crate) fn network_variable(self) -> Option<&'static str> {
        match self {
            Self::Docker => Some("KIND_EXPERIMENTAL_DOCKER_NETWORK"),
            Self::Podman => Some("KIND_EXPERIMENTAL_PODMAN_NETWORK"),
            Self::Nerdctl => None,
        }
    }
}

/// The first executable file of that name in the folders of `path`.
pub(crate) fn executable(name: &str, path: &OsStr) -> Option<PathBuf> {
    // An empty entry means the working folder to a shell; nothing of ours is looked for there.
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
