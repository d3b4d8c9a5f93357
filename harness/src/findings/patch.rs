//! `cub unit update --patch`, which patches the unit and not its configuration.

use serde_json::Value;
use stagegate_reports::diagnostic::Location;

use super::observed::{Command, Observed};

/// Fields of a unit that a patch may name (ConfigHub API, `Unit`).
const FIELDS: [&str; 17] = [
    "Annotations",
    "ApplyGates",
    "ChangeSetID",
    "Data",
    "DeleteGates",
    "DestroyGates",
    "DisplayName",
    "Labels",
    "LastChangeDescription",
    "Slug",
    "SpaceID",
    "TargetID",
    "ToolchainType",
    "UnitID",
    "UpstreamUnitID",
    "UpstreamSpaceID",
    "Version",
];

/// Whether `command` patches a unit's own fields.
pub(super) fn is_metadata(command: &Command<'_>) -> bool {
    let takes_other = ["--upgrade", "--restore", "--merge-source", "--merge-unit", "--data", "--target"];
    command.words().starts_with(&["unit", "update"])
        && command.has_flag("--patch")
        && !takes_other.iter().any(|flag| command.has_flag(flag))
        // A file that is given is the new data.
        && command.words().len() < 4
}

/// Why such a patch changes nothing, told from what was piped into it.
pub(super) fn cause(observed: &Observed<'_>, command: &Command<'_>) -> Option<(String, String)> {
    if !is_metadata(command) {
        return None;
    }
    let help =
        "use a function, such as `cub run set-replicas`, `cub run set-image` or `cub run set-env-var`, to change the \
                configuration data"
            .to_owned();
    let unknown = piped(observed, command).and_then(|patch| {
        let named = patch.as_object()?.keys().find(|key| !FIELDS.contains(&key.as_str()))?.clone();
        Some(named)
    });
    let cause = match unknown {
        Some(field) => format!(
            "`--patch` changes fields of the unit, not its configuration data, and a unit has no field `{field}`"
        ),
        None => "`--patch` changes fields of the unit, not its configuration data".to_owned(),
    };
    Some((cause, help))
}

/// What an `echo` before it on the same lines gave it to read, or the value of its `--patch`.
fn piped(observed: &Observed<'_>, command: &Command<'_>) -> Option<Value> {
    let given = command.started.argv.iter().find(|word| word.starts_with('{'));
    if let Some(text) = given {
        return serde_json::from_str(text).ok();
    }
    let at = command.started.source.as_ref()?;
    let near = observed.steps.iter().filter(|step| {
        let is_near = |place: &Location| place.file == at.file && place.line <= at.line && at.line - place.line <= 3;
        step.source.as_ref().is_some_and(is_near)
    });
    // Both sides of a pipe start at once: the trace may tell of the left one only after the right one has ended.
    let (before, late): (Vec<_>, Vec<_>) = near.partition(|step| step.index < command.ended);
    before.into_iter().rev().chain(late).find_map(|step| {
        step.argv.iter().skip(1).find_map(|word| serde_json::from_str(word).ok().filter(Value::is_object))
    })
}
