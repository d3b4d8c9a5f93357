//! A command was refused because of how it was written.

use std::sync::LazyLock;

use regex::RegexSet;
use stagegate_reports::journal::Finding;

use super::cause;
use super::evidence::Evidence;
use super::observed::Command;
use super::telling;

pub(super) const KIND: &str = "usage-error";

/// What tools say of a command line they cannot take.
static COMPLAINTS: LazyLock<Result<RegexSet, regex::Error>> = LazyLock::new(|| {
    RegexSet::new([
        // cobra and pflag (spf13/cobra args.go, spf13/pflag errors.go).
        r"unknown flag: -",
        r"unknown shorthand flag: '",
        r#"unknown command ".*" for ""#,
        r"accepts (at most )?\d+ arg\(s\), received",
        r"accepts between \d+ and \d+ arg\(s\), received",
        r"requires at least \d+ arg\(s\)",
        r#"required flag\(s\) ".*" not set"#,
        r"flag needs an argument: ",
        r#"invalid argument ".*" for ".*" flag"#,
        r"if any flags in the group \[.*\] are set",
        r"bad flag syntax: ",
        // cub, recorded runs of August 2025.
        r"^Failed: either --\S+ or --\S+ flag is required",
        r"^Failed: --\S+ requires one of: ",
        r"^Failed: required parameter '.*' not provided",
        r"^Failed: space wildcard \* not permitted",
        // kubectl.
        r"^See 'kubectl .*' for (usage|help)",
        r"^error: (must specify|exactly one NAME is required|required resource not specified|You must specify)",
        // GNU getopt and coreutils.
        r"^\S+: (unrecognized option|invalid option|missing operand|invalid time interval|extra operand)",
        r"^usage: sleep ",
    ])
});

/// Finds every command that was refused as written, each way of writing it once.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut seen = std::collections::BTreeSet::new();
    let commands = evidence.scripts_commands().filter(|command| command.failed());
    let first = commands.filter(|command| seen.insert((command.started.source.as_ref(), telling::family(command))));
    first.filter_map(|command| finding(evidence, command)).collect()
}

fn finding(evidence: &Evidence<'_>, command: &Command<'_>) -> Option<Finding> {
    let said = command.said();
    let swapped = cause::swapped_set_target(&evidence.observed, command);
    let complaint = complaint(&said);
    let message = match (&swapped, complaint) {
        (Some(_), _) => format!("{} has its arguments in the wrong order", telling::short(command)),
        (None, Some(complaint)) => format!("{} was refused as written: {complaint}", telling::short(command)),
        (None, None) => return None,
    };
    let mut finding = evidence.finding(KIND, command, message);
    finding.output = telling::telling_lines(&said);
    if swapped.is_none() {
        // The message says it already.
        (finding.cause, finding.help) = (None, None);
    }
    let tool = command.tool();
    finding.help.get_or_insert_with(|| format!("see `{tool} --help` of the version in use for what it takes"));
    Some(finding)
}

/// The line of an output that refuses the command as written.
pub(super) fn complaint(said: &str) -> Option<&str> {
    let complaints = COMPLAINTS.as_ref().ok()?;
    let line = said.lines().find(|line| complaints.is_match(line))?;
    Some(line.trim_start_matches("Failed: ").trim_start_matches("error: "))
}
