//! A real hub, as a client that goes past every tap.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use kube::Config;
use serde_json::Value;
use tower::ServiceExt;

use super::HubTapError;
use crate::answer;
use crate::proxy::Next;
use crate::upstream::{chain, service};

/// The longest that an answer may take.
const ANSWER: Duration = Duration::from_secs(60);

/// A real hub and who asks it.
#[derive(Clone)]
pub struct HubUpstream {
    url: String,
    token: String,
    next: Next,
}

/// The hub did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubRefusal {
    /// It answered with an error.
    #[error("{asked}: HTTP {status}: {message}")]
    Refused {
        /// Method and path.
        asked: String,
        /// The status.
        status: StatusCode,
        /// What it said.
        message: String,
    },
    /// It did not answer.
    #[error("{asked}: no answer: {reason}")]
    Unreachable {
        /// Method and path.
        asked: String,
        /// What the connection said.
        reason: String,
    },
    /// It answered with something else than JSON.
    #[error("{asked}: the answer cannot be read: {reason}")]
    Unreadable {
        /// Method and path.
        asked: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl HubRefusal {
    /// The status of a refusal.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Unreachable { .. } | Self::Unreadable { .. } => None,
        }
    }
}

impl HubUpstream {
    /// The hub at `url`, such as `https://hub.confighub.com`, asked with a bearer token. Nothing is sent yet.
    pub fn new(url: &str, token: &str) -> Result<Self, HubTapError> {
        let url = url.trim_end_matches('/').to_owned();
        let uri: Uri = url.parse().map_err(|source| HubTapError::Url { url: url.clone(), source })?;
        let next =
            service(&Config::new(uri)).map_err(|error| HubTapError::Tls { url: url.clone(), reason: chain(&error) })?;
        Ok(Self { url, token: token.to_owned(), next })
    }

    /// Its URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token it is asked with.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn next(&self) -> Next {
        self.next.clone()
    }

    /// `GET` of a path with its query, such as `/api/me`.
    pub async fn get(&self, path: &str) -> Result<Value, HubRefusal> {
        self.ask(Method::GET, path).await
    }

    /// `DELETE` of a path with its query.
    pub async fn delete(&self, path: &str) -> Result<Value, HubRefusal> {
        self.ask(Method::DELETE, path).await
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Value, HubRefusal> {
        let asked = format!("{method} {path}");
        let unreachable = |reason: String| HubRefusal::Unreachable { asked: asked.clone(), reason };
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", self.token)).map_err(|error| unreachable(error.to_string()))?;
        authorization.set_sensitive(true);
        let request = Request::builder().method(method).uri(path).header(AUTHORIZATION, authorization);
        let request = request.body(Body::empty()).map_err(|error| unreachable(error.to_string()))?;
        let answered = tokio::time::timeout(ANSWER, self.answered(request)).await;
        let (status, text) =
            answered.map_err(|_| unreachable(format!("not within {ANSWER:?}")))?.map_err(unreachable)?;
        if status.is_success() {
            let unreadable =
                |error: serde_json::Error| HubRefusal::Unreadable { asked: asked.clone(), reason: error.to_string() };
            return serde_json::from_slice(&text).map_err(unreadable);
        }
        let message = answer::text_of(&text).unwrap_or_else(|| answer::words_of(status));
        Err(HubRefusal::Refused { asked, status, message })
    }

    /// Status and body.
    async fn answered(&self, request: Request<Body>) -> Result<(StatusCode, Bytes), String> {
        let response = self.next().oneshot(request).await.map_err(|error| chain(&*error))?;
        let response = response.map(Body::new);
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.map_err(|error| chain(&error))?;
        Ok((status, body))
    }
}

impl std::fmt::Debug for HubUpstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubUpstream").field("url", &self.url).finish_non_exhaustive()
    }
}
