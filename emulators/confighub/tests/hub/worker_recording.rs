//! Recorded runs of the real worker, as the hub's side of the stream needs them.

use serde_json::{Value as Json, json};

use crate::client::base64;

/// One recorded run.
pub(crate) struct Recording<'a>(pub(crate) &'a Json);

/// Something that happened in a run, in order of time.
#[derive(Debug, Clone)]
pub(crate) enum Moment {
    /// The hub sent an operation: its action and payload, byte fields as on the wire.
    Sent(String, Json),
    /// The worker reported, with the body as on the wire; the hub answered.
    Reported(Json, u64),
    /// The stream or the worker was gone.
    Lost,
}

impl Recording<'_> {
    pub(crate) fn case(&self) -> &str {
        self.0["case"].as_str().unwrap()
    }

    pub(crate) fn description(&self) -> &str {
        self.0["description"].as_str().unwrap()
    }

    /// All moments. What happened in the same millisecond was sent before it was reported on.
    pub(crate) fn moments(&self) -> Vec<Moment> {
        let mut moments: Vec<(u64, u8, Moment)> = Vec::new();
        for event in self.0["events_sent"].as_array().unwrap() {
            let at = event["at_ms"].as_u64().unwrap_or_default();
            let stub = event["stub"].as_str().unwrap_or_default();
            if event["Event"] == "BridgeWorkerEvent" {
                let mut payload = event["Data"]["Payload"].clone();
                for field in ["Data", "LiveState", "TargetParams", "ExtraParams"] {
                    payload[field] = self.bytes(&payload[field]);
                }
                let action = event["Data"]["Action"].as_str().unwrap().to_owned();
                moments.push((at, 0, Moment::Sent(action, payload)));
            } else if ["ended", "destroyed", "RST", "SIGTERM", "black hole"].iter().any(|mark| stub.contains(mark)) {
                moments.push((at, 1, Moment::Lost));
            }
        }
        for result in self.0["results_received"].as_array().unwrap() {
            let mut body = result["body"].clone();
            for field in ["Data", "LiveState", "Outputs"] {
                if body.get(field).is_some() {
                    body[field] = self.bytes(&body[field]);
                }
            }
            let answered = result["answered"].as_u64().unwrap_or(200);
            moments.push((result["after_ms"].as_u64().unwrap(), 2, Moment::Reported(body, answered)));
        }
        moments.sort_by_key(|(at, order, _)| (*at, *order));
        moments.into_iter().map(|(_, _, moment)| moment).collect()
    }

    /// What the worker said of itself when it connected.
    pub(crate) fn announced(&self) -> Option<Json> {
        let requests = self.0["requests_received"].as_array()?;
        let opened = requests.iter().find(|request| request["body"].is_object() && request["answered"] == 200)?;
        Some(json!({"BridgeWorkerInfo": opened["body"]["BridgeWorkerInfo"]}))
    }

    /// A byte field: shown decoded in the recordings, base64 on the wire.
    fn bytes(&self, shown: &Json) -> Json {
        match shown {
            Json::Null => Json::Null,
            Json::String(text) if text == "<manifest>" => {
                json!(base64(self.0["manifest"].as_str().unwrap_or_default()))
            }
            Json::String(text) => json!(base64(text)),
            other => json!(base64(&other.to_string())),
        }
    }
}
