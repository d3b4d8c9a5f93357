//! The real API server behind a tap, and how to log in there.

use std::error::Error;
use std::path::Path;

use axum::body::{Body, to_bytes};
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use kube::Config;
use kube::client::ConfigExt;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt};

use crate::answer;
use crate::login_plugin;
use crate::obstacle::Obstacle;
use crate::proxy::Next;
use crate::upstream_error::UpstreamError;

/// A real API server, reached by a kubeconfig: with its certificate authority, and as its user, whatever way to log
/// in that has (client certificates, tokens, token files, plugins).
#[derive(Clone)]
pub struct Upstream {
    url: String,
    is_local: bool,
    user: String,
    own: Next,
    other: Next,
}

impl Upstream {
    /// Reaches a server by the text of a kubeconfig, in its current context or another one, and asks it who the
    /// user is.
    pub async fn of_kubeconfig(text: &str, context: Option<&str>) -> Result<Self, UpstreamError> {
        Self::of(Kubeconfig::from_yaml(text)?, context).await
    }

    /// The same by a file. Files that it names are looked up from its folder.
    pub async fn of_file(path: &Path, context: Option<&str>) -> Result<Self, UpstreamError> {
        Self::of(Kubeconfig::read_from(path)?, context).await
    }

    async fn of(kubeconfig: Kubeconfig, context: Option<&str>) -> Result<Self, UpstreamError> {
        let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
        Self::of_config(Config::from_custom_kubeconfig(kubeconfig, &options).await?).await
    }

    async fn of_config(config: Config) -> Result<Self, UpstreamError> {
        let url = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        if let Some(proxy) = config.proxy_url.as_ref().filter(|_| !is_local(&config.cluster_url)) {
            return Err(UpstreamError::Proxy { server: url, proxy: proxy.host().unwrap_or_default().to_owned() });
        }
        let is_local = is_local(&config.cluster_url);
        let plugin = config.auth_info.exec.clone();
        let mut bare = config.clone();
        bare.auth_info = AuthInfo::default();
        bare.headers.clear();
        let login = move || Ok((service(&config)?, service(&bare)?));
        let (own, other) = login_plugin::bounded(plugin.as_ref(), login_plugin::LIMIT, login).await?;
        let user = user(&url, own.clone()).await?;
        Ok(Self { url, is_local, user, own, other })
    }

    /// The server's URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is on this machine, by its URL.
    pub fn is_local(&self) -> bool {
        self.is_local
    }

    /// Who the kubeconfig's user is to the server; empty when it cannot say.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// To the server as the kubeconfig's user.
    pub(crate) fn own(&self) -> Next {
        self.own.clone()
    }

    /// A client of the server, as the kubeconfig's user, past every tap.
    pub fn client(&self) -> kube::Client {
        let service = self.own.clone().map_request(|request: Request<kube::client::Body>| request.map(Body::new));
        kube::Client::new(service, "default")
    }

    /// To the server with the credentials that a request has.
    pub(crate) fn other(&self) -> Next {
        self.other.clone()
    }
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream").field("url", &self.url).field("user", &self.user).finish_non_exhaustive()
    }
}

fn is_local(url: &http::Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What kube's own client is made of, less what alters answers or sends requests again.
pub(crate) fn service(config: &Config) -> Result<Next, kube::Error> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(config.connect_timeout);
    let connector = config.rustls_https_connector_with_connector(connector)?;
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(client);
    Ok(BoxCloneSyncService::new(service))
}

/// Who the server takes the sender for (`authentication.k8s.io/v1`, `SelfSubjectReview`).
async fn user(url: &str, own: Next) -> Result<String, UpstreamError> {
    let unreachable =
        |reason: String, obstacle| UpstreamError::Unreachable { server: url.to_owned(), reason, obstacle };
    let broken = |reason: String| unreachable(reason, Obstacle::Connection);
    let foreign = |reason: String| UpstreamError::Foreign { server: url.to_owned(), reason };
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let request = Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews")
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(review.to_string()))
        .map_err(|error| broken(error.to_string()))?;
    let answered = own.oneshot(request).await;
    let response: Response<Incoming> = answered.map_err(|error| unreachable(chain(&*error), Obstacle::of(&*error)))?;
    let response = response.map(Body::new);
    match response.status() {
        // Before Kubernetes 1.28 there was no such review; the refusal is one of Kubernetes all the same.
        StatusCode::NOT_FOUND => {
            let (response, message) = answer::message_of(response).await;
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
            let refusal: Value = serde_json::from_slice(&body).unwrap_or_default();
            if refusal["kind"] == "Status" { Ok(String::new()) } else { Err(foreign(message)) }
        }
        status if status.is_success() => {
            let body = to_bytes(response.into_body(), usize::MAX).await.map_err(|error| broken(chain(&error)))?;
            let review: Value = serde_json::from_slice(&body).map_err(|error| foreign(error.to_string()))?;
            if review["kind"] != "SelfSubjectReview" {
                return Err(foreign("it does not say who its user is (SelfSubjectReview)".to_owned()));
            }
            Ok(review["status"]["userInfo"]["username"].as_str().unwrap_or_default().to_owned())
        }
        status => {
            let (_, message) = answer::message_of(response).await;
            Err(UpstreamError::Refused { server: url.to_owned(), status, message })
        }
    }
}

/// An error with all that led to it, each part told once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        let said = one.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = one.source();
    }
    text
}
