//! What a finding names besides its message.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{Finding, ShellStep};

use super::observed::{Command, Observed};
use super::policy::Policies;
use super::sources::Sources;
use super::{cause, telling};
use crate::shell::{Script, Site};

/// Everything a detector has to go by.
pub(super) struct Evidence<'a> {
    pub(super) observed: Observed<'a>,
    policies: &'a Policies,
    sources: &'a dyn Sources,
    scripts: RefCell<BTreeMap<String, Option<Rc<Script>>>>,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(observed: Observed<'a>, sources: &'a dyn Sources, policies: &'a Policies) -> Self {
        Self { observed, policies, sources, scripts: RefCell::default() }
    }

    /// The script in this file, named as locations name it.
    pub(super) fn script(&self, file: &str) -> Option<Rc<Script>> {
        let mut scripts = self.scripts.borrow_mut();
        let parse = || self.sources.text(file).map(|text| Rc::new(Script::parse(&text)));
        scripts.entry(file.to_owned()).or_insert_with(parse).clone()
    }

    /// The text of a script.
    pub(super) fn text(&self, file: &str) -> Option<String> {
        self.sources.text(file)
    }

    /// Whether one of the scripts has a function of this name.
    pub(super) fn is_function(&self, name: &str) -> bool {
        self.observed.reached.keys().any(|file| self.script(file).is_some_and(|script| script.has_function(name)))
    }

    /// Whether `command` was run because a script had printed it for its reader to type.
    pub(super) fn is_printed(&self, command: &Command<'_>) -> bool {
        let script = command.started.parent.and_then(|number| self.observed.lines.get(&number));
        script.is_some_and(|line| line.source.is_some())
    }

    /// The commands that scripts ran of their own, in the order they started.
    pub(super) fn scripts_commands(&self) -> impl Iterator<Item = &Command<'a>> {
        self.observed.commands.iter().filter(|command| !self.is_printed(command))
    }

    /// The text of a line of a script.
    pub(super) fn line(&self, at: &Location) -> Option<String> {
        self.script(&at.file)?.line(at.line).map(str::to_owned)
    }

    /// A finding about `command`, not yet numbered and without output.
    pub(super) fn finding(&self, kind: &str, command: &Command<'_>, message: String) -> Finding {
        let cause = command.failed().then(|| cause::of(&self.observed, command)).flatten();
        let (cause, help) = cause.map_or((None, None), |cause| (Some(cause.cause), cause.help));
        Finding {
            command: Some(command.number()),
            command_line: Some(telling::command_line(&command.started.argv)),
            exit_status: command.finished.exit_status,
            cause,
            help,
            ..self.finding_at(kind, command.started.source.as_ref(), message)
        }
    }

    /// A finding about what a script did itself.
    pub(super) fn finding_of_step(&self, kind: &str, step: &ShellStep, message: String) -> Finding {
        Finding {
            command_line: Some(telling::command_line(&step.argv)),
            exit_status: step.exit_status,
            ..self.finding_at(kind, step.source.as_ref(), message)
        }
    }

    /// A finding about a place.
    pub(super) fn finding_at(&self, kind: &str, source: Option<&Location>, message: String) -> Finding {
        Finding {
            number: 0,
            kind: kind.to_owned(),
            policy: self.policies.policy(kind),
            message,
            source: source.cloned(),
            source_line: source.and_then(|at| self.line(at)),
            command: None,
            command_line: None,
            exit_status: None,
            output: None,
            cause: None,
            help: None,
            follows: None,
        }
    }

    /// Whether something reads what `command` prints: a pipe or a substitution.
    pub(super) fn is_read(&self, command: &Command<'_>) -> bool {
        self.at_site(command, Script::is_read).unwrap_or(false)
    }

    /// Whether what `command` prints is kept in a variable that its script only prints.
    pub(super) fn is_only_told(&self, command: &Command<'_>) -> bool {
        self.at_site(command, Script::is_only_told).unwrap_or(false)
    }

    /// The `grep` that alone reads `command` and shows nothing.
    pub(super) fn silent_search(&self, command: &Command<'_>) -> Option<String> {
        self.at_site(command, Script::silent_search).flatten()
    }

    /// The `grep` that reads `command` and is content with any line.
    pub(super) fn search_for_anything(&self, command: &Command<'_>) -> Option<String> {
        self.at_site(command, Script::search_for_anything).flatten()
    }

    /// The variable that takes what `command` prints.
    pub(super) fn taker(&self, command: &Command<'_>) -> Option<String> {
        self.at_site(command, |script, site| script.taker(site).map(str::to_owned)).flatten()
    }

    /// Whether `command` decides a test by its status.
    pub(super) fn is_tested(&self, command: &Command<'_>) -> bool {
        self.at_site(command, Script::is_tested_by_status).unwrap_or(false)
    }

    fn at_site<T>(&self, command: &Command<'_>, ask: impl Fn(&Script, &Site) -> T) -> Option<T> {
        let at = command.started.source.as_ref()?;
        let script = self.script(&at.file)?;
        let site = script.command(at.line, &command.started.argv)?;
        Some(ask(&script, &site))
    }

    /// Whether what a script did itself stands in a loop of its function.
    pub(super) fn is_in_loop(&self, step: &ShellStep) -> bool {
        let asked = || {
            let at = step.source.as_ref()?;
            let script = self.script(&at.file)?;
            Some(script.is_in_loop(&script.command(at.line, &step.argv)?))
        };
        asked().unwrap_or(false)
    }

    /// Which outputs of `command` its script throws away, in words.
    pub(super) fn thrown_away(&self, command: &Command<'_>) -> Option<&'static str> {
        let at = command.started.source.as_ref()?;
        let script = self.script(&at.file)?;
        let thrown = script.thrown_away(&script.command(at.line, &command.started.argv)?);
        match (thrown.stdout, thrown.stderr) {
            (true, true) => Some("its output was thrown away"),
            (false, true) => Some("its error output was thrown away"),
            _ => None,
        }
    }
}
