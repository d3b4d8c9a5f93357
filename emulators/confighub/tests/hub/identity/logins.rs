//! Credentials: which are good, what is wrong with the others, and how clients get them.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, redirect};
use serde_json::{Value as Json, json};

use crate::cast::Cast;
use crate::client::{Answer, Bench, message};

fn me(cast: &Cast) -> RequestBuilder {
    cast.bench.http.get(format!("{}/api/me", cast.bench.hub.url()))
}

async fn refused(cast: &Cast, request: RequestBuilder) -> String {
    let answer = cast.bench.send(request).await;
    assert_eq!(answer.0, 401, "{}", answer.1);
    message(&answer)
}

#[tokio::test]
async fn basic_credentials_are_email_and_password() {
    let cast = Cast::start().await;
    let (status, who) = cast.bench.send(me(&cast).basic_auth("dev@example.org", Some("password-of-dev"))).await;
    assert_eq!((status, who["Username"].as_str()), (200, Some("dev@example.org")));
    let made = cast.bench.hub.password("reader@example.org").unwrap();
    let (status, who) = cast.bench.send(me(&cast).basic_auth("reader@example.org", Some(made))).await;
    assert_eq!((status, who["Username"].as_str()), (200, Some("reader@example.org")));
    let wrong = refused(&cast, me(&cast).basic_auth("dev@example.org", Some("password-of-lead"))).await;
    assert_eq!(wrong, "wrong email or password");
    let unknown = refused(&cast, me(&cast).basic_auth("nobody@example.org", Some(""))).await;
    assert_eq!(unknown, "wrong email or password");
    let garbled = refused(&cast, me(&cast).header("authorization", "Basic ???")).await;
    assert_eq!(garbled, "Basic credentials: not base64 of text");
    let scheme = refused(&cast, me(&cast).header("authorization", "Digest x")).await;
    assert_eq!(scheme, "unsupported authorization scheme; use Bearer or Basic");
}

#[tokio::test]
async fn tokens_expire_and_are_revoked() {
    let cast = Cast::start().await;
    let hub = &cast.bench.hub;
    let short = hub.issue_token("dev@example.org", Some(Duration::from_secs(60))).unwrap();
    assert_eq!(cast.bench.send(me(&cast).bearer_auth(&short)).await.0, 200);
    cast.bench.clock.sleep(Duration::from_secs(61)).await;
    let late = refused(&cast, me(&cast).bearer_auth(&short)).await;
    assert!(late.starts_with("token expired at 2025-10-05T09:01:"), "{late}");
    let other = hub.issue_token("dev@example.org", None).unwrap();
    assert!(hub.revoke_token(&other));
    assert_eq!(refused(&cast, me(&cast).bearer_auth(&other)).await, "token revoked: by an administrator");
    assert!(!hub.revoke_token("no such token"));
    assert_eq!(cast.get("dev", "/me").await.0, 200, "other tokens stay good");
}

