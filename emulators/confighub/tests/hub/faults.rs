//! Faults at the hub: by the API of the crate, over HTTP, and where the emulator itself is asked.

use reqwest::Method;
use serde_json::{Value as Json, json};
use stagegate_simulation::{Effect, FaultMatch, FaultRule, Spread, parse_fault_rules};

use crate::cast::Cast;
use crate::client::{Answer, Bench, message, text};
use crate::worker::Worker;

fn rule(yaml: &str) -> FaultRule {
    parse_fault_rules(yaml).unwrap().remove(0)
}

/// A request to `/stagegate/faults`.
async fn rules(bench: &Bench, method: Method, path: &str, body: &str) -> Answer {
    let url = format!("{}/stagegate/faults{path}", bench.hub.url());
    bench.send(bench.http.request(method, url).bearer_auth(bench.hub.token()).body(body.to_owned())).await
}

#[tokio::test]
async fn an_error_meets_one_operation_in_the_apis_own_shape() {
    let bench = Bench::start().await;
    let guard = bench.hub.faults().inject(rule("{match: {operation: CreateSpace}, effect: {error: {status: 503}}}"));
    let refused = bench.post("/space", json!({"Slug": "p"})).await;
    assert_eq!((refused.0, message(&refused).as_str()), (503, "injected fault: error 503"));
    assert_eq!(bench.get("/space").await, (200, json!([])));
    assert!(bench.changes().is_empty());
    drop(guard);
    bench.space("p").await;
    assert!(bench.hub.faults().is_empty());
    let exchanges = bench.recorder.exchanges.lock().unwrap();
    assert_eq!(exchanges[0].error.as_deref(), Some("injected fault: error 503"));
}

#[tokio::test]
async fn a_rule_meets_the_requests_of_one_user_or_worker() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let of_worker = bench.hub.faults().inject(rule("{match: {principal: w1}, effect: {error: {status: 500}}}"));
    assert_eq!(worker.me(&bench).await.0, 500);
    assert_eq!(bench.get("/space").await.0, 200);
    drop(of_worker);
    let of_user = bench.hub.faults().inject(rule("{match: {principal: operator*}, effect: {error: {status: 500}}}"));
    assert_eq!(worker.me(&bench).await.0, 200);
    assert_eq!(bench.get("/space").await.0, 500);
    drop(of_user);
}

#[tokio::test]
async fn a_lowered_quota_refuses_with_the_services_own_text_until_it_is_undone() {
    let bench = Bench::start().await;
    bench.space("a").await;
    let guard = bench.hub.faults().inject(rule("effect: {quota: {entity-type: Space, limit: 1}}")).unwrap();
    let refused = bench.post("/space", json!({"Slug": "b"})).await;
    assert_eq!((refused.0, message(&refused).as_str()), (403, "exceeded maximum quota for entity type Space"));
    assert_eq!(guard.state().unwrap().hits, 1);
    drop(guard);
    bench.space("b").await;
}

#[tokio::test]
async fn a_request_dropped_after_it_took_effect_has_taken_effect() {
    let bench = Bench::start().await;
    let guard = bench.hub.faults().inject(rule("{match: {first: 1}, effect: {drop: after}}"));
    assert!(bench.request(Method::POST, "/space").json(&json!({"Slug": "p"})).send().await.is_err());
    drop(guard);
    assert_eq!(bench.changes(), ["Created Space p: "]);
    assert_eq!(bench.recorder.exchanges.lock().unwrap()[0].status, 0);
}

#[tokio::test]
async fn a_rule_made_in_code_is_the_same_as_one_that_was_read() {
    let made = FaultRule::new(Effect::Latency(Spread::Fixed("2s".parse().unwrap())))
        .labelled("slow")
        .matching(FaultMatch { operation: Some("List*".to_owned()), first: Some(2), ..FaultMatch::default() });
    assert_eq!(made, rule("{label: slow, match: {operation: List*, first: 2}, effect: {latency: 2s}}"));
}

