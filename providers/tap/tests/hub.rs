//! A tap before a hub: what it records and tells is what the hub itself does.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use stagegate_confighub::{Hub, Options};
use stagegate_simulation::{
    Actor, Change, Clock, Exchange, Injected, Observer, Pace, Seed, Simulation, Verb, parse_fault_rules,
};
use stagegate_tap::{HubOptions, HubTap, HubTapError, HubUpstream};

#[derive(Default)]
struct Seen {
    changes: Mutex<Vec<Change>>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Observer for Seen {
    fn exchange(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap().push(exchange);
    }
    fn change(&self, change: Change) {
        self.changes.lock().unwrap().push(change);
    }
    fn injected(&self, _: Injected) {}
    fn secret(&self, _: &str) {}
}

struct Lab {
    hub: Hub,
    tap: HubTap,
    inside: Arc<Seen>,
    outside: Arc<Seen>,
    simulation: Simulation,
    http: Client,
    /// What requests of the API say they come from.
    command: u64,
}

fn simulation(seen: &Arc<Seen>) -> Simulation {
    let clock = Clock::start(jiff::Timestamp::now(), Pace::Times(1.0));
    Simulation::new(clock, Seed::new(5), Arc::clone(seen) as Arc<dyn Observer>)
}

impl Lab {
    async fn new() -> Self {
        let (inside, outside) = (Arc::new(Seen::default()), Arc::new(Seen::default()));
        let hub = Hub::start(simulation(&inside), Options::default()).await.expect("a hub");
        let simulation = simulation(&outside);
        let tap = HubTap::start(
            simulation.clone(),
            &HubUpstream::new(&hub.url(), hub.token()).expect("a URL"),
            HubOptions::default(),
        )
        .await
        .expect("a tap");
        inside.exchanges.lock().unwrap().clear();
        Self { hub, tap, inside, outside, simulation, http: Client::new(), command: 0 }
    }

    async fn send(&mut self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        self.command += 1;
        let mut request = self.http.request(method, format!("{}/api{path}", self.tap.url()));
        request = request.bearer_auth(self.hub.token()).header("stagegate-command", self.command.to_string());
        request = request.header("user-agent", "tester/1");
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        (response.status(), response.json().await.unwrap_or_default())
    }

