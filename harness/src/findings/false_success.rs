//! A command ended with status 0 but only printed its help.

use stagegate_reports::journal::Finding;

use super::evidence::Evidence;
use super::likest::likest;
use super::observed::Command;
use super::telling;

pub(super) const KIND: &str = "false-success";

/// Finds every command that printed its help unasked and called that a success.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let commands = evidence.scripts_commands();
    let found = commands.filter(|command| command.finished.exit_status == Some(0) && command.effects.is_empty());
    found.filter_map(|command| Some(finding(evidence, command, &Help::unasked(command)?))).collect()
}

/// Whether a command did nothing but print its help, unasked.
pub(super) fn is_help(command: &Command<'_>) -> bool {
    command.finished.exit_status == Some(0) && Help::unasked(command).is_some()
}

fn finding(evidence: &Evidence<'_>, command: &Command<'_>, help: &Help<'_>) -> Finding {
    let message =
        format!("{} did nothing but print the help of `{}`, with exit status 0", telling::short(command), help.group);
    let mut finding = evidence.finding(KIND, command, message);
    finding.output = telling::first_lines(&help.text);
    finding.cause = Some(match help.unknown {
        Some(unknown) => format!("`{}` has no sub-command `{unknown}` in this version", help.group),
        None => format!("`{}` was called without a sub-command", help.group),
    });
    finding.help = Some(match help.nearest() {
        Some(nearest) => format!("did you mean `{} {nearest}`?", help.group),
        None => format!("see `{} --help` for the sub-commands it has", help.group),
    });
    finding
}

/// The help of a command group, as the cobra library prints it.
struct Help<'a> {
    text: String,
    /// The group, such as `cub unit`.
    group: String,
    /// The word after the group that is no sub-command of it.
    unknown: Option<&'a str>,
}

impl<'a> Help<'a> {
    fn unasked(command: &Command<'a>) -> Option<Self> {
        let argv = &command.started.argv;
        let asked = argv.iter().skip(1).any(|word| matches!(word.as_str(), "-h" | "--help" | "help"));
        // The bare tool is called to see what it can do.
        if asked || argv.len() < 2 {
            return None;
        }
        let text = command.said();
        let group = group_of(&text, command.tool())?;
        let depth = group.split(' ').count() - 1;
        let unknown = command.words().get(depth).copied();
        Some(Self { text, group, unknown })
    }

    /// The sub-command most like the unknown one.
    fn nearest(&self) -> Option<&str> {
        let unknown = self.unknown?;
        let list = self.text.lines().skip_while(|line| !line.starts_with("Available Commands:")).skip(1);
        let names = list.take_while(|line| line.starts_with("  ")).filter_map(|line| line.split_whitespace().next());
        likest(unknown, names)
    }
}

/// The words between the tool's name and `[command]` or the like in a line below `Usage:`.
fn group_of(text: &str, tool: &str) -> Option<String> {
    let has = |heading: &str| text.lines().any(|line| line.starts_with(heading));
    if !has("Available Commands:") && !has("Flags:") && !has("Available Sub-commands:") {
        return None;
    }
    let mut usage = text.lines().skip_while(|line| line.trim_end() != "Usage:").skip(1);
    let words = usage.find_map(|line| line.trim_start().strip_prefix(tool))?;
    let group = words.split_whitespace().take_while(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
    Some(std::iter::once(tool).chain(group).collect::<Vec<_>>().join(" "))
}
