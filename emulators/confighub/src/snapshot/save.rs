//! The entities of an organization as files.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::files::Files;
use super::row::{self, Row};
use super::yaml;
use crate::store::{Store, Stored, Table};

/// The place of the last row that each table ever had, so that places are not given twice.
pub(super) const CURSORS: &str = "cursors.yaml";

/// Adds the files of all that `store` holds, below `prefix`.
pub(super) fn save(store: &Store, prefix: &str, files: &mut Files) {
    // Without `..`, so that a new table cannot be forgotten here.
    let Store {
        organization: _,
        users: _,
        spaces,
        units,
        revisions,
        mutations,
        unit_events,
        queued_operations,
        bridge_workers,
        targets,
        links,
        filters,
        views,
        sets,
        change_sets,
        tags,
        triggers,
        invocations,
    } = store;
    let cursors = BTreeMap::from([
        ("Space", spaces.last_cursor()),
        ("Unit", units.last_cursor()),
        ("Revision", revisions.last_cursor()),
        ("Mutation", mutations.last_cursor()),
        ("UnitEvent", unit_events.last_cursor()),
        ("QueuedOperation", queued_operations.last_cursor()),
        ("BridgeWorker", bridge_workers.last_cursor()),
        ("Target", targets.last_cursor()),
        ("Link", links.last_cursor()),
        ("Filter", filters.last_cursor()),
        ("View", views.last_cursor()),
        ("Set", sets.last_cursor()),
        ("ChangeSet", change_sets.last_cursor()),
        ("Tag", tags.last_cursor()),
        ("Trigger", triggers.last_cursor()),
        ("Invocation", invocations.last_cursor()),
    ]);
    files.add(format!("{prefix}{CURSORS}"), yaml::write(&cursors));
    let mut names = Names::default();
    for space in spaces.iter() {
        let id = Stored::id(space);
        let folder = format!("{prefix}spaces/{}/", names.name(space));
        row::write(files, space, &format!("{folder}space.yaml"), &folder);
        slugged(files, bridge_workers, id, &format!("{folder}bridge-workers/"));
        slugged(files, targets, id, &format!("{folder}targets/"));
        slugged(files, links, id, &format!("{folder}links/"));
        slugged(files, filters, id, &format!("{folder}filters/"));
        slugged(files, views, id, &format!("{folder}views/"));
        slugged(files, sets, id, &format!("{folder}sets/"));
        slugged(files, change_sets, id, &format!("{folder}change-sets/"));
        slugged(files, tags, id, &format!("{folder}tags/"));
        slugged(files, triggers, id, &format!("{folder}triggers/"));
        slugged(files, invocations, id, &format!("{folder}invocations/"));
        let mut names = Names::default();
        for unit in units.of_group(id) {
            let folder = format!("{folder}units/{}/", names.name(unit));
            row::write(files, unit, &format!("{folder}unit.yaml"), &folder);
            for revision in revisions.of_group(unit.unit_id) {
                let folder = format!("{folder}revisions/{:04}/", revision.revision_num);
                row::write(files, revision, &format!("{folder}revision.yaml"), &folder);
            }
            numbered(files, mutations, unit.unit_id, &format!("{folder}mutations/"));
            numbered(files, unit_events, unit.unit_id, &format!("{folder}events/"));
            numbered(files, queued_operations, unit.unit_id, &format!("{folder}operations/"));
        }
    }
}

fn slugged<T: Row>(files: &mut Files, table: &Table<T>, space: Uuid, folder: &str) {
    let mut names = Names::default();
    for entity in table.of_group(space) {
        row::write(files, entity, &format!("{folder}{}.yaml", names.name(entity)), folder);
    }
}

fn numbered<T: Row>(files: &mut Files, table: &Table<T>, unit: Uuid, folder: &str) {
    for entry in table.of_group(unit) {
        row::write(files, entry, &format!("{folder}{:06}.yaml", entry.cursor()), folder);
    }
}

/// Names of files by slug. Some systems do not tell `A` from `a`, so the later one gets its place too.
#[derive(Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    fn name<T: Row>(&mut self, row: &T) -> String {
        self.of_slug(row.slug().unwrap_or_default(), row.cursor())
    }

    /// The name of the file of what is called `slug` and has this place.
    pub(super) fn of_slug(&mut self, slug: &str, place: i64) -> String {
        if self.0.insert(slug.to_lowercase()) { slug.to_owned() } else { format!("{slug}~{place}") }
    }
}
