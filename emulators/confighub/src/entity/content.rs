//! Configuration data, live state and outputs: bytes that travel as base64.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that a unit and its revisions share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content(Arc<[u8]>);

impl Content {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text, if they are.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The CRC-32 of the bytes, as `ContentHash` is.
    pub(crate) fn hash(&self) -> u32 {
        crc32fast::hash(&self.0)
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        let bytes =
            STANDARD.decode(text.trim()).map_err(|error| serde::de::Error::custom(format!("not base64: {error}")))?;
        Ok(bytes.into())
    }
}
