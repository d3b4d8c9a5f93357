//! A link: one unit needs what another provides.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, entity};
use super::{Kind, Metadata, Relation};
use crate::api::Call;
use crate::error::ApiError;
use crate::resolution;
use crate::store::Store;
use crate::where_clause::Value;

/// A link: one unit needs what another provides.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Link {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "LinkID")]
    pub(crate) link_id: Uuid,
    #[serde(rename = "FromUnitID")]
    pub(crate) from_unit_id: Uuid,
    #[serde(rename = "ToUnitID")]
    pub(crate) to_unit_id: Uuid,
    #[serde(rename = "ToSpaceID")]
    pub(crate) to_space_id: Uuid,
}

entity!(Link, link_id, links, writable: ["FromUnitID", "ToUnitID", "ToSpaceID"], required: ["FromUnitID", "ToUnitID"],
    /// What it leads to fills in what its unit needs.
    fn follow_up(&self, store: &mut Store, call: &Call<'_>) {
        resolution::after_change(store, call, self.from_unit_id);
    },
    /// Both its ends must exist, the first one in its own space.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        let end = |field: &str, id: Uuid, space: Uuid| match store.units.get(id) {
            Some(unit) if unit.metadata.space_id == space => Ok(()),
            _ => Err(ApiError::bad_request(format!("{field}: no unit {id} in space {space}"))),
        };
        end("FromUnitID", self.from_unit_id, self.metadata.space_id)?;
        end("ToUnitID", self.to_unit_id, self.to_space_id)?;
        if self.from_unit_id == self.to_unit_id {
            return Err(ApiError::bad_request("ToUnitID: a unit cannot be linked to itself".to_owned()));
        }
        Ok(())
    }
);

impl Particular for Link {
    const INDEXED: &'static [&'static str] = &["FromUnitID", "ToUnitID"];

    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "FromUnitID" => Value::Uuid(self.from_unit_id),
            "ToUnitID" => Value::Uuid(self.to_unit_id),
            "ToSpaceID" => Value::Uuid(self.to_space_id),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![
            Relation::new("FromUnitID", "FromUnit", Kind::Unit, self.from_unit_id),
            Relation::new("ToUnitID", "ToUnit", Kind::Unit, self.to_unit_id),
            Relation::new("ToSpaceID", "ToSpace", Kind::Space, self.to_space_id),
        ]
    }
}
