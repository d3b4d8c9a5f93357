//! Operations that a worker carries out: apply, destroy, refresh, and waiting for them; and approval.

use std::time::Duration;

use serde_json::Value;

use super::collection_bulk::{Bulk, sum_up};
use super::unit::{filter_id, selected};
use super::unit_change::await_triggers;
use crate::api::Call;
use crate::contract::Era;
use crate::cub::Cub;
use crate::entity::UNIT;
use crate::failure::Failure;
use crate::model::{text, typed};

/// Statuses that end an operation. `Aborted` came after August 2025.
const TERMINAL: [&str; 4] = ["Completed", "Canceled", "Failed", "Aborted"];

pub(super) async fn apply(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let several = cub.flags.given("where") || !cub.flags.list("unit").is_empty() || cub.flags.given("filter");
    match (cub.args.len(), several) {
        (1, false) => single(cub, "apply").await,
        (0, false) if cub.era == Era::August2025 => {
            Err(Failure::failed("either --unit or --where flag is required for bulk apply"))
        }
        (0, _) => act_on_several(cub, "apply").await,
        _ => Err(Failure::failed("invalid arguments: use either a single unit slug, --unit flag, or --where flag")),
    }
}

/// In August 2025 one unit only; later also several.
pub(super) async fn destroy(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    if cub.args.is_empty() { act_on_several(cub, "destroy").await } else { single(cub, "destroy").await }
}

/// One operation on the unit that the first argument names.
pub(super) async fn single(cub: &mut Cub<'_, '_>, verb: &str) -> Result<(), Failure> {
    let name = cub.args[0].clone();
    cub.refuse_all_spaces()?;
    let unit = cub.find(&UNIT, &name).await?;
    let path = format!("{}/{}/{verb}", UNIT.path(&cub.space.id), text(&unit, "UnitID"));
    let call = Call::act(path).with("revision", cub.flags.text("revision"));
    let queued = typed("QueuedOperation", &cub.call(call).await?);
    if cub.flags.on("wait") {
        await_completion(cub, &queued).await?;
    }
    cub.print_json_and_jq(&queued)
}

async fn act_on_several(cub: &mut Cub<'_, '_>, verb: &str) -> Result<(), Failure> {
    if cub.flags.given("where") && !cub.flags.list("unit").is_empty() {
        return Err(Failure::failed("--unit and --where flags are mutually exclusive"));
    }
    let condition = selected(cub, &UNIT, "unit")?;
    let filter = filter_id(cub).await?;
    let dry_run = cub.flags.on("dry-run");
    let call = Call::act(format!("/unit/{verb}"))
        .with("where", condition)
        .with("filter", filter)
        .with("include", UNIT.include)
        .with("revision", cub.flags.text("revision"))
        .with("dry_run", if dry_run { "true" } else { "" })
        .declaring(&[422]);
    let answers = typed("UnitActionResponse", &cub.call(call).await?);
    let all = answers.as_array().cloned().unwrap_or_default();
    let quiet = cub.flags.on("quiet");
    if all.is_empty() {
        if !quiet {
            cub.streams.line("No units found matching the filter")?;
        }
        return cub.print_json_and_jq(&answers);
    }
    let queued = print_answers(cub, verb, &all).await?;
    if !quiet {
        print_summary(cub, verb, dry_run, queued.len(), all.len())?;
    }
    if cub.flags.on("wait") && !dry_run && !queued.is_empty() {
        await_all(cub, &queued).await?;
    }
    cub.print_json_and_jq(&answers)
}

