//! 200 clients at once for a minute: reads, writes and applies. Nothing may be lost, nothing may fail,
//! and once it is over nothing may grow. Ends with a panic, and so a status other than 0, when one of
//! these does not hold.
//!
//! `cargo bench --bench hub_load -- 20` runs for 20 seconds.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]

#[path = "support/load.rs"]
mod load;
#[path = "support/memory.rs"]
mod memory;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use load::{Load, Until};
use stagegate_confighub::{Hub, Options};
use stagegate_simulation::{Clock, Pace, Seed, Simulation};

const CLIENTS: usize = 200;
const SECONDS: u64 = 60;
/// What resident memory may differ by without having grown: the allocator gives back and takes again.
const NOISE_MIB: u64 = 8;

fn main() {
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(SECONDS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(Duration::from_secs(seconds)));
}

async fn measure(limit: Duration) {
    let clock = Clock::start(Timestamp::now(), Pace::Times(1.0));
    let hub = Hub::start(Simulation::silent(clock, Seed::new(1)), Options::default()).await.expect("a hub");
    let files = memory::open_files();
    let mut load = Load::prepare(&hub).await;
    let before = memory::resident_mib();
    let began = Instant::now();
    load.run(CLIENTS, Until::Elapsed(limit), false).await;
    let took = began.elapsed().as_secs_f64();
    load.check().await;
    let counts = &load.counts;
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let requests = of(&counts.requests);
    println!("{CLIENTS} clients for {took:.1} s: {requests} requests, {:.0} each second", requests as f64 / took);
    println!("  reads {}", of(&counts.reads));
    println!("  counted {} times, none lost, after {} conflicts", of(&counts.increments), of(&counts.conflicts));
    println!("  data written {} times, applied {} times", of(&counts.revisions), of(&counts.applies));
    println!("  slowest request {:.0} ms", of(&counts.slowest) as f64 / 1e3);
    settle(load, limit / 6, before, files).await;
}

/// Once all is written: reads change no memory, and clients that are gone leave no connection.
async fn settle(mut load: Load, limit: Duration, before: Option<u64>, files: Option<usize>) {
    // The first reads after the writes warm up what only reads use.
    load.run(CLIENTS, Until::Elapsed(limit), true).await;
    let settled = memory::resident_mib();
    load.run(CLIENTS, Until::Elapsed(limit * 2), true).await;
    if let (Some(before), Some(settled), Some(after)) = (before, settled, memory::resident_mib()) {
        println!("  memory: {before} MiB before, {settled} MiB with what was written, {after} MiB after more reads");
        assert!(after <= settled + NOISE_MIB, "memory grows while nothing is written");
    }
    load.check().await;
    load.stop().await;
    if let Some(before) = files {
        let after = memory::open_files_at_most(before).await;
        println!("  open files: {before} before, {after} after");
        assert!(after <= before, "connections are left open");
    }
}
