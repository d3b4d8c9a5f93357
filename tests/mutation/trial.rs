//! One run of a stage in an environment of its own.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stagegate_harness::environment::Site;
use stagegate_harness::features::{FeatureSource, Plan, Selector};
use stagegate_harness::findings::Policies;
use stagegate_harness::journal::{Journal, RecordSink};
use stagegate_harness::run::{Capabilities, ClusterSettings, Keep, Run, Settings};
use stagegate_harness::vocabulary::Vocabulary;
use stagegate_reports::journal::{Event, FORMAT, Record, RunStarted, Selection, Writer};
use stagegate_reports::model::{self, Fold};
use stagegate_reports::{ClusterLane, CubLane, HubLane, Lane};

use crate::tutorial::{Files, Stage, write};

/// How many times faster than the wall a stage runs.
pub(crate) const FAST: f64 = 10.0;
/// The same where a wait is broken: the time that processes take, however slow the machine, must not stand in for it.
pub(crate) const FAITHFUL: f64 = 0.1;

/// What an environment has against a stage.
#[derive(Clone)]
pub(crate) struct Faults {
    /// Which part of it: `hub` or `cluster`.
    pub(crate) of: &'static str,
    /// A YAML list of rules.
    pub(crate) rules: String,
}

/// What a run of a stage left behind.
pub(crate) struct Trial {
    pub(crate) records: Vec<Record>,
    pub(crate) run: model::Run,
}

/// Runs `stage` on a checkout of `files`, with `faults` injected before, `speed` times as fast as the wall.
pub(crate) fn run(
    stage: &Stage,
    files: &Files,
    faults: Option<&Faults>,
    speed: f64,
    vocabulary: &Arc<Vocabulary>,
) -> Trial {
    let folder = tempfile::Builder::new().prefix("sg-mutant-").tempdir().expect("a folder");
    let checkout = write(files, folder.path());
    let source =
        FeatureSource { path: format!("{}.feature", stage.name), text: feature(stage, faults), lines: Vec::new() };
    let selector = Selector::new(None, None).expect("everything");
    let plan = Plan::new(&[source], &selector, vocabulary).expect("the feature is a good one");
    let kept = Kept(Arc::new(Mutex::new((Writer::new(std::io::sink()), Vec::new()))));
    let journal = Journal::new(Box::new(kept.clone()));
    let settings = settings(&checkout, folder.path(), speed);
    journal.write(Event::RunStarted(started(&settings)));
    let capabilities = Capabilities::detect(true);
    let run = Run::new(plan, Arc::clone(vocabulary), settings, capabilities, journal.clone());
    let runtime = stagegate_harness::environment::runtime().expect("a runtime");
    let _ending = runtime.block_on(run.execute(Site::embedded()));
    runtime.shutdown_timeout(Duration::from_secs(5));
    let records = kept.records();
    let mut fold = Fold::new(records.first().expect("a first record").clone()).expect("the run's beginning");
    records.iter().skip(1).for_each(|record| fold.apply(record.clone()));
    let last = records.last().expect("a last record").clone();
    fold.apply(Record { event: Event::RunFinished { exit_status: fold.exit_status_at_end() }, ..last });
    Trial { records, run: fold.finish() }
}

/// The stage's feature, with a step that injects the faults before the stage is run.
fn feature(stage: &Stage, faults: Option<&Faults>) -> String {
    const RUN: &str = "    When I run";
    assert!(stage.feature.contains(RUN));
    let step = faults.map_or_else(String::new, |faults| {
        let rules: String = faults.rules.lines().map(|line| format!("      {line}\n")).collect();
        format!("    And the {} meets these faults:\n      \"\"\"\n{rules}      \"\"\"\n", faults.of)
    });
    stage.feature.replacen(RUN, &format!("{step}{RUN}"), 1)
}

fn settings(checkout: &Path, folder: &Path, speed: f64) -> Settings {
    Settings {
        lane: Lane { hub: HubLane::Embedded, cluster: ClusterLane::Embedded, cub: CubLane::Builtin },
        hub_token: None,
        cluster: ClusterSettings::default(),
        seed: 1,
        speed,
        jobs: 1,
        retries: 0,
        fail_fast: false,
        step_limit: Duration::from_secs(120),
        scenario_limit: Duration::from_secs(180),
        budget: None,
        keep: Keep::Never,
        answers: stagegate_harness::script::Answers::default(),
        policies: Policies::default(),
        tutorial: Some(checkout.to_owned()),
        executable: env!("CARGO_BIN_EXE_stagegate").into(),
        folder: folder.to_owned(),
    }
}

fn started(settings: &Settings) -> RunStarted {
    RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: "mutant".to_owned(),
        seed: settings.seed,
        lane: settings.lane.clone(),
        arguments: Vec::new(),
        machine: Vec::new(),
        selection: Selection::default(),
    }
}

/// Keeps the records as a journal would hold them, secrets replaced.
#[derive(Clone)]
struct Kept(Arc<Mutex<(Writer<std::io::Sink>, Vec<Record>)>>);

impl Kept {
    fn records(&self) -> Vec<Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

impl RecordSink for Kept {
    fn write(&mut self, record: Record) -> Record {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = kept.0.append(record).expect("a sink takes everything");
        kept.1.push(written.clone());
        written
    }

    fn secret(&mut self, value: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.secret(value);
    }
}
