//! The same seed and the same requests give the same answers, to the byte.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value as Json, json};
use stagegate_confighub::Options;

use crate::client::{Bench, base64, text};
use crate::worker::Worker;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n  namespace: \
    confighubplaceholder\nspec:\n  replicas: 1\n";

/// Sends requests and keeps every answer whole: status, headers, body.
pub(crate) struct Transcript<'a> {
    bench: &'a Bench,
    pub(crate) text: String,
}

impl<'a> Transcript<'a> {
    pub(crate) fn of(bench: &'a Bench) -> Self {
        Self { bench, text: String::new() }
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<Json>) -> Json {
        let mut request = self.bench.request(method.clone(), path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let _in_flight = self.bench.clock.busy();
        let response = request.send().await.unwrap();
        writeln!(self.text, "{method} {path}: {}", response.status()).unwrap();
        for (name, value) in response.headers() {
            // The wall's time, which hyper writes.
            if name != "date" {
                writeln!(self.text, "  {name}: {}", value.to_str().unwrap()).unwrap();
            }
        }
        let body = response.text().await.unwrap();
        writeln!(self.text, "  {body}").unwrap();
        serde_json::from_str(&body).unwrap_or(Json::Null)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Json {
        self.send(Method::GET, path, None).await
    }

    async fn post(&mut self, path: &str, body: Json) -> Json {
        self.send(Method::POST, path, Some(body)).await
    }
}

/// A session that touches every kind of thing; gives every answer.
pub(crate) async fn session(bench: &Bench) -> String {
    let mut hub = Transcript::of(bench);
    let base = text(&hub.post("/space", json!({"Slug": "base", "Labels": {"tier": "a"}})).await["SpaceID"]);
    let prod = text(&hub.post("/space", json!({"Slug": "prod"})).await["SpaceID"]);
    let unit = json!({"Slug": "api", "ToolchainType": "Kubernetes/YAML", "Data": base64(DEPLOYMENT)});
    let api = text(&hub.post(&format!("/space/{base}/unit"), unit).await["UnitID"]);
    let namespace = base64("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n");
    let unit = json!({"Slug": "ns", "ToolchainType": "Kubernetes/YAML", "Data": namespace});
    let ns = text(&hub.post(&format!("/space/{base}/unit"), unit).await["UnitID"]);
    hub.post(
        &format!("/space/{base}/link"),
        json!({"Slug": "-", "FromUnitID": api, "ToUnitID": ns, "ToSpaceID": base}),
    )
    .await;
    hub.post(&format!("/unit?where=SpaceID%20%3D%20'{base}'&where_space=Slug%20%3D%20'prod'"), json!({})).await;
    let replicas = json!({"FunctionInvocations": [
        {"FunctionName": "set-replicas", "Arguments": [{"ParameterName": "replicas", "Value": 3}]}
    ]});
    hub.post(&format!("/space/{base}/function/invoke?where=Slug%20%3D%20'api'"), replicas).await;
    hub.send(Method::PATCH, &format!("/unit?upgrade=true&where=SpaceID%20%3D%20'{prod}'"), Some(Json::Null)).await;
    for (family, body) in [
        ("filter", json!({"Slug": "f", "From": "Unit", "Where": "Slug = 'api'"})),
        ("set", json!({"Slug": "s"})),
        ("tag", json!({"Slug": "t"})),
        ("change_set", json!({"Slug": "c", "Description": "d"})),
        (
            "invocation",
            json!({"Slug": "i", "ToolchainType": "Kubernetes/YAML", "FunctionName": "set-replicas", "Arguments": []}),
        ),
        (
            "trigger",
            json!({"Slug": "g", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML", "FunctionName": "is-approved", "Validating": true}),
        ),
    ] {
        hub.post(&format!("/space/{prod}/{family}"), body).await;
    }
    hub.post(&format!("/space/{base}/unit"), json!({"Slug": "bad/slug", "ToolchainType": "Kubernetes/YAML"})).await;
    let worker = Worker::create(bench, &base).await;
    let busy = bench.clock.busy();
    let mut stream = worker.connect(bench).await;
    let target = hub.get("/target").await[0]["Target"]["TargetID"].clone();
    hub.send(Method::PATCH, &format!("/space/{base}/unit/{ns}"), Some(json!({"TargetID": target}))).await;
    hub.post(&format!("/space/{base}/unit/{ns}/apply"), json!(null)).await;
    let event = stream.next().await.unwrap();
    writeln!(hub.text, "event {event}").unwrap();
    let done =
        worker.report(bench, &event, "Completed", "ApplyCompleted", json!({"LiveState": base64("a: 1\n")})).await;
    writeln!(hub.text, "result {done:?}").unwrap();
    reads(&mut hub).await;
    drop(busy);
    hub.text
}

/// Every list there is, and what hangs below each unit.
pub(crate) async fn reads(hub: &mut Transcript<'_>) {
    for family in [
        "space?summary=true",
        "unit?include=UnitEventID,TargetID,UpstreamUnitID,SpaceID,HeadRevisionNum,HeadMutationNum",
        "link",
        "target",
        "bridge_worker",
        "filter",
        "view",
        "trigger",
        "change_set",
        "tag",
        "invocation",
        "user",
        "organization",
        "me",
    ] {
        hub.get(&format!("/{family}")).await;
    }
    let units = hub.get("/unit").await;
    for unit in units.as_array().unwrap() {
        let (space, unit) = (text(&unit["Unit"]["SpaceID"]), text(&unit["Unit"]["UnitID"]));
        let path = format!("/space/{space}/unit/{unit}");
        hub.get(&path).await;
        for part in [
            "extended",
            "live-state",
            "revision?include=UserID",
            "mutation?include=RevisionID,LinkID,TriggerID",
            "unit_event",
        ] {
            hub.get(&format!("{path}/{part}")).await;
        }
        for revision in hub.get(&format!("{path}/revision")).await.as_array().unwrap() {
            hub.get(&format!("{path}/revision/{}/data", text(&revision["Revision"]["RevisionID"]))).await;
        }
    }
}

#[tokio::test]
async fn two_sessions_with_one_seed_are_the_same_to_the_byte() {
    let (first, second) = (Bench::start().await, Bench::start().await);
    let (answers, again) = (session(&first).await, session(&second).await);
    assert!(answers.len() > 10_000, "the session says next to nothing: {answers}");
    assert_eq!(answers, again);
    assert_eq!(first.hub.token(), second.hub.token());
    for bench in [&first, &second] {
        while bench.get("/bridge_worker").await.1[0]["BridgeWorker"]["Condition"] != "Disconnected" {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(first.changes(), second.changes());
    assert_eq!(*first.recorder.secrets.lock().unwrap(), *second.recorder.secrets.lock().unwrap());
}

#[tokio::test]
async fn another_seed_gives_other_ids() {
    let (first, second) = (Bench::start().await, Bench::start_with_seed(2, Options::default()).await);
    assert_ne!(session(&first).await, session(&second).await);
    assert_ne!(first.hub.token(), second.hub.token());
}

/// Only writes draw ids of entities, so reads that come in between change nothing but request ids.
#[tokio::test]
async fn reads_in_between_change_no_answer() {
    let (quiet, busy) = (Bench::start().await, Bench::start().await);
    let alone = session(&quiet).await;
    let ended = std::sync::atomic::AtomicBool::new(false);
    let reader = async {
        while !ended.load(std::sync::atomic::Ordering::SeqCst) {
            busy.get("/unit?include=SpaceID").await;
        }
    };
    let writer = async {
        let answers = session(&busy).await;
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
        answers
    };
    let (disturbed, ()) = tokio::join!(writer, reader);
    let without_request_ids =
        |text: &str| text.lines().filter(|line| !line.starts_with("  x-request-id")).collect::<Vec<_>>().join("\n");
    assert_eq!(without_request_ids(&alone), without_request_ids(&disturbed));
}

/// Writes to different spaces at once: each space's own entities come out as if it had been alone.
#[tokio::test]
async fn writes_that_do_not_meet_keep_their_order_within_a_space() {
    let bench = Bench::start().await;
    let spaces = [bench.space("a").await, bench.space("b").await];
    let fill = async |space: &str| {
        for number in 0..20 {
            bench.unit(space, &format!("u{number}"), "a: 1\n").await;
        }
    };
    tokio::join!(fill(&spaces[0]), fill(&spaces[1]));
    for space in &spaces {
        let (_, units) = bench.get(&format!("/space/{space}/unit")).await;
        let slugs: Vec<String> = units.as_array().unwrap().iter().map(|unit| text(&unit["Unit"]["Slug"])).collect();
        assert_eq!(slugs, (0..20).map(|number| format!("u{number}")).collect::<Vec<_>>());
    }
}
