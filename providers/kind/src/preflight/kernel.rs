//! Space and kernel settings of this machine.

use std::path::Path;

use super::problem::Problem;

/// The bytes that an ordinary user may still write below `folder`.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(folder).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

/// The setting of inotify that is below what is needed, of instances and watches. Where there is no such setting, none is.
pub(super) fn inotify_below((instances, watches): (u64, u64)) -> Option<Problem> {
    let needed = [("max_user_instances", instances), ("max_user_watches", watches)];
    needed.into_iter().find_map(|(setting, needed)| {
        let text = std::fs::read_to_string(Path::new("/proc/sys/fs/inotify").join(setting)).ok()?;
        let value = text.trim().parse().ok()?;
        (value < needed).then(|| Problem::Inotify { setting: format!("fs.inotify.{setting}"), value, needed })
    })
}