#[tokio::test]
async fn rules_come_and_go_over_http_and_count_their_hits() {
    let bench = Bench::start().await;
    let body = "- {label: a, match: {operation: ListSpaces}, effect: {error: {status: 500, message: no}}}\n\
                - {label: b, effect: {error: {status: 502}}}\n";
    let (status, added) = rules(&bench, Method::POST, "", body).await;
    assert_eq!((status, added["rules"].as_array().unwrap().len()), (200, 2));
    assert_eq!(bench.get("/space").await.0, 500);
    assert_eq!(bench.get("/unit").await.0, 502);
    let (_, listed) = rules(&bench, Method::GET, "", "").await;
    let hits: Vec<&Json> = listed["rules"].as_array().unwrap().iter().map(|state| &state["hits"]).collect();
    assert_eq!(hits, [1, 1]);
    assert_eq!((&listed["rules"][0]["phase"], &listed["removed"]), (&json!("active"), &json!([])));
    let first = added["rules"][0]["id"].to_string();
    let (status, removed) = rules(&bench, Method::DELETE, &format!("/{first}"), "").await;
    assert_eq!((status, &removed["hits"], &removed["rule"]["label"]), (200, &json!(1), &json!("a")));
    let gone = rules(&bench, Method::DELETE, &format!("/{first}"), "").await;
    assert_eq!((gone.0, message(&gone)), (404, format!("fault rule {first} not found")));
    let misspelt = rules(&bench, Method::DELETE, "?lable=b", "").await;
    assert_eq!((misspelt.0, message(&misspelt).as_str()), (400, "lable: unknown parameter"));
    assert_eq!(rules(&bench, Method::GET, "", "").await.1["rules"].as_array().unwrap().len(), 1);
    let (_, removed) = rules(&bench, Method::DELETE, "?label=b", "").await;
    assert_eq!(removed["removed"].as_array().unwrap().len(), 1);
    let (_, listed) = rules(&bench, Method::GET, "", "").await;
    assert_eq!((&listed["rules"], listed["removed"].as_array().unwrap().len()), (&json!([]), 2));
    assert_eq!(bench.get("/space").await.0, 200);
}

#[tokio::test]
async fn rules_that_cannot_be_taken_are_refused_with_their_place() {
    let bench = Bench::start().await;
    for (body, expected) in [
        ("- effect: explode", "request body: line 1, column 11: unknown variant `explode`"),
        ("", "request body: no rule in it"),
        ("effect: {down: refuse}", "match.for: an outage that is asked for over HTTP needs an end"),
        (
            "{match: {nth: 0}, effect: half-open}",
            "request body: line 1, column 1: rule 1: match.nth: 0 would fit nothing; count from 1",
        ),
        (
            "{match: {method: GTE}, effect: half-open}",
            "request body: line 1, column 1: rule 1: match.method: `GTE` is no HTTP method; take GET, HEAD, POST",
        ),
        (
            "{match: {system: hub}, effect: half-open}",
            "request body: line 1, column 1: rule 1: match.system: `hub` is no system; take confighub or kubernetes",
        ),
        (
            "[{effect: half-open}, {match: {operation: CreatSpace}, effect: half-open}]",
            "request body: line 1, column 23: rule 2: match.operation: no operation of the hub is called `CreatSpace`; the nearest is CreateSpace",
        ),
        (
            "{match: {path: space/*/unit}, effect: half-open}",
            "request body: line 1, column 1: rule 1: match.path: no path of the hub fits `space/*/unit`; paths begin with /api",
        ),
        (
            "[{effect: half-open}, {effect: {quota: {entity-type: Spaces, limit: 1}}}]",
            "request body: line 1, column 23: rule 2: effect.quota.entity-type: `Spaces` is no entity type with a quota; did you mean `Space`?",
        ),
    ] {
        let refused = rules(&bench, Method::POST, "", body).await;
        assert_eq!(refused.0, 400);
        assert!(message(&refused).starts_with(expected), "{}", message(&refused));
    }
    assert!(bench.hub.faults().is_empty());
}

#[tokio::test]
async fn only_an_administrator_may_change_rules() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = bench.created(&format!("/space/{space}/bridge_worker"), json!({"Slug": "w"})).await;
    let url = format!("{}/stagegate/faults", bench.hub.url());
    let nobody = bench.send(bench.http.get(&url)).await;
    assert_eq!((nobody.0, message(&nobody).as_str()), (401, "missing authorization header"));
    let as_worker = bench.send(bench.http.get(&url).bearer_auth(text(&worker["Secret"]))).await;
    assert_eq!(as_worker.0, 403);
    // No rule meets these requests themselves.
    rules(&bench, Method::POST, "", "effect: {error: {status: 500}}").await;
    assert_eq!(rules(&bench, Method::DELETE, "", "").await.0, 200);
}

