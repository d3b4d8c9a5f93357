//! The files of an organization's entities, read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use uuid::Uuid;

use super::error::SnapshotError;
use super::files::Files;
use super::row::{self, Row};
use super::save::CURSORS;
use super::yaml;
use crate::entity::{Organization, Space, Unit, User, is_slug};
use crate::history;
use crate::store::{Store, Table};

const RESTORE: &str = "restore the file from a copy";

/// Reads what [`save`](super::save::save) wrote below `prefix`.
pub(super) fn load(
    files: &Files,
    prefix: &str,
    organization: Organization,
    users: Vec<User>,
) -> Result<Store, SnapshotError> {
    let mut reader = Reader::new(files, prefix)?;
    reader.seen.extend(["organization.yaml", "members.yaml"].map(|name| format!("{prefix}{name}")));
    let root = HashMap::from([(prefix.trim_end_matches('/').to_owned(), organization.organization_id)]);
    let mut store = Store::new(organization, users);
    let spaces: Vec<Found<Space>> = reader.find("spaces/*/space.yaml")?;
    check_owners(&spaces, &root)?;
    let in_space = owners(&spaces);
    let units: Vec<Found<Unit>> = reader.find("spaces/*/units/*/unit.yaml")?;
    check_owners(&units, &in_space)?;
    let in_unit = owners(&units);
    macro_rules! tables {
        ($owners:expr, $above:literal, $($table:ident: $inside:literal;)*) => {
            $({
                let found = reader.find(concat!($above, "/", $inside))?;
                check_owners(&found, $owners)?;
                store.$table = reader.table(found)?;
            })*
        };
    }
    tables! {
        &in_space, "spaces/*",
        bridge_workers: "bridge-workers/*";
        targets: "targets/*";
        links: "links/*";
        filters: "filters/*";
        views: "views/*";
        sets: "sets/*";
        change_sets: "change-sets/*";
        tags: "tags/*";
        triggers: "triggers/*";
        invocations: "invocations/*";
    }
    tables! {
        &in_unit, "spaces/*/units/*",
        revisions: "revisions/*/revision.yaml";
        mutations: "mutations/*";
        unit_events: "events/*";
        queued_operations: "operations/*";
    }
    check_revisions(files, &units, &store)?;
    check_data(&units, &store)?;
    store.spaces = reader.table(spaces)?;
    store.units = reader.table(units)?;
    reader.refuse_others()?;
    Ok(store)
}

/// A row and the file that it was found in.
struct Found<T> {
    file: String,
    row: T,
}

/// The ids of spaces or units by the folders that hold what belongs to them.
fn owners<T: Row>(found: &[Found<T>]) -> HashMap<String, Uuid> {
    let folder = |found: &Found<T>| found.file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    found.iter().map(|found| (folder(found), found.row.id())).collect()
}

/// Each row must belong to the space or unit, or else the organization, whose folder it lies in.
fn check_owners<T: Row>(found: &[Found<T>], owners: &HashMap<String, Uuid>) -> Result<(), SnapshotError> {
    for Found { file, row } in found {
        let mut folder = file.as_str();
        let owner = loop {
            folder = match folder.rsplit_once('/') {
                Some((parent, _)) => parent,
                None if folder.is_empty() => {
                    let what = "it belongs to a space or unit that has no file";
                    return Err(SnapshotError::broken(
                        file,
                        None,
                        what,
                        "restore the space.yaml or unit.yaml above it",
                    ));
                }
                None => "",
            };
            if let Some(owner) = owners.get(folder) {
                break *owner;
            }
        };
        if row.group() != owner {
            let what = format!("it belongs to {}, but lies in the folder of {owner}", row.group());
            return Err(SnapshotError::broken(file, None, what, "move the file, or mend its SpaceID or UnitID"));
        }
    }
    Ok(())
}