/// Prints what failed, and what was queued when nothing waits for it. Gives the queued operations.
async fn print_answers(cub: &mut Cub<'_, '_>, verb: &str, answers: &[Value]) -> Result<Vec<Value>, Failure> {
    let mut queued = Vec::new();
    for answer in answers {
        let (action, error) = (&answer["Action"], &answer["Error"]);
        if error.is_object() {
            let line = match text(&error["ErrorMetadata"], "EntityID") {
                "" => format!("Failed: {}", text(error, "Message")),
                id => format!("Failed to {verb} unit {id}: {}", text(error, "Message")),
            };
            if !cub.flags.on("quiet") {
                cub.streams.line(&line)?;
            }
        } else if action.is_object() {
            if !cub.flags.on("quiet") && !cub.flags.on("wait") {
                let named = named_unit(cub, text(action, "SpaceID"), text(action, "UnitID")).await;
                cub.streams.line(&format!("Queued {verb} for unit {named}"))?;
            }
            queued.push(action.clone());
        }
    }
    Ok(queued)
}

fn print_summary(cub: &mut Cub<'_, '_>, verb: &str, dry_run: bool, good: usize, total: usize) -> Result<(), Failure> {
    let done =
        if dry_run { "Dry run completed (no changes made)".to_owned() } else { format!("Bulk {verb} completed") };
    let (would, failed) = match (dry_run, verb) {
        (true, "apply") => ("Units that would be applied".to_owned(), "Units that would fail"),
        (true, _) => (format!("Units that would be {verb}ed"), "Units that would fail"),
        (false, _) => (format!("Units queued for {verb}"), "Units failed"),
    };
    let bad = total - good;
    let failures = if bad > 0 { format!("{failed}: {bad}\n") } else { String::new() };
    cub.streams.print(&format!("\n{done}\n{would}: {good}\n{failures}Total units processed: {total}\n"))
}

