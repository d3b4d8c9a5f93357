//! The worker's one HTTP/2 connection to its hub.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use stagegate_simulation::{OPERATION_HEADER, ORIGIN_HEADER, STREAM_HEADER};
use tokio::net::TcpStream;

use crate::config::Config;
use crate::protocol::{ActionResult, Myself, WorkerInfo};

/// The hub could not be reached or did not answer as it must. The texts of refusals are the real
/// worker's (recorded runs 1g-1j).
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The secret is shorter than 8 characters.
    #[error("missing or invalid worker secret")]
    Secret,
    /// The hub's URL cannot be used.
    #[error("invalid hub URL {url:?}: {reason}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No connection.
    #[error("dial tcp {address}: {source}")]
    Connect {
        /// Host and port.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The connection broke.
    #[error("{0}")]
    Connection(#[from] hyper::Error),
    /// The hub answered with another status than 200.
    #[error("server returned status {0}")]
    Refused(StatusCode),
    /// The hub's answer cannot be read, or a request cannot be made.
    #[error("{0}")]
    Malformed(String),
}

/// Requests over the connection; clones share it.
#[derive(Clone)]
pub(crate) struct Hub {
    sender: SendRequest<Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
}

impl Hub {
    /// Connects by HTTP/2 with prior knowledge, as the real worker does for http URLs.
    ///
    /// The second part drives the connection and ends with it.
    pub(crate) async fn connect(config: &Config) -> Result<(Self, impl Future<Output = ()> + use<>), HubError> {
        let address = Address::of(config)?;
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", config.secret)).map_err(|_| HubError::Secret)?;
        authorization.set_sensitive(true);
        let socket = format!("{}:{}", address.host, address.port);
        let failed = |source| HubError::Connect { address: socket.clone(), source };
        let stream = TcpStream::connect((address.host.trim_matches(['[', ']']), address.port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        let drive = async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to the hub broke");
            }
        };
        let base = format!("http://{socket}/api/bridge_worker/{}", config.worker_id);
        Ok((Self { sender, base, authorization }, drive))
    }

    /// Who this worker is (`GET …/me`).
    pub(crate) async fn myself(&self) -> Result<Myself, HubError> {
        let answer = self.send(Method::GET, "me", |request| request, Bytes::new()).await?;
        let body = accepted(answer)?.into_body().collect().await?.to_bytes();
        serde_json::from_slice(&body).map_err(|error| HubError::Malformed(error.to_string()))
    }

    /// Opens the event stream (`POST …/stream`); `ledger` is the id of the clock's account of it.
    pub(crate) async fn stream(&self, info: &WorkerInfo, ledger: u64) -> Result<Incoming, HubError> {
        let body = serde_json::to_vec(info).map_err(|error| HubError::Malformed(error.to_string()))?;
        let headers = |request: http::request::Builder| {
            request
                .header("accept", "text/event-stream")
                .header("cache-control", "no-cache")
                .header(STREAM_HEADER, ledger)
        };
        let answer = self.send(Method::POST, "stream", headers, body.into()).await?;
        Ok(accepted(answer)?.into_body())
    }

    /// Reports on an operation (`POST …/action_result`); any other answer than 200 is an error.
    pub(crate) async fn report(&self, result: &ActionResult) -> Result<(), HubError> {
        let body = serde_json::to_vec(result).map_err(|error| HubError::Malformed(error.to_string()))?;
        let operation = (!result.queued_operation_id.is_nil()).then(|| result.queued_operation_id.to_string());
        let headers = |mut request: http::request::Builder| {
            if let Some(operation) = operation {
                request = request.header(OPERATION_HEADER, operation);
            }
            request.header("content-type", "application/json")
        };
        let answer = accepted(self.send(Method::POST, "action_result", headers, body.into()).await?)?;
        answer.into_body().collect().await?;
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: impl FnOnce(http::request::Builder) -> http::request::Builder,
        body: Bytes,
    ) -> Result<Response<Incoming>, HubError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.base))
            .header("authorization", &self.authorization)
            .header("user-agent", "Go-http-client/2.0")
            .header(ORIGIN_HEADER, "worker");
        let request = headers(request).body(Full::new(body)).map_err(|error| HubError::Malformed(error.to_string()))?;
        let mut sender = self.sender.clone();
        sender.ready().await?;
        Ok(sender.send_request(request).await?)
    }
}

fn accepted(answer: Response<Incoming>) -> Result<Response<Incoming>, HubError> {
    match answer.status() {
        StatusCode::OK => Ok(answer),
        other => Err(HubError::Refused(other)),
    }
}

struct Address {
    host: String,
    port: u16,
}

impl Address {
    fn of(config: &Config) -> Result<Self, HubError> {
        let wrong = |reason| HubError::Url { url: config.hub_url.clone(), reason };
        let uri: Uri = config.hub_url.parse().map_err(|_| wrong("it is not a URL"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(wrong("this worker speaks http only")),
            _ => return Err(wrong("it has no scheme")),
        }
        let host = uri.host().ok_or_else(|| wrong("it has no host"))?.to_owned();
        Ok(Self { host, port: config.worker_port.or(uri.port_u16()).unwrap_or(80) })
    }
}
