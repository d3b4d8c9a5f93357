//! A thin Kubernetes API client: JSON over HTTP or HTTPS with a bearer token.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use stagegate_simulation::{OPERATION_HEADER, ORIGIN_HEADER};

use super::authorities::Authorities;
use super::connection::Connection;
use super::discovery::{self, Discovery, Listed, Resource};
use super::error::Error;

/// The field manager of everything the worker applies.
const FIELD_MANAGER: &str = "confighub";

/// A client for one operation; clones for other operations share connections and discovery.
#[derive(Clone)]
pub(crate) struct Client {
    http: Connection,
    url: String,
    token: String,
    discovery: Discovery,
    operation: Option<String>,
}

impl Client {
    pub(crate) fn new(url: &str, token: &str, authorities: Option<&Authorities>) -> Self {
        Self {
            http: Connection::new(authorities),
            url: url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            discovery: Discovery::default(),
            operation: None,
        }
    }

    /// The same client, saying with each request on behalf of which queued operation it acts.
    pub(crate) fn for_operation(&self, operation: String) -> Self {
        Self { operation: Some(operation), ..self.clone() }
    }

    /// The object as it is now.
    pub(crate) async fn get(&self, object: &Value) -> Result<Value, Error> {
        let path = self.path_of(object).await?;
        self.request(Method::GET, &path, None).await
    }

    /// Server-side apply that takes over the fields of other managers.
    pub(crate) async fn apply(&self, object: &Value, dry_run: bool) -> Result<Value, Error> {
        let path = self.path_of(object).await?;
        let dry_run = if dry_run { "&dryRun=All" } else { "" };
        let target = format!("{path}?fieldManager={FIELD_MANAGER}&force=true{dry_run}");
        let body = Body { content_type: "application/apply-patch+yaml", bytes: object.to_string().into() };
        self.request(Method::PATCH, &target, Some(body)).await
    }

    /// Deletes the object; what it owns goes later.
    pub(crate) async fn delete(&self, object: &Value) -> Result<Value, Error> {
        let path = self.path_of(object).await?;
        let options = serde_json::json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"
        });
        let body = Body { content_type: "application/json", bytes: options.to_string().into() };
        self.request(Method::DELETE, &path, Some(body)).await
    }

    /// The resource of a kind.
    pub(crate) async fn resource(&self, object: &Value) -> Result<Resource, Error> {
        self.discovery.resource(self, object).await
    }

    /// Every kind that can be listed.
    pub(crate) async fn listable(&self) -> Result<Vec<Listed>, Error> {
        discovery::listable(self).await
    }

    /// All objects of a kind, each saying what it is: in lists that is left out.
    pub(crate) async fn list(&self, listed: &Listed) -> Result<Vec<Value>, Error> {
        let mut list = self.request(Method::GET, &listed.path, None).await?;
        let items = list["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let named = items.into_iter().map(|mut object| {
            object["apiVersion"] = listed.version.as_str().into();
            object["kind"] = listed.kind.as_str().into();
            object
        });
        Ok(named.collect())
    }

    async fn path_of(&self, object: &Value) -> Result<String, Error> {
        Ok(self.resource(object).await?.path(object))
    }

    /// Sends a request and reads the answer's JSON.
    pub(crate) async fn request(&self, method: Method, target: &str, body: Option<Body>) -> Result<Value, Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.url))
            .header("accept", "application/json")
            .header("user-agent", "cub-worker-run")
            .header(ORIGIN_HEADER, "worker");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if let Some(operation) = &self.operation {
            request = request.header(OPERATION_HEADER, operation);
        }
        let bytes = body.map_or_else(Bytes::new, |body| {
            request
                .headers_mut()
                .map(|headers| headers.insert("content-type", http::HeaderValue::from_static(body.content_type)));
            body.bytes
        });
        let transport = |error: &dyn std::fmt::Display| Error::Transport(error.to_string());
        let request = request.body(Full::new(bytes)).map_err(|error| transport(&error))?;
        let answer = self.http.request(request).await.map_err(|error| Error::Transport(describe(&error)))?;
        let code = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| transport(&error))?.to_bytes();
        if code >= 400 {
            return Err(Error::of_answer(code, &body));
        }
        serde_json::from_slice(&body).map_err(|error| transport(&error))
    }
}

/// A request's body.
pub(crate) struct Body {
    content_type: &'static str,
    bytes: Bytes,
}

/// An error with its causes: hyper's own text alone does not say what went wrong.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
