//! The commands of a scenario with everything the journal knows of each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use stagegate_reports::journal::{
    AppliedObject, CommandFate, CommandFinished, CommandStarted, Effect, Event, Exchange, Record, ShellStep,
};

/// A traced command that ended, with what it did to hub and cluster.
#[derive(Debug, Clone)]
pub(super) struct Command<'a> {
    pub(super) started: &'a CommandStarted,
    pub(super) finished: &'a CommandFinished,
    pub(super) effects: Vec<&'a Effect>,
    pub(super) exchanges: Vec<&'a Exchange>,
    /// The place of its start among the records.
    pub(super) began: usize,
    /// The place of its end among the records.
    pub(super) ended: usize,
    /// When it started, in environment time.
    pub(super) at: Option<Timestamp>,
}

/// The name of the attachment that lists the variables of scripts.
pub(crate) const ENVIRONMENT: &str = "environment of scripts";

/// Something of the records with its place among them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a, T> {
    pub(super) index: usize,
    pub(super) at: Option<Timestamp>,
    pub(super) what: &'a T,
}

impl<T> std::ops::Deref for Placed<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.what
    }
}

/// What a scenario's records say, sorted by command.
pub(super) struct Observed<'a> {
    /// The commands that scripts called, in the order they started.
    pub(super) commands: Vec<Command<'a>>,
    /// Every effect, also of what no command caused.
    pub(super) effects: Vec<Placed<'a, Effect>>,
    /// Every exchange, likewise.
    pub(super) exchanges: Vec<Placed<'a, Exchange>>,
    /// What workers have applied whose exchanges nobody saw.
    pub(super) applied: Vec<Placed<'a, AppliedObject>>,
    /// What scripts did themselves.
    pub(super) steps: Vec<Placed<'a, ShellStep>>,
    /// What the script lane saw of scripts besides.
    pub(super) remarks: Vec<&'a Event>,
    /// The lines that scripts reached, by file.
    pub(super) reached: BTreeMap<&'a str, BTreeSet<usize>>,
    /// The names of the variables that scripts begin with.
    pub(super) environment: BTreeSet<&'a str>,
    /// The command lines that steps ran.
    pub(super) lines: BTreeMap<u64, &'a CommandStarted>,
    /// How each script that called commands ended.
    scripts: BTreeMap<u64, &'a CommandFinished>,
}

impl<'a> Observed<'a> {
    pub(super) fn of(records: &'a [Record]) -> Self {
        let mut started: BTreeMap<u64, (Placed<'a, CommandStarted>, usize)> = BTreeMap::new();
        let mut finished: BTreeMap<u64, &CommandFinished> = BTreeMap::new();
        let mut effects_of: BTreeMap<u64, Vec<&Effect>> = BTreeMap::new();
        let mut exchanges_of: BTreeMap<u64, Vec<&Exchange>> = BTreeMap::new();
        let (mut effects, mut exchanges, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        let mut applied = Vec::new();
        let mut reached: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        let mut environment = BTreeSet::new();
        let mut remarks = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let at = record.at;
            match &record.event {
                Event::CommandStarted(what) => _ = started.insert(what.number, (Placed { index, at, what }, index)),
                Event::CommandFinished(event) => {
                    finished.insert(event.number, event);
                    if let Some((_, ended)) = started.get_mut(&event.number) {
                        *ended = index;
                    }
                }
                Event::Effect(what) => {
                    effects.push(Placed { index, at, what });
                    what.command.into_iter().for_each(|number| effects_of.entry(number).or_default().push(what));
                }
                Event::Exchange(what) => {
                    exchanges.push(Placed { index, at, what });
                    what.command.into_iter().for_each(|number| exchanges_of.entry(number).or_default().push(what));
                }
                Event::Applied(what) => applied.push(Placed { index, at, what }),
                Event::Attachment(attachment) if attachment.name == ENVIRONMENT => {
                    let names = attachment.text.lines().filter_map(|line| line.split_once('='));
                    environment.extend(names.map(|(name, _)| name));
                }
                // A tool may be a script itself; what it does is its own matter.
                Event::ShellStep(what) if what.source.as_ref().is_some_and(|at| at.file.starts_with('/')) => {}
                Event::ShellStep(what) => steps.push(Placed { index, at, what }),
                event @ (Event::UntracedCommand { .. } | Event::Prompt { .. } | Event::TemporaryFileLeft { .. }) => {
                    remarks.push(event);
                }
                Event::LinesReached { file, lines, .. } if !file.starts_with('/') => {
                    reached.entry(file).or_default().extend(lines);
                }
                _ => {}
            }
        }
        let lines = started.iter().filter(|(_, (event, _))| event.parent.is_none());
        let lines = lines.map(|(number, (event, _))| (*number, event.what)).collect();
        let called = started.iter().filter(|(_, (event, _))| event.parent.is_some());
        let over =
            called.filter_map(|(number, (started, ended))| Some((number, started, *ended, *finished.get(number)?)));
        let commands = over
            .map(|(number, started, ended, finished)| Command {
                started: started.what,
                finished,
                effects: effects_of.remove(number).unwrap_or_default(),
                exchanges: exchanges_of.remove(number).unwrap_or_default(),
                began: started.index,
                ended,
                at: started.at,
            })
            .collect();
        Self { commands, effects, exchanges, applied, steps, remarks, reached, environment, lines, scripts: finished }
    }

    /// The command with this number.
    pub(super) fn command(&self, number: u64) -> Option<&Command<'a>> {
        self.commands.iter().find(|command| command.number() == number)
    }

