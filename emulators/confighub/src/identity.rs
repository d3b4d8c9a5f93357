//! Who may call: users by their tokens, workers by their secrets.

use std::collections::HashMap;

use stagegate_simulation::{Seed, command_of_token};
use uuid::Uuid;

use crate::error::ApiError;
use crate::store::Store;

/// Who a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A user, or a worker that logged in as its user.
    User(Uuid),
    /// A bridge worker.
    Worker(Uuid),
}

/// The tokens of users.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    users: HashMap<String, Uuid>,
}

impl Tokens {
    /// Makes a token for a user.
    pub(crate) fn issue(&mut self, seed: &Seed, user: Uuid) -> String {
        let token = format!("hub_{}", seed.uuid("token").simple());
        self.users.insert(token.clone(), user);
        token
    }

    /// Reads an `Authorization` header.
    pub(crate) fn principal(&self, store: &Store, authorization: Option<&str>) -> Result<Principal, ApiError> {
        let authorization = authorization.ok_or_else(|| ApiError::unauthorized("missing authorization header"))?;
        let token = authorization
            .strip_prefix("Bearer ")
            .ok_or_else(|| ApiError::unauthorized("unsupported authorization scheme; use Bearer"))?;
        let (token, _) = command_of_token(token);
        if let Some(user) = self.users.get(token) {
            return Ok(Principal::User(*user));
        }
        store
            .bridge_workers
            .iter()
            .find(|worker| worker.secret == token)
            .map(|worker| Principal::Worker(worker.bridge_worker_id))
            .ok_or_else(|| ApiError::unauthorized("invalid token"))
    }
}
