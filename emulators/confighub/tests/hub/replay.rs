//! The real client's recorded requests, replayed in order.
//!
//! Recorded ids are mapped to this hub's as they appear in answers. The recording side was a stub,
//! so what is compared is the status and, for entities, the fields that the client reads.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::client::{Bench, text};
use crate::contract::CONTRACT;
use crate::shared::data;

/// Requests whose status differs from the stub's, by their run, with the reason.
const KNOWN_DIFFERENCES: &[(&str, &str, &str)] = &[
    ("cub space create p-traderx", "POST", "the stub said 409, which the description does not declare there: 400"),
    ("unit list --space p-traderx --where \"Data", "GET", "Data is no attribute: 400"),
    ("unit apply --space p-traderx --where '*'", "POST", "`*` is no clause: 400"),
    ("cub link delete l1", "DELETE", "the unit it led to was deleted just before and took it along: 404"),
];

struct Replay {
    bench: Bench,
    /// Recorded ids, and this hub's.
    ids: BTreeMap<String, String>,
    /// The recorded worker's id and secret here.
    worker: Option<(String, String)>,
    replayed: usize,
    different: Vec<String>,
}

#[tokio::test]
async fn the_real_clients_requests_are_answered_as_recorded() {
    let Some(runs) = data("the_real_clients_requests_are_answered_as_recorded", "recorded-cub-requests.json") else {
        return;
    };
    let mut replay =
        Replay { bench: Bench::start().await, ids: BTreeMap::new(), worker: None, replayed: 0, different: Vec::new() };
    for run in runs.as_array().unwrap() {
        for pair in run["reqs"].as_array().unwrap().chunks(2) {
            if let [request, response] = pair
                && request["p"].as_str().unwrap().starts_with("/api")
            {
                replay.exchange(run, request, response).await;
            }
        }
    }
    insta::assert_snapshot!(format!("{} requests replayed\n{}", replay.replayed, replay.different.join("\n")));
}

