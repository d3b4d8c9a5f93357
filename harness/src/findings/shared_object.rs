//! Two units own one object of the cluster.

use std::collections::BTreeMap;

use stagegate_reports::journal::Finding;

use super::applied::{self, Applied, Resource};
use super::evidence::Evidence;

pub(super) const KIND: &str = "shared-object";

/// Finds every object that the units of more than one place in the hub write.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut owners: BTreeMap<(Resource, String, String), Vec<Applied<'_>>> = BTreeMap::new();
    for applied in applied::objects(&evidence.observed) {
        owners
            .entry((applied.resource.clone(), applied.namespace.clone(), applied.name.clone()))
            .or_default()
            .push(applied);
    }
    let mut found = Vec::new();
    for ((resource, namespace, name), all) in owners {
        // Who has it at the time; the first one is who it belongs to.
        let mut present: Vec<&Applied<'_>> = Vec::new();
        for other in &all {
            present.retain(|known| !known.was_free_before(other, &evidence.observed));
            if present.iter().any(|known| applied::is_same(&known.owner(), &other.owner())) {
                continue;
            }
            present.push(other);
            if present.len() == 1 {
                continue;
            }
            let message = format!(
                "{resource} `{name}` in namespace `{namespace}` belongs to {} and was written by {} as well",
                present[0].told(),
                other.told()
            );
            let mut finding = evidence.finding(KIND, other.command, message);
            finding.cause = Some(format!("their configurations name the same namespace, `{namespace}`"));
            finding.help = Some(
                "give each of them a namespace of its own: set it in the data, or link it to a namespace unit"
                    .to_owned(),
            );
            found.push(finding);
        }
    }
    let mut places = std::collections::BTreeSet::new();
    found.retain(|finding: &Finding| places.insert((finding.source.clone(), finding.message.clone())));
    one_for_each_place(found)
}

/// A Deployment and its Service are one defect, and so are the rounds of a loop.
fn one_for_each_place(mut found: Vec<Finding>) -> Vec<Finding> {
    found.sort_by_key(|finding| finding.command);
    let mut merged: Vec<Finding> = Vec::new();
    for finding in found {
        match merged.iter_mut().find(|known| known.source == finding.source && known.source.is_some()) {
            Some(known) => {
                let more = finding.message;
                known.output =
                    Some(known.output.take().map_or_else(|| more.clone(), |output| format!("{output}\n{more}")));
            }
            None => merged.push(finding),
        }
    }
    merged
}
