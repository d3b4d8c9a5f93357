//! port-forward: SPDY streams inside a WebSocket (`k8s.io/apimachinery/pkg/util/portforward`).
//!
//! Each forwarded connection is two streams: what its bytes are, and the words of an error.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{Message, WebSocket};
use axum::response::Response;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::spdy::{self, Frame, Reader, Writer};
use crate::api::Api;
use crate::api::status::ApiError;
use crate::node::Node;
use crate::node::traffic::{Asked, Reached};
use crate::store::object;

const PROTOCOL: &str = "SPDY/3.1+portforward.k8s.io";

/// How many bytes of one connection may wait to be read.
const BUFFER: usize = 64 * 1024;

/// The Pod whose ports are forwarded.
#[derive(Clone)]
struct Target {
    node: Arc<Node>,
    uid: String,
    name: String,
}

/// Forwards ports of a running Pod.
pub(super) fn answer(api: &Arc<Api>, pod: &Value, upgrade: WebSocketUpgrade) -> Result<Response, ApiError> {
    let phase = object::text(pod, "/status/phase");
    if phase != "Running" {
        return Err(ApiError::bad_request(format!(
            "unable to forward port because pod is not running. Current status={phase}"
        )));
    }
    let upgrade = upgrade.protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Err(ApiError::not_emulated(&format!("port-forward over another subprotocol than {PROTOCOL}")));
    }
    let target =
        Target { node: Arc::clone(&api.node), uid: object::uid(pod).to_owned(), name: object::name(pod).to_owned() };
    Ok(upgrade.on_upgrade(move |socket| forward(socket, target)))
}

/// A connection that the client has begun to open.
#[derive(Default)]
struct Request {
    error: Option<u32>,
    data: Option<u32>,
}

struct Session {
    target: Target,
    writer: Writer,
    outgoing: UnboundedSender<Vec<u8>>,
    requests: HashMap<String, Request>,
    /// Where the bytes of open data streams go.
    inputs: HashMap<u32, UnboundedSender<Vec<u8>>>,
}

async fn forward(socket: WebSocket, target: Target) {
    let (mut sink, mut incoming) = socket.split();
    let (outgoing, mut frames) = unbounded_channel();
    let mut session =
        Session { target, writer: Writer::new(), outgoing, requests: HashMap::new(), inputs: HashMap::new() };
    let mut reader = Reader::new();
    loop {
        tokio::select! {
            biased;
            Some(bytes) = frames.recv() => {
                if sink.send(Message::Binary(Bytes::from(bytes))).await.is_err() {
                    return;
                }
            }
            message = incoming.next() => {
                let Some(Ok(Message::Binary(bytes))) = message else {
                    match message {
                        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_))) => continue,
                        _ => return,
                    }
                };
                reader.feed(&bytes);
                loop {
                    match reader.next() {
                        Ok(None) => break,
                        Ok(Some(Frame::GoAway)) => return,
                        Ok(Some(frame)) => session.take(frame),
                        Err(error) => {
                            tracing::debug!(%error, "a port-forward was broken off");
                            return;
                        }
                    }
                }
            }
        }
    }
}

impl Session {
    fn take(&mut self, frame: Frame) {
        match frame {
            Frame::Open { stream, headers } => self.open(stream, &headers),
            Frame::Data { stream, bytes, end } => {
                if let Some(input) = self.inputs.get(&stream) {
                    // The connection may have ended meanwhile.
                    let _ended = bytes.is_empty() || input.send(bytes).is_ok();
                }
                if end {
                    self.inputs.remove(&stream);
                }
            }
            Frame::Reset { stream } => drop(self.inputs.remove(&stream)),
            Frame::Ping { id } => self.send(spdy::pong(id)),
            Frame::GoAway => {}
        }
    }

    fn send(&self, bytes: Vec<u8>) {
        // Without a receiver the connection is over, and so is this session.
        let _over = self.outgoing.send(bytes);
    }

    fn open(&mut self, stream: u32, headers: &std::collections::BTreeMap<String, String>) {
        let header = |name: &str| headers.get(name).map_or("", String::as_str);
        let reply = self.writer.reply(stream);
        self.send(reply);
        let id = header("requestid").to_owned();
        let request = self.requests.entry(id.clone()).or_default();
        match header("streamtype") {
            "error" => request.error = Some(stream),
            "data" => request.data = Some(stream),
            _ => return,
        }
        let (Some(error), Some(data)) = (request.error, request.data) else { return };
        self.requests.remove(&id);
        let (input, bytes) = unbounded_channel();
        self.inputs.insert(data, input);
        let port = header("port").parse().unwrap_or(0);
        tokio::spawn(connect(self.target.clone(), port, (error, data), bytes, self.outgoing.clone()));
    }
}

/// Carries one connection.
async fn connect(
    target: Target,
    port: u16,
    (error, data): (u32, u32),
    bytes: UnboundedReceiver<Vec<u8>>,
    outgoing: UnboundedSender<Vec<u8>>,
) {
    let words = match target.node.reach(&target.uid, port, Asked::of("", "/")) {
        Reached::Refused => format!(
            "error forwarding port {port} to pod {}, uid : failed to execute portforward in network namespace \"\": failed to connect to localhost:{port} inside namespace \"\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection refused ",
            target.name
        ),
        Reached::NotHttp => {
            // Something listens that says nothing by itself.
            let mut bytes = bytes;
            while bytes.recv().await.is_some() {}
            String::new()
        }
        Reached::Http(_) => {
            let (ours, theirs) = tokio::io::duplex(BUFFER);
            tokio::join!(serve(target, port, theirs), carry(ours, bytes, data, &outgoing));
            String::new()
        }
    };
    // Who is gone needs no ending.
    let _gone = outgoing.send(spdy::data(error, words.as_bytes(), true));
    let _gone = outgoing.send(spdy::data(data, &[], true));
}

/// Copies between the tunnel's stream and the server's end.
async fn carry(
    stream: DuplexStream,
    mut bytes: UnboundedReceiver<Vec<u8>>,
    data: u32,
    outgoing: &UnboundedSender<Vec<u8>>,
) {
    let (mut from_server, mut to_server) = tokio::io::split(stream);
    let up = async {
        while let Some(bytes) = bytes.recv().await {
            if to_server.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _closed = to_server.shutdown().await;
        // The answer is still to come.
        std::future::pending::<()>().await;
    };
    let down = async {
        let mut buffer = vec![0; BUFFER / 4];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            if outgoing.send(spdy::data(data, &buffer[..read], false)).is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// Answers HTTP as the Pod's process would.
async fn serve(target: Target, port: u16, stream: DuplexStream) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let target = target.clone();
        async move {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            let host =
                request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            let response = match target.node.reach(&target.uid, port, Asked::of(host, &path)) {
                Reached::Http(answer) => {
                    target.node.clock().sleep(answer.delay).await;
                    hyper::Response::builder()
                        .status(answer.status)
                        .header(http::header::CONTENT_TYPE, answer.content_type)
                        .body(Full::new(Bytes::from(answer.body)))
                }
                // The process ended while the connection was open.
                Reached::Refused | Reached::NotHttp => {
                    hyper::Response::builder().status(502).body(Full::new(Bytes::new()))
                }
            };
            Ok::<_, Infallible>(response.unwrap_or_default())
        }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a forwarded connection ended early");
    }
}
