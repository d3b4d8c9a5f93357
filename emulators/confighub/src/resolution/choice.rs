//! Which provision fills in which need.

use std::collections::HashMap;

use crate::configuration::Places;
use crate::entity::{Cause, Link, Unit};
use crate::store::Store;

use super::needs::{Need, is_placeholder};
use super::provisions::Provision;

/// What one source offers a unit, and what it has filled in there before.
pub(super) struct Choice<'a> {
    provisions: &'a [Provision],
    first_of_type: HashMap<&'a str, usize>,
    by_resource: HashMap<(&'a str, &'a str), usize>,
    places: Places<'a>,
    /// Why it filled something in, by the number of the mutation.
    causes: HashMap<i64, &'a Cause>,
}

impl<'a> Choice<'a> {
    /// The choice for needs of `unit` from the provisions of the unit that `link` leads to, or from its own.
    pub(super) fn new(store: &'a Store, unit: &'a Unit, link: Option<&Link>, provisions: &'a [Provision]) -> Self {
        let (mut first_of_type, mut by_resource) = (HashMap::new(), HashMap::new());
        for (place, provision) in provisions.iter().enumerate() {
            first_of_type.entry(provision.resource_type.as_str()).or_insert(place);
            let resource = (provision.resource_type.as_str(), provision.resource_name.as_str());
            by_resource.entry(resource).or_insert(place);
        }
        let link = link.map(|link| link.link_id);
        let made = store.mutations.of_group(unit.unit_id).filter(|mutation| mutation.cause.is_resolution_of(link));
        let causes = made.map(|mutation| (mutation.mutation_num, &mutation.cause)).collect();
        Self { provisions, first_of_type, by_resource, places: unit.mutation_sources.places(), causes }
    }

    /// The place of the provision that is to fill in a need: for a placeholder the first of a fitting type, for what
    /// this source filled in before the same resource or, when that is gone, the first of its type.
    pub(super) fn of(&self, need: &Need) -> Option<usize> {
        let first = |kind: &str| self.first_of_type.get(kind).copied();
        let chosen = if is_placeholder(&need.value) {
            need.targets.iter().filter_map(|target| first(target)).min()
        } else {
            let former = &self.filled_in(need)?.provided_resource;
            let resource = (former.resource_type.as_str(), former.resource_name.as_str());
            self.by_resource.get(&resource).copied().or_else(|| first(&former.resource_type))
        };
        chosen.filter(|place| self.provisions[*place].value != need.value)
    }

    /// The cause of the latest mutation of a need's place, if that was this source filling it in.
    fn filled_in(&self, need: &Need) -> Option<&'a Cause> {
        let number = self.places.index_of(&need.resource_type, &need.resource_name, &need.path())?;
        self.causes.get(&number).copied()
    }
}
