//! Measures a cluster: start to ready, a hundred at once, a thousand Deployments to Available.
//!
//! `cargo run -p stagegate-kubernetes --example measure`

#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use std::error::Error;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use stagegate_kubernetes::{Catalogue, Cluster, Options};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

async fn cluster() -> Result<(Cluster, Clock), Box<dyn Error>> {
    let clock = Clock::start(Timestamp::now(), Pace::Jump);
    let simulation = Simulation::silent(clock.clone(), Seed::new(1));
    let options = Options { catalogue: Catalogue::built_in()?, ..Options::default() };
    Ok((Cluster::start(simulation, options).await?, clock))
}

async fn ready(cluster: &Cluster) -> Result<(), Box<dyn Error>> {
    let url = format!("{}/api/v1/namespaces/default/serviceaccounts/default", cluster.url());
    let client = reqwest::Client::new();
    while !client.get(&url).bearer_auth(cluster.token()).send().await?.status().is_success() {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Resident memory in megabytes (Linux).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn deployment(number: usize) -> serde_json::Value {
    let name = format!("web-{number}");
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": "ghcr.io/finos/traderx/reference-data"}]},
        }},
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _warm = cluster().await?;
    let start = Instant::now();
    let (first, clock) = cluster().await?;
    ready(&first).await?;
    println!("start to ready: {:?}", start.elapsed());

    let before = resident();
    let start = Instant::now();
    let mut many = Vec::new();
    for _ in 0..100 {
        many.push(cluster().await?);
    }
    for (cluster, _) in &many {
        ready(cluster).await?;
    }
    println!("100 clusters: {:?}, {} MB more ({} MB in all)", start.elapsed(), resident() - before, resident());
    drop(many);

    let client = reqwest::Client::new();
    let start = Instant::now();
    for number in 0..1000 {
        let _in_flight = clock.busy();
        let url = format!("{}/apis/apps/v1/namespaces/default/deployments", first.url());
        client.post(url).bearer_auth(first.token()).json(&deployment(number)).send().await?.error_for_status()?;
    }
    println!("1000 Deployments created: {:?}", start.elapsed());
    loop {
        let available = |one: &std::sync::Arc<serde_json::Value>| one["status"]["availableReplicas"] == 3;
        if first.objects("deployments.apps", None).iter().filter(|one| available(one)).count() == 1000 {
            break;
        }
        clock.sleep(Duration::from_secs(1)).await;
    }
    println!("1000 Deployments of 3 available: {:?} (environment {:?})", start.elapsed(), clock.elapsed());
    Ok(())
}
