//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Test ConfigHub tutorials and runbooks, and never go green by accident.
#[derive(Debug, Parser)]
#[command(name = "stagegate", version, propagate_version = true, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 passed · 1 a scenario failed or a finding is denied · 2 usage, configuration \
    or feature error · 3 the environment could not be made or was lost · 4 nothing was selected · 5 a time budget \
    was exceeded · 6 clean-up left something behind · 130, 143 interrupted, after clean-up")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Colour the output
    #[arg(long, global = true, value_name = "WHEN", env = "STAGEGATE_COLOR", value_enum)]
    pub(crate) color: Option<ColorChoice>,

    /// Read configuration from this file instead of ./stagegate.toml
    #[arg(long, global = true, value_name = "FILE", env = "STAGEGATE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run scenarios and leave evidence
    Run(Box<RunArgs>),
    /// List the scenarios that `run` would run
    List(ListArgs),
    /// List the sentences that steps are made of
    Steps(StepsArgs),
    /// Show which scenarios check which requirement, and why some have none
    Coverage(CoverageArgs),
    /// List the kinds of findings, or explain one
    Findings(FindingsArgs),
    /// Check what this machine can run
    Doctor(DoctorArgs),
    /// Serve the ConfigHub emulator alone, for a client that you call by hand
    Hub(Box<HubArgs>),
    /// Serve the Kubernetes emulator alone, for kubectl and its like
    Cluster(ClusterArgs),
    /// Render reports from the journal of an earlier run
    Report(ReportArgs),
    /// Make hub and cluster as `run` does, for commands by hand, until a signal or `down` ends them
    Up(UpArgs),
    /// End what `up` has made
    Down,
    /// Show where two runs of the same scenarios differ, such as one on emulators and one on a real cluster
    Compare(CompareArgs),
    /// Show what runs that were killed have left behind, and remove it
    Clean(CleanArgs),
    /// Remove what a run has made when it is gone without having done so; started by `run`
    #[command(hide = true)]
    Reap,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Which scenarios.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Feature files or folders, a line to select one scenario; the built-in features when none is given
    #[arg(value_name = "PATH[:LINE]")]
    pub(crate) paths: Vec<String>,

    /// Only scenarios whose tags fit, such as '@stage-1 and not @script'
    #[arg(short, long, value_name = "EXPRESSION", env = "STAGEGATE_TAGS")]
    pub(crate) tags: Option<String>,

    /// Only scenarios whose name matches this regular expression
    #[arg(short, long, value_name = "REGEX", env = "STAGEGATE_NAME")]
    pub(crate) name: Option<String>,
}

/// Options of `list`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// A checkout of the tutorial, as `run` takes it: what would be skipped without one is not
    #[arg(long, value_name = "DIR", env = "STAGEGATE_TUTORIAL")]
    pub(crate) tutorial: Option<PathBuf>,
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

    /// The ConfigHub endpoint: embedded or a URL [default: embedded]
    #[arg(long, value_name = "HUB", env = "STAGEGATE_HUB")]
    pub(crate) hub: Option<String>,

    /// The file with the token for --hub URL [default: STAGEGATE_HUB_TOKEN, else the session of the real client]
    #[arg(long, value_name = "FILE", env = "STAGEGATE_HUB_TOKEN_FILE")]
    pub(crate) hub_token_file: Option<PathBuf>,
}

