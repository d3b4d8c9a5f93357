//! What a machine lacks for clusters, and how to get it.

use std::path::PathBuf;
use std::time::Duration;

/// What a machine lacks for clusters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no `kind`.
    #[error("there is no kind on PATH")]
    NoKind,
    /// There is a `kind`, but it does not work.
    #[error("kind does not answer for its version: {said}")]
    KindFails {
        /// What was said about it.
        said: String,
    },
    /// kind's variable names a runtime that is not supported here.
    #[error("KIND_EXPERIMENTAL_PROVIDER is `{name}`, which is not supported")]
    UnknownRuntime {
        /// The name.
        name: String,
    },
    /// The runtime's command line is not there.
    #[error("there is no {runtime} on PATH")]
    NoRuntime {
        /// The name of the runtime.
        runtime: &'static str,
    },
    /// The runtime's daemon does not run, or not where it is looked for.
    #[error("the daemon of {runtime} does not answer: {said}")]
    NoDaemon {
        /// The name of the runtime.
        runtime: &'static str,
        /// What was said about it.
        said: String,
    },
    /// This user may not talk to the runtime's daemon.
    #[error("this user may not talk to the daemon of {runtime}: {said}")]
    NoPermission {
        /// The name of the runtime.
        runtime: &'static str,
        /// What was said about it.
        said: String,
    },
    /// The runtime's daemon takes calls but gives no answer.
    #[error("{runtime} gave no answer within {within:?}")]
    RuntimeHangs {
        /// The name of the runtime.
        runtime: &'static str,
        /// How long was waited.
        within: Duration,
    },
    /// The runtime fails in another way.
    #[error("{runtime} does not work: {said}")]
    RuntimeFails {
        /// The name of the runtime.
        runtime: &'static str,
        /// What was said about it.
        said: String,
    },
    /// There is too little space for nodes.
    #[error("{} has {} MiB free, and {} MiB are needed", .place.display(), mib(*.free), mib(*.needed))]
    Disk {
        /// Where.
        place: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// The least that does.
        needed: u64,
    },
    /// The space ran out while something was made.
    #[error("the disk is full: {said}")]
    DiskFull {
        /// What was said about it.
        said: String,
    },
    /// Containers cannot be limited as Kubernetes must limit them.
    #[error("control groups: {trouble}")]
    Cgroup {
        /// What is wrong.
        trouble: String,
    },
    /// The machine has control groups of the first version, which newer kubelets refuse.
    #[error("this machine has cgroup v1, which kubelet refuses from Kubernetes 1.35 on")]
    CgroupV1,
    /// The kernel lets a user watch too few files.
    #[error("{setting} is {value}, and at least {needed} are needed")]
    Inotify {
        /// The name of the setting.
        setting: String,
        /// Its value.
        value: u64,
        /// The least that does.
        needed: u64,
    },
    /// The watches or files that the kernel allows were used up while something was made.
    #[error("the kernel's limits on watched or open files are used up: {said}")]
    OutOfWatches {
        /// What was said about it.
        said: String,
    },
    /// The nodes' image is not there and cannot be pulled.
    #[error("the node image cannot be had: {said}")]
    Image {
        /// What was said about it.
        said: String,
    },
    /// A port that is to lead into a node is in use.
    #[error("a port is in use: {said}")]
    PortTaken {
        /// What was said about it.
        said: String,
    },
    /// No addresses are left for another network.
    #[error("there are no addresses left for the network of the nodes: {said}")]
    NoAddresses {
        /// What was said about it.
        said: String,
    },
}

