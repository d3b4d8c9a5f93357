//! Requests to the ConfigHub API and what the client makes of the answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::contract::Era;
use crate::failure::Failure;

/// A request: method, path below the API's root, query, body.
pub(crate) struct Call {
    method: Method,
    path: String,
    query: BTreeMap<&'static str, String>,
    body: Option<(&'static str, String)>,
    cookie: Option<String>,
    /// Whether only the status of a refusal is told, not its reason.
    hides_reason: bool,
    /// Statuses of errors that the operation declares beside 400, 401, 403, 404 and 500.
    also_declared: &'static [u16],
}

impl Call {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: BTreeMap::new(),
            body: None,
            cookie: None,
            hides_reason: false,
            also_declared: &[],
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// A POST without a body.
    pub(crate) fn act(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { body: Some(("application/json", crate::model::compact(body))), ..Self::new(Method::POST, path) }
    }

    pub(crate) fn put(path: impl Into<String>, body: &Value) -> Self {
        let body = Some(("application/json", crate::model::compact(body)));
        Self { body, also_declared: &[409], ..Self::new(Method::PUT, path) }
    }

    /// A form, as login services take it.
    pub(crate) fn form(path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let pairs = fields.iter().map(|(name, value)| format!("{name}={}", query_escape(value)));
        let body = Some(("application/x-www-form-urlencoded", pairs.collect::<Vec<_>>().join("&")));
        Self { body, ..Self::new(Method::POST, path) }
    }

    /// A merge patch; the text goes out as it is.
    pub(crate) fn patch(path: impl Into<String>, body: impl Into<String>) -> Self {
        Self { body: Some(("application/merge-patch+json", body.into())), ..Self::new(Method::PATCH, path) }
    }

    /// A POST of a merge patch, as bulk creation takes it.
    pub(crate) fn post_patch(path: impl Into<String>, body: impl Into<String>) -> Self {
        Self { method: Method::POST, ..Self::patch(path, body) }
    }

    /// Adds a query parameter unless its value is empty.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.query.insert(name, value);
        }
        self
    }

    /// Adds statuses of errors that the operation declares.
    #[must_use]
    pub(crate) fn declaring(mut self, statuses: &'static [u16]) -> Self {
        self.also_declared = statuses;
        self
    }

    /// The client of August 2025 does not look at the reasons why some bulk operations are refused.
    #[must_use]
    pub(crate) fn hiding_reason(mut self, era: Era) -> Self {
        self.hides_reason = era == Era::August2025;
        self
    }

    fn target(&self) -> String {
        let mut target = self.path.clone();
        for (position, (name, value)) in self.query.iter().enumerate() {
            target.push(if position == 0 { '?' } else { '&' });
            let _infallible = write!(target, "{name}={}", query_escape(value));
        }
        target
    }
}

/// Letters that Go's url.QueryEscape leaves alone.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');

fn query_escape(value: &str) -> String {
    percent_encode(value.as_bytes(), KEPT).to_string().replace(' ', "+")
}

/// A connection to one server, opened with the first request.
pub(crate) struct Api {
    /// Scheme and host, without a slash at the end.
    pub(crate) server: String,
    authorization: Option<String>,
    command: Option<String>,
    /// Whether each request and answer is shown.
    pub(crate) debug: bool,
    connection: Option<SendRequest<Full<Bytes>>>,
    /// What `debug` has to show.
    pub(crate) trace: Vec<String>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// The answer's JSON when its content type says it is JSON.
    fn json(&self) -> Option<Value> {
        let kind = self.headers.get("content-type")?.to_str().ok()?;
        if kind.contains("json") { serde_json::from_slice(&self.body).ok() } else { None }
    }

    fn request_id(&self) -> &str {
        self.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default()
    }
}

impl Api {
    /// `command` is the number of the traced command that the requests carry.
    pub(crate) fn new(server: String, authorization: Option<String>, command: Option<String>, debug: bool) -> Self {
        Self { server, authorization, command, debug, connection: None, trace: Vec::new() }
    }

    /// Sends another value of the Authorization header from now on.
    pub(crate) fn authorize(&mut self, authorization: String) {
        self.authorization = Some(authorization);
    }

    /// Sends a request below `/api` and gives the answer's status and value; any other answer than a
    /// usable 200 or 207 fails.
    pub(crate) async fn call_with_status(&mut self, mut call: Call) -> Result<(u16, Value), Failure> {
        call.path = format!("/api{}", call.path);
        let declared = [&[400, 401, 403, 404, 500], call.also_declared].concat();
        let answer = self.exchange(&call).await?;
        let json = answer.json();
        match (answer.status, json) {
            (200 | 207, Some(value)) if !value.is_null() => Ok((answer.status, value)),
            (status, _) if call.hides_reason => {
                Err(Failure::failed(format!("unexpected status code {status} or no response data")))
            }
            (status, Some(error)) if declared.contains(&status) => Err(Failure::failed(format!(
                "HTTP {status} for req {}: {}",
                answer.request_id(),
                crate::model::text(&error, "Message")
            ))),
            _ => Err(Failure::failed(format!("no response body from server for req {}", answer.request_id()))),
        }
    }

