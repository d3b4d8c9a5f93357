//! Reading a trace while bash writes it.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sh_prints;
use super::sh_record::FUNCTION;
use super::trace::{Entry, Start, Traced, entries};
use super::trace_past::Past;
use super::trace_status::{Statuses, Step};

/// How many of the latest commands are kept in mind for shims yet to call.
const KEPT: usize = 4096;
/// The most bytes of trace that are read at once: a script may run long between two shims.
const PIECE: u64 = 1 << 20;
/// The most bytes of one script's trace that are read, some two hundred thousand commands.
const MOST: u64 = 64 << 20;

/// The trace file of a workspace and what was last read from it.
pub(crate) struct TraceFile {
    path: PathBuf,
    /// Where the script's trace begins.
    begin: u64,
    offset: u64,
    /// The latest commands, the newest last.
    latest: VecDeque<Arc<InShell>>,
    shells: HashMap<u32, Shell>,
    entries: u64,
    statuses: Statuses,
    /// What became known of statuses and was not yet taken.
    steps: Vec<Step>,
    /// The `trap` commands.
    traps: Vec<Arc<InShell>>,
    /// Which of the commands have a shim that tells of them.
    pub(crate) past: Past,
}

/// A traced command with what its shell's earlier ones say.
#[derive(Clone)]
pub(crate) struct InShell {
    /// Its place in the trace.
    pub(crate) index: u64,
    pub(crate) traced: Traced,
    /// Whether `set -e` is on around it: one for each substitution it is within, the outermost first.
    pub(crate) errexit_outside: Vec<bool>,
    /// The command that started the shell, when that is traced, too.
    pub(crate) caller: Option<Arc<InShell>>,
}

/// What the trace says of a shell.
struct Shell {
    /// Where it was when it started.
    folder: PathBuf,
    /// Whether `set -e` is on, by depth. A substitution starts without it (bash manual, "Command
    /// Execution Environment").
    errexit: Vec<bool>,
    /// The command that started it.
    caller: Option<Arc<InShell>>,
}

impl TraceFile {
    /// The trace from here on: an earlier script's is in the same file.
    pub(crate) fn new(path: PathBuf, past: Past) -> Self {
        let begin = path.metadata().map_or(0, |data| data.len());
        Self {
            begin,
            offset: begin,
            path,
            latest: VecDeque::new(),
            shells: HashMap::new(),
            entries: 0,
            statuses: Statuses::default(),
            steps: Vec::new(),
            traps: Vec::new(),
            past,
        }
    }

    /// The latest command that became the process `pid`, or was its `parent`'s, with these words.
    ///
    /// The shell itself, or the process it made for the command, writes the entry before the
    /// command starts. Something in between, such as `timeout` or `xargs`, hides both; then the
    /// latest command that fits is taken.
    pub(crate) fn command(&mut self, pid: u32, parent: u32, argv: &[String]) -> Option<Arc<InShell>> {
        self.read();
        let fits = |command: &&Arc<InShell>| became(&command.traced.words, argv, self.past.shims());
        let near = |command: &&Arc<InShell>| command.traced.pid == pid || command.traced.pid == parent;
        let newest_first = || self.latest.iter().rev();
        let found = newest_first()
            .filter(near)
            .find(|command| command.traced.words.is_empty() || fits(command))
            .or_else(|| newest_first().find(fits))
            .cloned();
        found.as_ref().inspect(|found| self.past.tell(found));
        found
    }

    /// The `eval` that `command` is in the text of.
    pub(crate) fn eval_around(&self, command: &InShell) -> Option<Arc<InShell>> {
        let is_around = |other: &&Arc<InShell>| {
            other.index < command.index
                && other.traced.pid == command.traced.pid
                && other.traced.depth < command.traced.depth
                && other.traced.words.first().is_some_and(|word| word == "eval")
        };
        self.latest.iter().rev().find(is_around).cloned()
    }

    /// The `trap` commands of the shell that runs `command`, the latest first.
    pub(crate) fn traps_of(&self, command: &InShell) -> Vec<Arc<InShell>> {
        self.traps.iter().rev().filter(|trap| trap.traced.shell == command.traced.shell).cloned().collect()
    }

    /// The latest command that started the script `file`, itself or by a shell.
    pub(crate) fn starter(&self, file: &str) -> Option<Arc<InShell>> {
        let file = Path::new(file).file_name()?;
        let starts = |command: &&Arc<InShell>| {
            let runs = |word: &String| Path::new(word).file_name() == Some(file);
            command.traced.words.iter().take(3).any(runs)
        };
        self.latest.iter().rev().find(starts).cloned()
    }

    /// Where the shell with this process id was when it started.
    pub(crate) fn folder(&self, shell: u32) -> Option<&Path> {
        self.shells.get(&shell).map(|shell| shell.folder.as_path())
    }