#[tokio::test]
async fn a_login_as_worker_ends_with_the_worker_and_with_its_secret() {
    let cast = Cast::start().await;
    let path = cast.dev.path("/space/{space_id}/bridge_worker/{bridge_worker_id}");
    let id = cast.dev.id("bridge_worker_id");
    let login = |secret: String| {
        let body = json!({"worker_id": id, "worker_secret": secret});
        cast.bench.http.post(format!("{}/auth/worker", cast.bench.hub.url())).json(&body)
    };
    let secret = cast.get("lead", &path).await.1["BridgeWorker"]["Secret"].as_str().unwrap().to_owned();
    let (status, session) = cast.bench.send(login(secret.clone())).await;
    assert_eq!(status, 200);
    assert_eq!(session["organization_id"], "org_acme");
    let token = session["access_token"].as_str().unwrap().to_owned();
    let who = cast.bench.send(me(&cast).bearer_auth(&token)).await.1;
    assert_eq!(who["Username"], "lead@example.org", "a worker's token is its user's");

    let rotate = format!("{}/stagegate/bridge_worker/{id}/secret", cast.bench.hub.url());
    let by_reader = cast.bench.send(cast.bench.http.post(&rotate).bearer_auth("token-of-reader")).await;
    assert_eq!(by_reader.0, 403, "{}", by_reader.1);
    let (status, rotated) = cast.bench.send(cast.bench.http.post(&rotate).bearer_auth("token-of-lead")).await;
    assert_eq!(status, 200, "{rotated}");
    let new = rotated["Secret"].as_str().unwrap().to_owned();
    assert_ne!(new, secret);
    assert_eq!(cast.get("lead", &path).await.1["BridgeWorker"]["Secret"], new.as_str());
    assert_eq!(refused(&cast, login(secret.clone())).await, "invalid worker id or secret");
    assert_eq!(
        refused(&cast, me(&cast).bearer_auth(&token)).await,
        "token revoked: the secret of its worker was changed"
    );
    let own = |secret: &str| {
        cast.bench.http.get(format!("{}/api/bridge_worker/{id}/me", cast.bench.hub.url())).bearer_auth(secret)
    };
    assert_eq!(refused(&cast, own(&secret)).await, "invalid token");
    assert_eq!(cast.bench.send(own(&new)).await.0, 200);

    let token = cast.bench.send(login(new.clone())).await.1["access_token"].as_str().unwrap().to_owned();
    assert_eq!(cast.send("lead", reqwest::Method::DELETE, &path, Json::Null).await.0, 200);
    assert_eq!(refused(&cast, me(&cast).bearer_auth(&token)).await, "token revoked: its worker was deleted");
    assert_eq!(refused(&cast, own(&new)).await, "invalid token");
    let assertion = json!({"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": "a.b.c"});
    let answer =
        cast.bench.send(cast.bench.http.post(format!("{}/auth/worker", cast.bench.hub.url())).json(&assertion)).await;
    assert_eq!((answer.0, message(&answer).as_str()), (501, "login by client_assertion is not supported by this hub"));
}

const BEGIN: &str = "client_id=stagegate&code_challenge=a-._%7Eb&code_challenge_method=plain&scope=openid+email";

/// A form as the client posts it.
async fn form(bench: &Bench, path: &str, body: &str) -> Answer {
    let request = bench.http.post(format!("{}/auth/device/{path}", bench.hub.url())).body(body.to_owned());
    bench.send(request.header("content-type", "application/x-www-form-urlencoded")).await
}

async fn redeem(bench: &Bench, begun: &Json, verifier: &str) -> Answer {
    let code = begun["device_code"].as_str().unwrap();
    let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
    let body = format!("grant_type={grant}&device_code={code}&client_id=stagegate&code_verifier={verifier}");
    form(bench, "token", &body).await
}

