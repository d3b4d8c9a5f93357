//! What a rule says.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::error::FaultError;
use super::matching::FaultMatch;
use super::span::{Skew, Span, Spread};

/// How long a stream may be cut off: the real worker's pings go unanswered for so long before it gives its connection
/// up (recorded run 14k).
pub const GIVEN_UP: Duration = Duration::from_secs(140);

/// One fault: whom it meets and what happens then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FaultRule {
    /// A name for people, and for removing several rules together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whom it meets; everybody, always, when absent.
    #[serde(rename = "match", default, skip_serializing_if = "FaultMatch::is_everything")]
    pub matching: FaultMatch,
    /// What happens.
    pub effect: Effect,
}

/// When a connection is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropAt {
    /// Before the request takes effect.
    Before,
    /// After it took effect, before the first byte of the answer.
    After,
    /// In the middle of the answer's body.
    Middle,
}

/// How a server that is down turns connections away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Nothing listens on its port.
    Refuse,
    /// Connections are accepted and reset at once.
    Reset,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// The request is held back this long before it takes effect.
    Latency(Spread),
    /// The request is refused, in the API's own error shape, without taking effect.
    #[serde(rename_all = "kebab-case")]
    Error {
        /// 400 to 599.
        status: u16,
        /// What the answer says; a text that names the rule when empty.
        #[serde(default)]
        message: String,
    },
    /// 429 with `Retry-After`, in whole seconds, without taking effect.
    #[serde(rename_all = "kebab-case")]
    RateLimit {
        /// How long the client is asked to wait.
        retry_after: Span,
    },
    /// The connection is dropped.
    Drop(DropAt),
    /// The request is taken and never answered: until the client gives up or the rule ends.
    HalfOpen,
    /// The network is cut: requests are held back until the rule ends and go on then, and what a worker's stream has
    /// to say waits as long. A stream that is cut off for [`GIVEN_UP`] is over.
    Partition,
    /// The server is down while the rule is active: open connections end, new ones are turned away.
    Down(Refusal),
    /// At most this many entities of a type, where the quota proper is not lower still.
    #[serde(rename_all = "kebab-case")]
    Quota {
        /// Such as `Space`.
        entity_type: String,
        /// How many there may be.
        limit: u64,
    },
    /// A stream ends: a worker's events, matched by the worker as principal, or a watch of the cluster.
    StreamCut,
    /// Heartbeats are not sent to a worker.
    WithholdHeartbeats,
    /// The targets that a connecting worker brings are registered this much later.
    RegistrationDelay(Spread),
    /// An image takes this much longer to be pulled; matched by `pull IMAGE` as operation, or by the Pod's path.
    PullDelay(Spread),
    /// The processes of a Pod's containers are killed while the rule is active; matched by the Pod's path.
    Kill,
    /// A node's kubelet tells nothing any more; matched by the node's path.
    NodeSilent,
    /// The clock by which the API server judges the tokens and certificates of requests is this far off.
    ClockSkew(Skew),
    /// The answer's body ends half way, as if that were all of it.
    Truncate,
    /// Some of the answer's bytes are replaced.
    Garble,
    /// A read is answered as the caller's first one of the same target was since the rule began. One without
    /// credentials never is.
    Stale,
}

impl Effect {
    /// Whether the layer before the handlers sees to it. Emulators ask for the others.
    pub(super) fn is_on_requests(&self) -> bool {
        !matches!(
            self,
            Self::Down(_)
                | Self::Quota { .. }
                | Self::StreamCut
                | Self::WithholdHeartbeats
                | Self::RegistrationDelay(_)
                | Self::PullDelay(_)
                | Self::Kill
                | Self::NodeSilent
                | Self::ClockSkew(_)
        )
    }

    /// The system that alone can meet it.
    pub fn only_of(&self) -> Option<&'static str> {
        match self {
            Self::Quota { .. } | Self::WithholdHeartbeats | Self::RegistrationDelay(_) | Self::Partition => {
                Some("confighub")
            }
            Self::PullDelay(_) | Self::Kill | Self::NodeSilent | Self::ClockSkew(_) => Some("kubernetes"),
            _ => None,
        }
    }

    /// Whether the request goes no further.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Error { .. } | Self::RateLimit { .. } | Self::Drop(DropAt::Before) | Self::HalfOpen)
    }
}

