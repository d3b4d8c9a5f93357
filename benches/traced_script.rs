//! What tracing costs: scripts that call kubectl, traced and bare in turn, against one environment. One does nothing else,
//! which is the worst case; the other deploys, waits and looks, as tutorials do. Time is the wall's.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod sample;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sample::Sample;
use stagegate_harness::journal::{Journal, RecordSink, Scribe};
use stagegate_harness::script::{Answers, Checkout, Limits, RunOptions, Setup, Workspace};
use stagegate_kubernetes::{Catalogue, Cluster};
use stagegate_reports::journal::Record;
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

/// A script, how often it is run each way, and how many commands it calls.
struct Work {
    what: &'static str,
    text: &'static str,
    runs: usize,
    commands: u32,
}

const WORKS: [Work; 2] = [
    Work {
        what: "kubectl in a loop",
        text: "#!/bin/bash\nset -e\nfor i in $(seq 20); do kubectl get namespaces >/dev/null; done\n",
        runs: 25,
        commands: 20,
    },
    Work {
        what: "a deployment, with its waits",
        text: "#!/bin/bash\nset -euo pipefail\n\
               kubectl create deployment web --image=ghcr.io/finos/traderx/reference-data:latest --replicas=2\n\
               kubectl rollout status deployment/web --timeout=120s\n\
               sleep 5\n\
               kubectl get pods -l app=web -o wide\n\
               kubectl scale deployment/web --replicas=3\n\
               kubectl rollout status deployment/web --timeout=120s\n\
               kubectl get deployment web -o jsonpath='{.status.readyReplicas}'\n\
               kubectl delete deployment web --wait\n",
        runs: 3,
        commands: 8,
    },
];

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
    let options = stagegate_kubernetes::Options {
        catalogue: Catalogue::built_in().expect("the built-in images"),
        ..stagegate_kubernetes::Options::default()
    };
    let cluster = runtime.block_on(Cluster::start(simulation, options)).expect("the cluster starts");
    let kubeconfig = cluster.kubeconfig(cluster.token());
    let files = WORKS.iter().enumerate().map(|(number, work)| (file_of(number), work.text.to_owned(), true)).collect();
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

    for (number, work) in WORKS.iter().enumerate() {
        let file = format!("./{}", file_of(number).display());
        // In turn, so that a slower moment of the machine hits both.
        let mut pair = || (traced(&runtime, &mut workspace, &scribe, &options, &file), bare(&workspace, &file));
        pair();
        let pairs: Vec<(Duration, Duration)> = std::iter::repeat_with(pair).take(work.runs).collect();
        report(work, &pairs);
    }
}

fn file_of(number: usize) -> PathBuf {
    PathBuf::from(format!("script-{number}.sh"))
}

fn report(work: &Work, pairs: &[(Duration, Duration)]) {
    let side = |pick: fn(&(Duration, Duration)) -> Duration| {
        let mut all = pairs.iter().map(pick);
        Sample::timed(pairs.len(), || all.next().unwrap_or_default())
    };
    let (traced, bare) = (side(|pair| pair.0), side(|pair| pair.1));
    println!("{}, {} commands", work.what, work.commands);
    println!("  traced: {traced}");
    println!("  bare:   {bare}");
    let more = traced.median().saturating_sub(bare.median());
    println!(
        "  traced against bare: {:.3}x, {:.1?} a command",
        traced.median().div_duration_f64(bare.median()),
        more / work.commands
    );
}

fn traced(
    runtime: &tokio::runtime::Runtime,
    workspace: &mut Workspace,
    scribe: &Scribe,
    options: &RunOptions,
    file: &str,
) -> Duration {
    let began = Instant::now();
    let outcome = runtime.block_on(workspace.run(file, scribe, options)).expect("the script runs");
    assert_eq!(outcome.exit_status(), Some(0), "{}", outcome.output.text);
    began.elapsed()
}

/// The same environment without shims and trace.
fn bare(workspace: &Workspace, file: &str) -> Duration {
    let untraced = ["PATH", "BASH_ENV"];
    let kept = workspace.environment().iter().filter(|(name, _)| !untraced.contains(&name.as_str()));
    let began = Instant::now();
    let status = Command::new("bash")
        .args(["-c", file])
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
