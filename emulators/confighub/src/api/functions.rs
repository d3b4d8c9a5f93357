//! Functions: what there is, and invoking them on units.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use stagegate_simulation::Verb;
use uuid::Uuid;

use super::selection::Selection;
use super::{Call, Reply, change_set, crud};
use crate::configuration::mutations;
use crate::entity::{BridgeWorker, Cause, Content, FunctionInvocation, Kind, Unit};
use crate::error::ApiError;
use crate::functions::{self, Argument, Done};
use crate::history::{self, DataChange};
use crate::resolution;
use crate::store::Store;

/// Signatures by toolchain and name.
#[expect(clippy::unnecessary_wraps, reason = "a handler")]
pub(super) fn list(_store: &mut Store, _call: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Json(functions::signatures()))
}

/// The signatures that a worker brought with it when it last connected.
pub(super) fn of_worker(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let worker = crud::find::<BridgeWorker>(store, call)?;
    let functions = worker
        .provided_info
        .as_ref()
        .and_then(|info| info.pointer("/FunctionWorkerInfo/SupportedFunctions"))
        .filter(|functions| functions.is_object());
    Ok(Reply::Json(functions.cloned().unwrap_or_else(|| Json::Object(serde_json::Map::new()))))
}

/// The body of an invocation (`FunctionInvocationsRequest` of the description).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    function_invocations: Vec<FunctionInvocation>,
    #[serde(default)]
    stop_on_error: bool,
    #[serde(default)]
    change_description: String,
}

/// Invokes functions on the selected units of a space, or on all of them.
pub(super) fn invoke(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = selected_in_space(store, call)?;
    invoke_on(store, call, ids)
}

/// Invokes functions on the selected units of all spaces.
pub(super) fn invoke_on_organization(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let ids = selected_in_organization(store, call)?;
    invoke_on(store, call, ids)
}

pub(super) fn selected_in_space(store: &Store, call: &Call<'_>) -> Result<Vec<Uuid>, ApiError> {
    let space = crud::space(store, call)?.metadata.space_id;
    call.refuse_parameters(&["revision_id"])?;
    let selection = Selection::of_call(store, call, Kind::Unit)?;
    let one = call.id_parameter("unit_id")?;
    let chosen = selection.of_table(store, &store.units, Some(space)).map(|unit| unit.unit_id);
    Ok(chosen.filter(|unit| one.is_none_or(|id| *unit == id)).collect())
}

pub(super) fn selected_in_organization(store: &Store, call: &Call<'_>) -> Result<Vec<Uuid>, ApiError> {
    let selection = Selection::of_bulk_call(store, call, Kind::Unit)?;
    Ok(selection.of_table(store, &store.units, None).map(|unit| unit.unit_id).collect())
}

fn invoke_on(store: &mut Store, call: &Call<'_>, ids: Vec<Uuid>) -> Result<Reply, ApiError> {
    let request: Request = serde_json::from_value(Json::Object(call.object()?))
        .map_err(|error| ApiError::bad_request(format!("request body: {error}")))?;
    let dry_run = call.flag("dry_run")?;
    let units: Vec<Unit> = ids.into_iter().filter_map(|id| store.units.get(id).cloned()).collect();
    Ok(Reply::Items(units.into_iter().map(|unit| invoke_on_unit(store, call, unit, &request, dry_run)).collect()))
}