/// One line for people, such as `latency 2s` or `error 503`.
impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(spread) => write!(f, "latency {spread}"),
            Self::Error { status, .. } => write!(f, "error {status}"),
            Self::RateLimit { retry_after } => write!(f, "rate limit, retry after {retry_after}"),
            Self::Drop(DropAt::Before) => f.write_str("connection dropped before the request took effect"),
            Self::Drop(DropAt::After) => f.write_str("connection dropped after the request took effect"),
            Self::Drop(DropAt::Middle) => f.write_str("connection dropped in the middle of the answer"),
            Self::HalfOpen => f.write_str("never answered"),
            Self::Partition => f.write_str("cut off by a partition"),
            Self::Down(Refusal::Refuse) => f.write_str("down, connections refused"),
            Self::Down(Refusal::Reset) => f.write_str("down, connections reset"),
            Self::Quota { entity_type, limit } => write!(f, "quota {entity_type} lowered to {limit}"),
            Self::StreamCut => f.write_str("worker stream cut"),
            Self::WithholdHeartbeats => f.write_str("heartbeat withheld"),
            Self::RegistrationDelay(spread) => write!(f, "target registration delayed {spread}"),
            Self::PullDelay(spread) => write!(f, "image pull delayed {spread}"),
            Self::Kill => f.write_str("processes killed"),
            Self::NodeSilent => f.write_str("kubelet silent"),
            Self::ClockSkew(skew) => write!(f, "clock {skew}"),
            Self::Truncate => f.write_str("answer truncated"),
            Self::Garble => f.write_str("answer garbled"),
            Self::Stale => f.write_str("stale answer"),
        }
    }
}

impl FaultRule {
    /// A rule that meets everybody.
    pub fn new(effect: Effect) -> Self {
        Self { label: None, matching: FaultMatch::default(), effect }
    }

    /// The same rule for those that `matching` describes.
    #[must_use]
    pub fn matching(self, matching: FaultMatch) -> Self {
        Self { matching, ..self }
    }

    /// The same rule with a label.
    #[must_use]
    pub fn labelled(self, label: &str) -> Self {
        Self { label: Some(label.to_owned()), ..self }
    }

    /// Refuses a rule that can never do anything, or not what it says.
    ///
    /// # Errors
    ///
    /// [`FaultError`] for the first such field.
    pub fn check(&self) -> Result<(), FaultError> {
        self.matching.check()?;
        if let (Some(system), Some(only)) = (self.matching.system.as_deref(), self.effect.only_of())
            && system != only
        {
            let reason = format!("`{}` is nothing that {system} could meet", self.effect);
            return Err(FaultError::new("effect", reason, "take another effect, or leave it to the other system"));
        }
        match &self.effect {
            Effect::Error { status, .. } if !(400..600).contains(status) => {
                Err(FaultError::new("effect.error.status", format!("{status} is not an error"), "take 400 to 599"))
            }
            Effect::Error { status, .. } if StatusCode::from_u16(*status).is_err() => {
                Err(FaultError::new("effect.error.status", format!("{status} is no status"), "take 400 to 599"))
            }
            Effect::Latency(spread) | Effect::RegistrationDelay(spread) | Effect::PullDelay(spread) => {
                check_spread(*spread)
            }
            Effect::ClockSkew(skew) if skew.0.is_zero() => Err(FaultError::new(
                "effect",
                "a skew of nothing changes nothing".to_owned(),
                "say how far, as in 2h or -2h",
            )),
            Effect::Partition if self.matching.counts() => Err(FaultError::new(
                "match",
                "`nth`, `first` and `probability` count requests, and a partition lets none through".to_owned(),
                "bound it with `after` and `for`",
            )),
            Effect::Down(_) if self.matching.counts() => Err(FaultError::new(
                "match",
                "`nth`, `first` and `probability` count requests, and a server that is down sees none".to_owned(),
                "bound the outage with `after` and `for`",
            )),
            _ => Ok(()),
        }
    }
}

fn check_spread(spread: Spread) -> Result<(), FaultError> {
    match spread {
        Spread::Range { min, max } if min > max => {
            Err(FaultError::new("effect", format!("min {min} is longer than max {max}"), "exchange them"))
        }
        _ => Ok(()),
    }
}
