//! How many entities of each type an organization may have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entity::Kind;
use crate::error::ApiError;

/// The types that are counted where entities of them are made.
const LIMITED: [Kind; 14] = [
    Kind::BridgeWorker,
    Kind::ChangeSet,
    Kind::Filter,
    Kind::Invocation,
    Kind::Link,
    Kind::Organization,
    Kind::OrganizationMember,
    Kind::Set,
    Kind::Space,
    Kind::Tag,
    Kind::Target,
    Kind::Trigger,
    Kind::Unit,
    Kind::View,
];

/// The most entities of each type; a type without an entry is not limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, u64>", into = "BTreeMap<String, u64>")]
pub struct Quotas {
    limits: BTreeMap<&'static str, u64>,
}

/// A quota for something that has none: it would limit nothing, in silence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no entity type with a quota; {}", .meant.map_or_else(
    || format!("these are: {}", Quotas::entity_types().collect::<Vec<_>>().join(", ")),
    |meant| format!("did you mean `{meant}`?")
))]
pub struct UnknownEntityType {
    given: String,
    meant: Option<&'static str>,
}

/// The hosted service's text for one more entity than there may be.
pub(crate) fn exceeded(entity_type: &str) -> String {
    format!("exceeded maximum quota for entity type {entity_type}")
}

impl Quotas {
    /// No limits at all.
    pub fn unlimited() -> Self {
        Self { limits: BTreeMap::new() }
    }

    /// The entity types that can be limited.
    pub fn entity_types() -> impl Iterator<Item = &'static str> {
        LIMITED.into_iter().map(Kind::name)
    }

    /// Limits entities of a type, such as `Space`.
    ///
    /// # Errors
    ///
    /// [`UnknownEntityType`] when there is no such type.
    pub fn with(mut self, entity_type: &str, limit: u64) -> Result<Self, UnknownEntityType> {
        self.set(entity_type, limit)?;
        Ok(self)
    }

    pub(crate) fn set(&mut self, entity_type: &str, limit: u64) -> Result<(), UnknownEntityType> {
        self.limits.insert(known(entity_type)?, limit);
        Ok(())
    }

    /// Refuses one more entity than the limit, with the hosted service's text.
    pub(crate) fn check(&self, entity_type: &str, present: usize) -> Result<(), ApiError> {
        match self.limits.get(entity_type) {
            Some(&limit) if u64::try_from(present).unwrap_or(u64::MAX) >= limit => {
                Err(ApiError::forbidden(exceeded(entity_type)))
            }
            _ => Ok(()),
        }
    }
}

/// The entity type of this name, if it can be limited.
pub(crate) fn known(entity_type: &str) -> Result<&'static str, UnknownEntityType> {
    let slips = |known: &str| strsim::damerau_levenshtein(&known.to_lowercase(), &entity_type.to_lowercase());
    Quotas::entity_types().find(|known| *known == entity_type).ok_or_else(|| UnknownEntityType {
        given: entity_type.to_owned(),
        meant: Quotas::entity_types().filter(|known| slips(known) * 3 <= known.len()).min_by_key(|known| slips(known)),
    })
}

/// 100 spaces, as the hosted service was seen to allow.
impl Default for Quotas {
    fn default() -> Self {
        Self { limits: BTreeMap::from([(Kind::Space.name(), 100)]) }
    }
}

impl TryFrom<BTreeMap<String, u64>> for Quotas {
    type Error = UnknownEntityType;

    fn try_from(limits: BTreeMap<String, u64>) -> Result<Self, UnknownEntityType> {
        limits.iter().try_fold(Self::unlimited(), |quotas, (entity_type, limit)| quotas.with(entity_type, *limit))
    }
}

impl From<Quotas> for BTreeMap<String, u64> {
    fn from(quotas: Quotas) -> Self {
        quotas.limits.into_iter().map(|(entity_type, limit)| (entity_type.to_owned(), limit)).collect()
    }
}