impl Problem {
    /// How to put it right.
    pub fn fix(&self) -> String {
        match self {
            Self::NoKind => {
                "install kind (https://kind.sigs.k8s.io/docs/user/quick-start/#installation), 0.30 or later"
            }
            Self::KindFails { .. } => "install kind anew for this machine's processor and system",
            Self::UnknownRuntime { .. } => "set it to docker, podman or nerdctl, or unset it",
            Self::NoRuntime { runtime } => {
                return format!("install {runtime}, or name another runtime in KIND_EXPERIMENTAL_PROVIDER");
            }
            Self::NoDaemon { runtime, .. } => return start(runtime),
            Self::NoPermission { runtime: "docker", .. } => {
                "sudo usermod -aG docker \"$USER\", then log in again; members of that group can become root"
            }
            Self::NoPermission { .. } => "run as a user who may, or use the runtime without root",
            Self::RuntimeHangs { runtime, .. } => return format!("restart it: {}", start(runtime)),
            Self::RuntimeFails { runtime, .. } => return format!("see what `{runtime} info` says"),
            Self::Disk { .. } | Self::DiskFull { .. } => {
                "see `docker system df`; `docker system prune` removes what no container uses"
            }
            Self::Cgroup { .. } => {
                "use cgroup v2 and let systemd delegate its controllers (https://kind.sigs.k8s.io/docs/user/rootless/)"
            }
            Self::CgroupV1 => "boot with systemd.unified_cgroup_hierarchy=1, or use a node image of 1.34 or earlier",
            Self::Inotify { setting, needed, .. } => return format!("sudo sysctl {setting}={needed}"),
            Self::OutOfWatches { .. } => {
                "sudo sysctl fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=524288"
            }
            Self::Image { .. } => "name an image that is there, or load it first: docker load -i FILE",
            Self::PortTaken { .. } => "stop what listens there, or let kind choose the port (0)",
            Self::NoAddresses { .. } => "remove networks that nothing uses: docker network prune",
        }
        .to_owned()
    }

    /// What the words of a runtime that does not answer mean.
    pub(crate) fn of_runtime(runtime: &'static str, said: &str) -> Self {
        let words = said.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        let said = said.to_owned();
        // A refusal of permission is told as a failed connection too.
        if has(&["permission denied", "access is denied", "rootless containerd not running"]) {
            Self::NoPermission { runtime, said }
        } else if has(&[
            "cannot connect",
            "failed to connect",
            "connection refused",
            "error during connect",
            "unable to connect",
            "no such host",
            "cannot access containerd socket",
            "is the docker daemon running",
        ]) {
            Self::NoDaemon { runtime, said }
        } else {
            Self::of_log(&said).unwrap_or(Self::RuntimeFails { runtime, said })
        }
    }

    /// What the machine lacks according to the log of something that failed, if the log tells.
    pub(crate) fn of_log(log: &str) -> Option<Self> {
        type Make = fn(String) -> Problem;
        let known: [(&[&str], Make); 6] = [
            (&["no space left on device", "disk quota exceeded"], |said| Self::DiskFull { said }),
            (&["too many open files", "inotify_init", "inotify watches", "inotify instances"], |said| {
                Self::OutOfWatches { said }
            }),
            (&["failed to pull image", "no such image"], |said| Self::Image { said }),
            (&["port is already allocated", "address already in use"], |said| Self::PortTaken { said }),
            (&["non-overlapping", "address pools have been fully subnetted", "pool overlaps"], |said| {
                Self::NoAddresses { said }
            }),
            (
                // Not every line with this word: kubeadm guesses at "required cgroups disabled" whatever the cause.
                &[
                    "cgroup mountpoint does not exist",
                    "cgroup.subtree_control",
                    "host using cgroup v1",
                    "requires cgroup v2",
                    "delegate=yes",
                    "could not find a log line that matches \"reached target",
                ],
                |trouble| Self::Cgroup { trouble },
            ),
        ];
        known.into_iter().find_map(|(parts, make)| {
            let tells = |line: &&str| parts.iter().any(|part| line.to_lowercase().contains(part));
            log.lines().find(tells).map(|line| make(line.trim().to_owned()))
        })
    }
}

/// How the daemon of a runtime is started.
fn start(runtime: &str) -> String {
    let command = match (runtime, cfg!(target_os = "macos")) {
        ("docker", true) => "open -a Docker",
        ("podman", true) => "podman machine start",
        ("docker", false) => "sudo systemctl start docker",
        ("podman", false) => "systemctl --user start podman.socket",
        _ => "sudo systemctl start containerd",
    };
    command.to_owned()
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}
