//! The `exit` of a script that sets a trap: what the script does last is the trap's, what ended it is not.

use std::collections::HashMap;
use std::sync::Arc;

use super::trace_file::InShell;

/// The first `exit` of each shell: behind it only its trap runs, which may have one of its own.
#[derive(Default)]
pub(super) struct Exits(HashMap<u32, Arc<InShell>>);

impl Exits {
    /// Takes in a command that was reached.
    pub(super) fn take_in(&mut self, command: &Arc<InShell>) {
        let traced = &command.traced;
        // One in a subshell ends that alone.
        if traced.pid == traced.shell && traced.words.first().is_some_and(|word| word == "exit") {
            self.0.entry(traced.shell).or_insert_with(|| Arc::clone(command));
        }
    }

    /// The one that gave a script its failure before its trap ran `last`, its last command.
    pub(super) fn before_trap(&self, last: &InShell, status: i32) -> Option<&Arc<InShell>> {
        let exit = self.0.get(&last.traced.shell).filter(|exit| exit.index != last.index)?;
        let says_so = exit.traced.words.get(1).is_none_or(|said| *said == status.to_string());
        (status != 0 && says_so).then_some(exit)
    }
}
