//! Bulk operations on many units over HTTP: times, memory, and how they grow.
//!
//! 100 spaces hold clones of the units of a base space, each linked to the namespace beside it. Each
//! figure is the best of some rounds; the exponent is that of the growth from the smallest to the
//! largest hub, where n log n is 1.1 to 1.2.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]

#[path = "support/client.rs"]
mod client;
#[path = "support/memory.rs"]
mod memory;

use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use client::Client;
use serde_json::{Value as Json, json};

const SPACES: usize = 100;
const SIZES: [usize; 3] = [1_000, 10_000, 50_000];
const ROUNDS: usize = 3;
/// How many units are changed to see what the audit trail holds, and how often each between two looks.
const TRAIL_UNITS: usize = 10_000;
const TRAIL_ROUNDS: usize = 5;
const TRAIL_LOOKS: usize = 4;

/// The operations, in the order in which they are measured.
const LABEL_TENTH: &str = "update a tenth of the units by WHERE";
const LABEL_ALL: &str = "update all units by WHERE";
const LIST: &str = "list all units with include";
const LIST_SELECTED: &str = "list all units with include and select";
const FIND: &str = "find one unit by slug and space";
const INVOKE_TENTH: &str = "set-image on a tenth of the units";
const UPGRADE_TENTH: &str = "push-upgrade of a tenth of the units";
const APPROVE_ALL: &str = "approve all units";

const INCLUDE: &str = "UnitEventID,TargetID,UpstreamUnitID,SpaceID";
const SELECT: &str = "Slug,SpaceID,UnitID,HeadRevisionNum,Target.Slug,Space.Slug,UpstreamUnit.HeadRevisionNum";

