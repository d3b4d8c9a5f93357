//! The command line contract: which commands, flags and argument counts a client of an era takes.
//!
//! The tables are text files in `contract/`; their first lines say how to read them.

use std::collections::BTreeMap;

const FLAGS: &str = include_str!("../contract/flags.txt");
const AUGUST_2025: &str = include_str!("../contract/2025-08.txt");
const OCTOBER_2025: &str = include_str!("../contract/2025-10.txt");

/// Which client the stand-in stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Era {
    /// The client that can be built from public source (2025-08-21).
    August2025,
    /// The client the tutorials were written with.
    #[default]
    October2025,
}

impl Era {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::October2025, Self::August2025];

    /// `2025-08` or `2025-10`.
    pub fn name(self) -> &'static str {
        match self {
            Self::August2025 => "2025-08",
            Self::October2025 => "2025-10",
        }
    }

    /// Reads `2025-08` or `2025-10`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|era| era.name() == name)
    }
}

/// How many arguments a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    Any,
    Exactly(usize),
    Between(usize, usize),
    AtMost(usize),
    AtLeast(usize),
    /// The command only holds others.
    Group,
}

impl Arity {
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok();
        Some(match text {
            "*" => Self::Any,
            "group" => Self::Group,
            _ => match (text.strip_prefix("<="), text.strip_prefix(">="), text.split_once("..")) {
                (Some(most), _, _) => Self::AtMost(number(most)?),
                (_, Some(least), _) => Self::AtLeast(number(least)?),
                (_, _, Some((least, most))) => Self::Between(number(least)?, number(most)?),
                _ => Self::Exactly(number(text)?),
            },
        })
    }

    /// The client's complaint about a wrong number of arguments.
    pub(crate) fn complaint(self, given: usize) -> Option<String> {
        match self {
            Self::Exactly(count) if given != count => Some(format!("accepts {count} arg(s), received {given}")),
            Self::Between(least, most) if !(least..=most).contains(&given) => {
                Some(format!("accepts between {least} and {most} arg(s), received {given}"))
            }
            Self::AtMost(most) if given > most => Some(format!("accepts at most {most} arg(s), received {given}")),
            Self::AtLeast(least) if given < least => {
                Some(format!("requires at least {least} arg(s), only received {given}"))
            }
            _ => None,
        }
    }
}

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlagKind {
    Bool,
    Int,
    Text,
    /// A list; each use may give several, separated by commas.
    Words,
    /// A list; each use gives one.
    Lines,
}

impl FlagKind {
    /// The word behind the name in help texts.
    pub(crate) fn placeholder(self) -> &'static str {
        match self {
            Self::Bool => "",
            Self::Int => "int",
            Self::Text => "string",
            Self::Words => "strings",
            Self::Lines => "stringArray",
        }
    }
}

/// A flag of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag<'t> {
    pub(crate) name: &'t str,
    pub(crate) kind: FlagKind,
    pub(crate) short: Option<char>,
    pub(crate) default: &'t str,
    pub(crate) help: &'t str,
}

/// A command: its path below `cub`, empty for `cub` itself.
#[derive(Debug, Clone)]
pub(crate) struct Command<'t> {
    pub(crate) path: &'t str,
    pub(crate) usage: &'t str,
    pub(crate) arity: Arity,
    pub(crate) flags: Vec<Flag<'t>>,
    /// Whether `--space '*'` is taken.
    pub(crate) all_spaces: bool,
    pub(crate) about: &'t str,
}

impl<'t> Command<'t> {
    /// The last word of the path; `cub` for the root.
    pub(crate) fn name(&self) -> &'t str {
        if self.path.is_empty() { "cub" } else { self.path.rsplit(' ').next().unwrap_or(self.path) }
    }

    /// The path of the command that holds this one; `None` for the root.
    pub(crate) fn parent(&self) -> Option<&'t str> {
        if self.path.is_empty() { None } else { Some(self.path.rsplit_once(' ').map_or("", |(parent, _)| parent)) }
    }
}

/// All commands of an era.
pub(crate) struct Contract<'t> {
    flags: BTreeMap<&'t str, Flag<'t>>,
    commands: BTreeMap<&'t str, Command<'t>>,
}

impl<'t> Contract<'t> {
    pub(crate) fn of(era: Era) -> Self {
        let flags = lines(FLAGS).filter_map(parse_flag).collect();
        let mut contract = Self { flags, commands: BTreeMap::new() };
        lines(AUGUST_2025).for_each(|line| contract.add(line));
        if era == Era::October2025 {
            lines(OCTOBER_2025).for_each(|line| contract.add(line));
        }
        contract
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Command<'t>> {
        self.commands.get(path)
    }