#[tokio::test]
async fn a_device_login_of_the_only_user_is_granted_at_once_to_whoever_knows_the_verifier() {
    let bench = Bench::start().await;
    let info = bench.get("/info").await.1;
    assert_eq!(info["ClientID"], "stagegate");
    for (url, path) in [("DeviceAuthURL", "authorize"), ("DeviceTokenURL", "token")] {
        assert_eq!(info[url], format!("{}/auth/device/{path}", bench.hub.url()));
    }
    let (status, begun) = form(&bench, "authorize", BEGIN).await;
    assert_eq!(status, 200, "{begun}");
    let page = begun["verification_uri_complete"].as_str().unwrap();
    assert_eq!(bench.send(bench.http.get(page)).await.0, 200);
    let (status, wrong) = redeem(&bench, &begun, "x").await;
    assert_eq!((status, &wrong["error"]), (400, &json!("invalid_grant")));
    let (status, tokens) = redeem(&bench, &begun, "a-._%7Eb").await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(
        (&tokens["user"]["email"], &tokens["organization_id"]),
        (&json!("operator@stagegate.invalid"), &json!("org_stagegate"))
    );
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(bench.send(bench.http.get(format!("{}/api/me", bench.hub.url())).bearer_auth(token)).await.0, 200);
    let (status, twice) = redeem(&bench, &begun, "a-._%7Eb").await;
    assert_eq!((status, &twice["error"]), (400, &json!("invalid_grant")));
    let (_, begun) = form(&bench, "authorize", BEGIN).await;
    bench.clock.sleep(Duration::from_secs(301)).await;
    assert_eq!(redeem(&bench, &begun, "a-._%7Eb").await.1["error"], "expired_token");
    let (status, s256) = form(&bench, "authorize", &BEGIN.replace("plain", "S256")).await;
    assert_eq!((status, &s256["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn with_several_users_one_of_them_has_to_say_who_logs_in_on_a_device() {
    let cast = Cast::start().await;
    let bench = &cast.bench;
    let (_, begun) = form(bench, "authorize", BEGIN).await;
    let pending = redeem(bench, &begun, "a-._%7Eb").await;
    assert_eq!((pending.0, &pending.1["error"]), (400, &json!("authorization_pending")));
    let page = begun["verification_uri_complete"].as_str().unwrap();
    let asked = bench.http.get(page).send().await.unwrap();
    assert_eq!(asked.status(), 401);
    assert!(asked.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic "));
    let wrong = bench.http.get(page).basic_auth("dev@example.org", Some("password-of-lead"));
    assert_eq!(bench.send(wrong).await.0, 401);
    let elsewhere = begun["verification_uri"].as_str().unwrap().to_owned() + "?user_code=NOSUCH";
    let own = |page: &str| bench.http.get(page).basic_auth("dev@example.org", Some("password-of-dev"));
    assert_eq!(bench.send(own(&elsewhere)).await.0, 404);
    assert_eq!(redeem(bench, &begun, "a-._%7Eb").await.1["error"], "authorization_pending");
    assert_eq!(bench.send(own(page)).await.0, 200);
    let late = bench.http.get(page).basic_auth("lead@example.org", Some("password-of-lead"));
    assert_eq!(bench.send(late).await.0, 404, "nobody takes a login over");
    let (status, tokens) = redeem(bench, &begun, "a-._%7Eb").await;
    assert_eq!((status, &tokens["user"]["email"]), (200, &json!("dev@example.org")));
    let token = tokens["access_token"].as_str().unwrap();
    let apply = cast.prod.path("/space/{space_id}/unit/{unit_id}/apply");
    let refused = bench.http.post(format!("{}/api{apply}", bench.hub.url())).bearer_auth(token);
    assert_eq!(bench.send(refused).await.0, 403);
}

#[tokio::test]
async fn a_session_is_switched_to_another_organization_by_cookies() {
    let cast = Cast::start().await;
    let session = cast.bench.hub.session_of("lead@example.org").unwrap();
    let file = session.files.iter().find(|file| file.path.ends_with("/session.json")).unwrap();
    let refresh = serde_json::from_str::<Json>(&file.text).unwrap()["refresh_token"].as_str().unwrap().to_owned();
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let switch = |organization: &str, cookie: String| {
        let url = format!("{}/auth/switch-organization?organization_id={organization}", cast.bench.hub.url());
        client.get(url).header("cookie", cookie)
    };
    let cookie = format!("theme=dark; confighub_refresh_token={refresh}");
    let response = switch("org_other", cookie.clone()).send().await.unwrap();
    assert!(response.status().is_redirection(), "{}", response.status());
    let cookies: Vec<String> =
        response.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect();
    let value = |name: &str| {
        let line = cookies.iter().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
        line.split(';').next().unwrap().to_owned()
    };
    let _refresh = value("confighub_refresh_token");
    let access = value("confighub_session");
    let there = cast.bench.http.get(format!("{}/api/space", cast.bench.hub.url())).bearer_auth(&access);
    assert_eq!(cast.bench.send(there).await, (200, json!([])));
    let refused = cast.bench.send(switch("org_nowhere", cookie)).await;
    assert_eq!(refused.0, 403, "{}", refused.1);
    let without = cast.bench.send(switch("org_other", String::new())).await;
    assert_eq!((without.0, message(&without).as_str()), (401, "missing cookie confighub_refresh_token"));
}
