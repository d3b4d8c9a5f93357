//! What bulk operations on entities of a space answer, summed up as the client does.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::text;

/// A bulk operation as its summary names it.
pub(super) struct Bulk<'a> {
    /// `create`, `update`, `delete`, `approve`.
    pub(super) verb: &'a str,
    /// What is counted.
    pub(super) noun: &'a str,
    /// The field of the entity in each answer; empty where answers hold a message.
    pub(super) model: &'a str,
    /// What selected the entities.
    pub(super) context: &'a str,
}

/// Prints how many succeeded and failed; fails unless all succeeded. `--json` takes the summary away.
pub(super) fn sum_up(cub: &mut Cub<'_, '_>, bulk: &Bulk<'_>, status: u16, answers: &Value) -> Result<(), Failure> {
    let answers = answers.as_array().map_or(&[][..], Vec::as_slice);
    let is_good =
        |answer: &&Value| answer["Error"].is_null() && (bulk.model.is_empty() || answer[bulk.model].is_object());
    let (good, bad): (Vec<&Value>, Vec<&Value>) = answers.iter().partition(is_good);
    let verbose = cub.flags.on("verbose");
    if verbose {
        for answer in &good {
            cub.streams.print(&format!("Successfully {}d {}: {}\n", bulk.verb, bulk.noun, done(bulk, answer)))?;
        }
    }
    if !cub.flags.on("json") {
        let mut summary = format!("\nBulk {} operation completed:\n", bulk.verb);
        // Writing to a text cannot fail.
        let _infallible = writeln!(summary, "  Success: {} {}(s)", good.len(), bulk.noun);
        if !bad.is_empty() {
            let _infallible = writeln!(summary, "  Failed: {} {}(s)", bad.len(), bulk.noun);
        }
        if verbose && !bad.is_empty() {
            summary.push_str("\nFailures:\n");
            summary.extend(bad.iter().map(|answer| failed(bulk, answer)));
        }
        if !bulk.context.is_empty() {
            let _infallible = writeln!(summary, "  Context: {}", bulk.context);
        }
        cub.streams.print(&summary)?;
    }
    if status == 207 || !bad.is_empty() {
        let (verb, good, bad) = (bulk.verb, good.len(), bad.len());
        return Err(Failure::failed(format!("bulk {verb} partially failed: {good} succeeded, {bad} failed")));
    }
    Ok(())
}

fn done(bulk: &Bulk<'_>, answer: &Value) -> String {
    let entity = &answer[bulk.model];
    match bulk.model {
        "" => text(answer, "Message").to_owned(),
        "Link" => text(entity, "Slug").to_owned(),
        model => format!("{} (ID: {})", text(entity, "Slug"), text(entity, &format!("{model}ID"))),
    }
}

fn failed(bulk: &Bulk<'_>, answer: &Value) -> String {
    let reason = match text(&answer["Error"], "Message") {
        "" => "unknown error",
        reason => reason,
    };
    match (bulk.model, text(&answer[bulk.model], "Slug")) {
        ("" | "Link", _) => format!("  - {reason}\n"),
        (_, "") => format!("  - (unknown {}): {reason}\n", bulk.noun),
        (_, slug) => format!("  - {slug}: {reason}\n"),
    }
}
