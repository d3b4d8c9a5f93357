//! What ended a script that failed.

use std::fmt;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{CommandFate, Record};

use super::observed::Observed;
use super::{Cause, cause, telling};

/// What ended a script with a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Where it stands in the script.
    pub source: Option<Location>,
    /// What it is, for people.
    pub command: String,
    /// Why it failed, where that is plain.
    pub cause: Option<Cause>,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ended it", self.command)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, ": {}", cause.cause))
    }
}

/// What ended the script with this number: the last of its own commands whose failure nothing took up.
pub fn ending(records: &[Record], script: u64) -> Option<Ending> {
    let observed = Observed::of(records);
    let propagated = Some(&CommandFate::Propagated);
    let mut commands = observed.commands.iter().rev().filter(|command| command.started.parent == Some(script));
    let command = commands.find(|command| command.failed() && command.finished.fate.as_ref() == propagated);
    let mut steps = observed.steps.iter().rev().filter(|step| step.script == script);
    let step = steps.find(|step| step.exit_status != Some(0) && step.fate.as_ref() == propagated);
    // A function that a command ended fails, too, right behind it.
    let command =
        command.filter(|command| step.is_none_or(|step| step.after.is_none_or(|last| last <= command.number())));
    match (command, step) {
        (Some(command), _) => Some(Ending {
            source: command.started.source.clone(),
            command: telling::short(command),
            cause: cause::of(&observed, command),
        }),
        (None, Some(step)) => Some(Ending {
            source: step.source.clone(),
            command: format!("`{}`", telling::clipped_line(&step.argv.join(" "))),
            cause: None,
        }),
        (None, None) => None,
    }
}
