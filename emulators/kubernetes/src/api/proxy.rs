//! The proxy subresource of Services and Pods.

use axum::body::Body;
use axum::response::Response;
use http::{StatusCode, header};
use serde_json::Value;

use super::request::Resource;
use super::status::ApiError;
use super::{Api, Call};
use crate::node::traffic::{Asked, Reached, named_port};
use crate::store::Stored;
use crate::store::object::{self, integer, list, text};

/// `[scheme:]NAME[:PORT]` of a proxied Service or Pod.
struct Place<'a> {
    name: &'a str,
    port: &'a str,
}

impl<'a> Place<'a> {
    fn parse(text: &'a str) -> Result<Self, ApiError> {
        let parts: Vec<_> = text.split(':').collect();
        match parts.as_slice() {
            [name] => Ok(Self { name, port: "" }),
            [name, port] | ["http" | "", name, port] => Ok(Self { name, port }),
            ["https", ..] => Err(ApiError::not_emulated("proxying to https backends")),
            _ => Err(ApiError::bad_request(format!("invalid service request {text:?}"))),
        }
    }
}

/// Answers from the declared behaviour of the Pod behind it.
pub(super) async fn answer(api: &Api, call: &Call, resource: &Resource) -> Result<Response, ApiError> {
    let place = Place::parse(resource.name())?;
    let namespace = resource.namespace();
    let kind = &resource.kind;
    let found =
        api.store.get(&kind.resource, namespace, place.name).ok_or_else(|| ApiError::not_found(kind, place.name))?;
    let (uid, port) = match kind.kind.as_str() {
        "Pod" => pod_port(&found.object, &place)?,
        _ => backend(api, namespace, &found, &place)?,
    };
    let address = api.node.address(&uid);
    let failed = |detail: String| ApiError::unavailable(format!("error trying to reach service: {detail}"));
    match api.node.reach(&uid, port, Asked::of("", &resource.rest)) {
        Reached::Refused => Err(failed(format!("dial tcp {address}:{port}: connect: connection refused"))),
        Reached::NotHttp => {
            Err(failed("net/http: HTTP/1.x transport connection broken: malformed HTTP response".to_owned()))
        }
        Reached::Http(answer) => {
            api.store.simulation.clock.sleep(answer.delay).await;
            let body = if call.method == http::Method::HEAD { Body::empty() } else { Body::from(answer.body) };
            Response::builder()
                .status(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY))
                .header(header::CONTENT_TYPE, answer.content_type)
                .body(body)
                .map_err(|error| failed(error.to_string()))
        }
    }
}

fn pod_port(pod: &Value, place: &Place<'_>) -> Result<(String, u16), ApiError> {
    if text(pod, "/status/podIP").is_empty() {
        return Err(ApiError::bad_request("address not allowed"));
    }
    let first = || {
        list(pod, "/spec/containers")
            .iter()
            .flat_map(|container| list(container, "/ports"))
            .find_map(|port| integer(port, "/containerPort"))
            .and_then(|port| u16::try_from(port).ok())
    };
    let port = if place.port.is_empty() {
        first().unwrap_or(80)
    } else {
        place.port.parse().map_err(|_| ApiError::bad_request(format!("invalid port {:?}", place.port)))?
    };
    Ok((object::uid(pod).to_owned(), port))
}

/// The first ready Pod behind a Service, and its port that the Service's port leads to.
fn backend(api: &Api, namespace: &str, service: &Stored, place: &Place<'_>) -> Result<(String, u16), ApiError> {
    let service = &*service.object;
    let ports = list(service, "/spec/ports");
    let wanted = ports.iter().find(|port| match place.port {
        "" => true,
        text => {
            object::text(port, "/name") == text || integer(port, "/port").is_some_and(|port| port.to_string() == text)
        }
    });
    let Some(wanted) = wanted else {
        return Err(ApiError::unavailable(match place.port.parse::<u16>() {
            Ok(number) => format!("no service port {number} found for service {:?}", place.name),
            Err(_) => format!("no endpoints available for service {:?}", place.name),
        }));
    };
    let none = || ApiError::unavailable(format!("no endpoints available for service {:?}", place.name));
    let endpoints = api.store.get("endpoints", namespace, place.name).ok_or_else(none)?;
    let ready = list(&endpoints.object, "/subsets")
        .iter()
        .flat_map(|subset| list(subset, "/addresses"))
        .map(|address| text(address, "/targetRef/name"))
        .find_map(|name| api.store.get("pods", namespace, name))
        .ok_or_else(none)?;
    let pod = &*ready.object;
    let port = list(pod, "/spec/containers")
        .iter()
        .find_map(|container| named_port(container, &wanted["targetPort"]))
        .ok_or_else(none)?;
    Ok((object::uid(pod).to_owned(), port))
}
