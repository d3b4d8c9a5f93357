//! What tracing costs: a script that calls kubectl, traced and bare in turn, against one environment.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod sample;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sample::Sample;
use stagegate_harness::journal::{Journal, RecordSink, Scribe};
use stagegate_harness::script::{Answers, Checkout, Limits, RunOptions, Setup, Workspace};
use stagegate_kubernetes::Cluster;
use stagegate_reports::journal::Record;
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

const COMMANDS: u32 = 20;
const RUNS: usize = 9;

struct Nowhere;

impl RecordSink for Nowhere {
    fn write(&mut self, record: Record) -> Record {
        record
    }

    fn secret(&mut self, _: &str) {}
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let clock = Clock::start(jiff::Timestamp::now(), Pace::Times(1.0));
    let scribe = Journal::new(Box::new(Nowhere)).scribe(0, 1);
    let simulation = Simulation::new(clock.clone(), Seed::new(1), Arc::new(scribe.clone()));
    let cluster = runtime
        .block_on(Cluster::start(simulation, stagegate_kubernetes::Options::default()))
        .expect("the cluster starts");
    let kubeconfig = cluster.kubeconfig(cluster.token());
    let script =
        format!("#!/bin/bash\nset -e\nfor i in $(seq {COMMANDS}); do kubectl get namespaces >/dev/null; done\n");
    let files = vec![(PathBuf::from("many.sh"), script, true)];
    let mut setup = Setup::new(Checkout::Files(files), env!("CARGO_BIN_EXE_stagegate").into());
    setup.kubeconfig = Some(kubeconfig);
    setup.mark_kubeconfig = true;
    let mut workspace = Workspace::prepare(&setup).expect("a workspace");
    let options = RunOptions {
        clock,
        speed: 1.0,
        timeout: Duration::from_secs(600),
        limits: Limits::default(),
        answers: Answers::default(),
    };

    // In turn, so that a slower moment of the machine hits both.
    let mut pair = || (traced(&runtime, &mut workspace, &scribe, &options), bare(&workspace));
    pair();
    let pairs: Vec<(Duration, Duration)> = std::iter::repeat_with(pair).take(RUNS).collect();
    report(&pairs);
}

fn report(pairs: &[(Duration, Duration)]) {
    let side = |pick: fn(&(Duration, Duration)) -> Duration| {
        let mut all = pairs.iter().map(pick);
        Sample::timed(pairs.len(), || all.next().unwrap_or_default())
    };
    let (traced, bare) = (side(|pair| pair.0), side(|pair| pair.1));
    println!("{COMMANDS} kubectl commands, traced: {traced}");
    println!("the same script, bare:        {bare}");
    let more = traced.median().saturating_sub(bare.median());
    println!(
        "traced against bare: {:.2}x, {:.1?} a command",
        traced.median().div_duration_f64(bare.median()),
        more / COMMANDS
    );
}

fn traced(
    runtime: &tokio::runtime::Runtime,
    workspace: &mut Workspace,
    scribe: &Scribe,
    options: &RunOptions,
) -> Duration {
    let began = Instant::now();
    let outcome = runtime.block_on(workspace.run("./many.sh", scribe, options)).expect("the script runs");
    assert_eq!(outcome.exit_status(), Some(0), "{}", outcome.output.text);
    began.elapsed()
}

/// The same environment without shims and trace.
fn bare(workspace: &Workspace) -> Duration {
    let untraced = ["PATH", "BASH_ENV"];
    let kept = workspace.environment().iter().filter(|(name, _)| !untraced.contains(&name.as_str()));
    let began = Instant::now();
    let status = Command::new("bash")
        .args(["-c", "./many.sh"])
        .current_dir(workspace.checkout())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(kept.map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("bash runs");
    assert!(status.success(), "{status}");
    began.elapsed()
}
