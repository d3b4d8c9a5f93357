//! A unit on the target of a connected worker.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, text};
use crate::worker::{Stream, Worker};

/// A hub with a unit on the target of a connected worker, whose clock stands still.
pub(crate) struct Stage {
    pub(crate) bench: Bench,
    pub(crate) worker: Worker,
    pub(crate) stream: Stream,
    pub(crate) unit: String,
    still: Option<stagegate_simulation::Busy>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let bench = Bench::start().await;
        let space = bench.space("p").await;
        let worker = Worker::create(&bench, &space).await;
        let still = bench.clock.busy();
        let stream = worker.connect(&bench).await;
        let unit = bench.unit(&space, "u", "a: 1\n").await;
        let target = bench.get("/target").await.1[0]["Target"]["TargetID"].clone();
        bench.patch(&unit, json!({"TargetID": target})).await;
        bench.changes();
        Self { bench, worker, stream, unit, still: Some(still) }
    }

    /// Lets the clock run from now on.
    pub(crate) fn let_time_pass(&mut self) {
        self.still = None;
    }

    /// Another process of the worker connects.
    pub(crate) async fn reconnect(&mut self) {
        self.stream = self.worker.connect(&self.bench).await;
    }

    /// Queues an action and gives the event that the worker gets.
    pub(crate) async fn act(&mut self, action: &str) -> Json {
        let (status, operation) = self.bench.post(&format!("{}/{action}", self.unit), Json::Null).await;
        assert_eq!(status, 200, "{operation}");
        let event = self.stream.next().await.unwrap();
        assert_eq!(event["Data"]["Payload"]["QueuedOperationID"], operation["QueuedOperationID"]);
        event
    }

    /// The worker is through with its step and waits for the cluster.
    pub(crate) async fn waits(&self, event: &Json) {
        let message = json!({"Message": "Waiting for the applied resources..."});
        self.report(event, "Progressing", "None", message).await;
    }

    pub(crate) async fn report(&self, event: &Json, status: &str, result: &str, more: Json) {
        let answer = self.worker.report(&self.bench, event, status, result, more).await;
        assert_eq!(answer, (200, json!("ok")));
    }

    pub(crate) async fn live(&self) -> (i64, i64, String) {
        let (_, unit) = self.bench.get(&self.unit).await;
        let number = |field: &str| unit["Unit"][field].as_i64().unwrap();
        (number("LiveRevisionNum"), number("LastAppliedRevisionNum"), text(&unit["Unit"]["LiveState"]))
    }

    pub(crate) async fn latest(&self) -> (Json, Json) {
        let (_, unit) = self.bench.get(&format!("{}?include=UnitEventID", self.unit)).await;
        (unit["LatestUnitEvent"]["Status"].clone(), unit["UnitStatus"]["Status"].clone())
    }

    pub(crate) async fn revise(&self, data: &str) {
        self.bench.patch(&self.unit, json!({"Data": base64(data)})).await;
    }

    /// Queues an action that is not sent yet.
    pub(crate) async fn queue(&self, action: &str) -> Json {
        let (status, operation) = self.bench.post(&format!("{}/{action}", self.unit), Json::Null).await;
        assert_eq!((status, &operation["Status"]), (200, &json!("Pending")), "{operation}");
        operation
    }

    /// The states of the unit's operations, in the order in which they were queued.
    pub(crate) async fn states(&self) -> Vec<String> {
        let (_, actions) = self.bench.get(&format!("{}/unit_action", self.unit)).await;
        actions
            .as_array()
            .unwrap()
            .iter()
            .map(|action| format!("{} {}", text(&action["Action"]), text(&action["Status"])))
            .collect()
    }

    /// The messages of the events of an operation.
    pub(crate) async fn messages(&self, operation: &Json) -> Vec<String> {
        let clause = format!("QueuedOperationID='{}'", text(&operation["QueuedOperationID"]));
        let (_, events) = self.bench.list(&format!("{}/unit_event", self.unit), &clause).await;
        events.as_array().unwrap().iter().map(|event| text(&event["Message"])).collect()
    }
}