    /// A request outside the API's root and without a token, such as the worker login: status and body.
    pub(crate) async fn call_server(&mut self, call: Call) -> Result<(u16, Bytes), Failure> {
        self.authorization = None;
        let answer = self.exchange(&call).await?;
        Ok((answer.status, answer.body))
    }

    /// Access and refresh token of a session in another organization, which come as cookies of a redirection.
    pub(crate) async fn switch_organization(
        &mut self,
        refresh: &str,
        organization: &str,
    ) -> Result<[String; 2], Failure> {
        let mut call = Call::get("/auth/switch-organization").with("organization_id", organization);
        call.cookie = Some(format!("confighub_refresh_token={refresh}"));
        let answer = self.exchange(&call).await?;
        if !(300..400).contains(&answer.status) {
            return Err(Failure::failed(format!("API request failed with status {}", answer.status)));
        }
        let cookies = || answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let value = |name: &str| {
            let mut pairs = cookies().filter_map(|cookie| cookie.split(';').next()?.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        match (value("confighub_session"), value("confighub_refresh_token")) {
            (Some(access), Some(refresh)) => Ok([access, refresh]),
            _ => Err(Failure::failed("failed to get new tokens from response cookies")),
        }
    }

    async fn exchange(&mut self, call: &Call) -> Result<Answer, Failure> {
        let target = call.target();
        let verb = match call.method {
            Method::GET => "Get",
            Method::POST => "Post",
            Method::PUT => "Put",
            Method::PATCH => "Patch",
            _ => "Delete",
        };
        let failed =
            |reason: &dyn std::fmt::Display| Failure::failed(format!("{verb} \"{}{target}\": {reason}", self.server));
        let uri: Uri = self.server.parse().map_err(|error| failed(&error))?;
        if uri.scheme_str() != Some("http") {
            return Err(failed(&"this client speaks http only"));
        }
        let Some(authority) = uri.authority().cloned() else { return Err(failed(&"no host")) };
        if self.connection.as_ref().is_none_or(SendRequest::is_closed) {
            self.connection = Some(connect(&authority).await.map_err(|error| failed(&error))?);
        }
        let request = self.request(call, &target, authority.as_str()).map_err(|error| failed(&error))?;
        if self.debug {
            self.trace.push(dump_request(call, &target, &request));
        }
        let Some(connection) = self.connection.as_mut() else { return Err(failed(&"no connection")) };
        connection.ready().await.map_err(|error| failed(&error))?;
        let answer = connection.send_request(request).await.map_err(|error| failed(&error))?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| failed(&error))?.to_bytes();
        let answer = Answer { status: head.status.as_u16(), headers: head.headers, body };
        if self.debug {
            self.trace.push(dump_answer(&answer, head.status));
        }
        Ok(answer)
    }

    fn request(&self, call: &Call, target: &str, host: &str) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request =
            Request::builder().method(&call.method).uri(target).header("Host", host).header("User-Agent", "cub");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        if let Some(command) = &self.command {
            request = request.header("stagegate-command", command);
        }
        if let Some(cookie) = &call.cookie {
            request = request.header("Cookie", cookie);
        }
        let mut bytes = Bytes::new();
        if let Some((kind, text)) = &call.body {
            request = request.header("Content-Type", *kind);
            bytes = Bytes::from(text.clone());
        }
        request.body(Full::new(bytes))
    }
}

async fn connect(authority: &http::uri::Authority) -> Result<SendRequest<Full<Bytes>>, String> {
    let port = authority.port_u16().unwrap_or(80);
    let host = authority.host().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, port)).await.map_err(|error| dial_error(host, port, &error))?;
    let _without_delay = stream.set_nodelay(true);
    let (sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection broke");
        }
    });
    Ok(sender)
}

/// Go's words for a failed connection.
fn dial_error(host: &str, port: u16, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => format!("dial tcp {host}:{port}: connect: connection refused"),
        _ => format!("dial tcp: lookup {host}: {error}"),
    }
}

/// A request as `--debug` shows it.
fn dump_request(call: &Call, target: &str, request: &Request<Full<Bytes>>) -> String {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut text = format!("{} {target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: cub\r\n", call.method, header("host"));
    if let Some((_, body)) = &call.body {
        let _infallible = write!(text, "Content-Length: {}\r\n", body.len());
    }
    if !header("authorization").is_empty() {
        let _infallible = write!(text, "Authorization: {}\r\n", header("authorization"));
    }
    if let Some((kind, _)) = &call.body {
        let _infallible = write!(text, "Content-Type: {kind}\r\n");
    }
    text.push_str("Accept-Encoding: gzip\r\n\r\n");
    text + call.body.as_ref().map_or("", |(_, body)| body)
}

/// An answer as `--debug` shows it.
fn dump_answer(answer: &Answer, status: http::StatusCode) -> String {
    let mut headers: Vec<_> = answer.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str().to_owned());
    let mut text = format!("HTTP/1.1 {} {}\r\n", answer.status, status.canonical_reason().unwrap_or_default());
    for (name, value) in headers {
        let _infallible = write!(text, "{}: {}\r\n", canonical(name.as_str()), value.to_str().unwrap_or_default());
    }
    format!("{text}\r\n{}", String::from_utf8_lossy(&answer.body))
}

/// A header's name as Go writes it: `content-type` as `Content-Type`.
fn canonical(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}
