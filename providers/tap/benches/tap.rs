//! What a tap adds to a request and to a stage: the same requests, and the same calls of kubectl, through it and past
//! it, in turn.
//!
//! ```text
//! cargo bench -p stagegate-tap --bench tap
//! STAGEGATE_BENCH_KUBECONFIG=FILE STAGEGATE_BENCH_IMAGE=IMAGE cargo bench -p stagegate-tap --bench tap
//! ```
//!
//! Without a kubeconfig, the embedded cluster is behind the tap. Both sides speak TLS. The image is one that the
//! cluster can run.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, ListParams, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use stagegate_kubernetes::{Catalogue, Cluster};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use stagegate_tap::{ClusterTap, Options, Upstream};

const ROUNDS: usize = 1000;
const NAMESPACE: &str = "default";
const STAGES: usize = 5;
/// One that the embedded cluster has.
const IMAGE: &str = "ghcr.io/finos/traderx/reference-data:latest";

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let simulation = || {
            let clock = Clock::start(jiff::Timestamp::now(), Pace::Times(1.0));
            Simulation::silent(clock, Seed::new(1))
        };
        let file = std::env::var_os("STAGEGATE_BENCH_KUBECONFIG");
        let (_cluster, kubeconfig) = if let Some(file) = file {
            (None, std::fs::read_to_string(file)?)
        } else {
            let catalogue = Catalogue::built_in()?;
            let options = stagegate_kubernetes::Options { catalogue, ..stagegate_kubernetes::Options::default() };
            let cluster = Cluster::start(simulation(), options).await?;
            let kubeconfig = cluster.kubeconfig(cluster.token());
            (Some(cluster), kubeconfig)
        };
        let upstream = Upstream::of_kubeconfig(&kubeconfig, None).await?;
        println!("behind the tap: {}", upstream.url());
        let began = Instant::now();
        let tap = ClusterTap::start(simulation(), upstream, Options::default()).await?;
        println!("start, with all watches: {:.1?}", began.elapsed());
        let (past, through) = (client(&kubeconfig).await?, client(&tap.kubeconfig(tap.token())).await?);
        println!(
            "\n{:<10} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "median of", "past", "through", "more", "p95 past", "through"
        );
        for work in [Work::Get, Work::List, Work::Create] {
            compare(work, &past, &through).await?;
        }
        let folder = tempfile::tempdir()?;
        let file = |name: &str, kubeconfig: &str| -> Result<PathBuf, Failure> {
            let path = folder.path().join(name);
            std::fs::write(&path, kubeconfig)?;
            Ok(path)
        };
        let (past, through) = (file("past", &kubeconfig)?, file("through", &tap.kubeconfig(tap.token()))?);
        tokio::task::spawn_blocking(move || compare_stages(&past, &through))
            .await?
            .map_err(|error| error.to_string())?;
        tap.settled(Duration::from_secs(60)).await?;
        if let Some(resident) = resident() {
            println!("\nmemory of the process, with a watch of each resource: {resident} MB");
        }
        Ok(())
    })
}

/// A deployment that is made, awaited, scaled, looked at and deleted, as a stage does it.
fn compare_stages(past: &Path, through: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (mut direct, mut tapped) = (Vec::new(), Vec::new());
    for _ in 0..STAGES {
        direct.push(stage(past)?);
        tapped.push(stage(through)?);
    }
    direct.sort();
    tapped.sort();
    let (one, other) = (direct[STAGES / 2], tapped[STAGES / 2]);
    println!("\na stage of six calls of kubectl, median of {STAGES}: past {one:.2?}, through {other:.2?}");
    println!("through against past: {:.3}x", other.div_duration_f64(one));
    Ok(())
}

fn stage(kubeconfig: &Path) -> Result<Duration, Box<dyn Error + Send + Sync>> {
    let image = std::env::var("STAGEGATE_BENCH_IMAGE").unwrap_or_else(|_| IMAGE.to_owned());
    let image = format!("--image={image}");
    let calls: [&[&str]; 6] = [
        &["create", "deployment", "bench", &image, "--replicas=2"],
        &["rollout", "status", "deployment/bench", "--timeout=120s"],
        &["scale", "deployment/bench", "--replicas=3"],
        &["rollout", "status", "deployment/bench", "--timeout=120s"],
        &["get", "pods", "-l", "app=bench", "-o", "wide"],
        &["delete", "deployment", "bench", "--cascade=foreground"],
    ];
    let began = Instant::now();
    for arguments in calls {
        let output = Command::new("kubectl").arg("--kubeconfig").arg(kubeconfig).args(arguments).output()?;
        if !output.status.success() {
            return Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    Ok(began.elapsed())
}

/// One request.
#[derive(Debug, Clone, Copy)]
enum Work {
    Get,
    List,
    Create,
}

async fn compare(work: Work, past: &Client, through: &Client) -> Result<(), Failure> {
    let (mut direct, mut tapped) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        direct.push(timed(work, past, &format!("bench-past-{round}")).await?);
        tapped.push(timed(work, through, &format!("bench-through-{round}")).await?);
    }
    direct.sort();
    tapped.sort();
    let (one, other) = (direct[ROUNDS / 2], tapped[ROUNDS / 2]);
    let (one_late, other_late) = (direct[ROUNDS * 95 / 100], tapped[ROUNDS * 95 / 100]);
    let more = other.saturating_sub(one);
    let name = format!("{work:?}").to_lowercase();
    println!("{name:<10} {one:>10.1?} {other:>10.1?} {more:>10.1?} {one_late:>10.1?} {other_late:>10.1?}");
    Ok(())
}

async fn timed(work: Work, client: &Client, name: &str) -> Result<Duration, Failure> {
    let api: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let began = Instant::now();
    match work {
        Work::Get => drop(api.get("kube-root-ca.crt").await?),
        Work::List => drop(api.list(&ListParams::default()).await?),
        Work::Create => {
            let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
            let map = ConfigMap { metadata, ..ConfigMap::default() };
            drop(api.create(&PostParams::default(), &map).await?);
        }
    }
    let took = began.elapsed();
    if matches!(work, Work::Create) {
        drop(api.delete(name, &DeleteParams::default()).await?);
    }
    Ok(took)
}

async fn client(kubeconfig: &str) -> Result<Client, Failure> {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig)?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

/// What the process holds in memory, in MB, where the system says it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
