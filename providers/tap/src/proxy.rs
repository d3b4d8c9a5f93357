//! Handing a request on and its answer back, as RFC 9110 (7.6) wants it of an intermediary.

use axum::body::Body;
use http::header::{CONNECTION, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, UPGRADE};
use http::{HeaderMap, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceExt};

/// Where requests go on to: it knows the server, and logs in there.
pub(crate) type Next = BoxCloneSyncService<Request<Body>, Response<Incoming>, BoxError>;

/// Headers that concern one connection only.
const OF_CONNECTION: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    header::TRANSFER_ENCODING,
];

/// Our own headers: they tell who sent a request, which is nothing that a real server should see.
const OURS: &str = "stagegate-";

/// Sends a request on. An answer that switches protocols joins both connections until either ends, or `stop`.
pub(crate) async fn forward(
    next: Next,
    mut request: Request<Body>,
    stop: &CancellationToken,
) -> Result<Response<Incoming>, BoxError> {
    let switching = request.headers().contains_key(UPGRADE).then(|| hyper::upgrade::on(&mut request));
    *request.version_mut() = Version::HTTP_11;
    request.headers_mut().remove(HOST);
    clean(request.headers_mut(), switching.is_some());
    let ours: Vec<HeaderName> =
        request.headers().keys().filter(|name| name.as_str().starts_with(OURS)).cloned().collect();
    for name in ours {
        request.headers_mut().remove(name);
    }
    let mut response = next.oneshot(request).await?;
    let switched = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    clean(response.headers_mut(), switched);
    if let (true, Some(client)) = (switched, switching) {
        let server = hyper::upgrade::on(&mut response);
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = join(client, server) => {}
            }
        });
    }
    Ok(response)
}

/// Removes what concerns the connection the message came on. What asks for another protocol stays, if `switching`.
fn clean(headers: &mut HeaderMap, switching: bool) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let upgrade = headers.get(UPGRADE).cloned().filter(|_| switching);
    for name in OF_CONNECTION.iter().chain(&named).chain([&UPGRADE]) {
        headers.remove(name);
    }
    if let Some(protocol) = upgrade {
        headers.insert(UPGRADE, protocol);
        headers.insert(CONNECTION, header::HeaderValue::from_static("Upgrade"));
    }
}

/// Passes bytes both ways until both ends are through.
async fn join(client: OnUpgrade, server: OnUpgrade) {
    let joined = async {
        let (client, server): (Upgraded, Upgraded) = tokio::try_join!(client, server)?;
        let passed = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(server)).await;
        Ok::<_, hyper::Error>(passed)
    };
    match joined.await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a stream ended early"),
        Err(error) => tracing::debug!(%error, "a connection did not switch protocols"),
    }
}
