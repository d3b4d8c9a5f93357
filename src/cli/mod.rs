//! The command line.

mod ends;
mod similar;
mod standalone;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::ends::{CleanArgs, CompareArgs, EndArgs, Images, UpArgs};
pub(crate) use self::similar::with_similar;
pub(crate) use self::standalone::{ClusterArgs, HubArgs};

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
    Up(Box<UpArgs>),
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

    /// How many scenarios run at once, on Kind each in a cluster of its own [default: the number of processors; 1 on real ends]
    #[arg(short, long, value_name = "N", env = "STAGEGATE_JOBS", allow_negative_numbers = true, value_parser = count)]
    pub(crate) jobs: Option<usize>,

    /// How often a failed scenario is tried again; one that then passes is flaky, never passed [default: 0]
    #[arg(long, value_name = "N", env = "STAGEGATE_RETRY", allow_negative_numbers = true, value_parser = count)]
    pub(crate) retry: Option<usize>,

    /// Stop after the first scenario that fails, be it by a finding
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", env = "STAGEGATE_FAIL_FAST")]
    pub(crate) fail_fast: Option<bool>,

    /// The longest the whole run may take, such as 90s or 10m
    #[arg(long, value_name = "DURATION", env = "STAGEGATE_TIMEOUT")]
    pub(crate) timeout: Option<String>,

    /// The longest one scenario may take [default: 15m; 60m where time is the wall's]
    #[arg(long, value_name = "DURATION", env = "STAGEGATE_SCENARIO_TIMEOUT")]
    pub(crate) scenario_timeout: Option<String>,

    /// The longest one step may take [default: 5m; 30m where time is the wall's]
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
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", env = "STAGEGATE_DRY_RUN")]
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

/// A number of things.
fn count(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "it is a whole number, such as 0 or 2")
}