    async fn made(&mut self, path: &str, body: Value) -> Value {
        let (status, made) = self.send(Method::POST, path, body).await;
        assert!(status.is_success(), "{path}: {status} {made}");
        made
    }
}

fn id(entity: &Value, field: &str) -> String {
    entity[field].as_str().unwrap_or_else(|| panic!("{field}: {entity}")).to_owned()
}

/// A session that makes, changes, queues and removes; and some that is refused.
async fn session(lab: &mut Lab) {
    let space = id(&lab.made("/space", json!({"Slug": "shop", "Labels": {"tier": "one"}})).await, "SpaceID");
    let here = format!("/space/{space}");
    let data = STANDARD.encode("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { b: c }\n");
    let unit = json!({"Slug": "web", "ToolchainType": "Kubernetes/YAML", "Data": data});
    let web = id(&lab.made(&format!("{here}/unit"), unit).await, "UnitID");
    let other = json!({"Slug": "api", "ToolchainType": "Kubernetes/YAML", "Data": data});
    let api = id(&lab.made(&format!("{here}/unit"), other).await, "UnitID");
    let link = json!({"Slug": "needs", "FromUnitID": web, "ToUnitID": api, "ToSpaceID": space});
    lab.made(&format!("{here}/link"), link).await;
    let unit = format!("{here}/unit/{web}");
    assert_eq!(lab.send(Method::PATCH, &unit, json!({"Labels": {"app": "web"}})).await.0, 200);
    let changed = STANDARD.encode("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { b: d }\n");
    assert_eq!(lab.send(Method::PATCH, &unit, json!({"Data": changed})).await.0, 200);
    assert_eq!(lab.send(Method::PATCH, &unit, json!({"Labels": {"app": "web"}})).await.0, 200);
    lab.made(&format!("{here}/filter"), json!({"Slug": "f", "From": "Unit", "Where": "Slug = 'web'"})).await;
    lab.made(&format!("{here}/bridge_worker"), json!({"Slug": "worker"})).await;
    assert_eq!(lab.send(Method::PATCH, "/unit?where=Slug = 'api'", json!({"DisplayName": "API"})).await.0, 200);
    assert_eq!(lab.send(Method::PATCH, "/unit?where=Slug = 'none'", json!({"DisplayName": "x"})).await.0, 200);
    assert_eq!(lab.send(Method::POST, &format!("{here}/unit"), json!({"Slug": "web"})).await.0, 400);
    assert_eq!(lab.send(Method::GET, &format!("{here}/unit/{space}"), Value::Null).await.0, 404);
    assert_eq!(lab.send(Method::DELETE, &format!("{here}?recursive=true"), Value::Null).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanges_and_changes_are_those_that_the_hub_tells() {
    let mut lab = Lab::new().await;
    session(&mut lab).await;
    let exchange = |one: &Exchange| format!("{} {} {} {:?}", one.method, one.target, one.status, one.error);
    let inside = lab.inside.exchanges.lock().unwrap();
    // The tap's own reads name no client.
    let by_tester = |one: &&Exchange| one.origin.actor == Actor::Client { user_agent: "tester/1".to_owned() };
    let inside: Vec<_> = inside.iter().filter(by_tester).map(exchange).collect();
    let outside: Vec<_> = lab.outside.exchanges.lock().unwrap().iter().map(exchange).collect();
    assert_eq!(outside, inside);
    // What one request changed is told in whatever order.
    let change = |one: &Change| {
        let Change { verb, kind, scope, name, summary, .. } = one;
        format!("{verb:?} {kind} {}/{name}: {summary}", scope.as_deref().unwrap_or("-"))
    };
    let sorted = |seen: &Seen| {
        let mut lines: Vec<_> = seen.changes.lock().unwrap().iter().map(change).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&lab.outside), sorted(&lab.inside));
    let changes = lab.outside.changes.lock().unwrap();
    assert_eq!(changes.first().map(|one| one.origin.command), Some(Some(1)));
    for one in changes.iter() {
        assert_eq!(one.origin.actor, Actor::Command, "{one:?}");
        let expected = if one.verb == Verb::Deleted { Some(lab.command) } else { one.origin.command };
        assert_eq!(one.origin.command, expected, "{one:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_injected_by_operation_and_user() {
    let mut lab = Lab::new().await;
    let user = lab.hub.user().to_owned();
    let rule = format!(
        "- {{ match: {{ operation: CreateSpace, principal: '{user}' }}, effect: {{ error: {{ status: 503 }} }} }}"
    );
    let rule = parse_fault_rules(&rule).unwrap().remove(0);
    let id = lab.simulation.faults.add(rule).unwrap();
    let (status, said) = lab.send(Method::POST, "/space", json!({"Slug": "a"})).await;
    assert_eq!(status, 503);
    assert_eq!(said["Message"], "injected fault: error 503");
    assert_eq!(lab.simulation.faults.remove(id).unwrap().hits, 1);
    assert_eq!(lab.send(Method::POST, "/space", json!({"Slug": "a"})).await.0, 200);
    assert!(lab.inside.exchanges.lock().unwrap().iter().all(|one| one.status != 503));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_cannot_be_tapped_is_told_with_its_cause() {
    let lab = Lab::new().await;
    let start = async |url: &str, token: &str| {
        let upstream = match HubUpstream::new(url, token) {
            Ok(upstream) => upstream,
            Err(error) => return error,
        };
        HubTap::start(lab.simulation.clone(), &upstream, HubOptions::default()).await.expect_err(url)
    };
    assert!(matches!(start("no url", "").await, HubTapError::Url { .. }));
    let dead = start("http://127.0.0.1:1", "").await.to_string();
    assert!(dead.contains("http://127.0.0.1:1 cannot be watched") && dead.contains("refused"), "{dead}");
    let refused = start(&lab.hub.url(), "wrong").await.to_string();
    assert!(refused.contains("401 Unauthorized"), "{refused}");
}
