//! Functions that a worker runs rather than the hub: the hub asks, waits, and takes the answer over.

use std::pin::Pin;

use futures::{StreamExt as _, stream};
use serde_json::{Value as Json, json};
use stagegate_simulation::Verb;
use uuid::Uuid;

use super::functions::Request;
use super::items::Items;
use super::{Call, Reply, crud, functions, worker_steps};
use crate::entity::{Content, Entity, Kind, Unit};
use crate::error::ApiError;
use crate::history;
use crate::identity::Permission;
use crate::resolution;
use crate::store::Store;
use crate::worker::{Invocation, invoke_on_worker};

/// An answer that takes time, during which the store is free.
pub(crate) type Awaited<'a> = Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send + 'a>>;

/// Invokes functions on the selected units of a space.
pub(super) fn invoke<'a>(call: &'a Call<'a>) -> Awaited<'a> {
    Box::pin(either(call, functions::invoke, functions::selected_in_space))
}

/// Invokes functions on the selected units of all spaces.
pub(super) fn invoke_on_organization<'a>(call: &'a Call<'a>) -> Awaited<'a> {
    Box::pin(either(call, functions::invoke_on_organization, functions::selected_in_organization))
}

type Handler = fn(&mut Store, &Call<'_>, &Request) -> Result<Reply, ApiError>;
type Select = fn(&Store, &Call<'_>) -> Result<Vec<Uuid>, ApiError>;

/// In the hub, or on a worker when the request says so.
async fn either(call: &Call<'_>, in_hub: Handler, select: Select) -> Result<Reply, ApiError> {
    let request = Request::of_call(call)?;
    if !request.use_function_worker && request.bridge_worker_id.is_none_or(|id| id.is_nil()) {
        return in_hub(&mut call.tenant.store(), call, &request);
    }
    call.refuse_parameters(&["change_set_id", "revision_id"])?;
    let dry_run = call.flag("dry_run")?;
    let asked = ask_for_all(call, &request, select)?;
    // All are awaited at once, and taken over in their order.
    let at_once = asked.len().max(1);
    let mut answers = std::pin::pin!(stream::iter(asked.into_iter().map(answered)).buffered(at_once));
    let mut items = Items::default();
    while let Some((unit, answer)) = answers.next().await {
        items.push(&item(call, &unit, &request, dry_run, answer));
    }
    Ok(Reply::Items(items))
}

async fn answered((unit, invocation): Asked<'_>) -> (Unit, Result<Json, ApiError>) {
    match invocation {
        Ok(invocation) => (unit, invocation.answer().await),
        Err(refusal) => (unit, Err(refusal)),
    }
}

impl Request {
    /// Refuses a unit of another toolchain than the one that the request is for, if it is for one.
    fn check_toolchain(&self, unit: &Unit) -> Result<(), ApiError> {
        if self.toolchain_type.is_empty() || self.toolchain_type == unit.toolchain_type {
            return Ok(());
        }
        let (asked, slug, own) = (&self.toolchain_type, &unit.metadata.slug, &unit.toolchain_type);
        Err(ApiError::bad_request(format!("ToolchainType: {asked}, but unit {slug} is {own}")))
    }

    /// The worker that the request names or, without one, that of the unit's target. Code runs there, on data
    /// that is sent there: for a worker that is named the caller must be one who may apply in its space, for the
    /// target's one who may apply the unit, which sends its data there too.
    fn worker(&self, store: &Store, call: &Call<'_>, unit: &Unit) -> Result<Uuid, ApiError> {
        if let Some(named) = self.bridge_worker_id.filter(|id| !id.is_nil()) {
            return call.permit_worker(store, named).map(Entity::id);
        }
        call.permit(store, unit.metadata.space_id, Permission::Apply)?;
        let of_target = unit.target_id.and_then(|id| store.targets.get(id)).map(|target| target.bridge_worker_id);
        of_target.ok_or_else(|| {
            ApiError::bad_request(format!("unit {} has no target whose worker could run functions", unit.metadata.slug))
        })
    }

    /// What of the request goes on to the worker.
    fn options(&self) -> Json {
        json!({
            "CastStringArgsToScalars": self.cast_string_args_to_scalars,
            "CombineValidationResults": self.combine_results,
            "NumFilters": self.num_filters,
            "StopOnError": self.stop_on_error,
        })
    }
}

type Asked<'a> = (Unit, Result<Invocation<'a>, ApiError>);

/// Sends everything before it waits for anything, so that workers and units go side by side.
fn ask_for_all<'a>(call: &Call<'a>, request: &Request, select: Select) -> Result<Vec<Asked<'a>>, ApiError> {
    let mut store = call.tenant.store();
    let selected = select(&store, call)?;
    let units: Vec<Unit> = selected.into_iter().filter_map(|id| store.units.get(id).cloned()).collect();
    let mut ask = |unit: &Unit| {
        call.permit(&store, unit.metadata.space_id, call.needed())?;
        request.check_toolchain(unit)?;
        let worker = request.worker(&store, call, unit)?;
        invoke_on_worker(&mut store, call, worker, unit, &request.function_invocations, &request.options())
    };
    let asked = |unit: Unit| {
        let answer = ask(&unit);
        (unit, answer)
    };
    Ok(units.into_iter().map(asked).collect())
}

