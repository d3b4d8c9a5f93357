//! Functions: what there is, and invoking them on units.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use stagegate_simulation::Verb;
use uuid::Uuid;

use super::items::Items;
use super::selection::Selection;
use super::{Call, Reply, change_set, crud, fields};
use crate::entity::{BridgeWorker, Cause, Content, FunctionInvocation, Kind, Unit};
use crate::error::ApiError;
use crate::function_context;
use crate::functions::{self, InvocationError, Named, Response};
use crate::history::{self, ChangeStep};
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
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of the description")]
pub(super) struct Request {
    pub(super) function_invocations: Vec<FunctionInvocation>,
    #[serde(rename = "BridgeWorkerID")]
    pub(super) bridge_worker_id: Option<Uuid>,
    pub(super) use_function_worker: bool,
    pub(super) cast_string_args_to_scalars: bool,
    pub(super) num_filters: usize,
    pub(super) stop_on_error: bool,
    pub(super) combine_results: bool,
    pub(super) change_description: String,
    pub(super) toolchain_type: String,
}

/// The most functions of one invocation; each reads and writes the data of every unit.
const MOST_FUNCTIONS: usize = 256;

impl Request {
    pub(super) fn of_call(call: &Call<'_>) -> Result<Self, ApiError> {
        let request: Self = fields(call.object()?.clone(), &["FunctionInvocations"])?;
        let count = request.function_invocations.len();
        if count > MOST_FUNCTIONS {
            let message = format!("FunctionInvocations: {count} functions; at most {MOST_FUNCTIONS}");
            return Err(ApiError::bad_request(message));
        }
        Ok(request)
    }
}

/// Invokes functions on the selected units of a space, or on all of them. With `revision_id`, on the data of
/// that revision of the unit `unit_id`, which they leave as it is.
pub(super) fn invoke(store: &mut Store, call: &Call<'_>, request: &Request) -> Result<Reply, ApiError> {
    let revision_id = call.id_parameter("revision_id")?;
    if revision_id.is_some() && call.id_parameter("unit_id")?.is_none() {
        return Err(ApiError::bad_request("revision_id: unit_id is required with it".to_owned()));
    }
    let ids = units_in_space(store, call)?;
    invoke_on(store, call, request, ids, revision_id)
}

/// Invokes functions on the selected units of all spaces.
pub(super) fn invoke_on_organization(store: &mut Store, call: &Call<'_>, request: &Request) -> Result<Reply, ApiError> {
    let ids = selected_in_organization(store, call)?;
    invoke_on(store, call, request, ids, None)
}

/// The selected units of a space, for functions that run on a worker.
pub(super) fn selected_in_space(store: &Store, call: &Call<'_>) -> Result<Vec<Uuid>, ApiError> {
    call.refuse_parameters(&["revision_id"])?;
    units_in_space(store, call)
}

fn units_in_space(store: &Store, call: &Call<'_>) -> Result<Vec<Uuid>, ApiError> {
    let space = crud::space(store, call)?.metadata.space_id;
    let selection = Selection::of_call(store, call, Kind::Unit)?;
    let one = call.id_parameter("unit_id")?;
    let there = |id: &Uuid| store.units.get(*id).is_some_and(|unit| unit.metadata.space_id == space);
    if let Some(id) = one.filter(|id| !there(id)) {
        return Err(ApiError::not_found(format!("unit_id: Unit {id} not found in space {space}")));
    }
    let chosen = selection.of_table(store, &store.units, Some(space)).map(|unit| unit.unit_id);
    Ok(chosen.filter(|unit| one.is_none_or(|id| *unit == id)).collect())
}

pub(super) fn selected_in_organization(store: &Store, call: &Call<'_>) -> Result<Vec<Uuid>, ApiError> {
    let selection = Selection::of_bulk_call(store, call, Kind::Unit)?;
    Ok(selection.of_table(store, &store.units, None).map(|unit| unit.unit_id).collect())
}

fn invoke_on(
    store: &mut Store,
    call: &Call<'_>,
    request: &Request,
    ids: Vec<Uuid>,
    revision_id: Option<Uuid>,
) -> Result<Reply, ApiError> {
    if !matches!(request.toolchain_type.as_str(), "" | history::KUBERNETES) {
        return Err(ApiError::not_supported(&format!("functions for {}", request.toolchain_type)));
    }
    let dry_run = call.flag("dry_run")?;
    let units: Vec<Unit> = ids.into_iter().filter_map(|id| store.units.get(id).cloned()).collect();
    let mut items = Items::default();
    for unit in units {
        items.push(&match revision_id {
            None => invoke_on_unit(store, call, unit, request, dry_run),
            Some(id) => {
                let unit = as_of_revision(store, unit, id)?;
                let mut item = invoke_on_unit(store, call, unit, request, true);
                item["RevisionID"] = json!(id);
                item
            }
        });
    }
    Ok(Reply::Items(items))
}

/// A unit with the data of one of its revisions.
fn as_of_revision(store: &Store, mut unit: Unit, id: Uuid) -> Result<Unit, ApiError> {
    let revision = store.revisions.get(id).filter(|revision| revision.metadata.unit_id == unit.unit_id);
    let revision = revision.ok_or_else(|| ApiError::not_found(format!("revision {id} not found")))?;
    unit.data = revision.data.clone();
    unit.content_hash = revision.content_hash;
    unit.approved_by.clone_from(&revision.approved_by);
    Ok(unit)
}