/// Waits for each operation; a failure is a warning only.
async fn await_all(cub: &mut Cub<'_, '_>, queued: &[Value]) -> Result<(), Failure> {
    let quiet = cub.flags.on("quiet");
    if !quiet {
        cub.streams.print(&format!("\nWaiting for {} operation(s) to complete...\n", queued.len()))?;
    }
    for operation in queued {
        match await_completion(cub, operation).await {
            Err(Failure::Failed(reason)) if !quiet => cub.streams.line(&format!("Warning: {reason}"))?,
            Ok(()) | Err(Failure::Failed(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// Waits until an operation has ended, for at most `--timeout` of environment time.
pub(super) async fn await_completion(cub: &mut Cub<'_, '_>, operation: &Value) -> Result<(), Failure> {
    let timeout = timeout(cub)?;
    let (unit, space, id) =
        (text(operation, "UnitID"), text(operation, "SpaceID"), text(operation, "QueuedOperationID"));
    let action = text(operation, "Action");
    let began = cub.pace.elapsed();
    let (mut started, mut pause) = (false, Duration::from_millis(200));
    let ended = loop {
        if cub.pace.elapsed().saturating_sub(began) >= timeout {
            return Err(Failure::failed(format!("{action} didn't complete on unit {unit}")));
        }
        if started {
            if let Some(status) = ended_as(cub, unit, id, action).await {
                break status;
            }
        } else {
            started = events(cub, space, unit, id).await.is_ok_and(|events| !events.is_empty());
        }
        cub.pace.sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(6400));
    };
    if ended == "Failed" {
        return Err(Failure::failed(format!("{action} failed on unit {unit}")));
    }
    let settled = cub.by_id(&UNIT, space, unit, "").await?["Unit"].clone();
    await_triggers(cub, settled).await?;
    let events = events(cub, space, unit, id).await?;
    let last = events.iter().find(|event| TERMINAL.contains(&text(event, "Status")));
    let Some(event) = last else {
        return Err(Failure::failed("no matching events found for completed operation"));
    };
    print_ended(cub, space, unit, event).await
}

/// The status the unit's latest event shows for this operation, once it is a last one. Another
/// operation in its place also ends the wait. Errors are tried again.
async fn ended_as(cub: &mut Cub<'_, '_>, unit: &str, operation: &str, action: &str) -> Option<String> {
    let found = cub.list(&UNIT, "*", &format!("UnitID='{unit}'"), "").await.ok()?;
    let event = &found.first()?["LatestUnitEvent"];
    let status = text(event, "Status").to_owned();
    let is_other = text(event, "QueuedOperationID") != operation || text(event, "Action") != action;
    (event.is_object() && (is_other || TERMINAL.contains(&status.as_str()))).then_some(status)
}

async fn events(cub: &mut Cub<'_, '_>, space: &str, unit: &str, operation: &str) -> Result<Vec<Value>, Failure> {
    let call = Call::get(format!("{}/{unit}/unit_event", UNIT.path(space)))
        .with("where", format!("QueuedOperationID='{operation}'"));
    let listed = cub.call(call).await?;
    Ok(typed("UnitEvent", &listed).as_array().cloned().unwrap_or_default())
}

async fn print_ended(cub: &mut Cub<'_, '_>, space: &str, unit: &str, event: &Value) -> Result<(), Failure> {
    if cub.flags.on("quiet") {
        return Ok(());
    }
    let named = named_unit(cub, space, unit).await;
    let (action, status) = (text(event, "Action"), text(event, "Status"));
    cub.streams.line(&match status {
        "Completed" => format!("Successfully completed {action} on unit {named}"),
        _ => format!("Action {action} on unit {named} {status}"),
    })
}

/// `slug (id)`, or only the id when the slug cannot be read.
async fn named_unit(cub: &mut Cub<'_, '_>, space: &str, unit: &str) -> String {
    match cub.by_id(&UNIT, space, unit, "Slug").await {
        Ok(found) => format!("{} ({unit})", text(&found["Unit"], "Slug")),
        Err(_) => format!("({unit})"),
    }
}

fn timeout(cub: &Cub<'_, '_>) -> Result<Duration, Failure> {
    let written = cub.flags.text("timeout");
    let parsed = written.parse::<jiff::SignedDuration>().ok().and_then(|timeout| Duration::try_from(timeout).ok());
    parsed.ok_or_else(|| Failure::failed(format!("invalid timeout duration {written}")))
}

pub(super) async fn approve(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let (by_condition, by_name) = (!cub.flags.text("where").is_empty(), !cub.flags.list("unit").is_empty());
    let refusal = if !cub.args.is_empty() && (by_condition || by_name) {
        "--where or --unit can only be specified with no positional arguments"
    } else if by_condition && by_name {
        "--unit and --where flags are mutually exclusive"
    } else if cub.args.is_empty() && !by_condition && !by_name {
        "single unit approve requires exactly one argument: <slug or id>"
    } else {
        ""
    };
    if !refusal.is_empty() {
        return Err(Failure::failed(refusal));
    }
    match cub.args.first().cloned() {
        Some(name) => approve_one(cub, &name).await,
        None => approve_several(cub).await,
    }
}

async fn approve_several(cub: &mut Cub<'_, '_>) -> Result<(), Failure> {
    let condition = selected(cub, &UNIT, "unit")?;
    let call = Call::act("/unit/approve").with("where", &condition).with("include", UNIT.include);
    let (status, answers) = cub.call_with_status(call.hiding_reason(cub.era)).await?;
    let bulk = Bulk { verb: "approve", noun: "unit", model: "", context: &condition };
    sum_up(cub, &bulk, status, &answers)
}

async fn approve_one(cub: &mut Cub<'_, '_>, name: &str) -> Result<(), Failure> {
    cub.refuse_all_spaces()?;
    let id = text(&cub.find(&UNIT, name).await?, "UnitID").to_owned();
    let path = format!("{}/{id}/approve", UNIT.path(&cub.space.id));
    let answer = cub.call(Call::act(path)).await?;
    let kind = match &answer {
        Value::String(_) => {
            return cub.streams.line(&format!("Unit {name} ({id}) has been approved"));
        }
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
        Value::Null => "null",
    };
    Err(Failure::failed(format!("json: cannot unmarshal {kind} into Go value of type string")))
}
