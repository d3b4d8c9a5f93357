//! All that a hub keeps, as a folder of readable files, and a hub from such a folder.
//!
//! ```text
//! snapshot.yaml                                the format's number, quotas, the order of users and organizations
//! secrets.yaml                                 tokens, passwords, secrets of workers
//! audit.ndjson                                 the audit trail, one entry a line
//! users/USER.yaml
//! organizations/ORGANIZATION/organization.yaml
//! organizations/ORGANIZATION/members.yaml      roles and grants
//! organizations/ORGANIZATION/cursors.yaml      the last place that each table gave
//! …/spaces/SPACE/space.yaml
//! …/spaces/SPACE/targets/TARGET.yaml           and so for each type of entity
//! …/spaces/SPACE/units/UNIT/unit.yaml          with data.yaml, live-state.yaml and outputs.yaml beside it
//! …/units/UNIT/revisions/0001/revision.yaml    with its data.yaml
//! …/units/UNIT/mutations/000001.yaml           and events/, operations/, by their place in the hub's tables
//! ```
//!
//! Its owner alone may read it: secrets are in configuration data and live state as well.
//!
//! Two snapshots of the same state are the same to the byte. What is in flight is not saved: open
//! streams, logins that were begun, rules for faults. A loaded hub answers as the saved one did; its
//! workers are disconnected until they connect again, and its ids go on in a series of their own.

mod error;
mod fields;
mod files;
mod load;
mod members;
mod row;
mod save;
mod secrets;
mod state;
mod yaml;

use std::path::Path;

pub use error::SnapshotError;

use files::Files;
pub(crate) use state::Loaded;
pub(crate) use yaml::write as to_yaml;

/// The number of the format that is written, and the latest that is read.
const FORMAT: u64 = 1;

/// What becomes of tokens, passwords and workers' secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotSecrets {
    /// They are in `secrets.yaml`.
    Kept,
    /// They are left out; a hub that is loaded from the snapshot makes new ones.
    LeftOut,
}

/// All that a hub kept at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    files: Files,
}

impl Snapshot {
    pub(crate) fn of(
        hub: &crate::hub::HubState,
        session: &crate::session::SessionTokens,
        secrets: SnapshotSecrets,
    ) -> Self {
        Self { files: state::save(hub, session, secrets) }
    }

    /// Reads a folder that [`Snapshot::write`] wrote. One that a process left aside as `.NAME.old`, because
    /// it ended while it put a new one in its place, is put back first.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] when it cannot be read, or holds something else. What is in the files is
    /// looked at when a hub is made of them.
    pub fn read(folder: &Path) -> Result<Self, SnapshotError> {
        Files::read(folder).map(|files| Self { files })
    }

    /// Writes it to a folder, in place of an earlier snapshot there. A whole snapshot is there at any moment:
    /// in the folder or, between two renamings, the earlier one beside it as `.NAME.old`.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] when the folder holds anything but a snapshot, or the system refuses.
    pub fn write(&self, folder: &Path) -> Result<(), SnapshotError> {
        self.files.write(folder)
    }

    /// Looks whether [`Snapshot::write`] would write to a folder, so that it is known before there is anything to
    /// lose. The folders above it are made.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] when the folder holds anything but a snapshot, or the system refuses.
    pub fn check_folder(folder: &Path) -> Result<(), SnapshotError> {
        Files::check_folder(folder)
    }

    /// Every file by its path, for looking at.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.0.iter().map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    pub(crate) fn load(&self) -> Result<Loaded, SnapshotError> {
        state::load(&self.files)
    }
}
