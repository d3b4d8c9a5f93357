//! Who a request comes from: bearer tokens.

use http::{HeaderMap, header};
use jiff::Timestamp;
use stagegate_simulation::command_of_token;

use super::status::ApiError;
use crate::access::tokens::{Authenticated, ISSUER};
use crate::access::{Tokens, User};
use crate::store::Store;

/// The credentials that are good. Clones share them.
#[derive(Clone)]
pub(crate) struct Access {
    administrator: String,
    pub(crate) tokens: Tokens,
}

impl Access {
    pub(crate) fn new(store: &Store) -> Self {
        let simulation = &store.simulation;
        let administrator = format!("stagegate-admin-{}", simulation.seed.uuid("kubernetes-token").simple());
        simulation.observer.secret(&administrator);
        Self { administrator, tokens: Tokens::new(store) }
    }

    /// The administrator's token.
    pub(crate) fn administrator(&self) -> &str {
        &self.administrator
    }

    /// The user whose token the request presents; without one, the anonymous user.
    ///
    /// `now` is the time by which it is judged.
    pub(super) fn user_of(&self, headers: &HeaderMap, now: Timestamp) -> Result<User, ApiError> {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = header.and_then(|text| text.strip_prefix("Bearer ")) else { return Ok(User::anonymous()) };
        let (token, _) = command_of_token(token);
        let authenticated = self.authenticate(token, &[ISSUER.to_owned()], now);
        authenticated.map(|found| found.user).map_err(|detail| {
            tracing::debug!(?detail, "a token that is not valid");
            ApiError::unauthorized()
        })
    }

    /// Who the bearer of a token is, for someone who is one of `audiences`.
    pub(super) fn authenticate(
        &self,
        token: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<Authenticated, Option<String>> {
        if token == self.administrator {
            return Ok(Authenticated { user: User::administrator(), audiences: audiences.to_vec() });
        }
        self.tokens.authenticate(token, audiences, now)
    }
}
