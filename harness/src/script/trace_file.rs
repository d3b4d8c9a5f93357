//! Reading a trace while bash writes it.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::trace::{Entry, Traced, entries};

/// How many of the latest commands are kept in mind for shims yet to call.
const KEPT: usize = 4096;

/// The trace file of a workspace and what was last read from it.
pub(crate) struct TraceFile {
    path: PathBuf,
    offset: u64,
    /// The latest commands, the newest last.
    latest: VecDeque<Traced>,
    /// Where each shell was when it started.
    folders: HashMap<u32, PathBuf>,
}

impl TraceFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, offset: 0, latest: VecDeque::new(), folders: HashMap::new() }
    }

    /// The latest command that became the process `pid`, or was its `parent`'s, with these words.
    ///
    /// The shell itself, or the process it made for the command, writes the entry before the
    /// command starts. Something in between, such as `timeout` or `xargs`, hides both; then the
    /// latest command that ends in the same words is taken.
    pub(crate) fn command(&mut self, pid: u32, parent: u32, argv: &[String]) -> Option<Traced> {
        self.read();
        let ends_so = |traced: &&Traced| traced.words.ends_with(argv);
        let near = |traced: &&Traced| traced.pid == pid || traced.pid == parent;
        let newest_first = || self.latest.iter().rev();
        let found = newest_first().filter(near).find(ends_so).or_else(|| newest_first().find(ends_so));
        found.cloned()
    }

    /// Where the shell with this process id was when it started.
    pub(crate) fn folder(&self, shell: u32) -> Option<&Path> {
        self.folders.get(&shell).map(PathBuf::as_path)
    }

    /// Takes in what was written since the last time. A trace that cannot be read gives no places.
    fn read(&mut self) {
        let Ok(text) = self.new_text() else { return };
        for entry in entries(&text) {
            match entry {
                Entry::Start { pid, folder } => {
                    self.folders.insert(pid, PathBuf::from(folder));
                }
                Entry::Command(traced) => self.latest.push_back(traced),
            }
        }
        let excess = self.latest.len().saturating_sub(KEPT);
        self.latest.drain(..excess);
    }

    /// Everything new up to the last end of a line.
    fn new_text(&mut self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes.truncate(whole);
        self.offset += whole as u64;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
