//! A change set: changes to units that belong together.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, check_unused, entity};
use super::{Kind, Metadata, Record, Relation, Tag, slug_of};
use crate::api::{Call, place, remove};
use crate::error::ApiError;
use crate::store::Store;
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

entity!(ChangeSet, change_set_id, change_sets, writable: ["Description", "FilterID", "StartTagID", "EndTagID"], required: [],
    /// What it refers to must exist.
    fn check(&self, store: &Store) -> Result<(), ApiError> {
        let missing = |field: &str, id: Uuid| Err(ApiError::bad_request(format!("{field}: there is no {id}")));
        match (self.filter_id, self.start_tag_id, self.end_tag_id) {
            (Some(id), ..) if store.filters.get(id).is_none() => missing("FilterID", id),
            (_, Some(id), _) if store.tags.get(id).is_none() => missing("StartTagID", id),
            (.., Some(id)) if store.tags.get(id).is_none() => missing("EndTagID", id),
            _ => Ok(()),
        }
    },
    /// Every change set has its two tags; the hub makes those that it was not given: both, or none.
    fn prepare(&mut self, store: &mut Store, call: &Call<'_>) -> Result<(), ApiError> {
        let made = match self.start_tag_id {
            Some(_) => None,
            None => Some(make_tag(store, call, self, "start")?),
        };
        if self.end_tag_id.is_none() {
            let end = make_tag(store, call, self, "end");
            if let (Err(_), Some(start)) = (&end, &made) {
                remove(store, call, start)?;
            }
            self.end_tag_id = Some(end?.tag_id);
        }
        self.start_tag_id = self.start_tag_id.or(made.map(|start| start.tag_id));
        Ok(())
    },
    /// Units that are in it would stay locked.
    fn check_deletion(&self, store: &Store, call: &Call<'_>) -> Result<(), ApiError> {
        let users = store.units.referring("ChangeSetID", self.change_set_id).map(|unit| unit as &dyn Record);
        check_unused(store, call, (Kind::ChangeSet, &self.metadata.slug), users)
    }
);

/// Makes a tag that is called after the change set, such as `release-start`, in its space.
fn make_tag(store: &mut Store, call: &Call<'_>, set: &ChangeSet, which: &str) -> Result<Tag, ApiError> {
    let space = set.metadata.space_id;
    let stem = slug_of(&set.metadata.slug).unwrap_or_default();
    let plain = format!("{stem}-{which}");
    let numbered = (2_u64..).map(|number| format!("{plain}-{number}"));
    let mut candidates = std::iter::once(plain.clone()).chain(numbered);
    let slug = candidates.find(|slug| store.tags.by_slug(space, slug).is_none()).unwrap_or(plain);
    let mut tag = Tag::default();
    tag.metadata.slug = slug;
    let summary = format!("{which} of change set {}", set.metadata.slug);
    place(store, call, space, tag, summary)
}

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
