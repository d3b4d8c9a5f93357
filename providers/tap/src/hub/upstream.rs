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
use crate::obstacle::Obstacle;
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
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// It answered with something else than a hub does.
    #[error("{asked}: the answer is not one of a hub: {reason}")]
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

    /// What to do about it.
    pub fn fix(&self) -> String {
        let fix = match self {
            Self::Refused { status: StatusCode::UNAUTHORIZED, .. } => {
                "the token is wrong or has ended; log in again and give a new one"
            }
            Self::Refused { status: StatusCode::FORBIDDEN, .. } => {
                "take the token of a user who may do this, or let an administrator of the hub give the right"
            }
            Self::Refused { status: StatusCode::TOO_MANY_REQUESTS, .. } => "the hub is asked too often; wait a while",
            Self::Refused { status, .. } if status.is_server_error() => {
                "the hub is there but does not work; look at its own logs, or try later"
            }
            Self::Refused { .. } | Self::Unreadable { .. } => {
                "see whether the URL is a hub's: it is the one that `cub` is logged in to, without /api"
            }
            Self::Unreachable { obstacle, .. } => match obstacle {
                Obstacle::Connection => "see whether it runs and whether its URL is right",
                Obstacle::ClearText => "nothing there speaks TLS; try the URL with http://",
                Obstacle::Name => "take the URL with a name that the certificate is for",
                Obstacle::Time => {
                    "see whether this machine's clock is right; if it is, the hub needs a new certificate"
                }
                Obstacle::Authority | Obstacle::Certificate => {
                    "if you trust it, make its authority known to this machine; where OpenSSL's variables count, \
                     SSL_CERT_FILE may name a file with the authority's certificate"
                }
            },
        };
        fix.to_owned()
    }
}

impl HubUpstream {
    /// The hub at `url`, such as `https://hub.confighub.com`, asked with a bearer token. Nothing is sent yet.
    pub fn new(url: &str, token: &str) -> Result<Self, HubTapError> {
        let url = url.trim_end_matches('/').to_owned();
        let uri: Uri = url
            .parse()
            .map_err(|error: http::uri::InvalidUri| HubTapError::Url { url: url.clone(), reason: error.to_string() })?;
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
        let unreachable =
            |(reason, obstacle): (String, Obstacle)| HubRefusal::Unreachable { asked: asked.clone(), reason, obstacle };
        let unsent = |error: http::Error| unreachable((error.to_string(), Obstacle::Connection));
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", self.token)).map_err(|error| unsent(error.into()))?;
        authorization.set_sensitive(true);
        let request = Request::builder().method(method).uri(path).header(AUTHORIZATION, authorization);
        let request = request.body(Body::empty()).map_err(unsent)?;
        let answered = tokio::time::timeout(ANSWER, self.answered(request)).await;
        let (status, text) = answered
            .map_err(|_| unreachable((format!("not within {ANSWER:?}"), Obstacle::Connection)))?
            .map_err(unreachable)?;
        if status.is_success() {
            let unreadable =
                |error: serde_json::Error| HubRefusal::Unreadable { asked: asked.clone(), reason: error.to_string() };
            return serde_json::from_slice(&text).map_err(unreadable);
        }
        let message = answer::text_of(&text).unwrap_or_else(|| answer::words_of(status));
        Err(HubRefusal::Refused { asked, status, message })
    }

    /// Status and body.
    async fn answered(&self, request: Request<Body>) -> Result<(StatusCode, Bytes), (String, Obstacle)> {
        let response = self.next().oneshot(request).await.map_err(|error| (chain(&*error), Obstacle::of(&*error)))?;
        let response = response.map(Body::new);
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await;
        let body = body.map_err(|error| (chain(&error), Obstacle::Connection))?;
        Ok((status, body))
    }
}

impl std::fmt::Debug for HubUpstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubUpstream").field("url", &self.url).finish_non_exhaustive()
    }
}
