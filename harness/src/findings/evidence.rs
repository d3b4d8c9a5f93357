//! What a finding names besides its message.

use stagegate_reports::journal::Finding;

use super::observed::{Command, Observed};
use super::policy::Policies;
use super::sources::Sources;
use super::{cause, telling};
use crate::shell::Script;

/// Everything a detector has to go by.
pub(super) struct Evidence<'a> {
    pub(super) observed: Observed<'a>,
    pub(super) sources: &'a dyn Sources,
    pub(super) policies: &'a Policies,
}

impl Evidence<'_> {
    /// A finding about `command`, not yet numbered and without output.
    pub(super) fn finding(&self, kind: &str, command: &Command<'_>, message: String) -> Finding {
        let cause = command.failed().then(|| cause::of(&self.observed, command)).flatten();
        let (cause, help) = cause.map_or((None, None), |cause| (Some(cause.cause), cause.help));
        let source = command.started.source.clone();
        let source_line = source.as_ref().and_then(|at| {
            let text = self.sources.text(&at.file)?;
            Some(text.lines().nth(at.line.checked_sub(1)?)?.trim().to_owned())
        });
        Finding {
            number: 0,
            kind: kind.to_owned(),
            policy: self.policies.policy(kind),
            message,
            source,
            source_line,
            command: Some(command.number()),
            command_line: Some(telling::command_line(&command.started.argv)),
            exit_status: command.finished.exit_status,
            output: None,
            cause,
            help,
        }
    }

    /// Which outputs of `command` its script throws away, in words.
    pub(super) fn thrown_away(&self, command: &Command<'_>) -> Option<&'static str> {
        let at = command.started.source.as_ref()?;
        let script = Script::parse(&self.sources.text(&at.file)?);
        let thrown = script.thrown_away(&script.command(at.line, &command.started.argv)?);
        match (thrown.stdout, thrown.stderr) {
            (true, true) => Some("its output was thrown away"),
            (false, true) => Some("its error output was thrown away"),
            _ => None,
        }
    }
}
