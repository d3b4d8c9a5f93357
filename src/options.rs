//! The options of `run`, checked and complete.

mod ends;

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use stagegate_harness::findings::{KindPolicy, Policies};
use stagegate_harness::run::{Keep, Settings};
use stagegate_harness::script::Answers;
use stagegate_harness::vocabulary::parse_duration;
use stagegate_reports::{ClusterLane, Format, HubLane, Lane};

use crate::cli::RunArgs;
use crate::error::CliError;
use crate::hub_token;

/// A report that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportWanted {
    pub(crate) format: Format,
    /// `None` means the default name in the output folder.
    pub(crate) path: Option<PathBuf>,
}

impl ReportWanted {
    /// Reads `FORMAT` or `FORMAT=PATH`.
    pub(crate) fn parse(option: &str, text: &str) -> Result<Self, CliError> {
        let (format, path) = text.split_once('=').map_or((text, None), |(format, path)| (format, Some(path)));
        let format = Format::from_str(format).map_err(|error| value(option, text, &error))?;
        if path == Some("") {
            return Err(value(option, text, &"a path must stand behind `=`"));
        }
        Ok(Self { format, path: path.map(PathBuf::from) })
    }
}

/// What `run` was asked to do.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) paths: Vec<String>,
    pub(crate) tags: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) reports: Vec<ReportWanted>,
    pub(crate) output: PathBuf,
    pub(crate) dry_run: bool,
    pub(crate) settings: Settings,
}

const DEFAULT_SPEED: f64 = 10.0;
const DEFAULT_SEED: u64 = 1;
const DEFAULT_OUTPUT: &str = "stagegate-out";
/// How long a step and a scenario may take in wall time, on emulators.
const DEFAULT_LIMITS: [Duration; 2] = [Duration::from_secs(5 * 60), Duration::from_secs(15 * 60)];
/// The same where time is the wall's: a stage's script alone waits for ten minutes.
const DEFAULT_WALL_LIMITS: [Duration; 2] = [Duration::from_secs(30 * 60), Duration::from_secs(60 * 60)];

impl Options {
    /// Checks what was given. `folder` is where the environments' folders are made.
    pub(crate) fn new(arguments: RunArgs, folder: &Path) -> Result<Self, CliError> {
        if arguments.runbook.is_some() {
            return Err(CliError::NotYetSupported("--runbook".to_owned()));
        }
        let reports = reports(&arguments.report)?;
        let output = output_of(&arguments);
        let journal = crate::commands::run::journal_path(&output);
        if reports.iter().any(|wanted| wanted.path.as_ref() == Some(&journal)) {
            return Err(value("--report", &journal.display().to_string(), &"that is the run's journal"));
        }
        let (lane, kubeconfig) = ends::lane(&arguments)?;
        let jobs = jobs(arguments.jobs, &lane, arguments.ends.reuse.as_deref())?;
        let cluster = ends::cluster(&arguments.ends, &lane, kubeconfig)?;
        let hub_token = match &lane.hub {
            HubLane::Embedded | HubLane::Container => None,
            HubLane::Url(url) => Some(hub_token::find(url, arguments.ends.hub_token_file.as_deref())?),
        };
        let (speed, [step, scenario]) = if lane.cluster == ClusterLane::Embedded && lane.hub == HubLane::Embedded {
            (speed(arguments.speed.as_deref())?, DEFAULT_LIMITS)
        } else {
            (wall_speed(arguments.speed.as_deref())?, DEFAULT_WALL_LIMITS)
        };
        let executable = std::env::current_exe()
            .map_err(|source| CliError::System { what: "cannot find the path of this executable", source })?;
        let settings = Settings {
            lane,
            hub_token,
            cluster,
            seed: arguments.seed.unwrap_or(DEFAULT_SEED),
            speed,
            answers: answers(&arguments.answer)?,
            jobs,
            retries: arguments.retry.unwrap_or(0),
            fail_fast: arguments.fail_fast.unwrap_or(false),
            step_limit: duration("--step-timeout", arguments.step_timeout.as_deref())?.unwrap_or(step),
            scenario_limit: duration("--scenario-timeout", arguments.scenario_timeout.as_deref())?.unwrap_or(scenario),
            budget: duration("--timeout", arguments.timeout.as_deref())?,
            keep: keep(arguments.keep.as_deref())?,
            policies: policies(&arguments.finding)?,
            tutorial: arguments
                .tutorial
                .as_deref()
                .map(|path| tutorial(path, arguments.selection.paths.is_empty()))
                .transpose()?,
            executable,
            folder: folder.to_owned(),
        };
        Ok(Self {
            paths: arguments.selection.paths,
            tags: arguments.selection.tags,
            name: arguments.selection.name,
            reports,
            output,
            dry_run: arguments.dry_run.unwrap_or(false),
            settings,
        })
    }
}

