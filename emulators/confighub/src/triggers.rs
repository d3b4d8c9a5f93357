//! Triggers at work: which functions run on a unit, and what those that change data do.

use stagegate_simulation::Verb;
use uuid::Uuid;

use crate::api::Call;
use crate::entity::{Cause, Content, FunctionInvocation, Kind, Located, Trigger, Unit};
use crate::function_context;
use crate::functions::{self, Argument, Done, FunctionError, Named, Request};
use crate::gates;
use crate::history::{self, ChangeStep};
use crate::store::Store;
use crate::where_clause::Clause;

/// What sets a trigger off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A unit's data changed.
    Mutation,
    /// A unit was cloned from another one.
    PostClone,
}

impl Event {
    /// The event of this name, if its triggers are run here.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        match name {
            "Mutation" => Some(Self::Mutation),
            "PostClone" => Some(Self::PostClone),
            _ => None,
        }
    }
}

/// A trigger with the function that it runs, its own or that of its invocation.
#[derive(Debug)]
pub(crate) struct Armed {
    trigger_id: Uuid,
    invocation_id: Option<Uuid>,
    slug: String,
    pub(crate) function: FunctionInvocation,
}

impl Armed {
    /// How gates call it: `<trigger>/<function>`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.slug, self.function.function_name)
    }

    /// Runs its function on the unit's data, with the context that invoked functions get.
    pub(crate) fn run(&self, store: &Store, unit: &Unit) -> Result<Done, FunctionError> {
        let arguments: Result<Vec<Argument>, _> =
            self.function.arguments.iter().map(|argument| serde_json::from_value(argument.clone())).collect();
        let arguments = arguments.map_err(|error| FunctionError::Arguments(error.to_string()))?;
        let function = Named { name: self.function.function_name.clone(), arguments };
        functions::run(
            function,
            Request {
                context: function_context::of_unit(store, unit),
                data: unit.data.text().unwrap_or_default(),
                live_state: unit.live_state.text().unwrap_or_default(),
                ..Request::default()
            },
        )
    }

    /// Whether the unit is as its function, which changes data, is to make it.
    pub(crate) fn is_done(&self, store: &Store, unit: &Unit) -> bool {
        matches!(self.run(store, unit), Ok(Done::Data(data)) if !differs(unit, &data))
    }
}

/// Passes when enough users approved the head revision; it looks at the unit, not at its data.
pub(crate) const IS_APPROVED: &str = "is-approved";

/// The triggers that an event on a unit sets off, in order of creation: those of its space or, where
/// the space has a `WhereTrigger`, those of the organization that this clause selects.
///
/// That clause is the one way round a trigger that the API knows. Enforced triggers "cannot be bypassed"
/// (description of `Enforced`), so those of the space run whatever it selects.
pub(crate) fn armed(store: &Store, unit: &Unit, event: Event) -> Vec<Armed> {
    let fits = |trigger: &&Trigger| {
        !trigger.disabled
            && trigger.toolchain_type == unit.toolchain_type
            && Event::of_name(&trigger.event) == Some(event)
    };
    let space = unit.metadata.space_id;
    match where_trigger(store, space) {
        None => store.triggers.of_group(space).filter(fits).filter_map(|trigger| arm(store, trigger)).collect(),
        Some(clause) => {
            let selected = |trigger: &&Trigger| {
                (trigger.enforced && trigger.metadata.space_id == space)
                    || clause.holds_for(&Located::for_hub(*trigger, store))
            };
            store.triggers.iter().filter(fits).filter(selected).filter_map(|trigger| arm(store, trigger)).collect()
        }
    }
}

/// The clause of a space that selects its triggers, if it has one.
fn where_trigger(store: &Store, space: Uuid) -> Option<Clause> {
    let text = &store.spaces.get(space)?.where_trigger;
    if text.is_empty() { None } else { Clause::parse(text, Kind::Trigger.schema()).ok() }
}

/// The spaces on whose units a trigger of this space may run.
pub(crate) fn spaces_of_triggers_in(store: &Store, space: Uuid) -> Vec<Uuid> {
    let others = store.spaces.iter().filter(|other| !other.where_trigger.is_empty());
    let others = others.map(|other| other.metadata.space_id).filter(|other| *other != space);
    std::iter::once(space).chain(others).collect()
}

/// The function that a trigger runs: its invocation's or its own.
pub(crate) fn function(store: &Store, trigger: &Trigger) -> Option<FunctionInvocation> {
    let (function_name, arguments) = match trigger.invocation_id {
        Some(id) => {
            let invocation = store.invocations.get(id)?;
            (&invocation.function_name, &invocation.arguments)
        }
        None => (&trigger.function_name, &trigger.arguments),
    };
    Some(FunctionInvocation { function_name: function_name.clone(), arguments: arguments.clone() })
}

/// Whether a function says if data is valid; otherwise it changes data.
pub(crate) fn is_validating(function: &str) -> bool {
    function == IS_APPROVED || functions::is_validating(function)
}

fn arm(store: &Store, trigger: &Trigger) -> Option<Armed> {
    let function = function(store, trigger)?;
    Some(Armed {
        trigger_id: trigger.trigger_id,
        invocation_id: trigger.invocation_id,
        slug: trigger.metadata.slug.clone(),
        function,
    })
}

/// Runs the triggers that change data, one revision for each that did. Whether any did.
pub(crate) fn mutate(store: &mut Store, call: &Call<'_>, unit_id: Uuid, event: Event) -> bool {
    let Some(unit) = store.units.get(unit_id) else { return false };
    let mutating: Vec<Armed> =
        armed(store, unit, event).into_iter().filter(|one| !is_validating(&one.function.function_name)).collect();
    let mut changed = false;
    for trigger in mutating {
        let Some(mut unit) = store.units.get(unit_id).cloned() else { return changed };
        let Ok(Done::Data(data)) = trigger.run(store, &unit) else {
            // It is a gate: on each change `gates` finds that by itself, of a clone only this run can tell.
            if event == Event::PostClone {
                gates::raise(store, unit_id, &trigger.name());
            }
            continue;
        };
        let data = Content::from(data.into_bytes());
        let too_much = history::check_kubernetes_data("Data", &unit.toolchain_type, &data).is_err();
        if too_much || !differs(&unit, data.text().unwrap_or_default()) {
            continue;
        }
        let cause = Cause {
            function_invocation: trigger.function.clone(),
            invocation_id: trigger.invocation_id,
            trigger_id: Some(trigger.trigger_id),
            ..Cause::default()
        };
        let steps = vec![ChangeStep { data, cause }];
        history::revise_automatically(store, call, &mut unit, steps, format!("Trigger {}", trigger.name()));
        unit.metadata.version += 1;
        unit.metadata.updated_at = call.now;
        let summary = format!("data changed by trigger {}, revision {}", trigger.name(), unit.head_revision_num);
        call.report(Verb::Updated, Kind::Unit, store.space_slug(unit.metadata.space_id), &unit.metadata.slug, summary);
        store.units.replace(unit);
        changed = true;
    }
    changed
}

/// Whether a function changed more than the form of the data.
fn differs(unit: &Unit, data: &str) -> bool {
    crate::configuration::mutations(unit.data.text().unwrap_or_default(), data).is_ok_and(|all| !all.is_empty())
}