/// Waits, in environment time, until the worker has this condition.
async fn becomes(bench: &Bench, expected: &str) {
    for _ in 0..100_000 {
        if bench.get("/bridge_worker").await.1[0]["BridgeWorker"]["Condition"] == expected {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the worker never was {expected}");
}

#[tokio::test]
async fn a_workers_stream_is_cut_once_and_its_next_one_lives() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let busy = bench.clock.busy();
    let mut stream = worker.connect(&bench).await;
    let other = bench.hub.faults().inject(rule("{match: {principal: w2}, effect: stream-cut}")).unwrap();
    let guard = bench.hub.faults().inject(rule("{match: {principal: w1, first: 1}, effect: stream-cut}")).unwrap();
    assert_eq!(stream.next().await, None);
    becomes(&bench, "Disconnected").await;
    let mut again = worker.connect(&bench).await;
    becomes(&bench, "Ready").await;
    assert_eq!((guard.state().unwrap().hits, other.state().unwrap().hits), (1, 0));
    drop(busy);
    assert_eq!(again.next().await.unwrap()["Data"]["Action"], "Heartbeat");
}

#[tokio::test]
async fn a_stream_is_cut_when_the_time_of_its_rule_comes() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let guard = bench.hub.faults().inject(rule("{match: {after: 40s}, effect: stream-cut}")).unwrap();
    let mut stream = worker.connect(&bench).await;
    let mut beats = 0;
    while stream.next().await.is_some() {
        beats += 1;
    }
    assert_eq!((beats, bench.clock.elapsed().as_secs()), (2, 40));
    drop(guard);
}

#[tokio::test]
async fn withheld_heartbeats_make_a_worker_unresponsive_until_they_come_again() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let mut stream = worker.connect(&bench).await;
    let guard = bench.hub.faults().inject(rule("{match: {for: 70s}, effect: withhold-heartbeats}")).unwrap();
    let beat = stream.next().await.unwrap();
    let start: jiff::Timestamp = "2025-10-05T09:00:00Z".parse().unwrap();
    let sent = beat["Data"]["Payload"]["Timestamp"].as_i64().unwrap() - start.as_microsecond();
    assert_eq!(sent, 75_000_000, "the beats at 15, 30, 45 and 60 s were withheld");
    assert_eq!(guard.state().unwrap().hits, 4);
    let changes = bench.changes();
    assert!(changes.iter().any(|change| change.contains("Ready \u{2192} Unresponsive")), "{changes:?}");
}

#[tokio::test]
async fn targets_are_registered_later_when_a_rule_says_so() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let worker = Worker::create(&bench, &space).await;
    let guard = bench.hub.faults().inject(rule("effect: {registration-delay: 13s}")).unwrap();
    let busy = bench.clock.busy();
    let _stream = worker.connect(&bench).await;
    assert_eq!(bench.get("/target").await.1, json!([]));
    drop(busy);
    bench.clock.sleep(std::time::Duration::from_millis(13_001)).await;
    assert_eq!(bench.get("/target").await.1[0]["Target"]["Slug"], "k8s-w1");
    assert_eq!(guard.state().unwrap().hits, 1);
}

#[tokio::test]
async fn a_stale_answer_is_for_nobody_but_whom_it_was_given_to() {
    let cast = Cast::start().await;
    let guard = cast.bench.hub.faults().inject(rule("effect: stale")).unwrap();
    let worker = cast.prod.path("/space/{space_id}/bridge_worker/{bridge_worker_id}");
    let of_lead = cast.get("lead", &worker).await;
    assert!(of_lead.1["BridgeWorker"]["Secret"].is_string(), "{}", of_lead.1);
    assert_eq!(cast.get("guest", &worker).await.0, 404);
    let of_reader = cast.get("reader", &worker).await;
    assert_eq!((of_reader.0, of_reader.1["BridgeWorker"].get("Secret")), (200, None));
    let anonymous = cast.bench.http.get(format!("{}/api{worker}", cast.bench.hub.url()));
    assert_eq!(cast.bench.send(anonymous).await.0, 401);
    // Each gets its own first answer again.
    let renamed = cast.send("lead", Method::PATCH, &worker, json!({"DisplayName": "New"})).await;
    assert_eq!(renamed.0, 200, "{}", renamed.1);
    assert_eq!(cast.get("lead", &worker).await, of_lead);
    assert_eq!(cast.get("reader", &worker).await, of_reader);
    // A user in another organization is another one.
    let elsewhere = cast.bench.hub.session_of("stranger@example.org").unwrap();
    let file = elsewhere.files.iter().find(|file| file.path.ends_with("/session.json")).unwrap();
    let token = text(&serde_json::from_str::<Json>(&file.text).unwrap()["access_token"]);
    let spaces = |token: &str| cast.bench.http.get(format!("{}/api/space", cast.bench.hub.url())).bearer_auth(token);
    assert_eq!(cast.bench.send(spaces("token-of-lead")).await.1.as_array().unwrap().len(), 2);
    assert_eq!(cast.bench.send(spaces(&token)).await.1, json!([]));
    drop(guard);
    assert_eq!(cast.get("lead", &worker).await.1["BridgeWorker"]["DisplayName"], "New");
}
