//! Links at work: what a unit needs is filled in from what it and the units that it links to provide.
//!
//! A need is a place that names another resource and holds the placeholder. Once it was filled in, its
//! value follows the resource that provided it, until something else changes it; a value that was never
//! a placeholder is left alone. Removing a link leaves the values that it filled in.

mod choice;
mod needs;
mod provisions;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use stagegate_simulation::Verb;
use uuid::Uuid;

use crate::api::Call;
use crate::configuration::{Scalar, Step, set_all};
use crate::entity::{Cause, FunctionInvocation, Kind, Link, Unit};
use crate::history::{self, ChangeStep};
use crate::store::Store;
use crate::triggers;

use choice::Choice;
use needs::{is_placeholder, needs};
use provisions::{PROVIDED_PATH, Provision, provisions};

/// How often a unit's triggers and links are run in turn until nothing changes any more; triggers that
/// never agree with each other end here.
const ROUNDS: usize = 8;

/// Runs the triggers of a unit after its data or its links changed and fills in what it needs, and
/// then what the units that link to it need, and so on.
pub(crate) fn after_change(store: &mut Store, call: &Call<'_>, unit_id: Uuid) {
    let mut waiting = vec![unit_id];
    let mut done = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        // Links that lead in a circle end here.
        if !done.insert(id) {
            continue;
        }
        for _ in 0..ROUNDS {
            let triggered = triggers::mutate(store, call, id, triggers::Event::Mutation);
            if !resolve(store, call, id) && !triggered {
                break;
            }
        }
        waiting.extend(store.links.referring("ToUnitID", id).map(|link| link.from_unit_id));
    }
}

/// Fills in what a unit needs from itself and from all its links, one revision for each that changed
/// something. Whether any did.
fn resolve(store: &mut Store, call: &Call<'_>, unit_id: Uuid) -> bool {
    let links = store.links.referring("FromUnitID", unit_id).cloned();
    let sources: Vec<Option<Link>> = std::iter::once(None).chain(links.map(Some)).collect();
    let mut changed = false;
    for link in sources {
        let Some(unit) = store.units.get(unit_id).cloned() else { return changed };
        let Some(steps) = steps(store, &unit, link.as_ref()).filter(|steps| !steps.is_empty()) else { continue };
        save(store, call, unit, steps, link.as_ref());
        changed = true;
    }
    changed
}

/// What one source fills in: a step for each resource that provides something.
fn steps(store: &Store, unit: &Unit, link: Option<&Link>) -> Option<Vec<ChangeStep>> {
    let mut data = kubernetes_text(unit)?.to_owned();
    // Most units need nothing; their data does not have to be read to know it.
    if !is_placeholder(&data) && !has_filled_in(store, unit, link) {
        return None;
    }
    let provider = link.map_or(Some(unit), |link| store.units.get(link.to_unit_id))?;
    let mut provisions = provisions(kubernetes_text(provider)?).ok()?;
    // A name that is still to be given is of no use to others.
    provisions.retain(|provision| !is_placeholder(&provision.value));
    if provisions.is_empty() {
        return None;
    }
    let needs = needs(&data).ok()?;
    let choice = Choice::new(store, unit, link, &provisions);
    let mut met: BTreeMap<usize, BTreeSet<(usize, &[Step])>> = BTreeMap::new();
    for need in &needs {
        if let Some(place) = choice.of(need) {
            met.entry(place).or_default().insert((need.document, &need.steps));
        }
    }
    let mut steps = Vec::new();
    for (place, needs) in met {
        let provision = &provisions[place];
        let needs: Vec<(usize, &[Step])> = needs.into_iter().collect();
        let before = std::mem::take(&mut data);
        data = set_all(&before, &needs, &Scalar::Text(provision.value.clone())).ok()?;
        if data != before {
            steps.push(ChangeStep { data: data.clone().into_bytes().into(), cause: cause(link, provision) });
        }
    }
    Some(steps)
}

/// Whether this source has ever filled something in.
fn has_filled_in(store: &Store, unit: &Unit, link: Option<&Link>) -> bool {
    let link = link.map(|link| link.link_id);
    let mut causes = store.mutations.of_group(unit.unit_id).map(|mutation| &mutation.cause);
    causes.any(|cause| cause.is_resolution_of(link))
}

fn kubernetes_text(unit: &Unit) -> Option<&str> {
    unit.data.text().filter(|_| unit.toolchain_type == history::KUBERNETES)
}

/// Why a step was made. The function is the setter that the executor names for the need.
fn cause(link: Option<&Link>, provision: &Provision) -> Cause {
    let argument = |name: &str, value: &str| json!({"ParameterName": name, "Value": value});
    Cause {
        link_id: link.map(|link| link.link_id),
        function_invocation: FunctionInvocation {
            function_name: "set-references-of-type".to_owned(),
            arguments: vec![
                argument("resource-type", &provision.resource_type),
                argument("resource-name", &provision.value),
            ],
        },
        provided_resource: provision.resource(),
        provided_path: PROVIDED_PATH.to_owned(),
        ..Cause::default()
    }
}

fn save(store: &mut Store, call: &Call<'_>, mut unit: Unit, steps: Vec<ChangeStep>, link: Option<&Link>) {
    let (description, done) = match link {
        Some(link) => {
            (format!("Resolved link {}", link.metadata.slug), format!("link {} resolved", link.metadata.slug))
        }
        None => ("Resolved within the unit".to_owned(), "resolved within the unit".to_owned()),
    };
    history::revise_automatically(store, call, &mut unit, steps, description);
    unit.metadata.version += 1;
    unit.metadata.updated_at = call.now;
    let summary = format!("{done}, data changed, revision {}", unit.head_revision_num);
    call.report(Verb::Updated, Kind::Unit, store.space_slug(unit.metadata.space_id), &unit.metadata.slug, summary);
    store.units.replace(unit);
}
