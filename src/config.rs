//! `stagegate.toml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::{ColorChoice, EndArgs, HubArgs, Images, RunArgs};
use crate::error::CliError;

/// The file that is read when no other is named, if it is there.
const DEFAULT: &str = "stagegate.toml";

/// A value that may be written as a number or as text, as on the command line.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Number(f64),
    Text(String),
}

impl Scalar {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// What the file says. Every key is the long name of the flag of the same meaning.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Config {
    features: Vec<String>,
    tags: Option<String>,
    name: Option<String>,
    tutorial: Option<PathBuf>,
    runbook: Option<PathBuf>,
    cluster: Option<String>,
    hub: Option<String>,
    hub_token_file: Option<PathBuf>,
    hub_address: Option<String>,
    context: Option<String>,
    i_know_this_cluster: Option<String>,
    cub: Option<String>,
    cub_contract: Option<String>,
    kind_image: Option<String>,
    kind_workers: Option<usize>,
    reuse: Option<String>,
    images: Option<Images>,
    catalogue: Option<PathBuf>,
    speed: Option<Scalar>,
    jobs: Option<usize>,
    retry: Option<usize>,
    fail_fast: Option<bool>,
    timeout: Option<String>,
    scenario_timeout: Option<String>,
    step_timeout: Option<String>,
    report: Vec<String>,
    output: Option<PathBuf>,
    answer: Vec<String>,
    finding: Vec<String>,
    keep: Option<String>,
    dry_run: Option<bool>,
    seed: Option<u64>,
    pub(crate) color: Option<ColorChoice>,
    standalone: Standalone,
}

/// The table `standalone`: the options of `stagegate hub`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Standalone {
    port: Option<u16>,
    home: Option<PathBuf>,
    load: Option<PathBuf>,
    save: Option<PathBuf>,
    faults: Option<PathBuf>,
    users: Option<PathBuf>,
    quota: Vec<String>,
    quiet: Option<bool>,
    log: Option<String>,
}

impl Config {
    /// Reads `named`, or the default file when that is there.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, CliError> {
        let path = named.unwrap_or(Path::new(DEFAULT));
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let unreadable = |reason: String| CliError::Configuration {
            path: path.to_owned(),
            reason,
            at: None,
            line: None,
            help: None,
        };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        toml::from_str(&text).map_err(|error| {
            let at = error.span().map(|span| position(&text, span.start));
            let line = at.and_then(|(line, _)| text.lines().nth(line - 1)).map(str::to_owned);
            CliError::Configuration { path: path.to_owned(), reason: error.message().to_owned(), at, line, help: None }
        })
    }

    /// The ends that the file gives, where the command line or a variable does not.
    pub(crate) fn complete_ends(&self, ends: &mut EndArgs) {
        let or = |given: &mut Option<String>, value: &Option<String>| *given = given.take().or_else(|| value.clone());
        or(&mut ends.cluster, &self.cluster);
        or(&mut ends.context, &self.context);
        or(&mut ends.i_know_this_cluster, &self.i_know_this_cluster);
        or(&mut ends.hub_address, &self.hub_address);
        or(&mut ends.kind_image, &self.kind_image);
        or(&mut ends.reuse, &self.reuse);
        // It is for Kind alone, and the file may be for all of one's runs.
        if ends.cluster.as_deref() == Some("kind") {
            ends.images = ends.images.or(self.images);
        }
        // It is for emulators and stand-ins alone, likewise.
        let is_existing = ends.cluster.as_ref().is_some_and(|cluster| cluster.starts_with("kubeconfig"));
        if !is_existing && ends.images != Some(Images::Real) {
            ends.catalogue = ends.catalogue.take().or_else(|| self.catalogue.clone());
        }
        ends.kind_workers = ends.kind_workers.or(self.kind_workers);
        or(&mut ends.hub, &self.hub);
        ends.hub_token_file = ends.hub_token_file.take().or_else(|| self.hub_token_file.clone());
    }

    /// Fills in what neither the command line nor a variable gave.
    pub(crate) fn complete(self, arguments: &mut RunArgs) {
        self.complete_ends(&mut arguments.ends);
        let RunArgs { selection, .. } = arguments;
        if selection.paths.is_empty() {
            selection.paths = self.features;
        }
        let or = |given: &mut Option<String>, value: Option<String>| *given = given.take().or(value);
        or(&mut selection.tags, self.tags);
        or(&mut selection.name, self.name);
        or(&mut arguments.cub, self.cub);
        or(&mut arguments.cub_contract, self.cub_contract);
        or(&mut arguments.speed, self.speed.map(Scalar::text));
        or(&mut arguments.timeout, self.timeout);
        or(&mut arguments.scenario_timeout, self.scenario_timeout);
        or(&mut arguments.step_timeout, self.step_timeout);
        or(&mut arguments.keep, self.keep);
        arguments.tutorial = arguments.tutorial.take().or(self.tutorial);
        arguments.runbook = arguments.runbook.take().or(self.runbook);
        arguments.output = arguments.output.take().or(self.output);
        arguments.jobs = arguments.jobs.or(self.jobs);
        arguments.retry = arguments.retry.or(self.retry);
        arguments.seed = arguments.seed.or(self.seed);
        arguments.fail_fast = arguments.fail_fast.or(self.fail_fast);
        arguments.dry_run = arguments.dry_run.or(self.dry_run);
        if arguments.report.is_empty() {
            arguments.report = self.report;
        }
        if arguments.answer.is_empty() {
            arguments.answer = self.answer;
        }
        if arguments.finding.is_empty() {
            arguments.finding = self.finding;
        }
    }

    /// Fills in what neither the command line nor a variable gave for `hub`.
    pub(crate) fn complete_hub(self, arguments: &mut HubArgs) {
        let Standalone { port, home, load, save, faults, users, quota, quiet, log } = self.standalone;
        arguments.seed = arguments.seed.or(self.seed);
        arguments.port = arguments.port.or(port);
        arguments.quiet = arguments.quiet.or(quiet);
        arguments.log = arguments.log.take().or(log);
        for (given, value) in [
            (&mut arguments.home, home),
            (&mut arguments.load, load),
            (&mut arguments.save, save),
            (&mut arguments.faults, faults),
            (&mut arguments.users, users),
        ] {
            *given = given.take().or(value);
        }
        if arguments.quota.is_empty() {
            arguments.quota = quota;
        }
    }

    /// The tutorial that the file names.
    pub(crate) fn tutorial(&self) -> Option<&Path> {
        self.tutorial.as_deref()
    }

    /// The selection that the file gives.
    pub(crate) fn selection(&self) -> (Vec<String>, Option<String>, Option<String>) {
        (self.features.clone(), self.tags.clone(), self.name.clone())
    }
}

/// Line and column, both from 1, of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}
