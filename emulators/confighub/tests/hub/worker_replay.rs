//! The recorded runs of the real worker against the hub's side of the stream.
//!
//! The test plays the worker: it connects, must be sent what the recording's hub sent, and reports what
//! was recorded, in the recorded order. The end of each run is in the snapshot. Where the recording's
//! hub answered something else than 200 it failed on purpose: that report is not delivered here.
//! Where it sent a unit's next operation before the worker was through with the step of the former
//! one, this hub does not yet: reports on it wait until it has been sent.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use stagegate_simulation::Busy;

use crate::client::{Bench, base64, text};
use crate::shared::data;
use crate::worker::{Stream, Worker};
use crate::worker_recording::{Moment, Recording};

/// Runs that are not replayed, and why.
const NOT_REPLAYED: &[(&str, &str)] = &[
    ("0", "the conventions"),
    ("1f", "the worker ends before it asks the hub for anything"),
    ("1g", "no hub listens"),
    ("1h", "the hub refuses on purpose; see the test of worker endpoints for what it refuses"),
    ("1i", "the hub refuses on purpose"),
    ("1j", "the worker ends before it asks the hub for anything"),
    ("1k", "the worker ends before it asks the hub for anything"),
    ("6a", "this hub takes no data that cannot be read"),
    ("9f", "this hub takes no data that cannot be read"),
    ("10c", "the API takes a list of resources only"),
    ("10f", "this hub makes filters of a clause, which the worker does not look at"),
    ("11", "no operation of the API queues a Finalize"),
    ("12b", "about the framing of lines that the recording's hub wrote"),
    ("13d", "the events are only described"),
    ("18e", "this hub takes no parameters that are not JSON"),
    ("14h", "five operations of one unit sent ahead, then the stream ended; this hub sends the next in its turn"),
];

/// A hub that the recorded worker is connected to.
struct Play {
    bench: Bench,
    space: String,
    worker: Worker,
    stream: Option<Stream>,
    /// Paths of units here by recorded id, in order.
    units: BTreeMap<String, String>,
    /// Operations here by recorded id: unit path, own id, what was recorded of the event, whether it was sent.
    operations: Vec<(String, String, Json, Json, bool)>,
    _still: Busy,
}

#[tokio::test]
async fn the_real_workers_runs_are_answered_as_recorded() {
    let Some(runs) = data("the_real_workers_runs_are_answered_as_recorded", "recorded-worker-runs.json") else {
        return;
    };
    let runs: Vec<Recording<'_>> = runs.as_array().unwrap().iter().map(Recording).collect();
    let mut ends = String::new();
    let mut replayed = 0;
    for run in &runs {
        if let Some((_, reason)) = NOT_REPLAYED.iter().find(|(case, _)| *case == run.case()) {
            ends += &format!("{}: not replayed: {reason}\n", run.case());
            continue;
        }
        let mut play = Play::start(run).await;
        if run.case() == "14g" {
            // The second process of run 14b.
            play.run(runs.iter().find(|run| run.case() == "14b").unwrap()).await;
            // It announces the target as it was; the one of the recording had other parameters.
            play.stream = Some(play.worker.connect_with(&play.bench, &json!({})).await);
            play.operations[0].4 = false;
            play.receive(run).await;
        }
        play.run(run).await;
        replayed += 1;
        ends += &format!("{}: {}\n", run.case(), play.end().await);
    }
    assert_eq!(replayed + NOT_REPLAYED.len(), runs.len(), "every run is replayed or listed");
    insta::assert_snapshot!(format!("{replayed} of {} runs replayed\n{ends}", runs.len()));
}

impl Play {
    async fn start(run: &Recording<'_>) -> Self {
        let bench = Bench::start().await;
        let space = bench.space("p").await;
        let worker = Worker::create_named(&bench, &space, "tut-worker").await;
        let still = bench.clock.busy();
        assert_eq!(worker.me(&bench).await.1["Slug"], "tut-worker");
        let stream = match run.announced() {
            Some(info) => worker.connect_with(&bench, &info).await,
            None => worker.connect(&bench).await,
        };
        Self {
            bench,
            space,
            worker,
            stream: Some(stream),
            units: BTreeMap::new(),
            operations: Vec::new(),
            _still: still,
        }
    }

