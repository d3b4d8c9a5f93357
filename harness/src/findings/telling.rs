//! Quoting commands and outputs for people.

use super::observed::Command;

/// The most lines of output that a finding shows.
const MOST_LINES: usize = 6;
/// The most characters of one of them.
const MOST_CHARACTERS: usize = 300;

/// A command line as one would type it.
pub(super) fn command_line(argv: &[String]) -> String {
    argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The command as a sentence names it: its tool, sub-commands and objects, without flags.
pub(super) fn short(command: &Command<'_>) -> String {
    const MOST_WORDS: usize = 8;
    let mut words: Vec<String> = std::iter::once(command.tool()).chain(command.words()).map(quoted).collect();
    if words.len() > MOST_WORDS {
        words.truncate(MOST_WORDS);
        words.push("…".to_owned());
    }
    format!("`{}`", clipped(&words.join(" ")))
}

/// The tool and its sub-commands, by which two calls from one place are the same call with other
/// arguments.
pub(super) fn family<'a>(command: &Command<'a>) -> Vec<&'a str> {
    std::iter::once(command.tool()).chain(command.words().into_iter().take(2)).collect()
}

/// The lines of `said` that tell what went wrong: those that name a failure, or else the last ones.
pub(super) fn telling_lines(said: &str) -> Option<String> {
    let named: Vec<&str> =
        said.lines().map(str::trim_end).filter(|line| names_failure(line)).take(MOST_LINES).collect();
    if named.is_empty() {
        return last_lines(said, MOST_LINES);
    }
    Some(named.into_iter().map(clipped).collect::<Vec<_>>().join("\n"))
}

/// The last lines of `said`, at most so many.
pub(crate) fn last_lines(said: &str, most: usize) -> Option<String> {
    let lines: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(most)..];
    (!last.is_empty()).then(|| last.iter().map(|line| clipped(line)).collect::<Vec<_>>().join("\n"))
}

/// The first lines of `said`.
pub(super) fn first_lines(said: &str) -> Option<String> {
    let mut lines = said.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let mut chosen: Vec<String> = lines.by_ref().take(MOST_LINES).map(clipped).collect();
    let more = lines.count();
    if more > 0 {
        chosen.push(format!("[{more} more lines]"));
    }
    (!chosen.is_empty()).then(|| chosen.join("\n"))
}

fn names_failure(line: &str) -> bool {
    let line = line.to_lowercase();
    ["error", "fail", "not found", "unknown", "invalid", "forbidden", "denied", "refused", "panic:"]
        .iter()
        .any(|word| line.contains(word))
}

/// The first line of `text`, shortened.
pub(super) fn clipped_line(text: &str) -> String {
    clipped(text.lines().next().unwrap_or_default())
}

fn clipped(line: &str) -> String {
    match line.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
