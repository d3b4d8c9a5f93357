//! What the commands of the unmutated tutorial did.

use std::collections::BTreeSet;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::{CommandStarted, Effect, Event, Exchange, Record};

use crate::commands::Command;

/// The journal of an unmutated run of a stage.
pub(crate) struct Baseline {
    events: Vec<Event>,
}

impl Baseline {
    pub(crate) fn new(records: Vec<Record>) -> Self {
        Self { events: records.into_iter().map(|record| record.event).collect() }
    }

    /// The traced commands that this one of `file` became.
    fn traced<'a>(&'a self, file: &'a str, command: &'a Command) -> impl Iterator<Item = &'a CommandStarted> {
        self.started().filter(move |started| {
            let is_here = |at: &Location| at.file == file && (command.line..=command.last_line).contains(&at.line);
            started.source.as_ref().is_some_and(is_here)
                && started.argv.first().is_some_and(|name| name == command.name())
        })
    }

    fn started(&self) -> impl Iterator<Item = &CommandStarted> {
        self.events.iter().filter_map(|event| match event {
            Event::CommandStarted(started) => Some(started),
            _ => None,
        })
    }

    /// What it wrote to standard output the last time that it ran.
    pub(crate) fn stdout(&self, file: &str, command: &Command) -> Option<String> {
        let number = self.traced(file, command).last()?.number;
        self.events.iter().find_map(|event| match event {
            Event::CommandFinished(finished) if finished.number == number => Some(finished.stdout.text.clone()),
            _ => None,
        })
    }

    /// The names of what it was called with and of what it changed. Those of a script of the tutorial's own are
    /// those of its commands.
    pub(crate) fn names(&self, file: &str, command: &Command) -> BTreeSet<String> {
        let script = command.name().trim_start_matches("./");
        let is_in_script = |started: &&CommandStarted| started.source.as_ref().is_some_and(|at| at.file == script);
        let called: Vec<&CommandStarted> = if command.is_script() {
            self.started().filter(is_in_script).collect()
        } else {
            self.traced(file, command).collect()
        };
        let numbers: Vec<u64> = called.iter().map(|started| started.number).collect();
        let mut names: BTreeSet<String> = called.iter().flat_map(|command| arguments(&command.argv)).collect();
        let own = self.effects().filter(|effect| effect.command.is_some_and(|number| numbers.contains(&number)));
        names.extend(own.map(|effect| effect.name.clone()));
        if let Some(prefix) = self.prefix() {
            let as_written: Vec<String> = names.iter().map(|name| name.replace(prefix, "{prefix}")).collect();
            names.extend(as_written);
        }
        names
    }

    /// The prefix that the run chose.
    fn prefix(&self) -> Option<&str> {
        let space = self.effects().find(|effect| effect.kind == "Space")?;
        space.name.strip_suffix("-traderx")
    }

    fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.events.iter().filter_map(|event| match event {
            Event::Effect(effect) => Some(effect),
            _ => None,
        })
    }

    fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.events.iter().filter_map(|event| match event {
            Event::Exchange(exchange) if exchange.system == "confighub" && exchange.actor == "command" => {
                Some(exchange)
            }
            _ => None,
        })
    }

    /// A rule that answers 403 to what this command asks of the hub: to its change, if it makes one, else to all
    /// that it reads.
    pub(crate) fn refusal(&self, file: &str, command: &Command) -> Option<String> {
        let numbers: Vec<u64> = self.traced(file, command).map(|started| started.number).collect();
        let is_own = |exchange: &Exchange| exchange.command.is_some_and(|number| numbers.contains(&number));
        let own: Vec<&Exchange> = self.exchanges().filter(|exchange| is_own(exchange)).collect();
        let refused = own.iter().find(|exchange| exchange.method != "GET").or(own.last())?;
        let pattern = pattern(&refused.target);
        let alike =
            self.exchanges().filter(|other| other.method == refused.method && self::pattern(&other.target) == pattern);
        let nth = alike.take_while(|other| !is_own(other)).count() + 1;
        let which = if numbers.len() == 1 { format!("\n    nth: {nth}") } else { String::new() };
        Some(format!(
            "- match:\n    system: confighub\n    actor: command\n    method: {}\n    path: {pattern}{which}\n  effect:\n    \
             error:\n      status: 403\n      message: this user may not do this",
            refused.method
        ))
    }
}

/// The path of a request, with a star for each id.
fn pattern(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let is_id = |segment: &&str| segment.len() == 36 && segment.chars().filter(|c| *c == '-').count() == 4;
    path.split('/').map(|segment| if is_id(&segment) { "*" } else { segment }).collect::<Vec<_>>().join("/")
}

/// The arguments of a traced command that name something: no flags, and the words that say what it does as one.
fn arguments(argv: &[String]) -> Vec<String> {
    let verbs = match argv.first().map(String::as_str) {
        Some("cub") => 3,
        Some("kubectl") if argv.get(1).is_some_and(|word| word == "rollout") => 3,
        Some("kubectl") => 2,
        _ => 1,
    };
    let (doing, others) = argv.split_at(verbs.min(argv.len()));
    let words = others.iter().filter(|word| !word.starts_with('-'));
    let names = words.map(|word| word.rsplit('/').next().unwrap_or_default().to_owned());
    names.chain([doing.join(" ")]).filter(|name| name.len() > 1).collect()
}
