//! Serving on loopback: both versions of HTTP on one port, exchanges recorded with their origin.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says what it expects")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use stagegate_simulation::{
    Actor, Change, Clock, Exchange, Injected, Observer, Pace, Seed, Server, Simulation, loopback, record_exchanges,
    token_for_command,
};

#[derive(Default)]
struct Seen(Mutex<Vec<Exchange>>);

impl Observer for Seen {
    fn exchange(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }

    fn change(&self, _: Change) {}

    fn injected(&self, _: Injected) {}

    fn secret(&self, _: &str) {}
}

async fn serve() -> (Server, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let clock = Clock::start(jiff::Timestamp::UNIX_EPOCH, Pace::Jump);
    let simulation = Simulation::new(clock, Seed::new(1), Arc::clone(&seen) as Arc<dyn Observer>);
    let router = Router::new().route("/hello", get(|| async { "hello" }));
    (Server::start(record_exchanges(router, &simulation, "confighub"), loopback(0)).await.expect("a free port"), seen)
}

async fn ask(server: &Server, http2: bool, headers: &[(&str, &str)]) -> String {
    let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http::<Empty<Bytes>>();
    let mut request = Request::get(format!("{}/hello?a=b", server.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client.request(request.body(Empty::new()).unwrap()).await.expect("an answer");
    String::from_utf8(response.into_body().collect().await.expect("a body").to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn one_port_speaks_http_1_and_http_2_in_clear_text() {
    let (server, seen) = serve().await;
    assert!(server.address().ip().is_loopback());
    for http2 in [false, true] {
        assert_eq!(ask(&server, http2, &[]).await, "hello");
    }
    let seen = seen.0.lock().unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!((seen[0].target.as_str(), seen[0].status), ("/hello?a=b", 200));
}

#[tokio::test]
async fn exchanges_know_who_asked() {
    let (server, seen) = serve().await;
    let marked = format!("Bearer {}", token_for_command("secret", 17));
    ask(&server, false, &[("authorization", &marked)]).await;
    ask(&server, false, &[("stagegate-command", "18")]).await;
    ask(&server, false, &[("stagegate-origin", "step")]).await;
    ask(&server, false, &[("stagegate-origin", "worker"), ("stagegate-operation", "op-1")]).await;
    ask(&server, false, &[("user-agent", "curl/8")]).await;
    let origins: Vec<_> = seen.0.lock().unwrap().iter().map(|exchange| exchange.origin.clone()).collect();
    let expected = [
        (Actor::Command, Some(17)),
        (Actor::Command, Some(18)),
        (Actor::Step, None),
        (Actor::Worker { operation: Some("op-1".to_owned()) }, None),
        (Actor::Client { user_agent: "curl/8".to_owned() }, None),
    ];
    for (origin, (actor, command)) in origins.iter().zip(expected) {
        assert_eq!((&origin.actor, origin.command), (&actor, command));
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_in_the_error() {
    let (server, _) = serve().await;
    let port = server.address().port();
    let error = Server::start(Router::new(), loopback(port)).await.expect_err("the port is taken");
    assert!(error.to_string().starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
}

#[tokio::test]
async fn a_dropped_server_gives_its_port_back() {
    let (server, _) = serve().await;
    let port = server.address().port();
    drop(server);
    let mut again = Server::start(Router::new(), loopback(port)).await;
    while again.is_err() {
        // The listener's task has to see the cancellation first.
        tokio::task::yield_now().await;
        again = Server::start(Router::new(), loopback(port)).await;
    }
}
