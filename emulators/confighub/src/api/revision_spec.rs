//! Which revision of a unit a request means.

use uuid::Uuid;

use super::Call;
use crate::entity::{ChangeSet, Revision, Tag, Unit};
use crate::error::ApiError;
use crate::history;
use crate::store::Store;

/// A revision as `restore`, `revision` and tag requests name it: by number, by the unit's field that
/// holds the number, by a `Revision`, `Tag` or `ChangeSet` and its id, or as the one `Before` any of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RevisionSpec {
    Number(i64),
    Head,
    Live,
    LastApplied,
    PreviousLive,
    Revision(Uuid),
    /// The latest revision that has the tag.
    Tag(Uuid),
    /// The last revision that was made in the change set.
    ChangeSet(Uuid),
    /// The revision before: for a tag or change set the one before the first of its revisions.
    Before(Box<Self>),
}

impl RevisionSpec {
    /// Reads the value of a parameter, such as `Before:ChangeSet:<uuid>`.
    pub(super) fn parse(parameter: &str, text: &str) -> Result<Self, ApiError> {
        let invalid = || ApiError::bad_request(format!("{parameter}: `{text}` names no revision"));
        Ok(match text.split_once(':') {
            Some(("Before", rest)) => match Self::parse(parameter, rest)? {
                Self::Before(_) => return Err(invalid()),
                spec => Self::Before(Box::new(spec)),
            },
            Some(("Revision", id)) => Self::Revision(id.parse().map_err(|_| invalid())?),
            Some(("Tag", id)) => Self::Tag(id.parse().map_err(|_| invalid())?),
            Some(("ChangeSet", id)) => Self::ChangeSet(id.parse().map_err(|_| invalid())?),
            Some(_) => return Err(invalid()),
            None => match text {
                "HeadRevisionNum" => Self::Head,
                "LiveRevisionNum" => Self::Live,
                "LastAppliedRevisionNum" => Self::LastApplied,
                "PreviousLiveRevisionNum" => Self::PreviousLive,
                number => Self::Number(number.parse().map_err(|_| invalid())?),
            },
        })
    }

    /// The revision of this unit that it means.
    pub(super) fn find<'a>(
        &self,
        parameter: &str,
        store: &'a Store,
        call: &Call<'_>,
        unit: &Unit,
    ) -> Result<&'a Revision, ApiError> {
        let found = match self {
            Self::Before(spec) => {
                let first = spec.matching(store, unit).next();
                first.and_then(|revision| history::revision(store, unit.unit_id, revision.revision_num - 1))
            }
            spec => spec.matching(store, unit).next_back(),
        };
        found.ok_or_else(|| ApiError::bad_request(format!("{parameter}: no revision {}", self.text(store, call))))
    }

    fn matching<'a>(&self, store: &'a Store, unit: &Unit) -> Box<dyn DoubleEndedIterator<Item = &'a Revision> + 'a> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Head => unit.head_revision_num,
            Self::Live => unit.live_revision_num,
            Self::LastApplied => unit.last_applied_revision_num,
            Self::PreviousLive => unit.previous_live_revision_num,
            Self::Revision(id) => {
                let of_unit = |revision: &&Revision| revision.metadata.unit_id == unit.unit_id;
                return Box::new(store.revisions.get(*id).filter(of_unit).into_iter());
            }
            Self::Tag(id) => {
                let id = id.to_string();
                let all = store.revisions.of_group(unit.unit_id);
                return Box::new(all.filter(move |revision| revision.tags.contains_key(&id)));
            }
            Self::ChangeSet(id) => {
                let id = Some(*id);
                return Box::new(store.revisions.of_group(unit.unit_id).filter(move |one| one.change_set_id == id));
            }
            // No spec holds another `Before`.
            Self::Before(_) => 0,
        };
        Box::new(history::revision(store, unit.unit_id, number).into_iter())
    }

    /// How people call it: by slug what the caller may read, by id what it may not.
    fn text(&self, store: &Store, call: &Call<'_>) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Head => "HeadRevisionNum".to_owned(),
            Self::Live => "LiveRevisionNum".to_owned(),
            Self::LastApplied => "LastAppliedRevisionNum".to_owned(),
            Self::PreviousLive => "PreviousLiveRevisionNum".to_owned(),
            Self::Revision(id) => format!("Revision:{id}"),
            Self::Tag(id) => {
                let tag = call.visible::<Tag>(store, *id);
                tag.map_or_else(|| format!("Tag:{id}"), |tag| format!("Tag:{}", tag.metadata.slug))
            }
            Self::ChangeSet(id) => {
                let set = call.visible::<ChangeSet>(store, *id);
                set.map_or_else(|| format!("ChangeSet:{id}"), |set| format!("ChangeSet:{}", set.metadata.slug))
            }
            Self::Before(spec) => format!("Before:{}", spec.text(store, call)),
        }
    }
}
