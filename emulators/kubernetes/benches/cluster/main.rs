//! The cluster's figures, beside the same work on a real control plane.
//!
//! ```text
//! cargo bench -p stagegate-kubernetes --bench cluster
//! STAGEGATE_BENCH_KUBECONFIG=FILE cargo bench -p stagegate-kubernetes --bench cluster
//! ```
//!
//! The file is a kubeconfig of a control plane with kwok, which may be used freely: namespaces named
//! `bench-…` are made and deleted. `kubectl` must be on PATH then.
#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a benchmark prints its figures")]

mod side;
mod work;

use std::error::Error;
use std::time::{Duration, Instant};

use side::{Emulated, Real, Side, resident};

/// Deployments of three replicas on both sides; a real controller manager makes some twenty objects a second.
const DEPLOYMENTS: usize = 100;

/// Deployments of the design's figure, on the emulator alone.
const MANY_DEPLOYMENTS: usize = 1000;

const OBJECTS: usize = 10_000;
const WATCHERS: usize = 200;
const WATCHED: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    // The clock jumps only on a runtime of one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        start().await?;
        let emulated = Emulated::start().await?;
        let ours = both(&emulated).await?;
        let begun = Instant::now();
        let waited = work::deployments(&emulated, MANY_DEPLOYMENTS).await?;
        println!("{MANY_DEPLOYMENTS} Deployments of 3 to Available: {:?} (environment {waited:?})", begun.elapsed());
        drop(emulated);
        match Real::of_environment()? {
            None => println!("no STAGEGATE_BENCH_KUBECONFIG: nothing to compare with"),
            Some(real) => {
                let theirs = both(&real).await?;
                println!("\n{:<44} {:>12} {:>12} {:>8}", "the same work", "emulator", "real", "ratio");
                for ((what, one), (_, other)) in ours.iter().zip(&theirs) {
                    let ratio = other.as_secs_f64() / one.as_secs_f64();
                    println!("{what:<44} {one:>12.1?} {other:>12.1?} {ratio:>7.1}x");
                }
            }
        }
        Ok(())
    })
}

/// From nothing to a cluster that answers; a hundred of them.
async fn start() -> Result<(), Box<dyn Error>> {
    let _warm = Emulated::start().await?;
    let begun = Instant::now();
    let _one = Emulated::start().await?;
    println!("start to ready: {:?}", begun.elapsed());
    let (before, begun) = (resident(), Instant::now());
    let mut many = Vec::new();
    for _ in 0..100 {
        many.push(Emulated::start().await?);
    }
    let (took, after) = (begun.elapsed(), resident());
    println!("100 clusters: {took:?}, {} MB more, {after} MB in all", after.saturating_sub(before));
    Ok(())
}

/// What is done on both sides.
async fn both(side: &impl Side) -> Result<Vec<(String, Duration)>, Box<dyn Error>> {
    let mut figures = Vec::new();
    let begun = Instant::now();
    work::deployments(side, DEPLOYMENTS).await?;
    figures.push((format!("{DEPLOYMENTS} Deployments of 3 to Available"), begun.elapsed()));
    let begun = Instant::now();
    work::config_maps(side, OBJECTS).await?;
    figures.push((format!("{OBJECTS} ConfigMaps created, 16 at a time"), begun.elapsed()));
    let listed = work::list(side, OBJECTS).await?;
    figures.push((format!("{OBJECTS} ConfigMaps listed"), listed));
    let spread = work::fan_out(side, WATCHERS, WATCHED).await?;
    figures.push((format!("{WATCHED} objects to {WATCHERS} watchers, none lost"), spread));
    work::clean(side).await?;
    for (what, took) in &figures {
        println!("{}: {what}: {took:?}", side.name());
    }
    Ok(figures)
}