/// The fields of a unit that name one of its revisions; 0 is none.
fn named_revisions(unit: &Unit) -> [(&'static str, i64); 4] {
    [
        ("HeadRevisionNum", unit.head_revision_num),
        ("LiveRevisionNum", unit.live_revision_num),
        ("LastAppliedRevisionNum", unit.last_applied_revision_num),
        ("PreviousLiveRevisionNum", unit.previous_live_revision_num),
    ]
}

/// A unit's revisions are numbered from 1 to its head, and none is ever removed.
fn check_revisions(files: &Files, units: &[Found<Unit>], store: &Store) -> Result<(), SnapshotError> {
    for Found { file, row } in units {
        let present: BTreeSet<i64> = store.revisions.of_group(row.unit_id).map(|one| one.revision_num).collect();
        let named = named_revisions(row);
        let unknown = named.into_iter().find(|(_, number)| *number != 0 && !present.contains(number));
        let gap = || (1..row.head_revision_num).find(|number| !present.contains(number));
        let beyond = || present.iter().copied().find(|number| *number < 1 || *number > row.head_revision_num);
        let (field, what) = match (unknown, gap(), beyond()) {
            (Some((field, number)), _, _) => (field, format!("{field}: there is no revision {number}")),
            (None, Some(number), _) => {
                ("HeadRevisionNum", format!("HeadRevisionNum: of the revisions before it, {number} is missing"))
            }
            (None, None, Some(number)) => {
                ("HeadRevisionNum", format!("HeadRevisionNum: there is a revision {number} outside of it"))
            }
            (None, None, None) => continue,
        };
        let line = yaml::line_of(files.text(file)?.unwrap_or_default(), field);
        return Err(SnapshotError::broken(file, line, what, "restore its folder below revisions/ from a copy"));
    }
    Ok(())
}

/// What units and their revisions hold must be what a unit may hold.
fn check_data(units: &[Found<Unit>], store: &Store) -> Result<(), SnapshotError> {
    for Found { file, row } in units {
        let of_revision = |error: String, number: i64| format!("revision {number}: {error}");
        let revisions = store.revisions.of_group(row.unit_id).map(|revision| {
            history::check_kubernetes_data("Data", &row.toolchain_type, &revision.data)
                .map_err(|error| of_revision(error.message, revision.revision_num))
        });
        let own = std::iter::once(history::check_data(row).map_err(|error| error.message));
        if let Some(what) = own.chain(revisions).find_map(Result::err) {
            return Err(SnapshotError::broken(
                file,
                None,
                what,
                "mend the data file beside it, or restore it from a copy",
            ));
        }
    }
    Ok(())
}

struct Reader<'a> {
    files: &'a Files,
    prefix: &'a str,
    seen: BTreeSet<String>,
    cursors: BTreeMap<String, i64>,
    cursors_file: String,
}

impl<'a> Reader<'a> {
    fn new(files: &'a Files, prefix: &'a str) -> Result<Self, SnapshotError> {
        let cursors_file = format!("{prefix}{CURSORS}");
        let text = files.text(&cursors_file)?.unwrap_or_default();
        let cursors = yaml::typed(&cursors_file, text, yaml::read(&cursors_file, text)?)?;
        Ok(Self { files, prefix, seen: BTreeSet::from([cursors_file.clone()]), cursors, cursors_file })
    }

    /// The rows in all files at a path below the prefix; `*` is any name.
    fn find<T: Row>(&mut self, pattern: &str) -> Result<Vec<Found<T>>, SnapshotError> {
        let mut all = Vec::new();
        let pattern: Vec<&str> = pattern.split('/').collect();
        for path in self.files.0.keys() {
            let Some(inside) = path.strip_prefix(self.prefix) else { continue };
            let parts: Vec<&str> = inside.split('/').collect();
            let fits = parts.len() == pattern.len()
                && parts.iter().zip(&pattern).all(|(part, wanted)| *wanted == "*" || wanted == part);
            if !fits || Path::new(inside).extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let beside = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            let row = row::read(self.files, path, &beside)?;
            self.seen.insert(path.clone());
            self.seen.extend(row::contents::<T>(self.files, &beside));
            all.push(Found { file: path.clone(), row });
        }
        Ok(all)
    }

    /// A table of these rows.
    fn table<T: Row>(&self, mut found: Vec<Found<T>>) -> Result<Table<T>, SnapshotError> {
        found.sort_by_key(|found| found.row.cursor());
        let last = self.cursors.get(T::NAME).copied();
        let Some(last) = last else {
            let what = format!("{} is missing", T::NAME);
            return Err(SnapshotError::broken(&self.cursors_file, None, what, RESTORE));
        };
        let mut table = Table::default();
        let mut before = 0;
        for Found { file, row } in found {
            let cursor = row.cursor();
            let wrong = if cursor <= before {
                Some(format!("{}: {cursor} is the place of another file too, or none", T::CURSOR))
            } else if cursor > last {
                Some(format!("{}: {cursor} is beyond the last place, {last}", T::CURSOR))
            } else if table.get(row.id()).is_some() {
                Some(format!("its id {} is that of another file too", row.id()))
            } else if row.slug().is_some_and(|slug| !is_slug(slug)) {
                Some(format!("Slug: `{}` is no slug", row.slug().unwrap_or_default()))
            } else if row.slug().is_some_and(|slug| table.by_slug(row.group(), slug).is_some()) {
                Some(format!("Slug: {} is that of another file too", row.slug().unwrap_or_default()))
            } else {
                None
            };
            if let Some(what) = wrong {
                let field = if what.starts_with("Slug") { "Slug" } else { T::CURSOR };
                let line = yaml::line_of(self.files.text(&file)?.unwrap_or_default(), field);
                return Err(SnapshotError::broken(&file, line, what, RESTORE));
            }
            before = cursor;
            table.skip_to(cursor - 1);
            table.insert(row);
        }
        table.skip_to(last);
        Ok(table)
    }

    /// A file that was not read would be lost in silence.
    fn refuse_others(&self) -> Result<(), SnapshotError> {
        let other = self.files.0.keys().find(|path| path.starts_with(self.prefix) && !self.seen.contains(*path));
        other.map_or(Ok(()), |path| {
            Err(SnapshotError::broken(path, None, "no snapshot has such a file", "remove it, or mend its name"))
        })
    }
}
