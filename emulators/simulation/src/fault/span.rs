//! Durations as rules write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::seed::Seed;

/// A duration of environment time, written as `1.5s`, `250ms` or `1m 30s`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: SignedDuration =
            text.parse().map_err(|_| format!("`{text}` is not a duration such as 250ms, 2s or 1m 30s"))?;
        Duration::try_from(parsed).map(Self).map_err(|_| format!("`{text}` is negative"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How far a clock is ahead (`2h`) or behind (`-2h`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skew(pub SignedDuration);

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.0.is_negative() { "behind" } else { "ahead" };
        write!(f, "{:#} {direction}", self.0.abs())
    }
}

impl Serialize for Skew {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#}", self.0))
    }
}

impl<'de> Deserialize<'de> for Skew {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let skew = text.parse().map(Self);
        skew.map_err(|_| serde::de::Error::custom(format!("`{text}` is not a skew such as 2h or -90s")))
    }
}

/// A duration, or a range that one is drawn from by the environment's seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a duration such as 2s, or {min: 1s, max: 3s}")]
pub enum Spread {
    /// Always this long.
    Fixed(Span),
    /// Anything between the two, to the millisecond.
    Range {
        /// The shortest.
        min: Span,
        /// The longest.
        max: Span,
    },
}

impl Spread {
    pub(super) fn draw(self, seed: &Seed, series: &str) -> Duration {
        match self {
            Self::Fixed(span) => span.0,
            Self::Range { min, max } => seed.duration(series, min.0..=max.0.max(min.0)),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(span) => span.fmt(f),
            Self::Range { min, max } => write!(f, "{min} to {max}"),
        }
    }
}