/// Options of `run`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// A checkout of the tutorial, whose own scripts are then run too; with features of your own, any checkout
    #[arg(long, value_name = "DIR", env = "STAGEGATE_TUTORIAL")]
    pub(crate) tutorial: Option<PathBuf>,

    /// A checkout of the runbook's system
    #[arg(long, value_name = "DIR", env = "STAGEGATE_RUNBOOK")]
    pub(crate) runbook: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) ends: EndArgs,

    /// The client that scripts call: auto, builtin or the path of a real cub [default: auto]
    #[arg(long, value_name = "CUB", env = "STAGEGATE_CUB")]
    pub(crate) cub: Option<String>,

    /// Whose commands the built-in client has: 2025-10 or 2025-08 [default: 2025-10]
    #[arg(long, value_name = "MONTH", env = "STAGEGATE_CUB_CONTRACT")]
    pub(crate) cub_contract: Option<String>,

    /// How many times faster than the wall a script's environment runs, or wall [default: 10]
    #[arg(long, value_name = "N", env = "STAGEGATE_SPEED")]
    pub(crate) speed: Option<String>,

    /// How many scenarios run at once [default: the number of processors]
    #[arg(short, long, value_name = "N", env = "STAGEGATE_JOBS")]
    pub(crate) jobs: Option<usize>,

    /// How often a failed scenario is tried again; one that then passes is flaky, never passed [default: 0]
    #[arg(long, value_name = "N", env = "STAGEGATE_RETRY")]
    pub(crate) retry: Option<usize>,

    /// Stop after the first scenario that fails, be it by a finding
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL", env = "STAGEGATE_FAIL_FAST")]
    pub(crate) fail_fast: Option<bool>,

    /// The longest the whole run may take, such as 90s or 10m
    #[arg(long, value_name = "DURATION", env = "STAGEGATE_TIMEOUT")]
    pub(crate) timeout: Option<String>,

    /// The longest one scenario may take [default: 15m]
    #[arg(long, value_name = "DURATION", env = "STAGEGATE_SCENARIO_TIMEOUT")]
    pub(crate) scenario_timeout: Option<String>,

    /// The longest one step may take [default: 5m]
    #[arg(long, value_name = "DURATION", env = "STAGEGATE_STEP_TIMEOUT")]
    pub(crate) step_timeout: Option<String>,

    /// A report to write, such as json or html=page.html; may be given more than once [default: json, junit, html]
    #[arg(long, value_name = "FORMAT[=PATH]", env = "STAGEGATE_REPORT", value_delimiter = ',')]
    pub(crate) report: Vec<String>,

    /// Where the journal and the reports go [default: stagegate-out]
    #[arg(short, long, value_name = "DIR", env = "STAGEGATE_OUTPUT")]
    pub(crate) output: Option<PathBuf>,

    /// What scripts get when they ask something with PROMPT in it; may be given more than once [default: end of input]
    #[arg(long, value_name = "PROMPT=ANSWER", env = "STAGEGATE_ANSWER", value_delimiter = '\n')]
    pub(crate) answer: Vec<String>,

    /// What a kind of finding does to the verdict; may be given more than once
    #[arg(long, value_name = "KIND=deny|warn|allow", env = "STAGEGATE_FINDING", value_delimiter = ',')]
    pub(crate) finding: Vec<String>,

    /// Which scenarios' folders stay after the run: never, failed or always [default: never]
    #[arg(long, value_name = "WHICH", env = "STAGEGATE_KEEP")]
    pub(crate) keep: Option<String>,

    /// Check everything and list what would run, but run nothing
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL", env = "STAGEGATE_DRY_RUN")]
    pub(crate) dry_run: Option<bool>,

    /// What every id, name and random choice is made from [default: 1]
    #[arg(long, value_name = "N", env = "STAGEGATE_SEED")]
    pub(crate) seed: Option<u64>,
}

/// Options of `steps`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StepsArgs {
    /// Only sentences that contain this text
    pub(crate) containing: Option<String>,
}

/// Options of `coverage`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CoverageArgs {
    /// Feature files or folders; the built-in features when none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,

    /// Only requirements that no scenario checks
    #[arg(long)]
    pub(crate) uncovered: bool,
}

/// Options of `findings`.
#[derive(Debug, Clone, Args)]
pub(crate) struct FindingsArgs {
    /// The kind to explain, such as masked-failure
    pub(crate) kind: Option<String>,
}

/// Options of `doctor`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    /// Also check this checkout of the tutorial
    #[arg(long, value_name = "DIR", env = "STAGEGATE_TUTORIAL")]
    pub(crate) tutorial: Option<PathBuf>,
}

/// Options of `hub`.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "SIGUSR1 saves at once to the folder of --save. The rules of --faults can be seen and changed \
    while the hub runs, at /stagegate/faults.")]
pub(crate) struct HubArgs {
    /// The port on 127.0.0.1 [default: any free one]
    #[arg(short, long, value_name = "N", env = "STAGEGATE_HUB_PORT")]
    pub(crate) port: Option<u16>,

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
    #[arg(short, long, num_args = 0..=1, default_missing_value = "true", value_name = "BOOL", env = "STAGEGATE_HUB_QUIET")]
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

    /// The file with the token for the runs' hub [default: STAGEGATE_HUB_TOKEN, else the session of the real client]
    #[arg(long, value_name = "FILE", env = "STAGEGATE_HUB_TOKEN_FILE")]
    pub(crate) hub_token_file: Option<PathBuf>,
}

/// Options of `report`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReportArgs {
    /// The journal of the run, or the folder that it is in
    #[arg(value_name = "JOURNAL")]
    pub(crate) journal: PathBuf,

    /// What to render: terminal, json, junit or html, with =PATH to write it there [default: terminal]
    #[arg(value_name = "FORMAT[=PATH]")]
    pub(crate) formats: Vec<String>,
}
