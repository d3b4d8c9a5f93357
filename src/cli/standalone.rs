//! The options of the emulators alone.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

/// Options of `hub`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "SIGUSR1 saves at once to the folder of --save. The rules of --faults can be seen and changed \
    while the hub runs, at /stagegate/faults.")]
pub(crate) struct HubArgs {
    /// The port on 127.0.0.1 [default: any free one]
    #[arg(short, long, value_name = "N", env = "STAGEGATE_HUB_PORT")]
    pub(crate) port: Option<u16>,

    /// Where to listen instead of on 127.0.0.1: in a container 0.0.0.0, so that its network reaches it
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Option<IpAddr>,

    /// The home folder in which a client is logged in [default: a fresh one, removed at the end]
    #[arg(long, value_name = "DIR", env = "STAGEGATE_HUB_HOME")]
    pub(crate) home: Option<PathBuf>,

    /// What every id and token is made from [default: 1]
    #[arg(long, value_name = "N", env = "STAGEGATE_SEED")]
    pub(crate) seed: Option<u64>,

    /// Begin with what an earlier hub saved to this folder
    #[arg(long, value_name = "DIR", env = "STAGEGATE_HUB_LOAD")]
    pub(crate) load: Option<PathBuf>,

    /// Save to this folder at the end, and whenever SIGUSR1 comes
    #[arg(long, value_name = "DIR", env = "STAGEGATE_HUB_SAVE")]
    pub(crate) save: Option<PathBuf>,

    /// Rules for what goes wrong, a YAML list
    #[arg(long, value_name = "FILE", env = "STAGEGATE_HUB_FAULTS")]
    pub(crate) faults: Option<PathBuf>,

    /// Users, organizations and what each may do, as YAML [default: one user who may do everything]
    #[arg(long, value_name = "FILE", env = "STAGEGATE_HUB_USERS")]
    pub(crate) users: Option<PathBuf>,

    /// The most entities of a type there may be; may be given more than once [default: Space=100]
    #[arg(long, value_name = "TYPE=N", env = "STAGEGATE_HUB_QUOTA", value_delimiter = ',')]
    pub(crate) quota: Vec<String>,

    /// Show no changes, only how to begin
    #[arg(short, long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", env = "STAGEGATE_HUB_QUIET")]
    pub(crate) quiet: Option<bool>,

    /// Write what happens to standard output for machines: ndjson
    #[arg(long, value_name = "FORMAT", env = "STAGEGATE_HUB_LOG")]
    pub(crate) log: Option<String>,
}

/// Options of `cluster`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit status: 130 or 143 when a signal ended it, 2 for an option that cannot be used, 3 when the \
    port cannot be had or the kubeconfig not be written."
)]
pub(crate) struct ClusterArgs {
    /// The port on 127.0.0.1 [default: any free one]
    #[arg(short, long, value_name = "N", env = "STAGEGATE_CLUSTER_PORT")]
    pub(crate) port: Option<u16>,

    /// The file to write the kubeconfig to [default: a fresh one, removed at the end]
    #[arg(long, value_name = "PATH", env = "STAGEGATE_CLUSTER_KUBECONFIG")]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// More images that its node can pull, a YAML file
    #[arg(long, value_name = "FILE", env = "STAGEGATE_CLUSTER_CATALOGUE")]
    pub(crate) catalogue: Option<PathBuf>,

    /// How many of its seconds are one of yours [default: 1]
    #[arg(long, value_name = "N", env = "STAGEGATE_CLUSTER_SPEED")]
    pub(crate) speed: Option<String>,

    /// What every id, name and token is made from [default: 1]
    #[arg(long, value_name = "N", env = "STAGEGATE_SEED")]
    pub(crate) seed: Option<u64>,
}
