//! A listening port: HTTP answers by path, or a server of something else.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri, header};
use stagegate_kubernetes::Listener;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a server that does not speak HTTP says to whatever it is told.
const NOT_UNDERSTOOD: &[u8] = b"\x00\x00\x00\x00not understood\n";

/// Listens from now on, for as long as the process lives.
pub(crate) async fn open(listener: Listener, address: SocketAddr) -> io::Result<()> {
    let socket = TcpListener::bind(address).await?;
    if listener.tcp {
        tokio::spawn(accept(socket));
    } else {
        let router = Router::new().fallback(answer).with_state(Arc::new(listener));
        tokio::spawn(async move { axum::serve(socket, router).await });
    }
    Ok(())
}

async fn answer(State(listener): State<Arc<Listener>>, uri: Uri) -> Response {
    let answer = listener.answer(uri.path());
    tokio::time::sleep(answer.delay).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}

async fn accept(socket: TcpListener) {
    loop {
        match socket.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(converse(stream))),
            // Out of file descriptors, most likely: let some connections end first.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
}

/// Stays connected to who says nothing, and ends with who says something.
async fn converse(mut stream: TcpStream) {
    let mut heard = [0; 1024];
    if matches!(stream.read(&mut heard).await, Ok(1..)) {
        let _gone_meanwhile = stream.write_all(NOT_UNDERSTOOD).await;
    }
}
