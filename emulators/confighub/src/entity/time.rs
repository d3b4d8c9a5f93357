//! Times that may be unset, written as Go's zero time.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Go's zero time, which clients send and expect for unset times.
pub(crate) const ZERO: &str = "0001-01-01T00:00:00Z";

#[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
pub(crate) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => time.serialize(serializer),
        None => serializer.serialize_str(ZERO),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.filter(|text| text != ZERO).map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}
