//! Reports of a run beside the recorded ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use regex::Regex;
use serde_json::{Value, json};

use super::hub::Report;
use super::recording::{Run, millis};

/// How far a report may be from its recorded time: the recorder's machine took up to a second for
/// what takes no environment time here.
const TOLERANCE: Duration = Duration::from_millis(1200);
const POLL: Duration = Duration::from_secs(5);

/// How the reports of a run differ from the recorded ones; empty when they do not.
pub(crate) fn differences(run: &Run, began: Timestamp, reports: &[Report]) -> String {
    let recorded = by_operation(run.results().iter().map(|result| (millis(&result["after_ms"]), &result["body"])));
    let refused = run.answers().iter().any(|status| *status != 200);
    let elapsed = |report: &Report| Duration::try_from(report.at.duration_since(began)).unwrap_or_default();
    let ours = by_operation(reports.iter().map(|report| (elapsed(report), &report.body)));
    let mut found = String::new();
    for (operation, recorded) in &recorded {
        let none = Vec::new();
        let ours = ours.get(operation).unwrap_or(&none);
        // The pause behind a refused report is random.
        let mut by_chance = refused;
        for position in 0..recorded.len() {
            let (Some((then, recorded)), our) = (recorded.get(position), ours.get(position)) else { continue };
            let Some((now, our)) = our else {
                writeln!(found, "  missing: {}", essence(recorded)).unwrap();
                continue;
            };
            if essence(recorded) != essence(our) {
                writeln!(found, "  recorded {}\n  here     {}", essence(recorded), essence(our)).unwrap();
            }
            // The emulated cluster takes no time for what the recorder's took up to a round of polling for.
            let late = now.saturating_sub(*then) > TOLERANCE;
            if !by_chance && (late || then.saturating_sub(*now) > POLL + TOLERANCE) {
                writeln!(found, "  {} came at {now:?}, recorded at {then:?}", recorded["Message"]).unwrap();
            }
            // Pauses before another round are random.
            by_chance |= recorded["Result"].as_str().is_some_and(|result| result.ends_with("WaitFailed"));
        }
        let started: Vec<_> = ours.iter().map(|(_, body)| body["StartedAt"].as_str()).collect();
        if started.windows(2).any(|pair| pair[0] != pair[1]) {
            found.push_str("  StartedAt differs between the reports of one operation\n");
        }
    }
    found
}

fn by_operation<'a>(
    reports: impl Iterator<Item = (Duration, &'a Value)>,
) -> BTreeMap<String, Vec<(Duration, &'a Value)>> {
    let mut operations: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (at, body) in reports {
        operations.entry(body["QueuedOperationID"].to_string()).or_default().push((at, body));
    }
    operations
}

/// What a report says, without times; of data and live state, whether they are there.
fn essence(body: &Value) -> Value {
    let time = Regex::new(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z").unwrap();
    let message = body["Message"].as_str().unwrap_or_default();
    let has = ["TerminatedAt", "Data", "LiveState"].map(|field| body[field].is_string());
    json!({
        "Action": body["Action"], "Status": body["Status"], "Result": body["Result"],
        "RevisionNum": body["RevisionNum"], "UnitID": body["UnitID"],
        "Message": time.replace_all(message, "TIME"),
        "has": has,
    })
}

/// A byte field as the worker sends it, without the addresses that the cluster chose.
pub(crate) fn decoded(field: &Value) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(field.as_str().unwrap_or_default());
    without_addresses(&String::from_utf8(bytes.unwrap()).unwrap())
}

/// The same as the recordings show it.
pub(crate) fn shown(field: &Value) -> String {
    without_addresses(field.as_str().unwrap_or_default())
}

fn without_addresses(text: &str) -> String {
    Regex::new(r"\b10(\.[0-9]{1,3}){3}\b").unwrap().replace_all(text, "ADDRESS").into_owned()
}
