//! Who a request comes from: bearer tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, header};
use stagegate_simulation::{Simulation, command_of_token};

/// An authenticated user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
}

impl User {
    pub(super) fn anonymous() -> Self {
        Self {
            name: "system:anonymous".to_owned(),
            uid: String::new(),
            groups: vec!["system:unauthenticated".to_owned()],
        }
    }

    fn administrator() -> Self {
        Self {
            name: "kubernetes-admin".to_owned(),
            uid: String::new(),
            groups: vec!["kubeadm:cluster-admins".to_owned(), "system:authenticated".to_owned()],
        }
    }

    fn service_account(namespace: &str, name: &str, uid: &str) -> Self {
        Self {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            uid: uid.to_owned(),
            groups: vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ],
        }
    }
}

/// The user name with which [`token_from_password`] takes a password for a bearer token.
pub(crate) const PASSWORD_USER: &str = "stagegate";

/// Turns Basic authentication whose password is a bearer token into bearer authentication.
///
/// client-go reads the credentials of a kubeconfig only for TLS (`clientcmd`), but Go's HTTP client
/// sends those in the server's URL over plain HTTP too.
pub(super) async fn token_from_password(mut request: Request) -> Request {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded = header.and_then(|text| STANDARD.decode(text.strip_prefix("Basic ")?).ok());
    let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let token = pair.as_deref().and_then(|pair| pair.strip_prefix(PASSWORD_USER)?.strip_prefix(':'));
    if let Some(token) = token
        && let Ok(bearer) = HeaderValue::from_str(&format!("Bearer {token}"))
    {
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
    }
    request
}

/// The tokens that are valid, and whose they are. Clones share them.
#[derive(Clone)]
pub(crate) struct Access {
    simulation: Simulation,
    users: Arc<Mutex<HashMap<String, User>>>,
    administrator: String,
}

impl Access {
    pub(crate) fn new(simulation: &Simulation) -> Self {
        let administrator = format!("stagegate-admin-{}", simulation.seed.uuid("kubernetes-token").simple());
        simulation.observer.secret(&administrator);
        let users = HashMap::from([(administrator.clone(), User::administrator())]);
        Self { simulation: simulation.clone(), users: Arc::new(Mutex::new(users)), administrator }
    }

    /// The administrator's token.
    pub(crate) fn administrator(&self) -> &str {
        &self.administrator
    }

    /// A new token of a service account.
    pub(crate) fn issue(&self, namespace: &str, name: &str, uid: &str) -> String {
        // A series of its own, so that Pods that start at once do not take each other's tokens.
        let series = format!("kubernetes-token/{namespace}/{name}");
        let token = format!("stagegate-sa-{}", self.simulation.seed.uuid(&series).simple());
        self.simulation.observer.secret(&token);
        let user = User::service_account(namespace, name, uid);
        self.users.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), user);
        token
    }

    /// The user whose valid token the request presents.
    pub(super) fn user_of(&self, headers: &HeaderMap) -> Option<User> {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (token, _) = command_of_token(header.strip_prefix("Bearer ")?);
        self.user_of_token(token)
    }

    /// The user a token belongs to.
    pub(super) fn user_of_token(&self, token: &str) -> Option<User> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }
}
