//! Reads a command line as cobra and pflag do (github.com/spf13/cobra 1.9): which command, which flags, which arguments.

use std::collections::BTreeMap;

use crate::contract::{Command, Contract, Flag, FlagKind};

/// A command line that fits the contract.
pub(crate) struct CommandLine<'c> {
    pub(crate) command: &'c Command<'c>,
    pub(crate) args: Vec<String>,
    pub(crate) flags: Flags,
}

/// A command line that does not fit the contract, in the client's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(String);

/// The values of flags: given ones and defaults.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    values: BTreeMap<String, Vec<String>>,
    given: Vec<String>,
}

impl Flags {
    /// The value of a text flag; empty when it has none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(|values| values.last()).map_or("", String::as_str)
    }

    /// Whether a switch is on.
    pub(crate) fn on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// The values of a list flag.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the flag was on the command line.
    pub(crate) fn given(&self, name: &str) -> bool {
        self.given.iter().any(|given| given == name)
    }

    fn set(&mut self, flag: &Flag<'_>, value: String) -> Result<(), UsageError> {
        let is_list = matches!(flag.kind, FlagKind::Words | FlagKind::Lines);
        let fresh = !self.given(flag.name);
        let values = self.values.entry(flag.name.to_owned()).or_default();
        if !is_list || fresh {
            values.clear();
        }
        match flag.kind {
            FlagKind::Bool => values.push(parse_bool(flag, &value)?.to_string()),
            FlagKind::Int => values.push(parse_int(flag, &value)?.to_string()),
            FlagKind::Text | FlagKind::Lines => values.push(value),
            FlagKind::Words => values.extend(split_words(&value)),
        }
        self.given.push(flag.name.to_owned());
        Ok(())
    }
}

/// Reads a command line. Argument counts are left to the caller, because `--help` comes first.
pub(crate) fn parse<'c>(contract: &'c Contract<'c>, words: &[String]) -> Result<CommandLine<'c>, UsageError> {
    let (command, rest) = find(contract, words)?;
    let mut known = command.flags.clone();
    known.extend(contract.inherited(command));
    let mut line = CommandLine { command, args: Vec::new(), flags: Flags::default() };
    for flag in &known {
        if !flag.default.is_empty() {
            line.flags.values.insert(flag.name.to_owned(), vec![flag.default.to_owned()]);
        }
    }
    let mut words = rest.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            line.args.extend(words);
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            take_long(&known, &mut line.flags, long, &mut words)?;
        } else if word.len() > 1 && word.starts_with('-') {
            take_short(&known, &mut line.flags, &word[1..], &mut words)?;
        } else {
            line.args.push(word);
        }
    }
    Ok(line)
}

fn take_long(
    known: &[Flag<'_>],
    flags: &mut Flags,
    word: &str,
    rest: &mut impl Iterator<Item = String>,
) -> Result<(), UsageError> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value.to_owned())));
    if name.is_empty() || name.starts_with('-') {
        return Err(UsageError(format!("bad flag syntax: --{word}")));
    }
    let flag =
        known.iter().find(|flag| flag.name == name).ok_or_else(|| UsageError(format!("unknown flag: --{name}")))?;
    let value = match value {
        Some(value) => value,
        None if flag.kind == FlagKind::Bool => "true".to_owned(),
        None => rest.next().ok_or_else(|| UsageError(format!("flag needs an argument: --{name}")))?,
    };
    flags.set(flag, value)
}

fn take_short(
    known: &[Flag<'_>],
    flags: &mut Flags,
    letters: &str,
    rest: &mut impl Iterator<Item = String>,
) -> Result<(), UsageError> {
    let mut remaining = letters;
    while let Some(letter) = remaining.chars().next() {
        remaining = &remaining[letter.len_utf8()..];
        let flag = known
            .iter()
            .find(|flag| flag.short == Some(letter))
            .ok_or_else(|| UsageError(format!("unknown shorthand flag: {letter:?} in -{letters}")))?;
        let value = if let Some(value) = remaining.strip_prefix('=') {
            remaining = "";
            value.to_owned()
        } else if flag.kind == FlagKind::Bool {
            "true".to_owned()
        } else if !remaining.is_empty() {
            std::mem::take(&mut remaining).to_owned()
        } else {
            rest.next().ok_or_else(|| UsageError(format!("flag needs an argument: {letter:?} in -{letters}")))?
        };
        flags.set(flag, value)?;
    }
    Ok(())
}

/// Finds the command that the words name, and the words that are left: flags may stand anywhere.
fn find<'c>(contract: &'c Contract<'c>, words: &[String]) -> Result<(&'c Command<'c>, Vec<String>), UsageError> {
    let mut rest = words.to_vec();
    let mut path = String::new();
    let root = || UsageError("the contract has no commands".to_owned());
    let mut command = contract.get("").ok_or_else(root)?;
    while let Some(position) = first_argument(contract, command, &rest) {
        let next = if path.is_empty() { rest[position].clone() } else { format!("{path} {}", rest[position]) };
        match contract.get(&next) {
            Some(found) if found.parent() == Some(command.path) => {
                rest.remove(position);
                command = found;
                path = next;
            }
            _ if command.path.is_empty() => {
                return Err(UsageError(format!("unknown command {:?} for \"cub\"", rest[position])));
            }
            _ => break,
        }
    }
    Ok((command, rest))
}

