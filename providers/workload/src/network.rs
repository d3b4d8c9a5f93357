//! The real network, as simple commands use it.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use stagegate_commands::{Dial, Fetched, Found, Patience, Reply, Request};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// Connects to the first address of a host that takes the connection; anything but `Connected` when none does.
pub(crate) async fn connect(host: &str, port: u16, patience: Duration) -> Result<TcpStream, Dial> {
    let attempt = async {
        let addresses = lookup_host((host, port)).await.map_err(|_| Dial::NoSuchHost)?;
        let mut failure = Dial::NoSuchHost;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    failure = Dial::Refused(address.ip().to_string());
                }
                Err(_) => failure = Dial::Unanswered,
            }
        }
        Err(failure)
    };
    timeout(patience, attempt).await.unwrap_or(Err(Dial::Unanswered))
}

/// Sends an HTTP/1.1 request on a connection of its own.
pub(crate) async fn fetch(request: &Request, patience: Patience) -> Fetched {
    if request.url.https {
        return Fetched::TlsUnsupported;
    }
    let begun = Instant::now();
    let stream = match connect(&request.url.host, request.url.port, patience.connect.min(patience.whole)).await {
        Ok(stream) => stream,
        Err(Dial::Refused(address)) => return Fetched::Refused(address),
        Err(Dial::NoSuchHost) => return Fetched::NoSuchHost,
        Err(_) => return Fetched::Unanswered(begun.elapsed()),
    };
    let left = patience.whole.saturating_sub(begun.elapsed());
    match timeout(left, exchange(stream, request)).await {
        Ok(Ok(reply)) => Fetched::Answer(reply),
        Ok(Err(_)) => Fetched::NotHttp,
        Err(_) => Fetched::TimedOut,
    }
}

async fn exchange(stream: TcpStream, request: &Request) -> Result<Reply, Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let drive = tokio::spawn(connection);
    let mut message = http::Request::builder()
        .method(request.method.as_str())
        .uri(&request.url.path)
        .header("host", request.url.host_as_written())
        .header("accept", "*/*");
    for (name, value) in &request.headers {
        message = message.header(name, value);
    }
    let answer = sender.send_request(message.body(Full::new(Bytes::from(request.body.clone())))?).await?;
    let status = answer.status().as_u16();
    let named = answer.headers().iter();
    let headers = named.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers = headers.collect();
    let body = answer.into_body().collect().await?.to_bytes();
    drive.abort();
    Ok(Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Looks a name up with the search list of `resolv.conf`, to tell under which domain it was found.
pub(crate) async fn resolve(name: &str, configuration: &str) -> Option<Found> {
    for candidate in candidates(name, configuration) {
        // The dot at the end keeps the library from searching by itself.
        if let Ok(found) = lookup_host((format!("{candidate}."), 0)).await {
            let mut addresses: Vec<String> = found.map(|address| address.ip().to_string()).collect();
            addresses.dedup();
            return Some(Found { full_name: candidate, addresses });
        }
    }
    None
}

/// The names that are tried, in order (`resolv.conf(5)`).
fn candidates(name: &str, configuration: &str) -> Vec<String> {
    if let Some(absolute) = name.strip_suffix('.') {
        return vec![absolute.to_owned()];
    }
    let words = |key: &str| {
        let line =
            configuration.lines().rev().find_map(|line| line.strip_prefix(key).filter(|rest| rest.starts_with(' ')));
        line.unwrap_or_default().split_whitespace().collect::<Vec<_>>()
    };
    let ndots = words("options").iter().find_map(|word| word.strip_prefix("ndots:")).and_then(|n| n.parse().ok());
    let mut names: Vec<String> = words("search").iter().map(|domain| format!("{name}.{domain}")).collect();
    let is_long = name.matches('.').count() >= ndots.unwrap_or(1);
    names.insert(if is_long { 0 } else { names.len() }, name.to_owned());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_searched_as_the_configuration_says() {
        let configuration = "search shop.svc.cluster.local svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";
        assert_eq!(candidates("web", configuration), ["web.shop.svc.cluster.local", "web.svc.cluster.local", "web"]);
        assert_eq!(candidates("web.", configuration), ["web"]);
        assert_eq!(candidates("a.b", "search c\n"), ["a.b", "a.b.c"]);
        assert_eq!(candidates("web", ""), ["web"]);
    }
}
