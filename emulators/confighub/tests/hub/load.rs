//! Clients at once, the short way; `benches/hub_load.rs` is the long one.

#[path = "../../benches/support/load.rs"]
mod engine;

use std::sync::atomic::Ordering;

use engine::{Load, Until};

use crate::client::Bench;

#[tokio::test]
async fn nothing_is_lost_when_many_read_write_and_apply_at_once() {
    let bench = Bench::start().await;
    // The clock stands still: nothing here waits for time.
    let _busy = bench.clock.busy();
    let mut load = Load::prepare(&bench.hub).await;
    load.run(24, Until::Rounds(10), false).await;
    load.check().await;
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    assert_eq!(of(&load.counts.reads), 24 * 5);
    assert_eq!(of(&load.counts.increments), 24 * 3);
    assert_eq!((of(&load.counts.revisions), of(&load.counts.applies)), (24, 24));
    let failed: Vec<u16> = bench.recorder.exchanges.lock().unwrap().iter().map(|exchange| exchange.status).collect();
    assert!(failed.iter().all(|status| matches!(status, 200 | 409)), "{failed:?}");
}
