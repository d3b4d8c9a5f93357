//! A tag, which marks revisions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{Particular, check_unused, entity};
use super::{Kind, Metadata, Record};
use crate::api::Call;
use crate::error::ApiError;
use crate::store::Store;

/// A tag, which marks revisions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
    #[serde(rename = "TagID")]
    pub(crate) tag_id: Uuid,
}

entity!(Tag, tag_id, tags, writable: [], required: [],
    /// Revisions lose a tag that is deleted.
    fn follow_up(&self, store: &mut Store, _call: &Call<'_>) {
        if store.tags.get(self.tag_id).is_some() {
            return;
        }
        let id = self.tag_id.to_string();
        let marked = store.revisions.iter().filter(|revision| revision.tags.contains_key(&id));
        let marked: Vec<Uuid> = marked.map(|revision| revision.revision_id).collect();
        for revision in marked {
            store.revisions.update(revision, |revision| drop(revision.tags.remove(&id)));
        }
    },
    /// A change set cannot do without its tags.
    fn check_deletion(&self, store: &Store, call: &Call<'_>) -> Result<(), ApiError> {
        let tag = Some(self.tag_id);
        let users = store.change_sets.iter().filter(|set| set.start_tag_id == tag || set.end_tag_id == tag);
        let users = users.map(|set| set as &dyn Record);
        check_unused(store, call, (Kind::Tag, &self.metadata.slug), users)
    }
);

impl Particular for Tag {}
