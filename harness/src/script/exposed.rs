//! Files with secrets that a script leaves in the folder for temporary files, where others can read them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The most files that are looked at.
const MOST: usize = 1000;
/// The largest file that is looked at, in bytes: a manifest is smaller.
const LARGEST: u64 = 1 << 20;

/// What was in the folder when a script began.
pub(crate) struct Exposed {
    folder: PathBuf,
    before: BTreeMap<PathBuf, SystemTime>,
}

impl Exposed {
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self { before: files(&folder), folder }
    }

    /// The files that the script has made or changed, that are still there, and whose text is as asked for.
    pub(crate) fn left(&self, holds: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let since = files(&self.folder).into_iter().filter(|(file, changed)| self.before.get(file) != Some(changed));
        let read = |file: &Path| fs::read_to_string(file).is_ok_and(|text| holds(&text));
        since.map(|(file, _)| file).filter(|file| read(file)).collect()
    }
}

/// The files of a folder that may hold text, and when each was changed.
fn files(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).take(MOST);
    let changed = |entry: &fs::DirEntry| {
        let data = entry.metadata().ok().filter(|data| data.is_file() && data.len() <= LARGEST)?;
        Some((entry.path(), data.modified().ok()?))
    };
    entries.filter_map(|entry| changed(&entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_and_holds_it_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::write(file("before"), "hidden").unwrap();
        let exposed = Exposed::of(folder.path().to_owned());
        fs::write(file("plain"), "nothing").unwrap();
        fs::write(file("manifest"), "key: hidden").unwrap();
        assert_eq!(exposed.left(|text| text.contains("hidden")), [file("manifest")]);
        fs::remove_file(file("manifest")).unwrap();
        assert!(exposed.left(|text| text.contains("hidden")).is_empty());
    }
}
