//! How many entities of each type an organization may have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;

/// The most entities of each type; a type without an entry is not limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quotas {
    limits: BTreeMap<String, u64>,
}

impl Quotas {
    /// No limits at all.
    pub fn unlimited() -> Self {
        Self { limits: BTreeMap::new() }
    }

    /// Limits entities of a type, such as `Space`.
    #[must_use]
    pub fn with(mut self, entity_type: &str, limit: u64) -> Self {
        self.set(entity_type, limit);
        self
    }

    pub(crate) fn set(&mut self, entity_type: &str, limit: u64) {
        self.limits.insert(entity_type.to_owned(), limit);
    }

    /// Refuses one more entity than the limit, with the hosted service's text.
    pub(crate) fn check(&self, entity_type: &str, present: usize) -> Result<(), ApiError> {
        match self.limits.get(entity_type) {
            Some(&limit) if u64::try_from(present).unwrap_or(u64::MAX) >= limit => {
                Err(ApiError::forbidden(format!("exceeded maximum quota for entity type {entity_type}")))
            }
            _ => Ok(()),
        }
    }
}

/// 100 spaces, as the hosted service was seen to allow.
impl Default for Quotas {
    fn default() -> Self {
        Self::unlimited().with("Space", 100)
    }
}