/// Where the journal goes, and reports that have no other place.
pub(crate) fn output_of(arguments: &RunArgs) -> PathBuf {
    arguments.output.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_OUTPUT))
}

fn value(option: &str, given: &str, reason: &dyn std::fmt::Display) -> CliError {
    CliError::Value { option: option.to_owned(), value: given.to_owned(), reason: reason.to_string() }
}

/// The reports that are asked for.
pub(crate) fn reports(given: &[String]) -> Result<Vec<ReportWanted>, CliError> {
    if given.is_empty() {
        return Ok(Format::ALL.into_iter().map(|format| ReportWanted { format, path: None }).collect());
    }
    given.iter().map(|text| ReportWanted::parse("--report", text)).collect()
}

/// How many scenarios run at once. Each has emulators of its own, or a Kind cluster; other real ends are the same for all
/// scenarios, which would see what others do.
fn jobs(given: Option<usize>, lane: &Lane, reused: Option<&str>) -> Result<usize, CliError> {
    let refuse = |jobs: usize, reason: &str| Err(value("--jobs", &jobs.to_string(), &reason));
    match (given, &lane.cluster, &lane.hub) {
        (Some(0), ..) => refuse(0, "at least one scenario must run"),
        (None, ClusterLane::Embedded, HubLane::Embedded) => {
            Ok(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
        }
        (Some(jobs), ClusterLane::Embedded, HubLane::Embedded) => Ok(jobs),
        (None | Some(1), ..) => Ok(1),
        (Some(jobs), ClusterLane::Kind, HubLane::Embedded) if reused.is_none() => Ok(jobs),
        (Some(jobs), ClusterLane::Kind, HubLane::Embedded) => {
            refuse(jobs, "--reuse keeps one cluster, for one scenario at a time")
        }
        (Some(jobs), _, HubLane::Container) => {
            refuse(jobs, "there is one hub in a container, for one scenario at a time")
        }
        (Some(jobs), ..) => refuse(jobs, "on a cluster or hub that others use, too, scenarios run one after the other"),
    }
}

/// The time of real ends is the wall's.
fn wall_speed(given: Option<&str>) -> Result<f64, CliError> {
    match given {
        None | Some("wall" | "1") => Ok(1.0),
        Some(other) => Err(value("--speed", other, &"the time of a real cluster or hub is the wall's")),
    }
}

fn speed(given: Option<&str>) -> Result<f64, CliError> {
    match given {
        None => Ok(DEFAULT_SPEED),
        Some("wall") => Ok(1.0),
        Some(text) => match text.parse::<f64>() {
            Ok(speed) if (1.0..=1000.0).contains(&speed) => Ok(speed),
            _ => Err(value("--speed", text, &"it is a number from 1 to 1000, or `wall`")),
        },
    }
}

fn answers(given: &[String]) -> Result<Answers, CliError> {
    let mut answers = Answers::default();
    for text in given {
        let reason = "it is a part of the prompt, `=` and the answer";
        let (prompt, answer) = text.split_once('=').ok_or_else(|| value("--answer", text, &reason))?;
        answers.declare(prompt, answer);
    }
    Ok(answers)
}

fn duration(option: &str, given: Option<&str>) -> Result<Option<Duration>, CliError> {
    let Some(text) = given else { return Ok(None) };
    match parse_duration(text) {
        Some(duration) if !duration.is_zero() => Ok(Some(duration)),
        _ => Err(value(option, text, &"it is a positive duration such as 90s, 10m or 1.5h")),
    }
}

fn keep(given: Option<&str>) -> Result<Keep, CliError> {
    match given {
        None | Some("never") => Ok(Keep::Never),
        Some("failed") => Ok(Keep::Failed),
        Some("always") => Ok(Keep::Always),
        Some(other) => Err(value("--keep", other, &"it is `never`, `failed` or `always`")),
    }
}

fn policies(given: &[String]) -> Result<Policies, CliError> {
    given.iter().map(|text| text.parse::<KindPolicy>().map_err(|error| value("--finding", text, &error))).collect()
}

/// The checkout whose scripts are run. The built-in features run those of its `stages` folder; features of the
/// user's own may run any, such as those of a runbook's `bin`.
pub(crate) fn tutorial(path: &Path, built_in_features: bool) -> Result<PathBuf, CliError> {
    let fail = |problem, help| Err(CliError::Path { what: "the tutorial", path: path.to_owned(), problem, help });
    if !path.exists() {
        return fail("does not exist", "--tutorial takes the folder of a checkout of the tutorial");
    }
    if !path.is_dir() {
        return fail("is not a folder", "--tutorial takes the folder of a checkout of the tutorial");
    }
    if built_in_features && !path.join("stages").is_dir() {
        let help = "name the top folder of the tutorial's checkout, or features of your own that run its scripts";
        return fail("has no `stages` folder, which the built-in features run", help);
    }
    std::path::absolute(path)
        .map_err(|source| CliError::System { what: "cannot make the tutorial's path absolute", source })
}
