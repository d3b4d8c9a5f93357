//! What a tap adds to a request: the same requests through it and past it, in turn.
//!
//! ```text
//! cargo bench -p stagegate-tap --bench tap
//! STAGEGATE_BENCH_KUBECONFIG=FILE cargo bench -p stagegate-tap --bench tap
//! ```
//!
//! Without a kubeconfig, the embedded cluster is behind the tap. Both sides speak TLS.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, ListParams, ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use stagegate_kubernetes::Cluster;
use stagegate_simulation::{Clock, Pace, Seed, Simulation};
use stagegate_tap::{ClusterTap, Options, Upstream};

const ROUNDS: usize = 1000;
const NAMESPACE: &str = "default";

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
            let cluster = Cluster::start(simulation(), stagegate_kubernetes::Options::default()).await?;
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
        tap.settled(Duration::from_secs(60)).await?;
        if let Some(resident) = resident() {
            println!("\nmemory of the process, with a watch of each resource: {resident} MB");
        }
        Ok(())
    })
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