/// An item of the answer before anything came of it.
pub(super) fn unanswered(unit: &Unit) -> Json {
    json!({
        "OrganizationID": unit.metadata.organization_id,
        "SpaceID": unit.metadata.space_id,
        "UnitID": unit.unit_id,
        "Success": false,
        "Mutators": [],
        "Mutations": [],
    })
}

/// One item of the answer (`FunctionInvocationsResponse` of the description).
fn invoke_on_unit(store: &mut Store, call: &Call<'_>, unit: Unit, request: &Request, dry_run: bool) -> Json {
    let mut item = unanswered(&unit);
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
    let refuse = |failures: &[String]| {
        let message = failures.first().cloned().unwrap_or_default();
        let mut error = ApiError::bad_request(message).item(Kind::Unit.name(), &unit.unit_id.to_string());
        error["Details"] = json!(failures);
        error
    };
    let response = match run(store, &unit, request, before) {
        Ok(response) => response,
        Err(refusal) => {
            item["Error"] = refusal.item(Kind::Unit.name(), &unit.unit_id.to_string());
            item["Error"]["Details"] = json!([refusal.message]);
            return item;
        }
    };
    let changed = response.has_changes();
    describe(&mut item, &response);
    if !response.success {
        item["Error"] = refuse(&response.messages);
    } else if changed && let Err(refusal) = change_set::check_lock(store, call, &unit) {
        item["Success"] = json!(false);
        item["Error"] = refusal.item(Kind::Unit.name(), &unit.unit_id.to_string());
    } else if changed {
        let data = Content::from(response.data.clone().into_bytes());
        if let Err(refusal) = history::check_kubernetes_data("Data", &unit.toolchain_type, &data) {
            item["Success"] = json!(false);
            item["Error"] = refusal.item(Kind::Unit.name(), &unit.unit_id.to_string());
        } else if !dry_run {
            save(store, call, unit, response, request);
        }
    }
    item
}

fn describe(item: &mut Json, response: &Response) {
    item["Success"] = json!(response.success);
    item["ConfigData"] = json!(Content::from(response.data.clone().into_bytes()));
    item["Mutators"] = json!(response.mutators);
    item["Mutations"] = response.mutations.clone();
    item["Output"] = json!(Content::from(response.output.to_string().into_bytes()));
    item["OutputType"] = json!(response.output_type);
    add_outputs(item);
}

/// Adds what clients of late 2025 read in the place of `Output`: the same by its type.
pub(super) fn add_outputs(item: &mut Json) {
    let outputs = match item["OutputType"].as_str() {
        None | Some("") => json!({}),
        Some(kind) => json!({kind: item["Output"]}),
    };
    item["Outputs"] = outputs;
}

/// Runs the functions of a request on the data of a unit.
fn run(store: &Store, unit: &Unit, request: &Request, data: &str) -> Result<Response, ApiError> {
    let named = request.function_invocations.iter().map(|invocation| {
        let arguments: Result<_, _> =
            invocation.arguments.iter().map(|argument| serde_json::from_value(argument.clone())).collect();
        let arguments =
            arguments.map_err(|error| ApiError::bad_request(format!("{}: {error}", invocation.function_name)))?;
        Ok(Named { name: invocation.function_name.clone(), arguments })
    });
    let functions = named.collect::<Result<Vec<Named>, ApiError>>()?;
    functions::invoke(&functions::Request {
        context: function_context::of_unit(store, unit),
        data,
        live_state: unit.live_state.text().unwrap_or_default(),
        cast_arguments: request.cast_string_args_to_scalars,
        filters: request.num_filters,
        stop_on_error: request.stop_on_error,
        combine_results: request.combine_results,
        functions: &functions,
    })
    .map_err(|error| match error {
        InvocationError::NotSupported(what) => ApiError::not_supported(&what),
        error => ApiError::bad_request(error.to_string()),
    })
}

/// Keeps what functions made of a unit's data: one revision, and a mutation for each that changed it.
fn save(store: &mut Store, call: &Call<'_>, mut unit: Unit, response: Response, request: &Request) {
    let mutators = response.mutators.iter().filter_map(|place| request.function_invocations.get(*place));
    let names: Vec<&str> = mutators.clone().map(|invocation| invocation.function_name.as_str()).collect();
    let names = names.join(", ");
    let step = |(invocation, data): (&FunctionInvocation, String)| ChangeStep {
        data: Content::from(data.into_bytes()),
        cause: Cause { function_invocation: invocation.clone(), ..Cause::default() },
    };
    let steps = mutators.zip(response.steps).map(step).collect();
    history::revise_in_steps(store, call, &mut unit, steps, request.change_description.clone());
    unit.metadata.version += 1;
    unit.metadata.updated_at = call.now;
    store.units.replace(unit.clone());
    let summary = format!("data changed by {names}, revision {}", unit.head_revision_num);
    crud::report(store, call, Verb::Updated, &unit, summary);
    resolution::after_change(store, call, unit.unit_id);
}
