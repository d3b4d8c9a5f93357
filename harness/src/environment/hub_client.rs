//! The ConfigHub API as the steps speak it.

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use stagegate_simulation::{Clock, ORIGIN_HEADER};

use super::retry;

/// The hub did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// It answered with an error.
    #[error("{method} {target}: HTTP {status}: {message}")]
    Refused {
        /// The HTTP method.
        method: String,
        /// Path and query.
        target: String,
        /// The status.
        status: u16,
        /// The `Message` of the body (OpenAPI schema `StandardErrorResponse`), else the body.
        message: String,
    },
    /// It could not be reached, or the connection broke.
    #[error("{method} {target}: no answer")]
    Unreachable {
        /// The HTTP method.
        method: String,
        /// Path and query.
        target: String,
        /// What happened.
        source: reqwest::Error,
    },
    /// The answer is not what the API describes.
    #[error("{method} {target}: the answer cannot be read")]
    Unreadable {
        /// The HTTP method.
        method: String,
        /// Path and query.
        target: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There is no entity with this slug.
    #[error("there is no {kind} `{slug}`{}", .space.as_ref().map(|space| format!(" in space `{space}`")).unwrap_or_default())]
    NotFound {
        /// `space`, `unit`, `worker` or `target`.
        kind: &'static str,
        /// Its slug.
        slug: String,
        /// Where it was looked for.
        space: Option<String>,
    },
}

impl HubError {
    /// The status of a refusal.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => StatusCode::from_u16(*status).ok(),
            _ => None,
        }
    }
}

/// A client of one hub. What the hub refuses because it is too busy is asked again, in environment time.
#[derive(Clone)]
pub struct HubClient {
    clock: Clock,
    http: reqwest::Client,
    api: String,
    token: String,
}

impl std::fmt::Debug for HubClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubClient").field("api", &self.api).finish_non_exhaustive()
    }
}

impl HubClient {
    /// A client of the hub at `url`, presenting `token`.
    pub fn new(clock: Clock, url: &str, token: &str) -> Result<Self, reqwest::Error> {
        // A proxy of the machine's environment has no business between loopback ends.
        let http = reqwest::Client::builder()
            .no_proxy()
            .user_agent(concat!("stagegate/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { clock, http, api: format!("{url}/api"), token: token.to_owned() })
    }

    /// `GET path?query`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, HubError> {
        self.send(Method::GET, path, query, None).await
    }

    /// `POST path?query` with a JSON body.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<T, HubError> {
        self.send(Method::POST, path, query, Some(body)).await
    }

    /// `PATCH path?query` with a merge patch.
    pub async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<T, HubError> {
        self.send(Method::PATCH, path, query, Some(body)).await
    }

    /// `PUT path?query` with a JSON body.
    pub async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<T, HubError> {
        self.send(Method::PUT, path, query, Some(body)).await
    }

    /// `DELETE path?query`.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, HubError> {
        self.send(Method::DELETE, path, query, None).await
    }

    /// The one entity below `path` whose slug is `slug`, in its extended form.
    pub async fn by_slug(
        &self,
        kind: &'static str,
        path: &str,
        slug: &str,
        include: &str,
        space: Option<&str>,
    ) -> Result<Value, HubError> {
        let clause = format!("Slug = '{slug}'");
        let mut query = vec![("where", clause.as_str())];
        if !include.is_empty() {
            query.push(("include", include));
        }
        let found: Vec<Value> = self.get(path, &query).await?;
        let missing = || HubError::NotFound { kind, slug: slug.to_owned(), space: space.map(str::to_owned) };
        found.into_iter().next().ok_or_else(missing)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<T, HubError> {
        let _busy = self.clock.busy();
        let url = format!("{}{path}", self.api);
        let (name, target) = (method.to_string(), target(path, query));
        let unreachable = |source| HubError::Unreachable { method: name.clone(), target: target.clone(), source };
        let mut attempts = 0;
        let response = loop {
            let request = self.http.request(method.clone(), &url).query(query).bearer_auth(&self.token);
            let mut request = request.header(ORIGIN_HEADER, "step");
            if let Some(body) = body {
                let merge = method == Method::PATCH;
                let media_type = if merge { "application/merge-patch+json" } else { "application/json" };
                request = request.header(http::header::CONTENT_TYPE, media_type).body(body.to_string());
            }
            let response = request.send().await.map_err(unreachable)?;
            attempts += 1;
            match retry::pause(attempts, &method, response.status(), response.headers()) {
                Some(pause) => self.clock.rest(pause).await,
                None => break response,
            }
        };
        let status = response.status();
        let text = response.bytes().await.map_err(unreachable)?;
        if !status.is_success() {
            let message = error_message(&text);
            return Err(HubError::Refused { method: name, target, status: status.as_u16(), message });
        }
        serde_json::from_slice(&text).map_err(|source| HubError::Unreadable { method: name, target, source })
    }
}

fn target(path: &str, query: &[(&str, &str)]) -> String {
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

fn error_message(body: &[u8]) -> String {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    parsed
        .and_then(|value| value.get("Message").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}
