//! The options of `hub`, checked and complete.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use stagegate_confighub::identity::Directory;
use stagegate_confighub::{Quotas, check_fault_rule};
use stagegate_simulation::{FaultFileError, FaultRule, parse_placed_fault_rules};

use crate::cli::HubArgs;
use crate::error::CliError;

const DEFAULT_SEED: u64 = 1;

/// What standard output shows while the hub runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Showing {
    /// How to begin, then one line per change.
    Changes,
    /// How to begin.
    Beginning,
    /// One JSON object per line for all that happens.
    Ndjson,
}

/// What `hub` was asked to do.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) port: u16,
    address: Option<IpAddr>,
    pub(super) home: Option<PathBuf>,
    pub(super) seed: u64,
    /// The rules of the file that was named, if one was.
    pub(super) faults: Option<Vec<FaultRule>>,
    pub(super) showing: Showing,
    pub(super) load: Option<PathBuf>,
    pub(super) save: Option<PathBuf>,
    /// The quotas that were given, by entity type.
    pub(super) quotas: Vec<(String, u64)>,
    directory: Directory,
}

impl Options {
    pub(super) fn new(arguments: HubArgs) -> Result<Self, CliError> {
        if arguments.load.is_some() && arguments.users.is_some() {
            let reason = "the users are those of the folder that --load names";
            return Err(value("--users", &shown(arguments.users.as_deref()), reason));
        }
        let quiet = arguments.quiet.unwrap_or(false);
        let showing = match arguments.log.as_deref() {
            Some("ndjson") => Showing::Ndjson,
            Some(other) => return Err(value("--log", other, "it is `ndjson`")),
            None if quiet => Showing::Beginning,
            None => Showing::Changes,
        };
        Ok(Self {
            port: arguments.port.unwrap_or(0),
            address: arguments.address,
            seed: arguments.seed.unwrap_or(DEFAULT_SEED),
            faults: arguments.faults.as_deref().map(faults).transpose()?,
            showing,
            quotas: arguments.quota.iter().map(|text| quota(text)).collect::<Result<_, _>>()?,
            directory: arguments.users.as_deref().map(directory).transpose()?.unwrap_or_default(),
            load: arguments.load,
            save: arguments.save,
            home: arguments.home,
        })
    }

    /// How to start the hub; its quotas are set when it runs.
    pub(super) fn hub(&self) -> stagegate_confighub::Options {
        stagegate_confighub::Options {
            port: self.port,
            address: self.address,
            directory: self.directory.clone(),
            ..stagegate_confighub::Options::default()
        }
    }
}

fn shown(path: Option<&Path>) -> String {
    path.unwrap_or(Path::new("")).display().to_string()
}

fn value(option: &str, given: &str, reason: &str) -> CliError {
    CliError::Value { option: option.to_owned(), value: given.to_owned(), reason: reason.to_owned() }
}

fn quota(text: &str) -> Result<(String, u64), CliError> {
    let limit = text.split_once('=').and_then(|(entity_type, limit)| Some((entity_type, limit.parse().ok()?)));
    let shape = || value("--quota", text, "it is an entity type and a number, such as Space=100");
    let (entity_type, limit) = limit.filter(|(entity_type, _)| !entity_type.is_empty()).ok_or_else(shape)?;
    // A misspelt one would limit nothing, in silence.
    let known = Quotas::unlimited().with(entity_type, limit);
    known.map_err(|error| value("--quota", text, &error.to_string()))?;
    Ok((entity_type.to_owned(), limit))
}

fn directory(path: &Path) -> Result<Directory, CliError> {
    let text = read(path)?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let at = error.location().and_then(|location| {
            Some((usize::try_from(location.line()).ok()?, usize::try_from(location.column()).ok()?))
        });
        let help = "it is one mapping: `users`, a list of {email, name}, and `organizations`, each with a slug and members \
                    {user, role, grants}; the README has an example";
        refused(path, &text, at, error.without_snippet().to_string(), Some(help.to_owned()))
    })
}

fn faults(path: &Path) -> Result<Vec<FaultRule>, CliError> {
    let text = read(path)?;
    let refuse = |error: FaultFileError| refused(path, &text, error.at, error.reason, Some(error.help));
    let rules = parse_placed_fault_rules(&text).map_err(refuse)?;
    for (number, placed) in (1..).zip(&rules) {
        check_fault_rule(&placed.rule).map_err(|error| refuse(FaultFileError::of_rule(number, placed.at, &error)))?;
    }
    Ok(rules.into_iter().map(|placed| placed.rule).collect())
}

fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, "", None, error.to_string()))
}

fn unreadable(path: &Path, text: &str, at: Option<(usize, usize)>, reason: String) -> CliError {
    refused(path, text, at, reason, None)
}

/// The error with its place, and the line as it stands there.
fn refused(path: &Path, text: &str, at: Option<(usize, usize)>, reason: String, help: Option<String>) -> CliError {
    let line = at.and_then(|(line, _)| text.lines().nth(line.saturating_sub(1))).map(str::to_owned);
    CliError::Configuration { path: path.to_owned(), reason, at, line, help }
}
