//! A view: how a client shows what a filter selects.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, entity};
use super::{Kind, Metadata, Relation};
use crate::error::ApiError;
use crate::store::Store;
use crate::where_clause::Value;

/// A view: how a client shows what a filter selects.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct View {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "ViewID")]
    pub(crate) view_id: Uuid,
    #[serde(rename = "FilterID")]
    pub(crate) filter_id: Uuid,
    pub(crate) group_by: String,
    pub(crate) order_by: String,
    pub(crate) order_by_direction: String,
    pub(crate) columns: Vec<Column>,
}

entity!(View, view_id, views, writable: ["FilterID", "GroupBy", "OrderBy", "OrderByDirection", "Columns"], required: ["FilterID"],
    /// Its filter must exist, and it can only be ordered in a direction by something.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        let id = self.filter_id;
        store.filters.get(id).ok_or_else(|| ApiError::bad_request(format!("FilterID: no filter {id}")))?;
        match self.order_by_direction.as_str() {
            "" => {}
            "ASC" | "DESC" if !self.order_by.is_empty() => {}
            "ASC" | "DESC" => {
                return Err(ApiError::bad_request("OrderByDirection: there is no OrderBy".to_owned()));
            }
            other => {
                return Err(ApiError::bad_request(format!("OrderByDirection: `{other}` is neither ASC nor DESC")));
            }
        }
        if self.columns.iter().any(|column| column.name.is_empty()) {
            return Err(ApiError::bad_request("Columns: each needs a Name".to_owned()));
        }
        Ok(())
    }
);

impl Particular for View {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "FilterID" => Value::Uuid(self.filter_id),
            "GroupBy" => Value::Text(&self.group_by),
            "OrderBy" => Value::Text(&self.order_by),
            "OrderByDirection" => Value::Text(&self.order_by_direction),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![Relation::new("FilterID", "Filter", Kind::Filter, self.filter_id)]
    }
}

/// A column of a view.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Column {
    pub(crate) name: String,
}
