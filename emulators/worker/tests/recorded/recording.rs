//! The recordings: events that were sent and reports that came back.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) case: String,
    pub(crate) description: String,
    manifest: Option<String>,
    events_sent: Vec<Value>,
    results_received: Vec<Value>,
}

pub(crate) struct Event {
    pub(crate) at: Duration,
    pub(crate) line: String,
}

impl Run {
    /// The events as the hub writes them into the stream.
    /// A live state in them is replaced by the one last reported here for the unit: the hub sends back what it got.
    pub(crate) fn events(&self, reported: &HashMap<String, String>) -> Vec<Event> {
        let sent = self.events_sent.iter().filter(|event| event["Event"].is_string());
        sent.map(|event| {
            let mut data = event["Data"].clone();
            let payload = &mut data["Payload"];
            for field in ["Data", "LiveState", "TargetParams", "ExtraParams"] {
                payload[field] = self.bytes(&payload[field]);
            }
            let known = reported.get(payload["UnitID"].as_str().unwrap_or_default());
            if let (false, Some(state)) = (payload["LiveState"].is_null(), known) {
                payload["LiveState"] = state.clone().into();
            }
            let line = serde_json::json!({"Event": event["Event"], "Data": data}).to_string();
            Event { at: millis(&event["at_ms"]), line }
        })
        .collect()
    }

    /// A byte field: shown decoded in the recordings, base64 on the wire.
    fn bytes(&self, shown: &Value) -> Value {
        let text = match shown {
            Value::Null => return Value::Null,
            Value::String(text) if text == "<manifest>" => self.manifest.clone().unwrap_or_default(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        STANDARD.encode(text).into()
    }

    pub(crate) fn results(&self) -> &[Value] {
        &self.results_received
    }

    /// The operations it is about.
    pub(crate) fn operations(&self) -> Vec<Value> {
        self.results_received.iter().map(|result| result["body"]["QueuedOperationID"].clone()).collect()
    }

    /// The statuses the hub answered the reports with, in order.
    pub(crate) fn answers(&self) -> Vec<u16> {
        let answered = self.results_received.iter().map(|result| result["answered"].as_u64().unwrap_or(200));
        answered.map(|status| u16::try_from(status).unwrap()).collect()
    }

    pub(crate) fn last_report(&self) -> Duration {
        self.results_received.last().map_or(Duration::ZERO, |result| millis(&result["after_ms"]))
    }
}

pub(crate) fn millis(value: &Value) -> Duration {
    Duration::from_millis(value.as_u64().unwrap_or_default())
}

/// The recordings, or `None` with a note where there are none.
pub(crate) fn load(test: &str) -> Option<Vec<Run>> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("STAGEGATE_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    let Ok(recorded) = std::fs::read_to_string(shared.join("data/recorded-worker-runs.json")) else {
        println!("skipped: {test}: no shared data at {}", shared.display());
        return None;
    };
    Some(serde_json::from_str(&recorded).expect("the recordings are JSON"))
}
