//! Secrets are shown to those they belong to, and nowhere else.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cast::Cast;
use crate::client::text;

/// Whether any object in it has a `Secret`.
fn has_secret(json: &Json) -> bool {
    match json {
        Json::Object(fields) => fields.iter().any(|(key, value)| key == "Secret" || has_secret(value)),
        Json::Array(items) => items.iter().any(has_secret),
        _ => false,
    }
}

#[tokio::test]
async fn a_workers_secret_is_shown_to_its_owner_and_the_spaces_administrators_only() {
    let cast = Cast::start().await;
    let one = cast.dev.path("/space/{space_id}/bridge_worker/{bridge_worker_id}");
    let list = cast.dev.path("/space/{space_id}/bridge_worker");
    for path in [one.as_str(), list.as_str(), "/bridge_worker", "/bridge_worker?select=Secret,Slug"] {
        assert!(has_secret(&cast.get("lead", path).await.1), "{path}");
        assert!(!has_secret(&cast.get("reader", path).await.1), "{path}");
        assert!(!has_secret(&cast.get("dev", path).await.1), "{path}");
    }
    for path in ["/target?include=BridgeWorkerID", "/trigger?include=BridgeWorkerID"] {
        assert!(!has_secret(&cast.get("lead", path).await.1), "a related worker's is not shown: {path}");
    }
    let labels = json!({"Labels": {"a": "b"}});
    assert!(!has_secret(&cast.send("dev", Method::PATCH, &one, labels.clone()).await.1));
    let bulk = cast.request("dev", Method::PATCH, "/bridge_worker").query(&[("where", "Slug = 'one'")]).json(&labels);
    assert!(!has_secret(&cast.bench.send(bulk).await.1));
    let own = cast.send("dev", Method::POST, &list, json!({"Slug": "mine", "Secret": "of my choice"})).await;
    assert_eq!(own.0, 200, "{}", own.1);
    assert_ne!(own.1["Secret"], "of my choice", "it is the hub's to choose");
    let mine = format!("{list}/{}", text(&own.1["BridgeWorkerID"]));
    let read = cast.get("dev", &mine).await.1;
    assert_eq!(read["BridgeWorker"]["Secret"], own.1["Secret"], "its owner can read it later");
    let set = cast.send("dev", Method::PATCH, &mine, json!({"Secret": "of my choice", "Labels": {"a": "b"}})).await;
    assert_eq!(set.0, 200, "{}", set.1);
    assert_eq!(cast.get("dev", &mine).await.1["BridgeWorker"]["Secret"], own.1["Secret"]);
}

#[tokio::test]
async fn no_record_entry_or_refusal_holds_a_secret() {
    let cast = Cast::start().await;
    let bench = &cast.bench;
    let url = bench.hub.url();
    let worker = cast.dev.path("/space/{space_id}/bridge_worker/{bridge_worker_id}");
    let id = cast.dev.id("bridge_worker_id");
    let mut shown: Vec<String> = Vec::new();
    let secret = text(&cast.get("lead", &worker).await.1["BridgeWorker"]["Secret"]);
    let login = json!({"worker_id": id, "worker_secret": secret});
    let session = bench.send(bench.http.post(format!("{url}/auth/worker")).json(&login)).await.1;
    let token = text(&session["access_token"]);
    let me = |token: &str| bench.http.get(format!("{url}/api/me")).bearer_auth(token);
    assert_eq!(bench.send(me(&token)).await.0, 200);
    let rotate = format!("{url}/stagegate/bridge_worker/{id}/secret");
    let new = text(&bench.send(bench.http.post(&rotate).bearer_auth("token-of-lead")).await.1["Secret"]);
    let issued = bench.hub.issue_token("dev@example.org", None).unwrap();
    bench.hub.revoke_token(&issued);
    let file = bench.hub.session_of("dev@example.org").unwrap();
    let form = |path: &str, body: String| bench.http.post(format!("{url}{path}")).body(body);
    let begun = bench.send(form("/auth/device/authorize", "client_id=stagegate&code_challenge=x".to_owned())).await.1;
    let code = text(&begun["device_code"]);
    // Each of them where it is of no use, so that refusals are made of them.
    for wrong in [&secret, &new, &issued, &token] {
        shown.push(bench.send(me(wrong)).await.1.to_string());
        shown.push(
            bench.send(bench.http.get(format!("{url}/api/me")).basic_auth(wrong, Some(wrong))).await.1.to_string(),
        );
        let login = json!({"worker_id": wrong, "worker_secret": wrong});
        shown.push(bench.send(bench.http.post(format!("{url}/auth/worker")).json(&login)).await.1.to_string());
        let stream = bench.http.post(format!("{url}/api/bridge_worker/{id}/stream")).bearer_auth(wrong).body("[]");
        shown.push(bench.send(stream).await.1.to_string());
        let cookie = format!("confighub_refresh_token={wrong}");
        let switch = bench.http.get(format!("{url}/auth/switch-organization")).header("cookie", cookie);
        shown.push(bench.send(switch).await.1.to_string());
    }
    let password = "password-of-dev";
    let basic = bench.http.get(format!("{url}/api/space")).basic_auth("lead@example.org", Some(password));
    shown.push(bench.send(basic).await.1.to_string());
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let redeem = format!("grant_type={grant}&client_id=stagegate&device_code={code}&code_verifier=wrong");
    shown.push(bench.send(form("/auth/device/token", redeem)).await.1.to_string());

    let known = bench.recorder.secrets.lock().unwrap().clone();
    let tokens = ["token-of-lead", "token-of-dev", "password-of-lead", password];
    for used in [&secret, &new, &issued, &token, &code].into_iter().map(String::as_str).chain(tokens) {
        assert!(known.iter().any(|secret| secret == used), "{used} was not registered");
    }
    let refresh = file.files.iter().find(|file| file.path.ends_with("session.json")).unwrap();
    let refresh = serde_json::from_str::<Json>(&refresh.text).unwrap();
    assert!(known.contains(&text(&refresh["refresh_token"])));

    shown.extend(bench.recorder.exchanges.lock().unwrap().iter().map(|exchange| format!("{exchange:?}")));
    shown.extend(bench.recorder.changes.lock().unwrap().iter().map(|change| format!("{change:?}")));
    shown.extend(bench.hub.audit().iter().map(|entry| serde_json::to_string(entry).unwrap()));
    shown.push(format!("{:?}", bench.hub));
    shown.push(bench.get("/info").await.1.to_string());
    assert!(shown.len() > 100, "{}", shown.len());
    for text in &shown {
        for secret in &known {
            assert!(!text.contains(secret.as_str()), "{secret} is in {text}");
        }
    }
}
