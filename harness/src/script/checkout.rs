//! Where a tutorial's files come from, and copying them.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

/// A tutorial's files before they are copied.
#[derive(Debug, Clone)]
pub enum Checkout {
    /// A folder on this machine.
    Folder(PathBuf),
    /// Files held in memory: path in the checkout, text, and whether it is executable.
    Files(Vec<(PathBuf, String, bool)>),
}

/// The checkout cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The folder is not there, or is not a folder.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// A symbolic link points out of the checkout.
    #[error("the link {} leaves the checkout: it points to {}", .link.display(), .target.display())]
    LinkLeaves {
        /// The link, relative to the checkout.
        link: PathBuf,
        /// What it points to.
        target: PathBuf,
    },
    /// Neither a file, a folder nor a link.
    #[error("{} is not a file, a folder or a link", .0.display())]
    Special(PathBuf),
    /// More than a tutorial can be.
    #[error("the folder holds more than {MOST_FILES} files; is {} a checkout?", .0.display())]
    TooManyFiles(PathBuf),
    /// A file could not be read or written.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot copy {}: {source}", .path.display())]
pub struct CopyError {
    /// Which file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// A tutorial has hundreds of files; a home folder given by mistake has more than this.
const MOST_FILES: usize = 50_000;

impl Checkout {
    /// Copies every file except those under `.git` into the new folder `to`, with permissions and
    /// links.
    pub(crate) fn copy_to(&self, to: &Path) -> Result<(), CheckoutError> {
        match self {
            Self::Folder(from) if !from.is_dir() => Err(CheckoutError::NotAFolder(from.clone())),
            Self::Folder(from) => {
                make_folder(to)?;
                Copy { from, to, files: 0 }.folder(Path::new(""))
            }
            Self::Files(files) => {
                make_folder(to)?;
                files.iter().try_for_each(|(path, text, executable)| write_file(to, path, text, *executable))
            }
        }
    }
}

struct Copy<'a> {
    from: &'a Path,
    to: &'a Path,
    files: usize,
}

impl Copy<'_> {
    /// Copies the contents of the folder at `inside`, a path relative to the checkout.
    fn folder(&mut self, inside: &Path) -> Result<(), CheckoutError> {
        let folder = self.from.join(inside);
        let failed = failed_at(&folder);
        for entry in fs::read_dir(&folder).map_err(&failed)? {
            let entry = entry.map_err(&failed)?;
            if entry.file_name() == ".git" {
                continue;
            }
            self.files += 1;
            if self.files > MOST_FILES {
                return Err(CheckoutError::TooManyFiles(self.from.to_owned()));
            }
            self.entry(&inside.join(entry.file_name()), entry.file_type().map_err(&failed)?)?;
        }
        Ok(())
    }

    fn entry(&mut self, inside: &Path, kind: fs::FileType) -> Result<(), CheckoutError> {
        let (from, to) = (self.from.join(inside), self.to.join(inside));
        if kind.is_dir() {
            make_folder(&to)?;
            self.folder(inside)?;
            let permissions = fs::metadata(&from).map_err(failed_at(&from))?.permissions();
            // The owner must be able to remove the copy again.
            let permissions = fs::Permissions::from_mode(permissions.mode() | 0o700);
            Ok(fs::set_permissions(&to, permissions).map_err(failed_at(&to))?)
        } else if kind.is_symlink() {
            let target = fs::read_link(&from).map_err(failed_at(&from))?;
            if !stays_inside(inside, &target) {
                return Err(CheckoutError::LinkLeaves { link: inside.to_owned(), target });
            }
            Ok(symlink(&target, &to).map_err(failed_at(&to))?)
        } else if kind.is_file() {
            fs::copy(&from, &to).map_err(failed_at(&from))?;
            Ok(())
        } else {
            debug_assert!(kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device());
            Err(CheckoutError::Special(inside.to_owned()))
        }
    }
}

/// Whether `target`, read at `link` (relative to the checkout), is a path within the checkout.
fn stays_inside(link: &Path, target: &Path) -> bool {
    let mut depth = link.components().count().saturating_sub(1);
    for component in target.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => return false,
            Component::CurDir => {}
            Component::ParentDir if depth == 0 => return false,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
        }
    }
    true
}

fn write_file(to: &Path, path: &Path, text: &str, executable: bool) -> Result<(), CheckoutError> {
    if !stays_inside(Path::new("file"), path) {
        return Err(CheckoutError::LinkLeaves { link: path.to_owned(), target: path.to_owned() });
    }
    let to = to.join(path);
    to.parent().map_or(Ok(()), make_folder)?;
    fs::write(&to, text).map_err(failed_at(&to))?;
    let mode = if executable { 0o755 } else { 0o644 };
    Ok(fs::set_permissions(&to, fs::Permissions::from_mode(mode)).map_err(failed_at(&to))?)
}

fn make_folder(path: &Path) -> Result<(), CheckoutError> {
    Ok(fs::create_dir_all(path).map_err(failed_at(path))?)
}

fn failed_at(path: &Path) -> impl Fn(io::Error) -> CopyError {
    let path = path.to_owned();
    move |source| CopyError { path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> tempfile::TempDir {
        tempfile::tempdir().expect("a scratch folder")
    }

    #[test]
    fn keeps_permissions_and_links_and_leaves_git_out() {
        let (from, to) = (scratch(), scratch());
        fs::create_dir_all(from.path().join("bin")).unwrap();
        fs::create_dir_all(from.path().join(".git")).unwrap();
        fs::write(from.path().join(".git/HEAD"), "x").unwrap();
        fs::write(from.path().join("bin/tool"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(from.path().join("bin/tool"), fs::Permissions::from_mode(0o750)).unwrap();
        symlink("bin/tool", from.path().join("tool")).unwrap();
        symlink("../bin/./tool", from.path().join("bin/again")).unwrap();

        let copy = to.path().join("copy");
        Checkout::Folder(from.path().to_owned()).copy_to(&copy).unwrap();

        assert_eq!(fs::metadata(copy.join("bin/tool")).unwrap().permissions().mode() & 0o777, 0o750);
        assert_eq!(fs::read_link(copy.join("tool")).unwrap(), Path::new("bin/tool"));
        assert!(copy.join("bin/again").exists());
        assert!(!copy.join(".git").exists());
    }

    #[test]
    fn refuses_a_link_that_leaves() {
        for target in ["/etc/passwd", "../secret", "bin/../../secret"] {
            let (from, to) = (scratch(), scratch());
            symlink(target, from.path().join("link")).unwrap();
            let error = Checkout::Folder(from.path().to_owned()).copy_to(&to.path().join("copy")).unwrap_err();
            assert_eq!(error.to_string(), format!("the link link leaves the checkout: it points to {target}"));
        }
    }

    #[test]
    fn refuses_what_is_no_folder() {
        let from = scratch().path().join("nothing");
        let error = Checkout::Folder(from).copy_to(scratch().path()).unwrap_err();
        assert!(matches!(error, CheckoutError::NotAFolder(_)), "{error}");
    }

    #[test]
    fn refuses_a_file_in_memory_that_leaves() {
        let files = vec![(PathBuf::from("../evil"), String::new(), false)];
        let error = Checkout::Files(files).copy_to(&scratch().path().join("copy")).unwrap_err();
        assert!(matches!(error, CheckoutError::LinkLeaves { .. }), "{error}");
    }
}
