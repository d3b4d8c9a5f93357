//! Serving a router on a loopback port, over HTTP/1.1 and HTTP/2 in clear text on one listener.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::Simulation;
use crate::observe::Exchange;
use crate::origin::Origin;

/// The listener could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ServeError {
    /// The address asked for; port 0 means any free one.
    pub address: SocketAddr,
    /// What the system said.
    pub source: std::io::Error,
}

/// A router being served. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
}

impl Server {
    /// Serves `router` on a loopback port; 0 takes any free one.
    pub async fn start(router: Router, port: u16) -> Result<Self, ServeError> {
        let asked = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let fail = |source| ServeError { address: asked, source };
        let listener = TcpListener::bind(asked).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let stop = CancellationToken::new();
        tokio::spawn(accept(listener, router, stop.clone()));
        Ok(Self { address, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, router: Router, stop: CancellationToken) {
    loop {
        let connection = tokio::select! {
            () = stop.cancelled() => return,
            connection = listener.accept() => connection,
        };
        match connection {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, router.clone(), stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                // Out of file descriptors, most likely: let some connections end first.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router, stop: CancellationToken) {
    let _without_delay = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request.map(Body::new)).await) }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::select! {
        () = stop.cancelled() => {}
        ended = connection => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}

async fn answer(router: Router, request: Request) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Adds to `router` the layer that reports each exchange to the simulation's observer and gives
/// handlers the request's [`Origin`] as an extension.
///
/// A handler or error response that wants its message in the record puts an [`ErrorMessage`] into
/// the response's extensions.
pub fn record_exchanges(router: Router, simulation: &Simulation, system: &'static str) -> Router {
    router.layer(middleware::from_fn_with_state((simulation.clone(), system), record))
}

/// A response extension: the message of an answer of 400 and above.
#[derive(Debug, Clone)]
pub struct ErrorMessage(pub String);

async fn record(
    State((simulation, system)): State<(Simulation, &'static str)>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let at = simulation.clock.now();
    let origin = simulation.operations.resolve(Origin::of_headers(request.headers()));
    let method = request.method().to_string();
    let target = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    request.extensions_mut().insert(origin.clone());
    let response = next.run(request).await;
    simulation.observer.exchange(Exchange {
        system: system.to_owned(),
        origin,
        method,
        target,
        status: response.status().as_u16(),
        error: response.extensions().get::<ErrorMessage>().map(|message| message.0.clone()),
        at,
        duration: started.elapsed(),
    });
    response
}
