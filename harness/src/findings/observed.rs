//! The commands of a scenario with everything the journal knows of each.

use std::collections::BTreeMap;

use stagegate_reports::journal::{CommandFate, CommandFinished, CommandStarted, Effect, Event, Exchange, Record};

/// A traced command that ended, with what it did to hub and cluster.
#[derive(Debug, Clone)]
pub(super) struct Command<'a> {
    pub(super) started: &'a CommandStarted,
    pub(super) finished: &'a CommandFinished,
    pub(super) effects: Vec<&'a Effect>,
    pub(super) exchanges: Vec<&'a Exchange>,
}

/// What a scenario's records say, sorted by command.
pub(super) struct Observed<'a> {
    /// The commands that scripts called, in the order they started.
    pub(super) commands: Vec<Command<'a>>,
    /// Every effect, also of what no command caused.
    pub(super) effects: Vec<&'a Effect>,
    /// How each script that called commands ended.
    scripts: BTreeMap<u64, &'a CommandFinished>,
}

impl<'a> Observed<'a> {
    pub(super) fn of(records: &'a [Record]) -> Self {
        let mut started: BTreeMap<u64, &CommandStarted> = BTreeMap::new();
        let mut finished: BTreeMap<u64, &CommandFinished> = BTreeMap::new();
        let mut effects_of: BTreeMap<u64, Vec<&Effect>> = BTreeMap::new();
        let mut exchanges_of: BTreeMap<u64, Vec<&Exchange>> = BTreeMap::new();
        let mut effects = Vec::new();
        for record in records {
            match &record.event {
                Event::CommandStarted(event) => _ = started.insert(event.number, event),
                Event::CommandFinished(event) => _ = finished.insert(event.number, event),
                Event::Effect(event) => {
                    effects.push(event);
                    event.command.into_iter().for_each(|number| effects_of.entry(number).or_default().push(event));
                }
                Event::Exchange(event) => {
                    event.command.into_iter().for_each(|number| exchanges_of.entry(number).or_default().push(event));
                }
                _ => {}
            }
        }
        let called = started.iter().filter(|(_, event)| event.parent.is_some());
        let ended = called.filter_map(|(number, started)| Some((number, *started, *finished.get(number)?)));
        let commands = ended
            .map(|(number, started, finished)| Command {
                started,
                finished,
                effects: effects_of.remove(number).unwrap_or_default(),
                exchanges: exchanges_of.remove(number).unwrap_or_default(),
            })
            .collect();
        Self { commands, effects, scripts: finished }
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
    /// itself in by: the others are sent by someone who wants it to end, and SIGPIPE says that its
    /// reader had enough.
    pub(super) fn failed(&self) -> bool {
        // ILL, TRAP, ABRT, BUS (Linux, macOS), FPE, SEGV.
        let crashed = matches!(self.finished.signal, Some(4 | 5 | 6 | 7 | 8 | 10 | 11));
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