    /// Plays all moments of a run.
    async fn run(&mut self, run: &Recording<'_>) {
        let mut early: Vec<Json> = Vec::new();
        for moment in run.moments() {
            match moment {
                Moment::Sent(action, payload) => self.queue(run, &action, &payload).await,
                Moment::Lost => self.stream = None,
                Moment::Reported(_, answered) if answered != 200 => {}
                Moment::Reported(body, _) => early.push(body),
            }
            self.receive(run).await;
            // Reports on what is sent by now, and then on what that has set free.
            while let Some(place) = early.iter().position(|body| self.was_sent(body)) {
                let body = early.remove(place);
                self.report(run, &body).await;
                self.receive(run).await;
            }
        }
        assert!(early.is_empty(), "{}: never sent: {early:?}", run.case());
    }

    /// Does what leads to an event: brings the unit to its state, and asks for the action.
    async fn queue(&mut self, run: &Recording<'_>, action: &str, payload: &Json) {
        let recorded = text(&payload["QueuedOperationID"]);
        if !["Apply", "Destroy", "Refresh", "Import"].contains(&action)
            || self.operations.iter().any(|operation| operation.0 == recorded)
        {
            // No hub sends it (runs 18k, 18n), or it was queued by the run before (run 14g).
            return;
        }
        let unit = self.unit(action, payload).await;
        let request = match action {
            "Import" if payload["Data"].is_string() => json!({"ResourceInfoList": decoded(&payload["Data"])}),
            "Import" => decoded(&payload["ExtraParams"]),
            _ => Json::Null,
        };
        let operation = self.bench.created(&format!("{unit}/{}", action.to_lowercase()), request).await;
        let own = text(&operation["QueuedOperationID"]);
        let mut expected = payload.clone();
        expected["Action"] = json!(action);
        assert_eq!(operation["RevisionNum"], payload["RevisionNum"], "{}", run.case());
        self.operations.push((recorded, own, json!(unit), expected, false));
    }

    /// The unit of an event, with the data, revision, target and live state that the event shows.
    async fn unit(&mut self, action: &str, payload: &Json) -> String {
        let recorded = text(&payload["UnitID"]);
        let empty = json!("");
        let wanted = if action == "Import" || payload["Data"].is_null() { &empty } else { &payload["Data"] };
        let number = payload["RevisionNum"].as_i64().unwrap();
        let unit = if let Some(unit) = self.units.get(&recorded) {
            unit.clone()
        } else {
            let first = if number == 1 { wanted.clone() } else { json!(base64("# revision 1\n")) };
            let body = json!({"Slug": payload["UnitSlug"], "ToolchainType": payload["ToolchainType"], "Data": first});
            let unit = self.bench.created(&format!("/space/{}/unit", self.space), body).await;
            let unit = format!("/space/{}/unit/{}", self.space, text(&unit["UnitID"]));
            self.units.insert(recorded, unit.clone());
            unit
        };
        let (_, present) = self.bench.get(&unit).await;
        for revision in present["Unit"]["HeadRevisionNum"].as_i64().unwrap() + 1..=number {
            let filler = json!(base64(&format!("# revision {revision}\n")));
            let data = if revision == number { wanted } else { &filler };
            let (status, answer) = self.bench.patch(&unit, json!({"Data": data})).await;
            assert_eq!(status, 200, "{payload}: {answer}");
        }
        let (_, targets) = self.bench.get("/target").await;
        let target = &targets[0]["Target"];
        let path = format!("/space/{}/target/{}", self.space, text(&target["TargetID"]));
        let parameters = payload["TargetParams"].as_str().map(|params| STANDARD.decode(params).unwrap());
        let parameters = String::from_utf8(parameters.unwrap_or_default()).unwrap();
        let change = json!({"Parameters": parameters, "ProviderType": payload["ProviderType"]});
        let (status, answer) = self.bench.patch(&path, change).await;
        assert_eq!(status, 200, "{payload}: {answer}");
        self.bench.patch(&unit, json!({"TargetID": target["TargetID"]})).await;
        if present["Unit"]["LiveState"] == "" && payload["LiveState"].as_str().is_some_and(|state| !state.is_empty()) {
            self.apply(&unit, &payload["LiveState"]).await;
        }
        unit
    }

    /// An apply before the run began.
    async fn apply(&mut self, unit: &str, live_state: &Json) {
        self.bench.created(&format!("{unit}/apply"), Json::Null).await;
        let event = self.stream.as_mut().unwrap().next().await.unwrap();
        let done = json!({"LiveState": live_state});
        assert_eq!(self.worker.report(&self.bench, &event, "Completed", "ApplyCompleted", done).await.0, 200);
    }

