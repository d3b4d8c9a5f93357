//! Subresources that take over the connection: exec, attach, port-forward.

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod port_forward;
mod remote_command;
mod spdy;

use std::sync::Arc;

use axum::extract::{FromRequestParts, WebSocketUpgrade};
use axum::response::Response;
use http::header;
use http::request::Parts;
use serde_json::Value;

use super::request::Resource;
use super::status::ApiError;
use super::{Api, Call, logs};
use crate::store::object;

/// Whether a request is for one of them.
pub(super) fn is_asked(resource: &Resource) -> bool {
    &*resource.kind.resource == "pods"
        && matches!(resource.subresource.as_deref(), Some("exec" | "attach" | "portforward"))
}

/// The WebSocket that the request asks for.
pub(super) async fn upgrade(parts: &mut Parts) -> Option<WebSocketUpgrade> {
    if !parts.headers.contains_key(header::UPGRADE) {
        return None;
    }
    WebSocketUpgrade::from_request_parts(parts, &()).await.ok()
}

/// Answers with the stream, or with why there is none.
pub(super) fn answer(
    api: &Arc<Api>,
    call: &Call,
    resource: &Resource,
    upgrade: Option<WebSocketUpgrade>,
) -> Result<Response, ApiError> {
    let kind = &resource.kind;
    let stored = api
        .store
        .get(&kind.resource, resource.namespace(), resource.name())
        .ok_or_else(|| ApiError::not_found(kind, resource.name()))?;
    let pod: &Value = &stored.object;
    let subresource = resource.subresource.as_deref().unwrap_or_default();
    if object::text(pod, "/spec/nodeName").is_empty() {
        return Err(ApiError::bad_request(format!("pod {} does not have a host assigned", object::name(pod))));
    }
    let container = if subresource == "portforward" { String::new() } else { logs::container(call, pod)? };
    let spdy = call.header(header::UPGRADE).to_ascii_lowercase().starts_with("spdy");
    let upgrade = match upgrade {
        Some(upgrade) => upgrade,
        None if spdy => {
            return Err(ApiError::not_emulated(&format!("{subresource} over SPDY; it is served over WebSocket")));
        }
        None => return Err(ApiError::bad_request("Upgrade request required")),
    };
    match subresource {
        "portforward" => port_forward::answer(api, pod, upgrade),
        _ => remote_command::answer(api, call, (pod, &container), subresource, upgrade),
    }
}
