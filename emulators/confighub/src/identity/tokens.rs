//! Bearer tokens: whose they are, and whether they are still good.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stagegate_simulation::Seed;
use uuid::Uuid;

use super::Secret;
use crate::error::ApiError;

/// Whom a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Grantee {
    pub(crate) user: Uuid,
    pub(crate) organization: Uuid,
    /// The worker that logged in as its user.
    pub(crate) worker: Option<Uuid>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Token {
    #[serde(flatten)]
    grantee: Grantee,
    /// Only good for a new pair of tokens.
    refreshes: bool,
    expires_at: Option<Timestamp>,
    /// Why it is no longer good.
    revoked: Option<Cow<'static, str>>,
}

/// A token with all that is known of it, for snapshots.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SavedToken {
    token: Secret,
    #[serde(flatten)]
    state: Token,
}

/// All tokens ever issued: one that was revoked is refused by name.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: HashMap<Secret, Token>,
}

impl Tokens {
    /// Makes an access token, and a refresh token for the same.
    pub(crate) fn issue(&mut self, seed: &Seed, grantee: Grantee, expires_at: Option<Timestamp>) -> [Secret; 2] {
        let access = Secret::from(format!("hub_{}", seed.uuid("token").simple()));
        let refresh = Secret::from(format!("hubrefresh_{}", seed.uuid("refresh token").simple()));
        self.accept(access.clone(), grantee, expires_at);
        let token = Token { grantee, refreshes: true, expires_at: None, revoked: None };
        self.issued.insert(refresh.clone(), token);
        [access, refresh]
    }

    /// Takes an access token that was made elsewhere.
    pub(crate) fn accept(&mut self, access: Secret, grantee: Grantee, expires_at: Option<Timestamp>) {
        self.issued.insert(access, Token { grantee, refreshes: false, expires_at, revoked: None });
    }

    /// All tokens, in order of their text.
    pub(crate) fn saved(&self) -> Vec<SavedToken> {
        let saved = |(token, state): (&Secret, &Token)| SavedToken { token: token.clone(), state: state.clone() };
        let mut all: Vec<SavedToken> = self.issued.iter().map(saved).collect();
        all.sort_by(|a, b| a.token.cmp(&b.token));
        all
    }

    /// Takes back what [`Tokens::saved`] gave.
    pub(crate) fn restore(&mut self, saved: Vec<SavedToken>) {
        self.issued.extend(saved.into_iter().map(|saved| (saved.token, saved.state)));
    }

    /// The texts of all tokens.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Secret> {
        self.issued.keys()
    }

    /// Whom an access token stands for; `None` when it is none.
    pub(crate) fn grantee(&self, access: &str, now: Timestamp) -> Result<Option<Grantee>, ApiError> {
        self.good(access, false, now)
    }

    /// Whom a refresh token stands for.
    pub(crate) fn refreshed(&self, refresh: &str, now: Timestamp) -> Result<Grantee, ApiError> {
        self.good(refresh, true, now)?.ok_or_else(|| ApiError::unauthorized("invalid refresh token"))
    }

    fn good(&self, text: &str, refreshes: bool, now: Timestamp) -> Result<Option<Grantee>, ApiError> {
        let token = self.issued.get(&Secret::from(text.to_owned()));
        let Some(token) = token.filter(|token| token.refreshes == refreshes) else { return Ok(None) };
        if let Some(reason) = &token.revoked {
            return Err(ApiError::unauthorized(&format!("token revoked: {reason}")));
        }
        match token.expires_at {
            Some(at) if at <= now => Err(ApiError::unauthorized(&format!("token expired at {at}"))),
            _ => Ok(Some(token.grantee)),
        }
    }

    /// Makes one token no longer good; `false` when there is no such token.
    pub(crate) fn revoke(&mut self, token: &str, reason: &'static str) -> bool {
        let found = self.issued.get_mut(&Secret::from(token.to_owned()));
        found.map(|token| token.revoked.get_or_insert(Cow::Borrowed(reason))).is_some()
    }

    /// Makes all tokens of some grantees no longer good.
    pub(crate) fn revoke_all(&mut self, reason: &'static str, of: impl Fn(&Grantee) -> bool) {
        for token in self.issued.values_mut().filter(|token| of(&token.grantee)) {
            token.revoked.get_or_insert(Cow::Borrowed(reason));
        }
    }
}
