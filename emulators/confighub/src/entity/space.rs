//! A space: the place of units and of all that belongs to them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, record};
use super::{Entity, Kind, Metadata};
use crate::api::Call;
use crate::error::ApiError;
use crate::gates::look_again_in_space;
use crate::store::{Store, Stored, Table};
use crate::where_clause::{Clause, Value};

/// A space; its id is its metadata's `SpaceID`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Space {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    /// Late versions: a clause that selects the triggers of the organization which run on the space's
    /// units. Without it those of the space itself do.
    pub(crate) where_trigger: String,
}

record!(Space, metadata.space_id);

impl Particular for Space {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        (attribute == "WhereTrigger").then_some(Value::Text(&self.where_trigger))
    }
}

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
    const WRITABLE: &'static [&'static str] = &["WhereTrigger"];
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

    fn check(&self, _store: &Store) -> Result<(), ApiError> {
        let clause = Clause::parse(&self.where_trigger, Kind::Trigger.schema());
        clause.map(drop).map_err(|error| ApiError::bad_request(format!("WhereTrigger: {error}")))
    }

    /// Other triggers may apply now.
    fn follow_up(&self, store: &mut Store, _call: &Call<'_>) {
        look_again_in_space(store, self.metadata.space_id);
    }

    /// A space that still holds bridge workers cannot be deleted (recorded in the tutorials' notes).
    fn check_deletion(&self, store: &Store, _call: &Call<'_>) -> Result<(), ApiError> {
        if store.bridge_workers.of_group(self.metadata.space_id).next().is_some() {
            return Err(ApiError::bad_request(format!(
                "space {} still has BridgeWorkers; delete them first",
                self.metadata.slug
            )));
        }
        Ok(())
    }
}