    /// The same command at the same place, later: the next rounds of a loop.
    pub(super) fn later_rounds(&self, command: &Command<'_>) -> impl Iterator<Item = &Command<'a>> {
        self.commands.iter().filter(|other| {
            other.number() > command.number()
                && other.started.source == command.started.source
                && other.started.argv == command.started.argv
        })
    }

    /// The command line that a step ran and that `script` is the number of.
    pub(super) fn status_of(&self, script: u64) -> Option<i32> {
        self.scripts.get(&script)?.exit_status
    }

    /// Whether the script that called `command` ended with status 0.
    pub(super) fn script_succeeded(&self, command: &Command<'_>) -> bool {
        let script = command.started.parent.and_then(|number| self.scripts.get(&number));
        script.is_some_and(|script| script.exit_status == Some(0))
    }
}

impl<'a> Command<'a> {
    pub(super) fn number(&self) -> u64 {
        self.started.number
    }

    /// The tool's name without a path.
    pub(super) fn tool_name(&self) -> &'a str {
        self.tool().rsplit('/').next().unwrap_or_default()
    }

    /// Whether a flag is given, with or without a value.
    pub(super) fn has_flag(&self, name: &str) -> bool {
        let given = |word: &String| word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        self.started.argv.iter().skip(1).any(given)
    }

    pub(super) fn tool(&self) -> &'a str {
        self.started.argv.first().map(String::as_str).unwrap_or_default()
    }

    /// The arguments that are neither flags nor values of flags: sub-commands and what they act on.
    pub(super) fn words(&self) -> Vec<&'a str> {
        let mut words = Vec::new();
        let mut arguments = self.started.argv.iter().skip(1).map(String::as_str);
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                words.extend(arguments.by_ref());
            } else if !argument.starts_with('-') || argument == "-" {
                words.push(argument);
            } else if takes_value(argument) {
                arguments.next();
            }
        }
        words
    }

    /// The value of a flag, given as `--flag value` or `--flag=value`.
    pub(super) fn flag(&self, name: &str) -> Option<&'a str> {
        let argv = &self.started.argv;
        argv.iter().enumerate().find_map(|(index, argument)| match argument.strip_prefix(name)? {
            "" => argv.get(index + 1).map(String::as_str),
            rest => rest.strip_prefix('='),
        })
    }

    /// Both outputs, standard error first: that is where tools complain.
    pub(super) fn said(&self) -> String {
        format!("{}\n{}", self.finished.stderr.text.trim_end(), self.finished.stdout.text.trim_end())
    }

    /// Whether it failed by its own account. A signal counts only if it is one that a program does
    /// itself in by, or KILL, which the system sends: the others are sent by someone who wants it to
    /// end, and SIGPIPE says that its reader had enough.
    pub(super) fn failed(&self) -> bool {
        // ILL, TRAP, ABRT, BUS (Linux, macOS), FPE, KILL, SEGV.
        let crashed = matches!(self.finished.signal, Some(4..=11));
        crashed || self.finished.exit_status.is_some_and(|status| status != 0)
    }

    /// The answers of 400 and above that it got, except a not-found that only precedes a creation.
    pub(super) fn refusals(&self) -> Vec<&'a Exchange> {
        self.exchanges.iter().copied().filter(|exchange| exchange.status >= 400).collect()
    }

    pub(super) fn discarded_by(&self) -> Option<&'a str> {
        match &self.finished.fate {
            Some(CommandFate::Discarded { by }) => Some(by),
            _ => None,
        }
    }
}

/// Flags of cub and kubectl that scripts use without a value; every other one takes the next word.
const SWITCHES: [&str; 34] = [
    "--all",
    "--allow-exists",
    "--all-namespaces",
    "--debug",
    "--dry-run",
    "--export",
    "--force",
    "--from-stdin",
    "--help",
    "--ignore-not-found",
    "--include-secret",
    "--json",
    "--names",
    "--no-header",
    "--no-headers",
    "--patch",
    "--previous",
    "--quiet",
    "--recursive",
    "--reload",
    "--server-side",
    "--short",
    "--show-labels",
    "--upgrade",
    "--verbose",
    "--wait",
    "--watch",
    "--client",
    "-A",
    "-h",
    "-i",
    "-q",
    "-u",
    "-w",
];

fn takes_value(flag: &str) -> bool {
    !flag.contains('=') && !SWITCHES.contains(&flag)
}
