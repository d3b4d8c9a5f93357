//! Serving a router on a port of loopback or of a container network, over HTTP/1.1 and HTTP/2 in clear text on one listener.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::Simulation;
use crate::fault::{Cut, Outage, Refusal};
use crate::observe::{Audit, Exchange};
use crate::origin::Origin;
use crate::tls::{Accepted, Tls};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// The listener could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ServeError {
    /// The address asked for; port 0 means any free one.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

/// A router being served. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
}

impl Server {
    /// Serves `router` at an address of loopback, see [`loopback`], or of a container network whose containers must
    /// reach it; port 0 takes any free one.
    pub async fn start(router: Router, asked: SocketAddr) -> Result<Self, ServeError> {
        let (server, listener) = Self::listen(asked).await?;
        tokio::spawn(accept(listener, router, None, server.stop.clone()));
        Ok(server)
    }

    /// The same for `system`, which rules of the simulation's faults can take down for a while; over TLS too, if that is
    /// given: a client that begins with a handshake gets it.
    ///
    /// A request of a client with a certificate has it as an extension, [`ClientCertificate`](crate::ClientCertificate).
    pub async fn start_faulty(
        router: Router,
        asked: SocketAddr,
        simulation: &Simulation,
        system: &'static str,
        tls: Option<Tls>,
    ) -> Result<Self, ServeError> {
        let (server, listener) = Self::listen(asked).await?;
        let (address, stop) = (server.address, server.stop.clone());
        tokio::spawn(accept_between_outages(listener, (address, tls), router, stop, simulation.clone(), system));
        Ok(server)
    }

    async fn listen(asked: SocketAddr) -> Result<(Self, TcpListener), ServeError> {
        let fail = |source| ServeError { address: asked, source };
        let listener = TcpListener::bind(asked).await.map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        Ok((Self { address, stop: CancellationToken::new() }, listener))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, or another address that it was started at, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The loopback address with a port; 0 is any free one.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// Accepts connections until `stop`; each of them ends with it too.
async fn accept(listener: TcpListener, router: Router, tls: Option<Tls>, stop: CancellationToken) {
    loop {
        let connection = tokio::select! {
            () = stop.cancelled() => return,
            connection = listener.accept() => connection,
        };
        match connection {
            Ok((stream, _)) => {
                tokio::spawn(connect(stream, router.clone(), tls.clone(), stop.child_token()));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                // Out of file descriptors, most likely: let some connections end first.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Accepts connections while no rule says that the server is down.
async fn accept_between_outages(
    mut listener: TcpListener,
    (address, tls): (SocketAddr, Option<Tls>),
    router: Router,
    stop: CancellationToken,
    simulation: Simulation,
    system: &'static str,
) {
    loop {
        let up = stop.child_token();
        tokio::select! {
            () = stop.cancelled() => return,
            () = accept(listener, router.clone(), tls.clone(), up.clone()) => return,
            () = turned(&simulation, system, |outage| outage != Outage::None) => {}
        }
        // Whatever is open breaks.
        up.cancel();
        simulation.faults.went_down(system);
        let again = tokio::select! {
            () = stop.cancelled() => return,
            again = stay_down(address, &simulation, system) => again,
        };
        listener = match again {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, %address, "the port was lost while the server was down on purpose");
                return;
            }
        };
    }
}

/// Waits, in environment time, until the outage is one that is `wanted`.
async fn turned(simulation: &Simulation, system: &'static str, wanted: impl Fn(Outage) -> bool) {
    let mut changes = simulation.faults.changes();
    loop {
        let availability = simulation.faults.availability(system);
        if wanted(availability.outage) {
            return;
        }
        let due = async {
            match availability.until {
                Some(at) => simulation.clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            told = changes.changed() => if told.is_err() { std::future::pending().await },
            () = due => {}
        }
    }
}

/// Turns connections away until the outage is over, and listens again.
async fn stay_down(address: SocketAddr, simulation: &Simulation, system: &'static str) -> io::Result<TcpListener> {
    loop {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        match simulation.faults.availability(system).outage {
            Outage::None => return socket.listen(BACKLOG),
            // A port that is bound but not listened on refuses connections, and nobody else gets it.
            Outage::Down(Refusal::Refuse) => {
                turned(simulation, system, |outage| outage != Outage::Down(Refusal::Refuse)).await;
            }
            Outage::Down(Refusal::Reset) => {
                let listener = socket.listen(BACKLOG)?;
                tokio::select! {
                    () = turned(simulation, system, |outage| outage != Outage::Down(Refusal::Reset)) => {}
                    () = reset_all(&listener) => {}
                }
            }
        }
    }
}

async fn reset_all(listener: &TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Closing with nothing lingering sends a reset.
                let _not_possible = stream.set_zero_linger();
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Shakes hands where it is asked for, then serves the connection.
async fn connect(stream: TcpStream, router: Router, tls: Option<Tls>, stop: CancellationToken) {
    let _without_delay = stream.set_nodelay(true);
    let accepted = match tls {
        None => Ok(Accepted::Clear(stream)),
        Some(tls) => tokio::select! {
            () = stop.cancelled() => return,
            accepted = tls.accept(stream) => accepted,
        },
    };
    match accepted {
        Ok(Accepted::Clear(stream)) => serve(stream, router, stop).await,
        Ok(Accepted::Secured(stream, None)) => serve(*stream, router, stop).await,
        Ok(Accepted::Secured(stream, Some(certificate))) => {
            serve(*stream, router.layer(Extension(certificate)), stop).await;
        }
        Err(error) => tracing::debug!(%error, "a connection ended before its first request"),
    }
}

/// Serves one connection until it ends or `stop` is cancelled, by whom ever.
async fn serve<S>(stream: S, router: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let cut = stop.clone();
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (router, cut) = (router.clone(), cut.clone());
        async move {
            let response = answer(router, request.map(Body::new)).await;
            if response.extensions().get::<Cut>().is_some() {
                cut.cancel();
                // This future goes with its connection.
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(response)
        }
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
/// the response's extensions; one that knows users and resources puts an [`Audit`] there.
pub fn record_exchanges(router: Router, simulation: &Simulation, system: &'static str) -> Router {
    router.layer(middleware::from_fn_with_state((simulation.clone(), system), record))
}

/// A response extension: the message of an answer of 400 and above, or what one below that did not do.
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
    let dropped = response.extensions().get::<Cut>().is_some();
    let error = response.extensions().get::<ErrorMessage>().map(|message| message.0.clone());
    let audit = response.extensions().get::<Audit>().cloned();
    simulation.observer.exchange(Exchange {
        system: system.to_owned(),
        unit: simulation.operations.unit_of(&origin),
        origin,
        method,
        target,
        status: if dropped { 0 } else { response.status().as_u16() },
        error: if dropped { Some("connection dropped by a fault rule".to_owned()) } else { error },
        at,
        duration: started.elapsed(),
        audit,
    });
    response
}
