//! A space: the place of units and of all that belongs to them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, record};
use super::{Entity, Kind, Metadata};
use crate::error::ApiError;
use crate::store::{Store, Stored, Table};

/// A space; its id is its metadata's `SpaceID`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Space {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
}

record!(Space, metadata.space_id);

impl Particular for Space {}

impl Stored for Space {
    const ID: &'static str = "SpaceID";
    const GROUP: &'static str = "OrganizationID";

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

    fn labels(&self) -> Option<&std::collections::BTreeMap<String, String>> {
        Some(&self.metadata.labels)
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
