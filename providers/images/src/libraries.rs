//! The shared libraries that an executable needs, found as the loader finds them, without running it.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use crate::executable::{Architecture, Elf, ExecutableError};

/// A file of the host and where it goes in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) file: PathBuf,
    /// An absolute path.
    pub(crate) path: PathBuf,
}

/// The loader and every library that `executable` needs, those of its libraries included; empty for a static one.
pub(crate) fn of(executable: &Elf) -> Result<Vec<Placed>, ExecutableError> {
    let Some(interpreter) = &executable.interpreter else { return Ok(Vec::new()) };
    let trusted = trusted_folders(executable.architecture);
    let configured = configured_folders(Path::new("/etc/ld.so.conf"));
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut queue = VecDeque::from([executable.clone()]);
    while let Some(elf) = queue.pop_front() {
        for name in &elf.needed {
            // The loader itself is named by libraries, too.
            if found.contains_key(name) || interpreter.file_name().is_some_and(|own| own == name.as_str()) {
                continue;
            }
            let searched: Vec<PathBuf> = elf.runpath.iter().chain(&configured).chain(&trusted).cloned().collect();
            let library = find(name, executable.architecture, &searched).ok_or_else(|| ExecutableError::NoLibrary {
                path: elf.path.clone(),
                name: name.clone(),
                searched: searched.clone(),
            })?;
            found.insert(name.clone(), library.path.clone());
            queue.push_back(library);
        }
    }
    let mut placed = vec![Placed { file: interpreter.clone(), path: interpreter.clone() }];
    let home = home(&found, &trusted);
    placed.extend(found.into_iter().map(|(name, file)| {
        let in_trusted = file.parent().is_some_and(|folder| trusted.iter().any(|one| one == folder));
        let path = if in_trusted { file.clone() } else { home.join(name) };
        Placed { file, path }
    }));
    Ok(placed)
}

/// The folder in the image of libraries that the loader finds on this host by its cache or a run path, neither of
/// which the image has: that of the C library, which the loader trusts.
fn home(found: &BTreeMap<String, PathBuf>, trusted: &[PathBuf]) -> PathBuf {
    let libc = found.iter().find(|(name, _)| name.starts_with("libc.")).and_then(|(_, path)| path.parent());
    libc.map_or_else(|| trusted[0].clone(), Path::to_owned)
}

/// The first library of that name for this processor.
fn find(name: &str, architecture: Architecture, folders: &[PathBuf]) -> Option<Elf> {
    let candidates = folders.iter().map(|folder| folder.join(name)).filter(|path| path.is_file());
    candidates.filter_map(|path| Elf::read(&path).ok()).find(|elf| elf.architecture == architecture)
}

/// Where the loaders of glibc (Debian's and others') and musl look without being told.
fn trusted_folders(architecture: Architecture) -> Vec<PathBuf> {
    let multiarch = architecture.multiarch();
    let folders = [
        format!("/lib/{multiarch}"),
        format!("/usr/lib/{multiarch}"),
        "/lib64".to_owned(),
        "/usr/lib64".to_owned(),
        "/lib".to_owned(),
        "/usr/lib".to_owned(),
    ];
    folders.map(PathBuf::from).to_vec()
}

/// The folders of `ld.so.conf` and of the files that it includes (`ldconfig(8)`).
fn configured_folders(file: &Path) -> Vec<PathBuf> {
    let Ok(text) = std::fs::read_to_string(file) else { return Vec::new() };
    let mut folders = Vec::new();
    for line in text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        match line.strip_prefix("include ") {
            Some(pattern) => {
                let files = included(&file.parent().unwrap_or(Path::new("/")).join(pattern.trim()));
                folders.extend(files.iter().flat_map(|file| configured_folders(file)));
            }
            None if line.starts_with('/') => folders.push(PathBuf::from(line)),
            None => {}
        }
    }
    folders
}

/// The files that a pattern such as `/etc/ld.so.conf.d/*.conf` stands for, in order.
fn included(pattern: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (pattern.parent(), pattern.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let Some((before, after)) = name.split_once('*') else { return vec![pattern.to_owned()] };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let fits =
        |name: &str| name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after);
    let mut files: Vec<PathBuf> =
        entries.filter(|entry| entry.file_name().to_str().is_some_and(fits)).map(|entry| entry.path()).collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(not(target_os = "linux"), ignore = "there is no ELF executable here")]
    fn every_library_that_is_needed_is_placed_where_a_loader_looks() {
        let elf = Elf::read(&std::env::current_exe().expect("a path")).expect("an ELF file");
        let placed = of(&elf).expect("its libraries");
        let trusted = trusted_folders(elf.architecture);
        for name in &elf.needed {
            let library = placed.iter().find(|one| one.path.ends_with(name));
            let library = library.unwrap_or_else(|| panic!("{name} is not among {placed:?}"));
            let is_loader = elf.interpreter.as_ref() == Some(&library.path);
            assert!(is_loader || trusted.iter().any(|one| Some(one.as_path()) == library.path.parent()), "{library:?}");
        }
    }

    #[test]
    fn configured_folders_are_those_of_included_files_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        std::fs::create_dir(folder.path().join("d")).expect("a folder");
        write("ld.so.conf", "include d/*.conf\n/opt/last # the last\n");
        write("d/b.conf", "/opt/b\n");
        write("d/a.conf", "# a comment\n/opt/a\n");
        write("d/c.other", "/opt/c\n");
        let folders = configured_folders(&folder.path().join("ld.so.conf"));
        assert_eq!(folders, ["/opt/a", "/opt/b", "/opt/last"].map(PathBuf::from));
    }
}
