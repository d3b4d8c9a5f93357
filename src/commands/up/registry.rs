//! Which `up`s there are: a file each, locked by its process as long as that lives.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use stagegate_harness::environment::state_folder;

use crate::error::CliError;

/// This process's entry, which goes with it.
pub(super) struct Registered {
    path: PathBuf,
    _lock: File,
}

impl Registered {
    pub(super) fn new() -> Result<Self, CliError> {
        let folder = folder()?;
        let pid = std::process::id();
        let path = folder.join(pid.to_string());
        let fail = |source| CliError::Write { path: path.clone(), source };
        std::fs::create_dir_all(&folder).map_err(fail)?;
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(fail)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|error| fail(error.into()))?;
        write!(file, "{pid}").map_err(fail)?;
        Ok(Self { path, _lock: file })
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.path);
    }
}

/// The processes of other `up`s that there are now.
pub(super) fn others() -> Vec<u32> {
    let entries = folder().ok().and_then(|folder| std::fs::read_dir(folder).ok());
    let entries = entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let pid = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    // What is not locked was left by one that was killed.
    let lives =
        |path: &Path| File::open(path).is_ok_and(|file| flock(&file, FlockOperation::NonBlockingLockShared).is_err());
    let mut others: Vec<u32> = entries.filter(|path| lives(path)).filter_map(|path| pid(&path)).collect();
    others.retain(|other| *other != std::process::id());
    others.sort_unstable();
    others
}

/// Tells each process that it is to end, and waits until it has; gives how many there were.
pub(super) fn end_all() -> Result<usize, CliError> {
    let folder = folder()?;
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(source) => return Err(CliError::Write { path: folder, source }),
    };
    let (mut ended, mut failed) = (0, None);
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        match end(&path) {
            Ok(was_up) => ended += usize::from(was_up),
            // The others are ended all the same.
            Err(source) => failed = Some(CliError::System { what: "something that is up could not be ended", source }),
        }
    }
    failed.map_or(Ok(ended), Err)
}

/// Whether there was a process behind the entry.
fn end(path: &Path) -> io::Result<bool> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // It has just ended by itself.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        // Its process was killed.
        std::fs::remove_file(path)?;
        return Ok(false);
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let Some(pid) = text.trim().parse().ok().and_then(Pid::from_raw) else { return Ok(false) };
    match kill_process(pid, Signal::TERM) {
        // It has just ended by itself.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => return Err(error.into()),
    }
    // The lock goes with the process.
    flock(&file, FlockOperation::LockShared)?;
    Ok(true)
}

fn folder() -> Result<PathBuf, CliError> {
    Ok(state_folder()?.join("up"))
}
