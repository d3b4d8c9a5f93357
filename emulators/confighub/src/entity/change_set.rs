//! A change set: changes to units that belong together.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, entity};
use super::{Kind, Metadata, Relation};
use crate::where_clause::Value;

/// A change set: changes to units that belong together.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ChangeSet {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "ChangeSetID")]
    pub(crate) change_set_id: Uuid,
    pub(crate) description: String,
    #[serde(rename = "FilterID")]
    pub(crate) filter_id: Option<Uuid>,
    #[serde(rename = "StartTagID")]
    pub(crate) start_tag_id: Option<Uuid>,
    #[serde(rename = "EndTagID")]
    pub(crate) end_tag_id: Option<Uuid>,
}

entity!(ChangeSet, change_set_id, change_sets, writable: ["Description", "FilterID", "StartTagID", "EndTagID"], required: []);

impl Particular for ChangeSet {
    fn own_value(&self, attribute: &str) -> Option<Value<'_>> {
        Some(match attribute {
            "Description" => Value::Text(&self.description),
            "FilterID" => self.filter_id.map_or(Value::Nothing, Value::Uuid),
            "StartTagID" => self.start_tag_id.map_or(Value::Nothing, Value::Uuid),
            "EndTagID" => self.end_tag_id.map_or(Value::Nothing, Value::Uuid),
            _ => return None,
        })
    }

    fn own_relations(&self) -> Vec<Relation> {
        vec![
            Relation::new("FilterID", "Filter", Kind::Filter, self.filter_id),
            Relation::new("StartTagID", "StartTag", Kind::Tag, self.start_tag_id),
            Relation::new("EndTagID", "EndTag", Kind::Tag, self.end_tag_id),
        ]
    }
}