    /// What became known since the last time of what shells ran, a piece of the trace at a time;
    /// `None` when all of it is told.
    pub(crate) fn steps(&mut self) -> Option<Vec<Step>> {
        let more = self.read_piece();
        let steps = std::mem::take(&mut self.steps);
        (more || !steps.is_empty()).then_some(steps)
    }

    /// Whether the script did more than is read of its trace.
    pub(crate) fn is_cut(&self) -> bool {
        self.offset - self.begin >= MOST
    }

    /// What is known at the end of the script, which ended with `status`.
    pub(crate) fn last_step(&mut self, status: i32) -> Option<Step> {
        self.statuses.end(status)
    }

    /// Takes in what was written since the last time.
    fn read(&mut self) {
        while self.read_piece() {}
    }

    /// Takes in the next piece, if there is one. A trace that cannot be read gives no places.
    fn read_piece(&mut self) -> bool {
        if self.is_cut() {
            return false;
        }
        let text = self.next_piece().unwrap_or_default();
        for entry in entries(&text) {
            self.take_in(entry);
        }
        let excess = self.latest.len().saturating_sub(KEPT);
        self.latest.drain(..excess);
        !text.is_empty()
    }

    fn take_in(&mut self, entry: Entry) {
        match entry {
            Entry::Start(start) => {
                let caller = self.caller(&start).cloned();
                self.statuses.start(start.pid, caller.as_deref());
                let shell = Shell { folder: PathBuf::from(start.folder), errexit: vec![start.errexit], caller };
                self.shells.insert(start.pid, shell);
            }
            // Of ours; the status that it hands on is the command's before it.
            Entry::Command(traced) if is_own(&traced) => {}
            Entry::Command(traced) => {
                let shell = self.shells.get_mut(&traced.shell);
                let (errexit_outside, caller) = match shell {
                    Some(shell) => (shell.take_in(&traced), shell.caller.clone()),
                    None => (Vec::new(), None),
                };
                self.entries += 1;
                let command = Arc::new(InShell { index: self.entries, traced, errexit_outside, caller });
                self.steps.extend(self.statuses.take_in(&command));
                if command.traced.words.first().is_some_and(|word| word == "trap") && self.traps.len() < KEPT {
                    self.traps.push(Arc::clone(&command));
                }
                self.past.take_in(&command);
                self.latest.push_back(command);
            }
        }
    }

    /// The latest command of the shell's parent, or of the process that became the shell, that names
    /// what the shell runs.
    fn caller(&self, start: &Start) -> Option<&Arc<InShell>> {
        let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let name = base(&start.name);
        let names = |command: &&Arc<InShell>| command.traced.words.iter().any(|word| base(word) == name);
        let near = |command: &&Arc<InShell>| command.traced.pid == start.pid || command.traced.pid == start.parent;
        self.latest.iter().rev().filter(near).find(names)
    }

    /// What comes next, up to the last end of a line in it; empty when there is no whole line yet.
    fn next_piece(&mut self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.take(PIECE).read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // A line longer than a piece is given up rather than read for ever.
        let taken = if whole == 0 && bytes.len() as u64 == PIECE { bytes.len() } else { whole };
        bytes.truncate(taken);
        self.offset += taken as u64;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Whether an entry is of what was added to scripts in sh, which bash may be told to run.
fn is_own(traced: &Traced) -> bool {
    let is_says = |word: &String| word.strip_prefix(sh_prints::VARIABLE).is_some_and(|rest| rest.starts_with('='));
    traced.words.first().is_some_and(|word| word == FUNCTION || is_says(word))
        || traced.calls.iter().any(|call| call.function == FUNCTION)
}

impl Shell {
    /// Notes whether `set -e` is on where `traced` stands, and tells whether it is around there.
    fn take_in(&mut self, traced: &Traced) -> Vec<bool> {
        let inside = traced.depth.saturating_sub(1);
        self.errexit.resize(inside + 1, false);
        self.errexit[inside] = traced.sets_errexit().unwrap_or(traced.errexit);
        self.errexit[..inside].to_vec()
    }
}

/// Whether a command of these words can have run one called with `argv`: directly, by name or by the
/// path of its shim, as the end of something like `timeout 60 …`, or by `xargs`, which adds to the words.
fn became(words: &[String], argv: &[String], shims: &Path) -> bool {
    let by_path = || {
        let (name, arguments) = argv.split_first()?;
        let (tool, given) = words.get(words.len().checked_sub(argv.len())?..)?.split_first()?;
        Some(Path::new(tool) == shims.join(name) && given == arguments)
    };
    let by_xargs = || {
        let given = words.iter().position(|word| word.ends_with("xargs")).map(|at| &words[at + 1..]);
        given.is_some_and(|given| (0..given.len()).any(|start| argv.starts_with(&given[start..])))
    };
    words.ends_with(argv) || by_path().unwrap_or(false) || by_xargs()
}
