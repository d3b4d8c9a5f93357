//! A terminal's input for scripts that read from `/dev/tty` whatever their own input is.
//!
//! A script has no terminal. When answers are declared, the copy's `read … < /dev/tty` reads from a named pipe instead,
//! whose other end the supervisor holds; otherwise `/dev/tty` stays what it is, and cannot be opened.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::rewriting::Edit;
use crate::shell::{Script, TERMINAL};

/// The environment variable that names the pipe.
pub(crate) const VARIABLE: &str = "STAGEGATE_TERMINAL";
/// The pipe's name in the workspace's own folder.
const NAME: &str = "terminal";

/// Where the pipe is, in the folder of a workspace.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// What is to be changed in a script: where a `read` is given `/dev/tty` to read from.
pub(super) fn edits(script: &Script) -> Vec<Edit> {
    script.reads_of_terminal().into_iter().map(|range| Edit { range, text: TERMINAL.to_owned() }).collect()
}

/// The supervisor's end.
pub(super) struct Terminal {
    path: PathBuf,
    end: File,
}

impl Terminal {
    /// Makes the pipe anew in `folder`.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let path = path(folder);
        // An earlier script's.
        let _absent = fs::remove_file(&path);
        let made = Command::new("mkfifo").arg(&path).status()?;
        if !made.success() {
            return Err(io::Error::other(format!("mkfifo: {made}")));
        }
        // Open for both, so that neither end ever waits for the other to be opened.
        let end = OpenOptions::new().read(true).write(true).open(&path)?;
        Ok(Self { path, end })
    }

    /// Types `text`.
    pub(super) fn type_in(&mut self, text: &str) -> io::Result<()> {
        self.end.write_all(text.as_bytes())
    }
}

impl Drop for Terminal {
    /// Whoever reads meets the end, and whoever comes later finds no terminal.
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.path);
    }
}