    /// The commands right below `path`, by name.
    pub(crate) fn below(&self, path: &str) -> impl Iterator<Item = &Command<'t>> {
        self.commands.values().filter(move |command| command.parent() == Some(path))
    }

    /// Flags a command has from the commands that hold it, by name.
    pub(crate) fn inherited(&self, command: &Command<'t>) -> Vec<Flag<'t>> {
        let mut inherited = Vec::new();
        let mut holder = command.parent();
        while let Some(parent) = holder.and_then(|path| self.get(path)) {
            if !parent.path.is_empty() {
                inherited.extend(parent.flags.iter().copied().filter(|flag| flag.name != "help"));
            }
            holder = parent.parent();
        }
        inherited.extend(self.flags.get("debug"));
        inherited.retain(|flag| !command.flags.iter().any(|own| own.name == flag.name));
        inherited.sort_by_key(|flag| flag.name);
        inherited
    }

    /// Adds a command of the same contract that no table holds.
    pub(crate) fn add_command(&mut self, mut command: Command<'t>) {
        command.flags.extend(self.flags.get("help"));
        command.flags.sort_by_key(|flag| flag.name);
        self.commands.insert(command.path, command);
    }

    fn add(&mut self, line: &'t str) {
        let mut columns = line.split("::").map(str::trim);
        let mut column = || columns.next().unwrap_or_default();
        let (path, usage, arity, marks, about) = (column(), column(), column(), column(), column());
        let path = if path == "cub" { "" } else { path };
        if !self.commands.contains_key(path) {
            let Some(arity) = Arity::parse(arity) else { return };
            let flags = self.flags.get("help").copied().into_iter().collect();
            self.commands.insert(path, Command { path, usage, arity, flags, all_spaces: false, about });
        }
        let known = &self.flags;
        let Some(command) = self.commands.get_mut(path) else { return };
        if let Some(arity) = Arity::parse(arity) {
            (command.usage, command.arity) = (usage, arity);
        }
        for mark in marks.split_whitespace() {
            add_mark(known, command, mark);
        }
        command.flags.sort_by_key(|flag| flag.name);
    }
}

fn add_mark<'t>(known: &BTreeMap<&'t str, Flag<'t>>, command: &mut Command<'t>, mark: &str) {
    if mark == "all-spaces" {
        command.all_spaces = true;
    } else if let Some(name) = mark.strip_prefix('-') {
        command.flags.retain(|flag| flag.name != name);
    } else {
        let names: &[&str] = match mark {
            "@list" => &["where", "contains", "select", "names", "quiet", "json", "jq", "no-header"],
            "@create" => &["label", "from-stdin", "filename", "verbose", "quiet", "json", "jq"],
            "@update" => &["label", "from-stdin", "replace", "filename", "verbose", "quiet", "json", "jq"],
            "@get" => &["quiet", "json", "jq", "select"],
            "@wait" => &["wait", "timeout"],
            name => &[name],
        };
        for flag in names.iter().filter_map(|name| known.get(name)) {
            command.flags.retain(|own| own.name != flag.name);
            command.flags.push(*flag);
        }
    }
}

fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn parse_flag(line: &'static str) -> Option<(&'static str, Flag<'static>)> {
    let mut columns = line.splitn(5, "  ").map(str::trim);
    let mut column = || columns.next().unwrap_or_default();
    let (key, kind, short, default, help) = (column(), column(), column(), column(), column());
    let kind = match kind {
        "bool" => FlagKind::Bool,
        "string" => FlagKind::Text,
        "strings" => FlagKind::Words,
        "stringArray" => FlagKind::Lines,
        _ => return None,
    };
    let name = key.split([':', '@']).next()?;
    let default = if default == "-" { "" } else { default };
    Some((key, Flag { name, kind, short: short.chars().find(|short| *short != '-'), default, help }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_understood() {
        let flags: BTreeMap<_, _> = lines(FLAGS).filter_map(parse_flag).collect();
        assert_eq!(flags.len(), lines(FLAGS).count(), "a flag line was not understood or is there twice");
        for (table, era) in [(AUGUST_2025, Era::August2025), (OCTOBER_2025, Era::October2025)] {
            let contract = Contract::of(era);
            for line in lines(table) {
                let columns: Vec<_> = line.split("::").map(str::trim).collect();
                assert_eq!(columns.len(), 5, "{line}");
                let path = if columns[0] == "cub" { "" } else { columns[0] };
                assert!(contract.get(path).is_some(), "{line}");
                for mark in columns[3].split_whitespace().map(|mark| mark.trim_start_matches('-')) {
                    assert!(
                        mark == "all-spaces" || mark.starts_with('@') || flags.contains_key(mark),
                        "{mark} in {line}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_eras_differ_where_the_client_changed() {
        let (august, october) = (Contract::of(Era::August2025), Contract::of(Era::October2025));
        assert!(august.get("space new-prefix").is_none());
        assert!(october.get("space new-prefix").is_some());
        let has = |contract: &Contract<'_>, path: &str, flag: &str| {
            contract.get(path).expect("it is there").flags.iter().any(|own| own.name == flag)
        };
        assert!(!has(&august, "space delete", "recursive") && has(&october, "space delete", "recursive"));
        assert!(!has(&august, "filter create", "where-field") && has(&october, "filter create", "where-field"));
        let arity = |contract: &Contract<'_>| contract.get("unit destroy").expect("it is there").arity;
        assert_eq!((arity(&august), arity(&october)), (Arity::Exactly(1), Arity::AtMost(1)));
    }
}