/// One item of the answer (`FunctionInvocationsResponse` of the description).
fn item(call: &Call<'_>, unit: &Unit, request: &Request, dry_run: bool, answer: Result<Json, ApiError>) -> Json {
    let mut item = functions::unanswered(unit);
    let refused = |refusal: &ApiError| refusal.item(Kind::Unit.name(), &unit.unit_id.to_string());
    let answer = match answer {
        Ok(answer) => answer,
        Err(refusal) => {
            item["Error"] = refused(&refusal);
            return item;
        }
    };
    for field in ["Success", "ConfigData", "Output", "OutputType", "Mutators", "Mutations"] {
        if let Some(value) = answer.get(field).filter(|value| !value.is_null()) {
            item[field] = value.clone();
        }
    }
    functions::add_outputs(&mut item);
    if let Some(outputs) = answer.get("Outputs").filter(|outputs| outputs.is_object()) {
        item["Outputs"] = outputs.clone();
    }
    if item["Success"] != json!(true) {
        let messages = answer["ErrorMessages"].as_array().cloned().unwrap_or_default();
        let first = messages.first().and_then(Json::as_str).unwrap_or("the worker's functions failed");
        item["Error"] = refused(&ApiError::bad_request(first.to_owned()));
        item["Error"]["Details"] = json!(messages);
    } else if !dry_run && let Err(refusal) = save(call, unit, request, &answer) {
        item["Success"] = json!(false);
        item["Error"] = refused(&refusal);
    }
    item
}

/// Gives the unit the data that came back, unless the unit has changed meanwhile.
fn save(call: &Call<'_>, before: &Unit, request: &Request, answer: &Json) -> Result<(), ApiError> {
    let data = answer.get("ConfigData").filter(|data| data.is_string()).cloned();
    let Some(data) = data else { return Ok(()) };
    let data: Content =
        serde_json::from_value(data).map_err(|error| ApiError::bad_request(format!("ConfigData: {error}")))?;
    if data == before.data {
        return Ok(());
    }
    history::check_kubernetes_data("ConfigData", &before.toolchain_type, &data)?;
    let mut store = call.tenant.store();
    call.permit(&store, before.metadata.space_id, Permission::Write)?;
    let present = store.units.get(before.unit_id).cloned();
    let mut unit = present.filter(|unit| unit.head_revision_num == before.head_revision_num).ok_or_else(|| {
        ApiError::bad_request(format!("unit {} has changed while the functions ran", before.metadata.slug))
    })?;
    let steps = worker_steps::steps(&unit.data, data, answer, &request.function_invocations);
    history::revise_in_steps(&mut store, call, &mut unit, steps, request.change_description.clone());
    unit.metadata.version += 1;
    unit.metadata.updated_at = call.now;
    store.units.replace(unit.clone());
    let summary = format!("data changed by functions on a worker, revision {}", unit.head_revision_num);
    crud::report(&store, call, Verb::Updated, &unit, summary);
    resolution::after_change(&mut store, call, unit.unit_id);
    Ok(())
}
