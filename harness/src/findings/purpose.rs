//! What a command is for, told from its words.

use super::observed::Command;

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is to change something.
    Changes,
    /// It asks.
    Asks,
}

/// Sub-commands of cub's entities that change something.
const CUB: [&str; 15] = [
    "create",
    "update",
    "delete",
    "set-target",
    "apply",
    "destroy",
    "approve",
    "install",
    "push-upgrade",
    "refresh",
    "import",
    "copy",
    "cancel",
    "restore",
    "tag",
];
/// Sub-commands of kubectl that change something.
const KUBECTL: [&str; 16] = [
    "apply",
    "create",
    "delete",
    "patch",
    "scale",
    "label",
    "annotate",
    "set",
    "expose",
    "run",
    "replace",
    "rollout",
    "edit",
    "taint",
    "cordon",
    "autoscale",
];

/// What `command` is for.
pub(super) fn of(command: &Command<'_>) -> Purpose {
    let words = command.words();
    let rehearses = command.started.argv.iter().any(|word| word.starts_with("--dry-run") && !word.ends_with("none"));
    let changes = match (command.tool_name(), words.as_slice()) {
        _ if rehearses => false,
        // With `--export` it only prints a manifest.
        ("cub", ["worker", "install", ..]) => !command.has_flag("--export"),
        ("cub", ["function", "do" | "set", ..]) | ("kubectl", ["set", ..]) => true,
        ("cub", ["run", function, ..]) => !function.starts_with("get-") && !function.contains("validate"),
        ("cub", [_, verb, ..]) => CUB.contains(verb),
        ("kubectl", ["rollout", verb, ..]) => matches!(*verb, "restart" | "undo" | "pause" | "resume"),
        ("kubectl", [verb, ..]) => KUBECTL.contains(verb),
        _ => false,
    };
    if changes { Purpose::Changes } else { Purpose::Asks }
}

/// Whether `command` chooses what it is about by what that is like.
pub(super) fn selects(command: &Command<'_>) -> bool {
    ["-l", "--selector", "--field-selector", "--where", "--where-data", "--filter"].iter().any(|flag| {
        command.flag(flag).is_some()
            || command.started.argv.iter().any(|word| word.strip_prefix("-l").is_some_and(|rest| rest.contains('=')))
    })
}

/// Whether its output says that nothing was chosen.
pub(super) fn says_nothing_found(command: &Command<'_>) -> bool {
    let said = command.said().to_lowercase();
    let phrases =
        ["no resources found", "no units found", "no matching", "no entities found", "nothing matched", "0 units"];
    let says = phrases.iter().any(|phrase| said.contains(phrase))
        || said.lines().any(|line| line.trim_start().starts_with("no ") && line.contains(" found"));
    says || (selects(command)
        && said.trim().is_empty()
        && of(command) == Purpose::Asks
        && !command.has_flag("--ignore-not-found"))
}
