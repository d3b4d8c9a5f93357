//! What one request has changed so far.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stagegate_simulation::Verb;
use uuid::Uuid;

use super::{AuditEntity, AuditOutcome, Requested, Trail};
use crate::entity::Kind;
use crate::store::Store;

/// What one request has changed so far, one note for each entity.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    notes: Vec<Note>,
    /// The latest note on an entity.
    places: HashMap<(Kind, Option<String>, String), usize>,
}

#[derive(Debug)]
struct Note {
    outcome: AuditOutcome,
    kind: Kind,
    id: Option<Uuid>,
    space: Option<String>,
    slug: String,
    summary: String,
}

impl Notes {
    /// Notes a change of an entity. `id` may be left out where the entity stays and has a slug.
    pub(crate) fn changed(
        &self,
        verb: Verb,
        kind: Kind,
        id: Option<Uuid>,
        space: Option<&str>,
        slug: &str,
        summary: &str,
    ) {
        // A unit's own history.
        if matches!(kind, Kind::Mutation | Kind::Revision | Kind::UnitEvent) {
            return;
        }
        let mut noted = self.lock();
        let key = (kind, space.map(str::to_owned), slug.to_owned());
        let place = noted.places.get(&key).copied();
        if let Some(note) = place.and_then(|place| noted.notes.get_mut(place))
            && note.outcome != AuditOutcome::Deleted
        {
            if verb == Verb::Deleted {
                note.outcome = AuditOutcome::Deleted;
            }
            note.id = note.id.or(id);
            if !note.summary.is_empty() && !summary.is_empty() {
                note.summary.push_str("; ");
            }
            note.summary.push_str(summary);
            return;
        }
        let outcome = match verb {
            Verb::Created => AuditOutcome::Created,
            Verb::Updated => AuditOutcome::Updated,
            Verb::Deleted => AuditOutcome::Deleted,
        };
        let place = noted.notes.len();
        let (_, space, slug) = key.clone();
        noted.notes.push(Note { outcome, kind, id, space, slug, summary: summary.to_owned() });
        noted.places.insert(key, place);
    }

    /// Notes that one entity of many was refused to the caller.
    pub(crate) fn denied(&self, kind: Kind, id: Uuid, space: Option<String>, slug: &str, message: &str) {
        let (outcome, slug, summary) = (AuditOutcome::Denied, slug.to_owned(), message.to_owned());
        self.lock().notes.push(Note { outcome, kind, id: Some(id), space, slug, summary });
    }

    /// Whether there is nothing to write down.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().notes.is_empty()
    }

    /// Writes all of it into the trail.
    pub(crate) fn write(&self, store: &Store, requested: &Arc<Requested>, trail: &mut Trail) {
        let noted = std::mem::take(&mut *self.lock());
        for note in noted.notes {
            let space = note.space.as_deref().and_then(|slug| store.space_called(slug));
            let id = note.id.or_else(|| store.id_of(note.kind, space?, &note.slug));
            let unit = id.filter(|_| note.kind == Kind::Unit).and_then(|id| store.units.get(id));
            let entity = AuditEntity {
                kind: note.kind.name().into(),
                id,
                slug: note.slug,
                space: note.space,
                revision: unit.map(|unit| unit.head_revision_num),
            };
            trail.add(requested, note.outcome, Some(entity), note.summary);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