    /// Takes every event that the hub has sent by now; each must be the recorded one.
    async fn receive(&mut self, run: &Recording<'_>) {
        for (_, own, unit, expected, sent) in &mut self.operations {
            let Some(stream) = self.stream.as_mut().filter(|_| !*sent) else { continue };
            let path = format!("{}/unit_action/{own}", unit.as_str().unwrap());
            if self.bench.get(&path).await.1["Status"] != "Delivered" {
                continue;
            }
            let event = stream.next().await.unwrap();
            *sent = true;
            let payload = &event["Data"]["Payload"];
            assert_eq!(event["Event"], "BridgeWorkerEvent");
            assert_eq!((&event["Data"]["Action"], &payload["QueuedOperationID"]), (&expected["Action"], &json!(own)));
            for field in ["ToolchainType", "ProviderType", "Data", "LiveState", "RevisionNum"] {
                assert_eq!(filled(&payload[field]), filled(&expected[field]), "{}: {field}", run.case());
            }
            for field in ["TargetParams", "ExtraParams"] {
                assert_eq!(parameters(&payload[field]), parameters(&expected[field]), "{}: {field}", run.case());
            }
        }
    }

    fn was_sent(&self, body: &Json) -> bool {
        let operation = self.operations.iter().find(|operation| body["QueuedOperationID"] == operation.0);
        operation.is_none_or(|operation| operation.4)
    }

    /// Reports what was recorded, with this hub's ids.
    async fn report(&mut self, run: &Recording<'_>, recorded: &Json) {
        let mut body = recorded.clone();
        if let Some(operation) = self.operations.iter().find(|operation| recorded["QueuedOperationID"] == operation.0) {
            let unit = operation.2.as_str().unwrap();
            body["QueuedOperationID"] = json!(operation.1);
            body["UnitID"] = json!(unit.rsplit('/').next().unwrap());
            body["SpaceID"] = json!(self.space);
        }
        let answer = self.worker.post_result(&self.bench, &body).await;
        assert_eq!(answer.0, 200, "{}: {}: {body}: {}", run.case(), run.description(), answer.1);
    }

    /// How it ended: states of operations, the units, the worker.
    async fn end(&self) -> String {
        let mut parts = Vec::new();
        for (_, own, unit, ..) in &self.operations {
            let (_, action) = self.bench.get(&format!("{}/unit_action/{own}", unit.as_str().unwrap())).await;
            parts.push(format!("{} {}", text(&action["Action"]), text(&action["Status"])));
        }
        for path in self.units.values() {
            let (_, unit) = self.bench.get(&format!("{path}?include=UnitEventID")).await;
            let (unit, status, event) = (&unit["Unit"], &unit["UnitStatus"], &unit["LatestUnitEvent"]);
            let state = if unit["LiveState"] == "" { "no live state" } else { "live state" };
            let drift = if status["Drift"] == "" { String::new() } else { format!(", {}", text(&status["Drift"])) };
            parts.push(format!(
                "unit {} {}: head {}, live {}, {state}{drift}",
                text(&status["Status"]),
                text(&event["Result"]),
                unit["HeadRevisionNum"],
                unit["LiveRevisionNum"],
            ));
        }
        let (_, targets) = self.bench.get("/target").await;
        if self.operations.is_empty() {
            let targets = targets.as_array().unwrap();
            parts.extend(targets.iter().map(|target| format!("target {}", text(&target["Target"]["Slug"]))));
            let (_, workers) = self.bench.get("/bridge_worker").await;
            let worker = &workers[0]["BridgeWorker"];
            parts.push(format!("worker {} {}", text(&worker["Condition"]), text(&worker["LastMessage"])));
        }
        parts.join("; ")
    }
}

/// Empty and null are the same to the worker.
fn filled(field: &Json) -> Option<&Json> {
    Some(field).filter(|field| !field.is_null() && **field != "")
}

/// Parameters: JSON, or text that was meant to be.
fn parameters(field: &Json) -> Option<Json> {
    let bytes = STANDARD.decode(filled(field)?.as_str()?).unwrap();
    let mut parsed = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
    if let Some(fields) = parsed.as_object_mut() {
        fields.retain(|_, value| *value != json!({}));
    }
    Some(parsed)
}

fn decoded(field: &Json) -> Json {
    serde_json::from_slice(&STANDARD.decode(field.as_str().unwrap()).unwrap()).unwrap()
}
