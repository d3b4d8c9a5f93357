//! Who a request comes from: bearer tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, header};
use stagegate_simulation::{Simulation, command_of_token};

use crate::certificates::Subject;

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

    pub(crate) fn administrator() -> Self {
        Self {
            name: "kubernetes-admin".to_owned(),
            uid: String::new(),
            groups: vec!["kubeadm:cluster-admins".to_owned(), "system:authenticated".to_owned()],
        }
    }

    /// Whom a client certificate was issued to.
    pub(super) fn of_certificate(subject: Subject) -> Self {
        Self { name: subject.name, uid: String::new(), groups: vec![subject.group, "system:authenticated".to_owned()] }
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
