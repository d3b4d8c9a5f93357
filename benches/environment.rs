//! An embedded environment from start to ready, alone and a hundred at once.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod sample;

use std::time::{Duration, Instant};

use sample::Sample;
use stagegate_harness::environment::{Environment, Site};
use stagegate_harness::findings::Policies;
use stagegate_harness::journal::{Journal, RecordSink, Scribe};
use stagegate_harness::run::{ClusterSettings, Keep, Settings};
use stagegate_reports::journal::Record;
use stagegate_reports::{ClusterLane, CubLane, HubLane, Lane};

const RUNS: usize = 30;
const AT_ONCE: usize = 100;

struct Nowhere;

impl RecordSink for Nowhere {
    fn write(&mut self, record: Record) -> Record {
        record
    }

    fn secret(&mut self, _: &str) {}
}

fn scribe(scenario: usize) -> Scribe {
    Journal::new(Box::new(Nowhere)).scribe(scenario, 1)
}

fn main() {
    let settings = settings();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let alone = Sample::timed(RUNS, || runtime.block_on(start_and_stop(&settings)));
    println!("environment, start to ready: {alone}");

    let before = resident_kib();
    let began = Instant::now();
    let environments = runtime.block_on(async {
        let starts = (0..AT_ONCE).map(|number| {
            let (settings, scribe) = (settings.clone(), scribe(number));
            tokio::spawn(async move { Environment::start(&settings, &Site::embedded(), &scribe, (number, 1)).await })
        });
        futures::future::try_join_all(starts).await.expect("no task panics")
    });
    let took = began.elapsed();
    let ready = environments.iter().filter(|environment| environment.is_ok()).count();
    println!(
        "{ready} of {AT_ONCE} environments at once: {took:.1?}, {:.1} times one alone",
        took.div_duration_f64(alone.median())
    );
    if let (Some(before), Some(after)) = (before, resident_kib()) {
        println!("memory they hold: {} MiB in all", (after - before) / 1024);
    }
}

async fn start_and_stop(settings: &Settings) -> Duration {
    let began = Instant::now();
    let environment =
        Environment::start(settings, &Site::embedded(), &scribe(0), (0, 1)).await.expect("an environment");
    let took = began.elapsed();
    environment.stop(false).await;
    took
}

fn settings() -> Settings {
    Settings {
        lane: Lane { hub: HubLane::Embedded, cluster: ClusterLane::Embedded, cub: CubLane::Builtin },
        hub_token: None,
        cluster: ClusterSettings::default(),
        seed: 1,
        speed: 10.0,
        jobs: 1,
        retries: 0,
        fail_fast: false,
        step_limit: Duration::from_secs(60),
        scenario_limit: Duration::from_secs(60),
        budget: None,
        keep: Keep::Never,
        answers: stagegate_harness::script::Answers::default(),
        policies: Policies::default(),
        tutorial: None,
        executable: "stagegate".into(),
        folder: std::env::temp_dir(),
    }
}

/// Resident memory of this process, where the system tells it in /proc.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