/// One item of the answer (`FunctionInvocationsResponse` of the description).
fn invoke_on_unit(store: &mut Store, call: &Call<'_>, unit: Unit, request: &Request, dry_run: bool) -> Json {
    let mut item = json!({
        "OrganizationID": unit.metadata.organization_id,
        "SpaceID": unit.metadata.space_id,
        "UnitID": unit.unit_id,
        "Success": false,
        "Mutators": [],
        "Mutations": [],
    });
    if let Err(refusal) = call.permit(store, unit.metadata.space_id, call.needed()) {
        let (id, space) = (unit.unit_id, unit.metadata.space_id);
        call.note_denial(store, Kind::Unit, id, space, &unit.metadata.slug, &refusal);
        item["Error"] = refusal.item(Kind::Unit.name(), &id.to_string());
        return item;
    }
    let Some(before) = unit.data.text().filter(|_| unit.toolchain_type == history::KUBERNETES) else {
        let refusal = ApiError::not_supported(&format!("functions on {}", unit.toolchain_type));
        item["Error"] = refusal.item(Kind::Unit.name(), &unit.unit_id.to_string());
        return item;
    };
    let run = Run::of(request, before);
    let mutations = mutations(before, &run.data).unwrap_or_default();
    let data = Content::from(run.data.into_bytes());
    item["Success"] = json!(run.failures.is_empty());
    item["ConfigData"] = json!(data);
    item["Mutators"] = json!(run.mutators);
    let changed = !mutations.is_empty();
    item["Mutations"] = json!(mutations);
    if let Some((output, kind)) = run.output {
        item["Output"] = json!(Content::from(output.to_string().into_bytes()));
        item["OutputType"] = json!(kind);
    }
    if let Some(first) = run.failures.first() {
        let mut error = ApiError::bad_request(first.clone()).item(Kind::Unit.name(), &unit.unit_id.to_string());
        error["Details"] = json!(run.failures);
        item["Error"] = error;
    } else if changed && let Err(refusal) = change_set::check_lock(store, call, &unit) {
        item["Success"] = json!(false);
        item["Error"] = refusal.item(Kind::Unit.name(), &unit.unit_id.to_string());
    } else if changed && !dry_run {
        save(store, call, unit, data, request);
    }
    item
}

/// What came of the functions of one request on one unit.
#[derive(Default)]
struct Run {
    data: String,
    /// The places of functions after which the text was another one, if only by its blanks.
    mutators: Vec<usize>,
    output: Option<(Json, &'static str)>,
    failures: Vec<String>,
}

impl Run {
    fn of(request: &Request, data: &str) -> Self {
        let mut run = Self { data: data.to_owned(), ..Self::default() };
        for (index, invocation) in request.function_invocations.iter().enumerate() {
            let name = &invocation.function_name;
            let arguments: Result<Vec<Argument>, _> =
                invocation.arguments.iter().map(|argument| serde_json::from_value(argument.clone())).collect();
            let done = arguments
                .map_err(|error| error.to_string())
                .and_then(|arguments| functions::run(name, &arguments, &run.data).map_err(|error| error.to_string()));
            match done {
                Ok(Done::Data(data)) => {
                    if run.data != data {
                        run.mutators.push(index);
                    }
                    run.data = data;
                }
                Ok(Done::Output(output, kind)) => run.output = run.output.or(Some((output, kind))),
                Err(error) => run.failures.push(error),
            }
            if request.stop_on_error && !run.failures.is_empty() {
                break;
            }
        }
        run
    }
}

fn save(store: &mut Store, call: &Call<'_>, mut unit: Unit, data: Content, request: &Request) {
    let cause = |invocation: &FunctionInvocation| Cause { function_invocation: invocation.clone(), ..Cause::default() };
    let mutating = request.function_invocations.iter().filter(|one| functions::is_mutating(&one.function_name));
    let names: Vec<&str> = mutating.clone().map(|invocation| invocation.function_name.as_str()).collect();
    let change =
        DataChange { data, description: request.change_description.clone(), causes: mutating.map(cause).collect() };
    let names = names.join(", ");
    history::revise(store, call, &mut unit, change);
    unit.metadata.version += 1;
    unit.metadata.updated_at = call.now;
    store.units.replace(unit.clone());
    let summary = format!("data changed by {names}, revision {}", unit.head_revision_num);
    crud::report(store, call, Verb::Updated, &unit, summary);
    resolution::after_change(store, call, unit.unit_id);
}
