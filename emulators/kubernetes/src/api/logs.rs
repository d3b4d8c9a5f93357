//! GET of a Pod's logs.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, header};
use serde_json::Value;

use super::request::Resource;
use super::status::ApiError;
use super::watch::ledger;
use super::{Api, Call};
use crate::node::log::Line;
use crate::store::object::{self, list, text};

/// The log of one container, as text; with `follow` until the container ends.
pub(super) fn answer(api: &Api, call: &Call, resource: &Resource) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let stored = api
        .store
        .get(&kind.resource, resource.namespace(), resource.name())
        .ok_or_else(|| ApiError::not_found(kind, resource.name()))?;
    let pod = &*stored.object;
    let container = container(call, pod)?;
    let previous = call.query.is_true("previous");
    let log = match api.node.log(object::uid(pod), &container, previous) {
        Some(log) => log,
        None if previous => {
            let message =
                format!("previous terminated container {container:?} in pod {:?} not found", object::name(pod));
            return Err(ApiError::bad_request(message));
        }
        None => return Err(not_started(pod, &container)),
    };
    let (lines, more) = if call.query.is_true("follow") {
        let (lines, more) = log.follow();
        (lines, Some(more))
    } else {
        (log.lines(), None)
    };
    let stamp = call.query.is_true("timestamps");
    let show = move |line: &Line| {
        let text =
            if stamp { format!("{} {}\n", object::micro_time(line.at), line.text) } else { format!("{}\n", line.text) };
        Bytes::from(text)
    };
    let first: VecDeque<Bytes> = selected(api, call, lines)?.iter().map(show).collect();
    let ledger = ledger(call, &api.store.simulation.clock);
    if let Some(ledger) = &ledger {
        ledger.sent(first.len());
    }
    let stream = stream::unfold((first, more, ledger), move |(mut ready, mut more, ledger)| async move {
        if let Some(line) = ready.pop_front() {
            return Some((Ok::<_, std::convert::Infallible>(line), (ready, more, ledger)));
        }
        let line = more.as_mut()?.recv().await?;
        if let Some(ledger) = &ledger {
            ledger.sent(1);
        }
        Some((Ok(show(&line)), (ready, more, ledger)))
    });
    let mut response = Response::new(Body::from_stream(stream));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}

/// The lines that `tailLines`, `sinceSeconds` and `sinceTime` leave.
fn selected(api: &Api, call: &Call, mut lines: Vec<Line>) -> Result<Vec<Line>, ApiError> {
    let start = match (call.query.number("sinceSeconds"), call.query.get("sinceTime")) {
        (Some(seconds), _) => Some(api.store.simulation.clock.now() - Duration::from_secs(seconds)),
        (None, Some(at)) => Some(
            object::parse_time(at).ok_or_else(|| ApiError::bad_request(format!("sinceTime is not a time: {at:?}")))?,
        ),
        (None, None) => None,
    };
    if let Some(start) = start {
        lines.retain(|line| line.at >= start);
    }
    if let Some(tail) = call.query.number("tailLines").and_then(|tail| usize::try_from(tail).ok()) {
        lines.drain(..lines.len().saturating_sub(tail));
    }
    Ok(lines)
}

pub(super) fn container(call: &Call, pod: &Value) -> Result<String, ApiError> {
    let names = |pointer: &str| list(pod, pointer).iter().map(|one| text(one, "/name").to_owned()).collect::<Vec<_>>();
    let (main, init) = (names("/spec/containers"), names("/spec/initContainers"));
    let added = names("/spec/ephemeralContainers");
    match call.query.get("container") {
        Some(name) if main.iter().chain(&init).chain(&added).any(|one| one == name) => Ok(name.to_owned()),
        Some(name) => {
            Err(ApiError::bad_request(format!("container {name} is not valid for pod {}", object::name(pod))))
        }
        None => match (main.as_slice(), init.is_empty()) {
            ([one], true) => Ok(one.clone()),
            _ => Err(ApiError::bad_request(format!(
                "a container name must be specified for pod {}, choose one of: [{}]",
                object::name(pod),
                main.iter().chain(&init).cloned().collect::<Vec<_>>().join(" ")
            ))),
        },
    }
}

/// The kubelet's words for a container that has not run yet.
fn not_started(pod: &Value, container: &str) -> ApiError {
    let name = object::name(pod);
    let status = list(pod, "/status/containerStatuses").iter().find(|one| text(one, "/name") == container);
    let reason = status.map_or("", |status| text(status, "/state/waiting/reason"));
    ApiError::bad_request(match reason {
        "ErrImagePull" | "ImagePullBackOff" => {
            format!("container {container:?} in pod {name:?} is waiting to start: trying and failing to pull image")
        }
        "" => format!("container {container:?} in pod {name:?} is not available"),
        reason => format!("container {container:?} in pod {name:?} is waiting to start: {reason}"),
    })
}
