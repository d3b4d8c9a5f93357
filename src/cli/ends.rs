//! Which hub and which cluster, and what is done with them apart from a run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

/// What containers of a Kind cluster run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Images {
    /// Stand-ins, which the run serves
    StandIn,
    /// What the registries serve that their names name
    Real,
}

/// Which hub and which cluster.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct EndArgs {
    /// The Kubernetes cluster: embedded, kind, kubeconfig or kubeconfig=PATH [default: embedded]
    #[arg(long, value_name = "CLUSTER", env = "STAGEGATE_CLUSTER")]
    pub(crate) cluster: Option<String>,

    /// The context of --cluster kubeconfig [default: the current one]
    #[arg(long, value_name = "NAME", env = "STAGEGATE_CONTEXT")]
    pub(crate) context: Option<String>,

    /// Use the existing cluster of this context although it may be one that others depend on
    #[arg(long, value_name = "CONTEXT", env = "STAGEGATE_I_KNOW_THIS_CLUSTER")]
    pub(crate) i_know_this_cluster: Option<String>,

    /// This machine's address at which the pods of --cluster kubeconfig reach it [default: found for containers here]
    #[arg(long, value_name = "ADDRESS", env = "STAGEGATE_HUB_ADDRESS")]
    pub(crate) hub_address: Option<String>,

    /// The image of the nodes of --cluster kind [default: the one of the kind in use]
    #[arg(long, value_name = "IMAGE", env = "STAGEGATE_KIND_IMAGE")]
    pub(crate) kind_image: Option<String>,

    /// How many nodes of --cluster kind only run pods [default: as many as the built-in features need]
    #[arg(long, value_name = "N", env = "STAGEGATE_KIND_WORKERS")]
    pub(crate) kind_workers: Option<usize>,

    /// Use the Kind cluster stagegate-NAME again, or make it, and keep it after the run
    #[arg(long, value_name = "NAME", env = "STAGEGATE_REUSE")]
    pub(crate) reuse: Option<String>,

    /// What containers of --cluster kind run: stand-ins of the images, or the real ones from their registries [default: stand-in]
    #[arg(long, value_name = "IMAGES", value_enum, env = "STAGEGATE_IMAGES")]
    pub(crate) images: Option<Images>,

    /// More images that nodes of --cluster embedded and kind can pull, a YAML file
    #[arg(long, value_name = "FILE", env = "STAGEGATE_CATALOGUE")]
    pub(crate) catalogue: Option<PathBuf>,

    /// The ConfigHub endpoint: embedded, container (the emulator in one, by Docker) or a URL [default: embedded]
    #[arg(long, value_name = "HUB", env = "STAGEGATE_HUB")]
    pub(crate) hub: Option<String>,

    /// The file with the token for --hub URL [default: STAGEGATE_HUB_TOKEN, else the session of the real client]
    #[arg(long, value_name = "FILE", env = "STAGEGATE_HUB_TOKEN_FILE")]
    pub(crate) hub_token_file: Option<PathBuf>,
}

/// Options of `up`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit status: 130 or 143 when a signal ended it, 2 for an option that cannot be used, 3 when hub \
    or cluster cannot be made, 6 when something was left behind."
)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    pub(crate) ends: EndArgs,

    /// The home folder with kubeconfig and login [default: a fresh one, removed at the end]
    #[arg(long, value_name = "DIR", env = "STAGEGATE_UP_HOME")]
    pub(crate) home: Option<PathBuf>,

    /// How many seconds of emulators are one of yours [default: 1]
    #[arg(long, value_name = "N", env = "STAGEGATE_UP_SPEED")]
    pub(crate) speed: Option<String>,

    /// What every id and name is made from [default: 1]
    #[arg(long, value_name = "N", env = "STAGEGATE_SEED")]
    pub(crate) seed: Option<u64>,

    /// Show no changes, only how to begin
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Options of `compare`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit status: 0 when there is no difference without a reason, 1 when there is one, 2 when a \
    journal or the explanations cannot be read, 4 when no scenario ran in both.")]
pub(crate) struct CompareArgs {
    /// The journal of one run, or the folder that it is in
    #[arg(value_name = "JOURNAL")]
    pub(crate) first: PathBuf,

    /// The other one's
    #[arg(value_name = "JOURNAL")]
    pub(crate) second: PathBuf,

    /// Differences that have a reason, a YAML list [default: those that are known between the lanes]
    #[arg(long, value_name = "FILE", env = "STAGEGATE_EXPLAINED")]
    pub(crate) explained: Option<PathBuf>,
}

/// Options of `clean`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit status: 0 when nothing is left, 6 when something is, 2 for an option that cannot be used."
)]
pub(crate) struct CleanArgs {
    /// Only what these runs have left; their ids are in what is shown and in their journals
    #[arg(value_name = "RUN")]
    pub(crate) runs: Vec<String>,

    /// Remove it, not only show it
    #[arg(long)]
    pub(crate) remove: bool,

    /// Forget what is on clusters and hubs that do not answer, because they are no more; names the runs
    #[arg(long, requires = "runs")]
    pub(crate) forget: bool,

    /// The file with the token for the runs' hub [default: STAGEGATE_HUB_TOKEN, else the session of the real client]
    #[arg(long, value_name = "FILE", env = "STAGEGATE_HUB_TOKEN_FILE")]
    pub(crate) hub_token_file: Option<PathBuf>,
}
