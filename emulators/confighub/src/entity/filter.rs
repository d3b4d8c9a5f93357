//! A filter: a stored clause.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, check_unused, entity};
use super::{Kind, Metadata, Record, Relation};
use crate::api::Call;
use crate::error::ApiError;
use crate::functions::DataClause;
use crate::store::Store;
use crate::where_clause::{Clause, Value, entities};

/// A filter: a stored clause.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Filter {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "FilterID")]
    pub(crate) filter_id: Uuid,
    pub(crate) from: String,
    #[serde(rename = "FromSpaceID")]
    pub(crate) from_space_id: Option<Uuid>,
    pub(crate) resource_type: String,
    #[serde(rename = "Where")]
    pub(crate) clause: String,
    pub(crate) where_data: String,
}

entity!(Filter, filter_id, filters, writable: ["From", "FromSpaceID", "ResourceType", "Where", "WhereData"], required: ["From"],
    /// Its clause must be one on the entities it is for.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        let schema = entities::schema(&self.from)
            .ok_or_else(|| ApiError::bad_request(format!("From: unknown entity type `{}`", self.from)))?;
        Clause::parse(&self.clause, schema)?;
        if self.from != Kind::Unit.name() && !(self.where_data.is_empty() && self.resource_type.is_empty()) {
            let message = format!("WhereData: {} entities have no configuration data", self.from);
            return Err(ApiError::bad_request(message));
        }
        if let Some(id) = self.from_space_id {
            store.spaces.get(id).ok_or_else(|| ApiError::bad_request(format!("FromSpaceID: no space {id}")))?;
        }
        DataClause::parse_whole(&self.where_data, &self.resource_type)
            .map_err(|error| ApiError::bad_request(format!("WhereData: {error}")))?;
        Ok(())
    },
    /// Views and change sets cannot do without it.
    fn check_deletion(&self, store: &Store, call: &Call<'_>) -> Result<(), ApiError> {
        let views = store.views.iter().filter(|view| view.filter_id == self.filter_id).map(|view| view as &dyn Record);
        let sets = store.change_sets.iter().filter(|set| set.filter_id == Some(self.filter_id));
        let users = views.chain(sets.map(|set| set as &dyn Record));
        check_unused(store, call, (Kind::Filter, &self.metadata.slug), users)
    }
);

impl Particular for Filter {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "From" => Value::Text(&self.from),
            "FromSpaceID" => self.from_space_id.map_or(Value::Nothing, Value::Uuid),
            "ResourceType" => Value::Text(&self.resource_type),
            "Where" => Value::Text(&self.clause),
            "WhereData" => Value::Text(&self.where_data),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![Relation::new("FromSpaceID", "FromSpace", Kind::Space, self.from_space_id)]
    }
}
