//! A tag, which marks revisions.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Metadata;
use super::record::{Particular, entity, in_use};
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
    fn check_deletion(&self, store: &Store) -> Result<(), ApiError> {
        let tag = Some(self.tag_id);
        match store.change_sets.iter().find(|set| set.start_tag_id == tag || set.end_tag_id == tag) {
            Some(set) => Err(in_use("Tag", &self.metadata.slug, "ChangeSet", &set.metadata.slug)),
            None => Ok(()),
        }
    }
);

impl Particular for Tag {}
