//! exec and attach over WebSocket (`k8s.io/apimachinery/pkg/util/remotecommand`).
//!
//! The first byte of each message is the channel. Subprotocol v5 adds the closing of one channel.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::SplitStream;
use futures::{Sink, SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::api::status::ApiError;
use crate::api::{Api, Call};
use crate::command::{self, Place, Stream, reads_stdin};
use crate::node::log::LogSink;
use crate::store::object;

const PROTOCOLS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
/// How it ended, as a `Status`.
const ERROR: u8 = 3;
/// Closes the channel that its second byte names.
const CLOSE: u8 = 255;

/// client-go begins to read before it has made its streams, and discards what comes for one that it has
/// not: it counts on a real container runtime, which takes this long to start a process.
const CLIENT_SETTLES: Duration = Duration::from_millis(50);

/// Runs a command in a container, or shows what its process prints.
pub(super) fn answer(
    api: &Arc<Api>,
    call: &Call,
    (pod, name): (&Value, &str),
    subresource: &str,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.protocols(PROTOCOLS);
    if upgrade.selected_protocol().is_none() {
        return Err(ApiError::not_emulated("remote commands over a subprotocol older than v4.channel.k8s.io"));
    }
    let container = api.node.container(object::uid(pod), name);
    let running = container.and_then(|container| Some((container.place()?, container.log(false)?, container.id())));
    let Some((place, log, id)) = running else {
        // The API server has upgraded the connection by the time that the kubelet says so.
        let status = internal_error(&format!("unable to upgrade connection: container not found ({name:?})"));
        return Ok(upgrade.on_upgrade(|mut socket| async move {
            finish(&mut socket, &status).await;
        }));
    };
    let wants_stdin = call.query.is_true("stdin");
    if subresource == "attach" {
        return Ok(upgrade.on_upgrade(move |socket| show(socket, log)));
    }
    if call.query.is_true("tty") && wants_stdin && call.query.all("command").len() == 1 {
        return Err(ApiError::not_emulated(
            "exec of an interactive shell; pass a command, or commands on standard input",
        ));
    }
    let line = call.query.all("command");
    if line.is_empty() {
        return Err(ApiError::bad_request("you must specify at least 1 command for the container"));
    }
    let busy = api.node.clock().busy();
    Ok(upgrade.on_upgrade(move |socket| async move {
        execute(socket, place, line, wants_stdin, &id).await;
        drop(busy);
    }))
}

async fn execute(socket: WebSocket, place: Place, line: Vec<String>, wants_stdin: bool, id: &str) {
    let (mut sink, mut incoming) = socket.split();
    tokio::time::sleep(CLIENT_SETTLES).await;
    let program = line.first().map_or("", String::as_str);
    if !place.has(program) {
        let status = not_started(id, program);
        finish(&mut sink, &status).await;
        return;
    }
    let stdin = if wants_stdin && reads_stdin(&line) { read_stdin(&mut incoming).await } else { String::new() };
    let (sender, mut printed) = mpsc::unbounded_channel();
    let print = |stream: Stream, text: &str| {
        // The receiver lives as long as this function.
        let _unsent = sender.send((stream, text.to_owned()));
    };
    let run = command::run(&place, &line, &stdin, &print);
    tokio::pin!(run);
    let code = loop {
        tokio::select! {
            biased;
            Some((stream, text)) = printed.recv() => {
                if send(&mut sink, channel_of(stream), text.as_bytes()).await.is_err() {
                    return;
                }
            }
            code = &mut run => break code,
            closed = closed(&mut incoming) => if closed { return },
        }
    };
    while let Ok((stream, text)) = printed.try_recv() {
        if send(&mut sink, channel_of(stream), text.as_bytes()).await.is_err() {
            return;
        }
    }
    finish(&mut sink, &ended(code)).await;
}

/// Whether the client has gone; what else it sends meanwhile does not matter.
async fn closed(incoming: &mut SplitStream<WebSocket>) -> bool {
    !matches!(incoming.next().await, Some(Ok(message)) if !matches!(message, Message::Close(_)))
}

async fn read_stdin(incoming: &mut SplitStream<WebSocket>) -> String {
    let mut bytes = Vec::new();
    while let Some(Ok(message)) = incoming.next().await {
        let data = message.into_data();
        match data.split_first() {
            Some((&STDIN, input)) if !input.is_empty() => bytes.extend_from_slice(input),
            // An empty message on the channel, or its closing, is the end of the input.
            Some((&STDIN, _) | (&CLOSE, [STDIN])) | None => break,
            Some(_) => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends what a container prints, from the beginning of its log, until it ends.
async fn show(socket: WebSocket, log: LogSink) {
    let (mut sink, mut incoming) = socket.split();
    let (lines, mut more) = log.follow();
    for line in lines {
        if send(&mut sink, STDOUT, format!("{}\n", line.text).as_bytes()).await.is_err() {
            return;
        }
    }
    loop {
        tokio::select! {
            biased;
            line = more.recv() => match line {
                Some(line) => if send(&mut sink, STDOUT, format!("{}\n", line.text).as_bytes()).await.is_err() {
                    return;
                },
                None => break,
            },
            closed = closed(&mut incoming) => if closed { return },
        }
    }
    finish(&mut sink, &ended(0)).await;
}

fn channel_of(stream: Stream) -> u8 {
    match stream {
        Stream::Stdout => STDOUT,
        Stream::Stderr => STDERR,
    }
}

async fn send<S: Sink<Message> + Unpin>(sink: &mut S, channel: u8, data: &[u8]) -> Result<(), S::Error> {
    let mut message = Vec::with_capacity(data.len() + 1);
    message.push(channel);
    message.extend_from_slice(data);
    sink.send(Message::Binary(Bytes::from(message))).await
}

/// Says how it ended, and closes.
async fn finish<S: Sink<Message> + Unpin>(sink: &mut S, status: &Value) {
    if send(sink, ERROR, status.to_string().as_bytes()).await.is_ok() {
        let normal = CloseFrame { code: close_code::NORMAL, reason: "".into() };
        // A client that is gone already needs no goodbye.
        let _gone = sink.send(Message::Close(Some(normal))).await;
    }
}

fn ended(code: i32) -> Value {
    if code == 0 {
        return json!({"metadata": {}, "status": "Success"});
    }
    json!({
        "metadata": {},
        "status": "Failure",
        "message": format!("command terminated with non-zero exit code: error executing command, exit code {code}"),
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]},
    })
}

/// The words of runc for a program that the image does not have.
fn not_started(id: &str, program: &str) -> Value {
    internal_error(&format!(
        "Internal error occurred: error executing command in container: {}",
        command::not_started(id, program)
    ))
}

fn internal_error(message: &str) -> Value {
    json!({
        "metadata": {},
        "status": "Failure",
        "message": format!("Internal error occurred: {message}"),
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    })
}
