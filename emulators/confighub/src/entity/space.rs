//! A space: the place of units and of all that belongs to them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::record;
use super::{Entity, Kind, Metadata, Relation};
use crate::error::ApiError;
use crate::store::{Store, Stored, Table};
use crate::where_clause::Value;

/// A space; its id is its metadata's `SpaceID`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Space {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
}

record!(Space, metadata.space_id);

impl Space {
    #[expect(clippy::unused_self, reason = "the same shape as in the other entities")]
    fn own_value(&self, _attribute: &str) -> Option<Value<'_>> {
        None
    }

    #[expect(clippy::unused_self, reason = "the same shape as in the other entities")]
    fn own_relations(&self) -> Vec<Relation> {
        Vec::new()
    }
}

impl Stored for Space {
    fn id(&self) -> Uuid {
        self.metadata.space_id
    }

    /// Slugs of spaces are unique in the organization.
    fn group(&self) -> Uuid {
        self.metadata.organization_id
    }

    fn slug(&self) -> Option<&str> {
        Some(&self.metadata.slug)
    }
}

impl Entity for Space {
    const KIND: Kind = Kind::Space;
    const WRITABLE: &'static [&'static str] = &[];
    const REQUIRED: &'static [&'static str] = &[];

    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.metadata
    }

    fn id(&self) -> Uuid {
        self.metadata.space_id
    }

    fn set_id(&mut self, id: Uuid) {
        self.metadata.space_id = id;
    }

    fn table(store: &Store) -> &Table<Self> {
        &store.spaces
    }

    fn table_mut(store: &mut Store) -> &mut Table<Self> {
        &mut store.spaces
    }

    /// A space that still holds bridge workers cannot be deleted (recorded in the tutorials' notes).
    fn check_deletion(&self, store: &Store) -> Result<(), ApiError> {
        if store.bridge_workers.of_group(self.metadata.space_id).next().is_some() {
            return Err(ApiError::bad_request(format!(
                "space {} still has BridgeWorkers; delete them first",
                self.metadata.slug
            )));
        }
        Ok(())
    }
}
