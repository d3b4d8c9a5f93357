//! Links at work: what a unit needs is filled in from what the units it links to provide.
//!
//! Needed is the namespace of a resource that holds the placeholder, or that the same link filled in
//! before; provided is the name of a `v1/Namespace`. Those are all that the tutorials' manifests need.

use std::collections::BTreeSet;

use stagegate_simulation::Verb;
use uuid::Uuid;

use crate::api::Call;
use crate::configuration::{Resource, Scalar, Step, resources, set};
use crate::entity::{Cause, Kind, Link, ProvidedResource, Unit};
use crate::history::{self, DataChange};
use crate::store::Store;

const PLACEHOLDER: &str = "confighubplaceholder";
const NEEDED: &str = "metadata.namespace";
const PROVIDED: &str = "metadata.name";

/// Fills in what a unit needs after its data or its links changed, and then what the units that link
/// to it need, and so on.
pub(crate) fn after_change(store: &mut Store, call: &Call<'_>, unit_id: Uuid) {
    let mut waiting = vec![unit_id];
    let mut done = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        // Links that lead in a circle end here.
        if !done.insert(id) {
            continue;
        }
        resolve(store, call, id);
        waiting.extend(store.links.referring("ToUnitID", id).map(|link| link.from_unit_id));
    }
}

/// Fills in what a unit needs from all its links, one revision for each that changed something.
fn resolve(store: &mut Store, call: &Call<'_>, unit_id: Uuid) {
    let links: Vec<Link> = store.links.referring("FromUnitID", unit_id).cloned().collect();
    for link in links {
        let Some(provided) = provided(store, &link) else { continue };
        let Some(unit) = store.units.get(unit_id).cloned() else { return };
        let Some(data) = filled_in(store, &unit, &link, provided.name()) else { continue };
        let change = DataChange {
            data: data.into_bytes().into(),
            description: format!("Resolved link {}", link.metadata.slug),
            causes: vec![Cause {
                link_id: Some(link.link_id),
                provided_resource: ProvidedResource {
                    resource_name: provided.scoped_name(),
                    resource_type: provided.resource_type(),
                },
                provided_path: PROVIDED.to_owned(),
                ..Cause::default()
            }],
        };
        save(store, call, unit, change, &link);
    }
}

fn provided(store: &Store, link: &Link) -> Option<Resource> {
    let unit = store.units.get(link.to_unit_id).filter(|unit| unit.toolchain_type == history::KUBERNETES)?;
    let all = resources(unit.data.text()?).ok()?;
    all.into_iter().find(|resource| resource.resource_type() == "v1/Namespace" && resource.name() != PLACEHOLDER)
}

/// The unit's data with its needs met, if that makes a difference.
fn filled_in(store: &Store, unit: &Unit, link: &Link, value: &str) -> Option<String> {
    let text = unit.data.text().filter(|_| unit.toolchain_type == history::KUBERNETES)?;
    let steps: Vec<Step> = NEEDED.split('.').map(|key| Step::Key(key.to_owned())).collect();
    let mut data = text.to_owned();
    for resource in resources(text).ok()? {
        let present = resource.namespace();
        let needed = present == PLACEHOLDER || (!present.is_empty() && filled_in_by(store, unit, &resource, link));
        if needed && present != value {
            data = set(&data, resource.document, &steps, &Scalar::Text(value.to_owned())).ok()?;
        }
    }
    (data != text).then_some(data)
}

/// Whether the latest mutation of the resource's need was made by this link.
fn filled_in_by(store: &Store, unit: &Unit, resource: &Resource, link: &Link) -> bool {
    let number = unit.mutation_sources.index_of(&resource.resource_type(), resource.name(), NEEDED);
    let mutation = store.mutations.of_group(unit.unit_id).find(|mutation| Some(mutation.mutation_num) == number);
    mutation.is_some_and(|mutation| mutation.cause.link_id == Some(link.link_id))
}

fn save(store: &mut Store, call: &Call<'_>, mut unit: Unit, change: DataChange, link: &Link) {
    history::revise(store, call, &mut unit, change);
    unit.metadata.version += 1;
    unit.metadata.updated_at = call.now;
    let summary = format!("link {} resolved, data changed, revision {}", link.metadata.slug, unit.head_revision_num);
    call.report(Verb::Updated, Kind::Unit, store.space_slug(unit.metadata.space_id), &unit.metadata.slug, summary);
    store.units.replace(unit);
}