impl Replay {
    async fn exchange(&mut self, run: &Json, request: &Json, response: &Json) {
        let command = run["cmd"].as_str().unwrap();
        let method = Method::from_bytes(request["m"].as_str().unwrap().as_bytes()).unwrap();
        let path = self.mapped(request["p"].as_str().unwrap());
        let path = path.strip_prefix("/api").unwrap();
        let query: Vec<(String, String)> = request["q"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), self.mapped(value.as_str().unwrap())))
            .collect();
        let mut sent = self.bench.request(method.clone(), path).query(&query);
        let mut body = self.mapped(request["body"].as_str().unwrap());
        if !body.is_empty() {
            let content_type = request["h"]["Content-Type"].as_str().unwrap();
            body = self.as_sent(&method, path, command, body).await;
            sent = sent.header("content-type", content_type).body(body.clone());
        }
        if let Some(contract) = CONTRACT.as_ref() {
            let body = serde_json::from_str(&body).unwrap_or_default();
            let errors = contract.request_errors(method.as_str(), path, &query, &body);
            assert!(errors.is_empty(), "{command}: {method} {path}: {errors:?}");
        }
        let (status, answer) = self.bench.send(sent).await;
        self.replayed += 1;
        let printed = if method == Method::POST { run["out"].as_str().unwrap() } else { "" };
        self.learn(response["resp"].as_str().unwrap(), printed, &answer);
        if path.ends_with("/bridge_worker") && method == Method::POST {
            self.worker = Some((text(&answer["BridgeWorkerID"]), text(&answer["Secret"])));
        }
        self.complete(&answer).await;
        if u64::from(status) == response["status"].as_u64().unwrap() {
            check_shape(command, path, &answer);
            return;
        }
        let known = KNOWN_DIFFERENCES
            .iter()
            .find(|(mark, verb, _)| *verb == method.as_str() && (command.contains(mark) || path.contains(mark)));
        let (_, _, reason) = known.unwrap_or_else(|| panic!("{command}\n{method} {path} {query:?}: {status} {answer}"));
        self.different.push(format!("{command}: {method} {status}: {reason}"));
    }

    /// Completes what was queued at once, as the stub did: this is the worker's part.
    async fn complete(&self, answer: &Json) {
        let Some((worker, secret)) = &self.worker else { return };
        let url = format!("{}/api/bridge_worker/{worker}/action_result", self.bench.hub.url());
        let items = answer.as_array().cloned().unwrap_or_else(|| vec![json!({"Action": answer})]);
        for operation in
            items.iter().map(|item| &item["Action"]).filter(|action| action["QueuedOperationID"].is_string())
        {
            let action = text(&operation["Action"]);
            let result =
                if action == "Refresh" { "RefreshAndNoDrift".to_owned() } else { format!("{action}Completed") };
            let mut report = operation.clone();
            report["Status"] = json!("Completed");
            report["Result"] = json!(result);
            let sent = self.bench.http.post(&url).bearer_auth(secret).json(&report);
            assert_eq!(self.bench.send(sent).await, (200, json!("ok")));
        }
    }

    fn mapped(&self, recorded: &str) -> String {
        self.ids.iter().fold(recorded.to_owned(), |mapped, (recorded, ours)| mapped.replace(recorded, ours))
    }

    /// The body as the client would have sent it here: a PUT is what it has just read with its
    /// changes, and where the recording cut a long body off, the rest comes from the command.
    async fn as_sent(&self, method: &Method, path: &str, command: &str, recorded: String) -> String {
        let parsed: Option<Json> = serde_json::from_str(&recorded).ok();
        if *method == Method::PUT {
            let read = self.bench.get(path).await.1;
            let mut entity =
                read.as_object().unwrap().values().find(|part| part.get("Version").is_some()).unwrap().clone();
            match parsed {
                Some(body) => entity["Labels"] = body["Labels"].clone(),
                None => entity["Data"] = cut_data(&recorded),
            }
            return entity.to_string();
        }
        if parsed.is_some() {
            return recorded;
        }
        let words: Vec<&str> = command.split(' ').collect();
        let slug = words[words.iter().position(|word| *word == "--space").unwrap() + 2];
        let mut labels = json!({});
        for pair in words.windows(2).filter(|pair| pair[0] == "--label") {
            let (key, value) = pair[1].split_once('=').unwrap();
            labels[key] = json!(value);
        }
        json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML", "Labels": labels, "Data": cut_data(&recorded)})
            .to_string()
    }

    /// Pairs recorded ids with ours, from the answer (cut short in the recording) and from what the
    /// client printed on success.
    fn learn(&mut self, recorded: &str, printed: &str, ours: &Json) {
        let first = ours.as_array().map_or(ours, |items| items.first().unwrap_or(&Json::Null));
        let nested = first.as_object().into_iter().flat_map(|fields| fields.values());
        for entity in std::iter::once(first).chain(nested) {
            let kind = entity.get("EntityType").and_then(Json::as_str).unwrap_or("QueuedOperation");
            let key = format!("{kind}ID");
            let Some(id) = entity.get(&key).and_then(Json::as_str) else { continue };
            let in_answer = after(recorded, &format!("\"{key}\": \""));
            let slug = entity.get("Slug").and_then(Json::as_str).unwrap_or("?");
            let in_print =
                after(printed, &format!(" {slug} (")).filter(|_| printed.starts_with("Successfully created"));
            for recorded in in_answer.into_iter().chain(in_print) {
                self.ids.entry(recorded).or_insert_with(|| id.to_owned());
            }
        }
    }
}

/// The UUID behind a mark.
fn after(text: &str, mark: &str) -> Option<String> {
    let start = text.find(mark)? + mark.len();
    text.get(start..start + 36).map(str::to_owned)
}

/// As much of the base64 data as the recording kept.
fn cut_data(recorded: &str) -> Json {
    let start = recorded.find("\"Data\":\"").unwrap() + "\"Data\":\"".len();
    let data = recorded[start..].split('"').next().unwrap();
    json!(data[..data.len() / 4 * 4])
}

/// What the client dereferences is no null.
fn check_shape(command: &str, path: &str, answer: &Json) {
    let items = answer.as_array().cloned().unwrap_or_else(|| vec![answer.clone()]);
    for entity in items.iter().chain(items.iter().filter_map(Json::as_object).flat_map(|fields| fields.values())) {
        if entity.get("EntityType") == Some(&json!("Unit")) || entity.get("EntityType") == Some(&json!("Revision")) {
            assert!(entity["MutationSources"].is_array(), "{command}: {path}: MutationSources");
        }
    }
}
