//! Requests and answers: a file per topic with the requests, beside it the answers.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use std::fmt::Write;
use std::path::Path;

use cluster::Lab;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// `METHOD path`.
    send: String,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    accept: Option<String>,
    #[serde(default)]
    body: Option<Value>,
    /// JSON pointers of the parts of the answer that matter; the whole of a `Status` always does.
    #[serde(default)]
    show: Vec<String>,
    /// Seconds to let pass before.
    #[serde(default)]
    after: f64,
}

#[test]
fn answers_are_those_of_an_api_server() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    insta::glob!("api/*.yaml", |path| {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        settings.bind(|| insta::assert_snapshot!(name, runtime.block_on(exchange(path))));
    });
}

async fn exchange(path: &Path) -> String {
    let requests: Vec<Request> = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).expect("requests");
    let lab =
        Lab::new("images: [{ name: acme/web, listen: [{ port: 80, answers: [{ path: /, body: hello }] }] }]").await;
    lab.pass(1.0).await;
    let mut text = String::new();
    for request in requests {
        lab.pass(request.after).await;
        let (method, target) = request.send.split_once(' ').expect("METHOD path");
        let mut headers = Vec::new();
        if request.body.is_some() || request.content_type.is_some() {
            headers.push(("content-type", request.content_type.as_deref().unwrap_or("application/json")));
        }
        if let Some(accept) = &request.accept {
            headers.push(("accept", accept));
        }
        let body = match &request.body {
            None => Vec::new(),
            Some(Value::String(raw)) => raw.clone().into_bytes(),
            Some(body) => body.to_string().into_bytes(),
        };
        let reply = lab.send(method, target, &headers, body).await;
        writeln!(text, "> {}\n< {}", request.send, reply.status).unwrap();
        for warning in &reply.warnings {
            writeln!(text, "warning: {warning}").unwrap();
        }
        if reply.body["kind"] == "Status" || request.show.iter().any(String::is_empty) {
            writeln!(text, "{}", serde_json::to_string_pretty(&reply.body).unwrap()).unwrap();
        } else {
            for pointer in &request.show {
                let part = reply.body.pointer(pointer).unwrap_or(&Value::Null);
                writeln!(text, "{pointer}: {part}").unwrap();
            }
        }
        text.push('\n');
    }
    text
}
