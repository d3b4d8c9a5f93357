//! Many workers at once, whose streams drop in the middle of their work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use stagegate_simulation::Seed;
use tokio::task::JoinSet;

use crate::client::{Bench, base64, text};
use crate::worker::{Stream, Worker};

const WORKERS: usize = 50;
const UNITS: usize = 1000;
/// How often each worker is lost.
const LOSSES: usize = 2;

/// What all workers share.
struct Load {
    bench: Bench,
    seed: Seed,
    /// How often each operation was sent.
    sent: Mutex<BTreeMap<String, usize>>,
    /// Reports on operations that a lost process had begun, answered with 200.
    late: AtomicUsize,
}

#[tokio::test]
async fn no_operation_is_lost_or_takes_effect_twice() {
    let bench = Bench::start().await;
    let busy = bench.clock.busy();
    let space = bench.space("p").await;
    let mut workers = Vec::new();
    for number in 0..WORKERS {
        let worker = Worker::create_named(&bench, &space, &format!("w{number}")).await;
        let stream = worker.connect(&bench).await;
        workers.push((worker, stream));
    }
    let (_, targets) = bench.get(&format!("/space/{space}/target")).await;
    for number in 0..UNITS {
        let target = &targets[number % WORKERS]["Target"]["TargetID"];
        let unit = json!({
            "Slug": format!("u{number}"), "ToolchainType": "Kubernetes/YAML", "Data": base64("a: 1\n"), "TargetID": target,
        });
        bench.created(&format!("/space/{space}/unit"), unit).await;
    }
    bench.changes();
    let load = Load { bench, seed: Seed::new(7), sent: Mutex::default(), late: AtomicUsize::new(0) };
    let load = Arc::new(load);
    let processes: Vec<_> = workers
        .into_iter()
        .map(|(worker, stream)| tokio::spawn(live(Arc::clone(&load), Arc::new(worker), stream)))
        .collect();
    let (status, items) = load.bench.post("/unit/apply?where=Slug%20LIKE%20'u%25'", Json::Null).await;
    assert_eq!((status, items.as_array().unwrap().len()), (200, UNITS));
    drop(busy);

    let mut effects: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..600 {
        load.bench.clock.sleep(Duration::from_secs(5)).await;
        for change in load.bench.changes() {
            if let Some(unit) = change.strip_suffix(": Apply Completed, live revision 1") {
                *effects.entry(unit.to_owned()).or_default() += 1;
            }
        }
        if effects.len() == UNITS {
            break;
        }
    }
    let _busy = load.bench.clock.busy();
    assert_eq!(effects.len(), UNITS, "every operation has taken effect");
    assert!(effects.values().all(|count| *count == 1), "none has taken effect twice");
    let (_, units) = load.bench.get("/unit?include=UnitEventID").await;
    for unit in units.as_array().unwrap() {
        assert_eq!(unit["UnitStatus"]["Status"], "Ready", "{unit}");
        assert_eq!(unit["LatestUnitEvent"]["Result"], "ApplyCompleted", "{unit}");
        assert_eq!(unit["Unit"]["LiveState"], json!(base64("live")), "{unit}");
    }
    let again = load.sent.lock().unwrap().values().filter(|count| **count > 1).count();
    assert!(again > UNITS / 20, "streams were lost in the middle: {again} operations were sent again");
    assert!(load.late.load(Ordering::Relaxed) > 0, "lost processes reported late");
    for process in processes {
        process.abort();
    }
}

/// A worker's life: it is lost after some operations, comes back, is lost again, and then stays.
async fn live(load: Arc<Load>, worker: Arc<Worker>, mut stream: Stream) {
    for life in 0.. {
        let limit = if life < LOSSES { load.seed.number("life", 3..=18) } else { u64::MAX };
        let mut steps = JoinSet::new();
        let mut taken = 0;
        while taken < limit {
            let Some(event) = stream.next().await else { break };
            if event["Event"] == "WorkerEvent" {
                let answer = json!({"Action": "Heartbeat", "Status": "Completed", "Result": "None"});
                assert_eq!(worker.post_result(&load.bench, &answer).await.0, 200);
                continue;
            }
            taken += 1;
            let operation = text(&event["Data"]["Payload"]["QueuedOperationID"]);
            *load.sent.lock().unwrap().entry(operation).or_default() += 1;
            steps.spawn(carry_out(Arc::clone(&load), Arc::clone(&worker), event, life));
        }
        drop(stream);
        if load.seed.number("fate", 0..=1) == 0 {
            // The process dies at once; else what it has begun still reports on its own.
            steps.abort_all();
        } else {
            steps.detach_all();
        }
        load.bench.clock.sleep(Duration::from_secs(5)).await;
        stream = worker.connect(&load.bench).await;
    }
}

/// An apply as the real worker reports it, with a wait of up to 20 s.
async fn carry_out(load: Arc<Load>, worker: Arc<Worker>, event: Json, life: usize) {
    let wait = load.seed.duration("wait", Duration::from_millis(50)..=Duration::from_secs(20));
    for message in ["Starting to apply resources...", "Applying resources...", "Waiting for the applied resources..."] {
        let answer = worker.report(&load.bench, &event, "Progressing", "None", json!({"Message": message})).await;
        assert_eq!(answer.0, 200);
    }
    load.bench.clock.sleep(wait).await;
    let done = json!({"LiveState": base64("live")});
    let answer = worker.report(&load.bench, &event, "Completed", "ApplyCompleted", done).await;
    assert_eq!(answer.0, 200);
    let operation = text(&event["Data"]["Payload"]["QueuedOperationID"]);
    if life < LOSSES && load.sent.lock().unwrap()[&operation] > 1 {
        load.late.fetch_add(1, Ordering::Relaxed);
    }
}
