//! Which resource of one version of configuration data is which in another.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::resource::Resource;
use super::similarity::similar_pairs;
use super::tree::Node;

/// Kinds of the same structure, among which a resource that changes its kind stays itself; those of the
/// real executor.
const ALIKE: [&[&str]; 4] = [
    &["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"],
    &["ConfigMap", "Secret"],
    &["ClusterRole", "Role"],
    &["ClusterRoleBinding", "RoleBinding"],
];

/// For each resource of `after` the place in `before` of what it was: the one of the same name, whatever
/// its namespace; else one that had any of its `aliases`; else the most similar one that is left.
pub(super) fn counterparts(
    before: &[Resource],
    after: &[Resource],
    aliases: impl Fn(&Resource) -> Vec<String>,
) -> Vec<Option<usize>> {
    let mut pairing = Pairing { found: vec![None; after.len()], free: vec![true; before.len()] };
    let by_name = |one: &Resource| (family(one), one.name().to_owned());
    pairing.pass(before, after, |one| (one.resource_type(), one.scoped_name()));
    pairing.pass(before, after, |one| (one.resource_type(), one.name().to_owned()));
    pairing.pass(before, after, by_name);
    let mut places = places(before, by_name);
    for (place, resource) in after.iter().enumerate() {
        if pairing.found[place].is_none() {
            let known = aliases(resource).into_iter().map(|alias| (family(resource), alias));
            let first = known.filter_map(|key| pairing.first_free(&mut places, &key)).min();
            pairing.pair(place, first);
        }
    }
    let Pairing { mut found, free } = pairing;
    let mut left: BTreeMap<String, [Vec<(usize, &Node)>; 2]> = BTreeMap::new();
    for (place, resource) in before.iter().enumerate().filter(|(place, _)| free[*place]) {
        left.entry(family(resource)).or_default()[0].push((place, &resource.root));
    }
    for (place, resource) in after.iter().enumerate().filter(|(place, _)| found[*place].is_none()) {
        left.entry(family(resource)).or_default()[1].push((place, &resource.root));
    }
    for [old, new] in left.values() {
        for (old, new) in similar_pairs(old, new) {
            found[new] = Some(old);
        }
    }
    found
}

type Key = (String, String);

/// The places of resources with the same key, in order.
fn places(resources: &[Resource], key: impl Fn(&Resource) -> Key) -> HashMap<Key, VecDeque<usize>> {
    let mut places: HashMap<Key, VecDeque<usize>> = HashMap::new();
    for (place, resource) in resources.iter().enumerate() {
        places.entry(key(resource)).or_default().push_back(place);
    }
    places
}

/// Which resources were found again, and which former ones are free to be.
struct Pairing {
    found: Vec<Option<usize>>,
    free: Vec<bool>,
}

impl Pairing {
    /// Pairs those left that have the same key.
    fn pass(&mut self, before: &[Resource], after: &[Resource], key: impl Fn(&Resource) -> Key) {
        let mut places = places(before, &key);
        for (place, resource) in after.iter().enumerate() {
            if self.found[place].is_none() {
                self.pair(place, self.first_free(&mut places, &key(resource)));
            }
        }
    }

    fn first_free(&self, places: &mut HashMap<Key, VecDeque<usize>>, key: &Key) -> Option<usize> {
        let places = places.get_mut(key)?;
        while places.front().is_some_and(|place| !self.free[*place]) {
            places.pop_front();
        }
        places.front().copied()
    }

    fn pair(&mut self, place: usize, former: Option<usize>) {
        self.found[place] = former;
        if let Some(former) = former {
            self.free[former] = false;
        }
    }
}

/// What a resource may change its type within: its kind, or the kinds like it.
fn family(resource: &Resource) -> String {
    let kind = resource.kind();
    ALIKE.iter().find(|kinds| kinds.contains(&kind)).map_or_else(|| kind.to_owned(), |kinds| kinds.join(" "))
}
