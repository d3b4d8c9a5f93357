//! Who a request comes from, by the credentials it presents.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use stagegate_kubernetes::observation::ANONYMOUS;
use stagegate_simulation::command_of_token;

/// Whose credentials a request goes on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The tap's own token: it goes on as the user of the upstream's kubeconfig.
    Owner,
    /// A token of somebody else, which goes on with it.
    Bearer(String),
    /// Other credentials, or none, which go on as they are.
    Other,
}

impl Sender {
    /// Reads the credentials of a request, where `own` is the tap's token.
    pub(crate) fn of(headers: &HeaderMap, own: &str) -> Self {
        match bearer(headers) {
            Some(token) if token == own => Self::Owner,
            Some(token) => Self::Bearer(token.to_owned()),
            None => Self::Other,
        }
    }

    /// Its name, where `owner` is the name of the upstream's user. Tokens of service accounts say whose they are
    /// (RFC 7519, `sub`); of other tokens only the server knows.
    pub(crate) fn name(&self, owner: &str, headers: &HeaderMap) -> Option<String> {
        match self {
            Self::Owner => Some(owner.to_owned()),
            Self::Bearer(token) => subject_of(token),
            Self::Other => (!headers.contains_key(AUTHORIZATION)).then(|| ANONYMOUS.to_owned()),
        }
    }

    /// Puts the credentials that the request is to go on with into its headers.
    pub(crate) fn present(&self, headers: &mut HeaderMap) {
        match self {
            Self::Owner => {
                headers.remove(AUTHORIZATION);
            }
            // Without the number of a command.
            Self::Bearer(token) => {
                if let Ok(mut value) = HeaderValue::try_from(format!("Bearer {token}")) {
                    value.set_sensitive(true);
                    headers.insert(AUTHORIZATION, value);
                }
            }
            Self::Other => {}
        }
    }
}

/// The bearer token of a request, without the number of a command.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    Some(command_of_token(token).0)
}

/// Whom a JSON Web Token was issued to. Its signature is the server's business.
fn subject_of(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims["sub"].as_str().map(str::to_owned)
}