fn main() {
    // `cargo bench` passes its own flags; a number asks for that size alone.
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let sizes: Vec<usize> = asked.map_or_else(|| SIZES.to_vec(), |size| vec![size]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut results: Vec<(usize, Vec<(&'static str, Duration)>)> = Vec::new();
    for size in sizes {
        let times = runtime.block_on(measure(size));
        println!();
        results.push((size, times));
    }
    growth(&results);
    runtime.block_on(trail(asked.unwrap_or(TRAIL_UNITS)));
}

/// What the audit trail holds: changes of labels make no revisions, so that what memory grows by is the
/// trail's, until it is full.
async fn trail(size: usize) {
    let client = Client::start().await;
    fill(&client, size / SPACES).await;
    println!("\naudit trail of {size} units, each changed again and again");
    let (_, path, body) = cases().into_iter().find(|(name, ..)| *name == LABEL_ALL).expect("a case");
    // What the first changes need to answer, the process keeps.
    run(&client, LABEL_ALL, &path, body(0)).await;
    let Some(before) = memory::resident_mib() else { return println!("  this system does not tell memory") };
    let (mut round, mut grown) = (0, Vec::new());
    for _ in 0..TRAIL_LOOKS {
        for _ in 0..TRAIL_ROUNDS {
            round += 1;
            run(&client, LABEL_ALL, &path, body(round)).await;
        }
        grown.push(memory::resident_mib().unwrap_or(before).saturating_sub(before));
        println!("  after {} changes: {} MiB more than {before} MiB", round * size, grown[grown.len() - 1]);
    }
    let entries = client.hub.audit();
    let written = entries.last().map_or(0, |entry| usize::try_from(entry.sequence).expect("a count"));
    // Those there were when memory was first looked at.
    let first = written - round * size;
    let grown = grown.last().copied().unwrap_or(0) as f64 * 1024.0 * 1024.0;
    let each = grown / entries.len().saturating_sub(first).max(1) as f64;
    println!(
        "  {} of {written} entries are kept, {each:.0} B each, {:.0} MiB",
        entries.len(),
        each * entries.len() as f64 / 1024.0 / 1024.0
    );
}

/// Fills a hub and measures it.
async fn measure(size: usize) -> Vec<(&'static str, Duration)> {
    let before = memory::resident_mib();
    let client = Client::start().await;
    let units = size / SPACES;
    let filling = std::time::Instant::now();
    let base = fill(&client, units).await;
    println!("{size} units in {SPACES} spaces, filled in {:.2?}", filling.elapsed());
    if let (Some(before), Some(after)) = (before, memory::resident_mib()) {
        println!(
            "  memory they hold: {} MiB, {:.1} KiB each",
            after - before,
            (after - before) as f64 * 1024.0 / size as f64
        );
    }
    let mut times = Vec::new();
    for (name, path, body) in cases() {
        let mut best = Duration::MAX;
        for round in 0..ROUNDS {
            if name == UPGRADE_TENTH {
                change_upstreams(&client, &base, units, round).await;
            }
            best = best.min(run(&client, name, &path, body(round)).await);
        }
        println!("  {name:<42} {:>9.1} ms", best.as_secs_f64() * 1e3);
        times.push((name, best));
    }
    if let (Some(resident), Some(peak)) = (memory::resident_mib(), memory::peak_mib()) {
        println!("  memory of the process: {resident} MiB, at most {peak} MiB");
    }
    times
}

type Body = fn(usize) -> Option<Json>;

/// What is measured: a request, again in each round with another value.
fn cases() -> Vec<(&'static str, String, Body)> {
    let of = |clause: &str, rest: &str| format!("/unit?where={}{rest}", client::encoded(clause));
    let label: Body = |round| Some(json!({"Labels": {"round": round.to_string()}}));
    vec![
        (LIST, format!("/unit?include={INCLUDE}"), |_| None),
        (LIST_SELECTED, format!("/unit?include={INCLUDE}&select={SELECT}"), |_| None),
        (FIND, of("Slug = 'service-3' AND Space.Slug = 'env-7'", &format!("&include={INCLUDE}")), |_| None),
        (LABEL_TENTH, of("Labels.batch = '1' AND UpstreamRevisionNum > 0", ""), label),
        (LABEL_ALL, of("Slug != '' AND UpstreamRevisionNum > 0", ""), label),
        (APPROVE_ALL, format!("/unit/approve?where={}", client::encoded("UpstreamRevisionNum > 0")), |_| {
            Some(Json::Null)
        }),
        (
            INVOKE_TENTH,
            format!("/function/invoke?where={}", client::encoded("Labels.batch = '2' AND UpstreamRevisionNum > 0")),
            |round| {
                let image = format!("registry.example/service:v{round}");
                Some(json!({
                    "FunctionInvocations": [{
                        "FunctionName": "set-image",
                        "Arguments": [{"Value": "main"}, {"Value": image}],
                    }],
                    "CastStringArgsToScalars": true,
                }))
            },
        ),
        (UPGRADE_TENTH, of("Unit.UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum", "&upgrade=true"), |_| {
            Some(Json::Null)
        }),
    ]
}

async fn run(client: &Client, name: &str, path: &str, body: Option<Json>) -> Duration {
    match (name, body) {
        (_, None) => client.timed("GET", path, None).await,
        (INVOKE_TENTH | APPROVE_ALL, body) => client.timed("POST", path, body).await,
        (_, body) => client.timed("PATCH", path, body).await,
    }
}

/// A base space of `units` units, and their clones in the other spaces. Gives the base space's id.
async fn fill(client: &Client, units: usize) -> String {
    let base = client.created("/space", json!({"Slug": "base"})).await["SpaceID"].clone();
    let base = base.as_str().expect("an id").to_owned();
    let path = format!("/space/{base}/unit");
    let mut namespace = String::new();
    for number in 0..units {
        let slug = if number == 0 { "namespace".to_owned() } else { format!("service-{number}") };
        let data = if number == 0 { NAMESPACE.to_owned() } else { manifest(&slug, 1) };
        let labels =
            json!({"batch": (number % 10).to_string(), "tier": if number % 3 == 0 { "backend" } else { "web" }});
        let unit = json!({
            "Slug": slug,
            "ToolchainType": "Kubernetes/YAML",
            "Data": STANDARD.encode(data),
            "Labels": labels,
        });
        let id = client.created(&path, unit).await["UnitID"].as_str().expect("an id").to_owned();
        if number == 0 {
            namespace = id;
        } else {
            let link = json!({"Slug": slug, "FromUnitID": id, "ToUnitID": namespace, "ToSpaceID": base});
            client.created(&format!("/space/{base}/link"), link).await;
        }
    }
    for number in 0..SPACES {
        client.created("/space", json!({"Slug": format!("env-{number}"), "Labels": {"Environment": "prod"}})).await;
    }
    let query = format!(
        "where={}&where_space={}",
        client::encoded(&format!("SpaceID = '{base}'")),
        client::encoded("Slug LIKE 'env-%'")
    );
    client.timed("POST", &format!("/unit?{query}"), Some(json!({}))).await;
    base
}

/// Gives a tenth of the base units new data.
async fn change_upstreams(client: &Client, base: &str, units: usize, round: usize) {
    for number in (0..units).skip(1).step_by(10) {
        let slug = format!("service-{number}");
        let found =
            client.json(&format!("/space/{base}/unit?where={}", client::encoded(&format!("Slug = '{slug}'")))).await;
        let id = found[0]["Unit"]["UnitID"].as_str().expect("an id");
        let patch = json!({"Data": STANDARD.encode(manifest(&slug, round + 2))});
        client.timed("PATCH", &format!("/space/{base}/unit/{id}"), Some(patch)).await;
    }
}

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

/// A workload and its service, as the tutorials' units are.
fn manifest(name: &str, replicas: usize) -> String {
    let mut environment = String::new();
    for number in 0..8 {
        writeln!(environment, "            - name: SETTING_{number}\n              value: value-{number}")
            .expect("text");
    }
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: confighubplaceholder
  labels:
    app: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
        - name: main
          image: registry.example/{name}:v1
          ports:
            - containerPort: 8080
          env:
{environment}          resources:
            requests:
              cpu: 100m
              memory: 128Mi
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: confighubplaceholder
spec:
  selector:
    app: {name}
  ports:
    - port: 80
      targetPort: 8080
"
    )
}

/// The exponent with which each operation's time grew.
fn growth(results: &[(usize, Vec<(&'static str, Duration)>)]) {
    let (Some((small, first)), Some((large, last))) = (results.first(), results.last()) else { return };
    if small == large {
        return;
    }
    println!("growth from {small} to {large} units, as the exponent of n");
    for ((name, short), (_, long)) in first.iter().zip(last) {
        let exponent = (long.as_secs_f64() / short.as_secs_f64()).ln() / (*large as f64 / *small as f64).ln();
        println!("  {name:<42} {exponent:>5.2}");
    }
}
