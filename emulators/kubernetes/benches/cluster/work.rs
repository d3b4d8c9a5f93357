//! The work that is measured.

use std::error::Error;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::side::Side;

type Outcome<T> = Result<T, Box<dyn Error>>;

async fn send(side: &impl Side, client: &reqwest::Client, method: &str, path: &str, body: Value) -> Outcome<Value> {
    let _in_flight = side.busy();
    let mut request = client.request(method.parse()?, format!("{}{path}", side.url()));
    if let Some(token) = side.token() {
        request = request.bearer_auth(token);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await?;
    if !answer.status().is_success() {
        return Err(format!("{method} {path}: {}", answer.text().await?).into());
    }
    Ok(answer.json().await?)
}

async fn namespace(side: &impl Side, client: &reqwest::Client, name: &str) -> Outcome<()> {
    send(side, client, "POST", "/api/v1/namespaces", json!({"metadata": {"name": name}})).await?;
    let account = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
    while send(side, client, "GET", &account, Value::Null).await.is_err() {
        side.pass(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn deployment(number: usize) -> Value {
    let name = format!("web-{number}");
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": "ghcr.io/finos/traderx/reference-data"}]},
        }},
    })
}

/// Creates Deployments of three and waits until all are available; gives how long that was in the cluster's time.
pub(crate) async fn deployments(side: &impl Side, count: usize) -> Outcome<Duration> {
    let client = reqwest::Client::new();
    let space = format!("bench-{count}");
    namespace(side, &client, &space).await?;
    let path = format!("/apis/apps/v1/namespaces/{space}/deployments");
    let begun = side.elapsed();
    for number in 0..count {
        send(side, &client, "POST", &path, deployment(number)).await?;
    }
    loop {
        let list = send(side, &client, "GET", &path, Value::Null).await?;
        let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        if items.iter().filter(|one| one["status"]["availableReplicas"] == 3).count() == count {
            break;
        }
        side.pass(Duration::from_secs(1)).await;
    }
    Ok(side.elapsed().saturating_sub(begun))
}

/// Creates small objects, sixteen at a time.
pub(crate) async fn config_maps(side: &impl Side, count: usize) -> Outcome<()> {
    let client = reqwest::Client::new();
    namespace(side, &client, "bench-objects").await?;
    stream::iter(0..count)
        .map(|number| {
            let body =
                json!({"metadata": {"name": format!("object-{number}")}, "data": {"number": number.to_string()}});
            send(side, &client, "POST", "/api/v1/namespaces/bench-objects/configmaps", body)
        })
        .buffer_unordered(16)
        .try_for_each(|_| async { Ok(()) })
        .await
}

/// How long one list of them all takes, best of five.
pub(crate) async fn list(side: &impl Side, count: usize) -> Outcome<Duration> {
    let client = reqwest::Client::new();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let _in_flight = side.busy();
        let begun = Instant::now();
        let mut request = client.get(format!("{}/api/v1/namespaces/bench-objects/configmaps", side.url()));
        if let Some(token) = side.token() {
            request = request.bearer_auth(token);
        }
        let body = request.send().await?.bytes().await?;
        best = best.min(begun.elapsed());
        let list: Value = serde_json::from_slice(&body)?;
        let found = list["items"].as_array().map_or(0, Vec::len);
        if found < count {
            return Err(format!("{found} of {count} objects were listed").into());
        }
    }
    Ok(best)
}

/// Opens watches, creates objects, and waits until every watch has told of every one.
pub(crate) async fn fan_out(side: &impl Side, watchers: usize, objects: usize) -> Outcome<Duration> {
    let client = reqwest::Client::new();
    namespace(side, &client, "bench-watch").await?;
    let path = "/api/v1/namespaces/bench-watch/secrets";
    let mut open = Vec::new();
    for _ in 0..watchers {
        let mut request = client.get(format!("{}{path}?watch=true", side.url()));
        if let Some(token) = side.token() {
            request = request.bearer_auth(token);
        }
        open.push(request.send().await?.error_for_status()?);
    }
    let begun = Instant::now();
    let create = async {
        for number in 0..objects {
            let body = json!({"metadata": {"name": format!("s-{number}")}, "stringData": {"a": "b"}});
            send(side, &client, "POST", path, body).await?;
        }
        Ok::<_, Box<dyn Error>>(())
    };
    let told = futures::future::try_join_all(open.into_iter().map(|watch| all_told(watch, objects)));
    futures::try_join!(create, told)?;
    Ok(begun.elapsed())
}

/// Reads a watch until it has told of so many new objects.
async fn all_told(mut watch: reqwest::Response, objects: usize) -> Outcome<()> {
    let mut told = 0;
    while told < objects {
        let chunk = watch.chunk().await?.ok_or("a watch ended before it had told of all")?;
        told += chunk.split(|byte| *byte == b'\n').count() - 1;
    }
    Ok(())
}

/// Removes the namespaces, without waiting.
pub(crate) async fn clean(side: &impl Side) -> Outcome<()> {
    let client = reqwest::Client::new();
    let list = send(side, &client, "GET", "/api/v1/namespaces", Value::Null).await?;
    for item in list["items"].as_array().map_or(&[][..], Vec::as_slice) {
        let name = item["metadata"]["name"].as_str().unwrap_or_default();
        if name.starts_with("bench-") {
            send(side, &client, "DELETE", &format!("/api/v1/namespaces/{name}"), Value::Null).await?;
        }
    }
    Ok(())
}
