//! Who may do what: users and their credentials, the attributes of their requests, and RBAC.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) mod attributes;
pub(crate) mod bootstrap;
pub(crate) mod escalation;
pub(crate) mod impersonation;
pub(crate) mod jwt;
pub(crate) mod rbac;
pub(crate) mod rule;
pub(crate) mod tokens;
pub(crate) mod user;

pub(crate) use attributes::Attributes;
pub(crate) use rbac::Rbac;
pub(crate) use tokens::Tokens;
pub(crate) use user::User;

/// A text as it stands in the `data` of a Secret.
pub(crate) fn secret_text(text: &str) -> String {
    STANDARD.encode(text)
}