/// The position of the first word that is neither a flag nor a flag's value.
fn first_argument<'t>(contract: &Contract<'t>, command: &Command<'t>, words: &[String]) -> Option<usize> {
    let mut known = command.flags.clone();
    known.extend(contract.inherited(command));
    let mut position = 0;
    while let Some(word) = words.get(position) {
        let takes_next = match (word.strip_prefix("--"), word.strip_prefix('-')) {
            (Some(""), _) => return None,
            (Some(long), _) if !long.contains('=') => {
                !known.iter().any(|flag| flag.name == long && flag.kind == FlagKind::Bool)
            }
            (None, Some(short)) if short.chars().count() == 1 => {
                !known.iter().any(|flag| flag.short == short.chars().next() && flag.kind == FlagKind::Bool)
            }
            (Some(_), _) => false,
            (None, Some(short)) if !short.is_empty() => false,
            _ => return Some(position),
        };
        position += if takes_next { 2 } else { 1 };
    }
    None
}

/// The spellings Go's strconv.ParseBool takes.
fn parse_bool(flag: &Flag<'_>, value: &str) -> Result<bool, UsageError> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(invalid(flag, value, "ParseBool")),
    }
}

fn parse_int(flag: &Flag<'_>, value: &str) -> Result<i64, UsageError> {
    value.parse().map_err(|_| invalid(flag, value, "ParseInt"))
}

fn invalid(flag: &Flag<'_>, value: &str, parser: &str) -> UsageError {
    let name = match flag.short {
        Some(short) => format!("-{short}, --{}", flag.name),
        None => format!("--{}", flag.name),
    };
    let reason = format!("strconv.{parser}: parsing {value:?}: invalid syntax");
    UsageError(format!("invalid argument {value:?} for {name:?} flag: {reason}"))
}

/// Splits at commas, except inside double quotes.
fn split_words(value: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for letter in value.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    if !value.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Era;

    fn parse_line(words: &[&str]) -> Result<(String, Vec<String>, Flags), UsageError> {
        let contract = Contract::of(Era::October2025);
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        parse(&contract, &words).map(|line| (line.command.path.to_owned(), line.args, line.flags))
    }

    #[test]
    fn flags_may_stand_anywhere_and_give_lists() {
        let words =
            ["--debug", "unit", "--space", "s", "apply", "--unit", "a,b", "--unit=c", "--wait=false", "--", "--x"];
        let (path, args, flags) = parse_line(&words).expect("it fits");
        assert_eq!((path.as_str(), args), ("unit apply", vec!["--x".to_owned()]));
        assert_eq!(flags.list("unit"), ["a", "b", "c"]);
        assert_eq!((flags.text("space"), flags.on("wait"), flags.on("debug")), ("s", false, true));
        assert_eq!((flags.text("timeout"), flags.given("timeout")), ("2m", false));
    }

    #[test]
    fn shorthands_may_be_joined() {
        let (path, _, flags) = parse_line(&["unit", "diff", "-uc", "u"]).expect("it fits");
        assert_eq!((path.as_str(), flags.on("unified"), flags.on("color")), ("unit diff", true, true));
        let (_, _, flags) = parse_line(&["worker", "install", "-nplace", "-e", "A=1", "w"]).expect("it fits");
        assert_eq!((flags.text("namespace"), flags.list("env")), ("place", &["A=1".to_owned()][..]));
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_odd(words in proptest::collection::vec("(unit|apply|list|run|-[a-z=]{0,3}|--[a-z-]{0,8}=?[a-z,\"]{0,3}|[a-zé*' ]{0,4})", 0..7)) {
            let contract = Contract::of(Era::October2025);
            // Fits or is refused, in words; what matters is that it comes back.
            if let Err(refused) = parse(&contract, &words) {
                proptest::prop_assert!(!refused.to_string().is_empty());
            }
        }
    }
}
