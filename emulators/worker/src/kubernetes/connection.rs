//! Connections to the API server, in clear text or by TLS.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;

use super::authorities::Authorities;

/// A pool of connections; clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    /// Without authorities there is no https: it fails by saying so.
    Clear(Client<HttpConnector, Full<Bytes>>),
    Secured(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Connection {
    pub(super) fn new(authorities: Option<&Authorities>) -> Self {
        let builder = Client::builder(TokioExecutor::new());
        match authorities {
            None => Self::Clear(builder.build_http()),
            Some(authorities) => {
                let config = authorities.client.as_ref().clone();
                let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1();
                Self::Secured(builder.build(connector.build()))
            }
        }
    }

    pub(super) async fn request(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Error> {
        match self {
            Self::Clear(client) => client.request(request).await,
            Self::Secured(client) => client.request(request).await,
        }
    }
}
