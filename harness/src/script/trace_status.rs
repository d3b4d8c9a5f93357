//! What the shells' commands came to, from the statuses that bash writes with the command after.
//!
//! bash traces a command before it runs. `$?` and PIPESTATUS of the entry that follows in the same
//! process tell how it ended; the first entry of a subshell tells the same of what its parent ran
//! last. `if`, `while` and `!` change `$?` but leave PIPESTATUS as the command made it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::trace::Traced;
use super::trace_file::InShell;

/// The most processes of one shell whose latest commands are kept in mind: a pipe has a few.
const KEPT: usize = 256;

/// What an entry of the trace says of what ran before it.
pub(crate) enum Step {
    /// A command that prints, or one by which lines are known to have been reached.
    Reached(Arc<InShell>),
    /// Something failed.
    Failed(Failed),
    /// The script ended with this command.
    Last { command: Arc<InShell>, status: i32 },
}

/// Something failed; the text tells which of these commands it was.
pub(crate) struct Failed {
    /// What the process, or the parent of a new one, had written last.
    pub(crate) last: Option<Arc<InShell>>,
    /// The last commands of other processes of the shell since then: parts of a pipe, subshells, substitutions.
    pub(crate) others: Vec<Arc<InShell>>,
    /// The entry that tells it.
    pub(crate) next: Arc<InShell>,
    /// Whether that is the first of a process of its own.
    pub(crate) inherited: bool,
    /// Whether such a one has told how `last` ended.
    pub(crate) told: bool,
    /// When `last` started a traced shell: the last command of that one.
    pub(crate) within: Option<Arc<InShell>>,
}

/// The latest entry of a process.
struct Latest {
    pid: u32,
    command: Arc<InShell>,
    /// Whether it is the process's only one so far.
    only: bool,
}

impl Latest {
    /// Whether this may be the last that was run before the first entry `next` of a process of its own.
    fn is_before(&self, next: &Traced) -> bool {
        let own = &self.command.traced;
        // A part of a pipe that is one command starts no processes that write; its neighbours are not its
        // children, although they are in a subshell and it is not.
        let is_part = self.only && own.depth == next.depth && own.calls.len() == next.calls.len();
        self.pid == next.shell || (own.subshell < next.subshell && !(own.subshell == 0 && is_part))
    }
}

/// The processes of the traced shells.
#[derive(Default)]
pub(crate) struct Statuses {
    /// By shell: its processes.
    shells: HashMap<u32, Vec<Latest>>,
    /// The shell that a command started.
    started_by: HashMap<u64, u32>,
    /// The entries whose status a child has told already.
    told: HashSet<u64>,
    first: Option<u32>,
}

impl Statuses {
    /// A shell started, as the command `caller`.
    pub(crate) fn start(&mut self, shell: u32, caller: Option<&InShell>) {
        self.first.get_or_insert(shell);
        self.shells.insert(shell, Vec::new());
        if let Some(caller) = caller {
            self.started_by.insert(caller.index, shell);
        }
    }

    /// Takes in the next entry.
    pub(crate) fn take_in(&mut self, next: &Arc<InShell>) -> Vec<Step> {
        let traced = &next.traced;
        let processes = self.shells.entry(traced.shell).or_default();
        let own = processes.iter().position(|process| process.pid == traced.pid);
        let parent = || {
            let above = processes.iter().filter(|process| process.is_before(traced));
            above.max_by_key(|process| process.command.index)
        };
        let last = own.and_then(|at| processes.get(at)).or_else(parent).map(|process| Arc::clone(&process.command));
        let since = last.as_ref().map_or(0, |last| last.index);
        let mut others: Vec<_> = processes
            .iter()
            .filter(|process| process.command.index > since && process.pid != traced.pid)
            .map(|process| Arc::clone(&process.command))
            .collect();
        others.sort_by_key(|command| command.index);
        match own {
            Some(at) => {
                processes[at].command = Arc::clone(next);
                processes[at].only = false;
            }
            None => processes.push(Latest { pid: traced.pid, command: Arc::clone(next), only: true }),
        }
        if let (true, Some(oldest)) =
            (processes.len() > KEPT, processes.iter().position(|process| process.pid != traced.shell))
        {
            processes.remove(oldest);
        }
        if traced.pid == traced.shell {
            processes.retain(|process| process.command.index >= since);
        }
        let mut steps = vec![Step::Reached(Arc::clone(next))];
        let inherited = own.is_none();
        let failed = traced.pipe_before.iter().any(|status| *status != 0) || traced.before != 0;
        let told = last.as_ref().is_some_and(|last| self.told.contains(&last.index));
        if failed && !(told && others.is_empty()) {
            let within = last.as_ref().and_then(|last| self.last_of(*self.started_by.get(&last.index)?));
            if let (true, true, Some(last)) = (inherited, others.is_empty(), &last) {
                self.told.insert(last.index);
            }
            steps.push(Step::Failed(Failed { last, others, next: Arc::clone(next), inherited, told, within }));
        }
        steps
    }

    /// The script ended with `status`.
    pub(crate) fn end(&mut self, status: i32) -> Option<Step> {
        let command = self.last_of(self.first?)?;
        Some(Step::Last { command, status })
    }

    /// The last command of a shell, or of the shell that this command started.
    fn last_of(&self, shell: u32) -> Option<Arc<InShell>> {
        let mut shell = shell;
        loop {
            let own = self.shells.get(&shell)?.iter().find(|process| process.pid == shell)?;
            match self.started_by.get(&own.command.index) {
                Some(inner) if *inner != shell => shell = *inner,
                _ => return Some(Arc::clone(&own.command)),
            }
        }
    }
}
