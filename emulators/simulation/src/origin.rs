//! Who asked for a change, and the command behind it.

use http::{Extensions, HeaderMap};
use serde::{Deserialize, Serialize};

/// Request header: the number of the traced command that sent the request.
pub const COMMAND_HEADER: &str = "stagegate-command";
/// Request header: the queued operation on whose behalf a worker acts.
pub const OPERATION_HEADER: &str = "stagegate-operation";
/// Request header: `step` or `worker`, set by the harness's own clients.
pub const ORIGIN_HEADER: &str = "stagegate-origin";

/// What kind of party acted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Actor {
    /// A step of a scenario, through the API.
    Step,
    /// A traced command of a script.
    Command,
    /// A bridge worker, on behalf of a queued operation when that is known.
    Worker {
        /// The queued operation's id.
        operation: Option<String>,
    },
    /// A controller inside an emulator, such as `deployment-controller` or `kubelet`.
    Controller {
        /// The controller's name as Kubernetes gives it in event sources.
        name: String,
    },
    /// A client that did not say who it is.
    Client {
        /// Its User-Agent, empty when it sent none.
        user_agent: String,
    },
}

/// Who acted, and the traced command that set it off when that is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The party that acted.
    pub actor: Actor,
    /// The number of the traced command at the beginning of the chain.
    pub command: Option<u64>,
}

impl Origin {
    /// A controller acting because of what `cause` did.
    pub fn controller(name: &str, cause: Option<&Self>) -> Self {
        Self { actor: Actor::Controller { name: name.to_owned() }, command: cause.and_then(|cause| cause.command) }
    }

    /// The origin of a request: what [`record_exchanges`](crate::record_exchanges) has found out, else what its headers
    /// say.
    pub fn of_request(extensions: &Extensions, headers: &HeaderMap) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_else(|| Self::of_headers(headers))
    }

    /// Reads the origin from a request's headers.
    ///
    /// The command comes from [`COMMAND_HEADER`] or, for clients to which no header can be added,
    /// from the bearer token (see [`token_for_command`]).
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let command = text(COMMAND_HEADER).and_then(|id| id.parse().ok()).or_else(|| {
            let authorization = text("authorization")?;
            command_of_token(authorization.strip_prefix("Bearer ")?).1
        });
        let actor = match text(ORIGIN_HEADER).as_deref() {
            Some("step") => Actor::Step,
            Some("worker") => Actor::Worker { operation: text(OPERATION_HEADER) },
            _ if command.is_some() => Actor::Command,
            _ => Actor::Client { user_agent: text("user-agent").unwrap_or_default() },
        };
        Self { actor, command }
    }
}

const TOKEN_MARK: &str = "~command~";

/// A bearer token that also carries the number of the command that presents it.
///
/// kubectl sends no header of our choosing but always the token of its kubeconfig.
pub fn token_for_command(token: &str, command: u64) -> String {
    format!("{token}{TOKEN_MARK}{command}")
}

/// Splits a bearer token into the token proper and the number of the command that presents it.
pub fn command_of_token(token: &str) -> (&str, Option<u64>) {
    match token.rsplit_once(TOKEN_MARK) {
        Some((proper, id)) => match id.parse() {
            Ok(id) => (proper, Some(id)),
            Err(_) => (token, None),
        },
        None => (token, None),
    }
}
