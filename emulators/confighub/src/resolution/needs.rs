//! Needs: the places in configuration data that name a resource.

use std::collections::BTreeSet;

use crate::configuration::{ConfigurationError, Path, Resource, Scalar, Step, leaves, resolved_text, resources};
use crate::functions::references;

/// Stands for a value that is still to be given.
const PLACEHOLDER: &str = "confighubplaceholder";

/// Whether a value is still to be given.
pub(crate) fn is_placeholder(value: &str) -> bool {
    value.contains(PLACEHOLDER)
}

/// A place that names a resource.
#[derive(Debug, Clone)]
pub(crate) struct Need {
    /// The document's place in the data.
    pub(crate) document: usize,
    pub(crate) resource_type: String,
    /// Without its namespace.
    pub(crate) resource_name: String,
    pub(crate) steps: Vec<Step>,
    /// The types of resource that it may name.
    pub(crate) targets: &'static [&'static str],
    pub(crate) value: String,
}

impl Need {
    /// The place as text, such as `metadata.namespace`.
    pub(crate) fn path(&self) -> String {
        resolved_text(&self.steps)
    }
}

/// Every place in Kubernetes YAML that names a resource, whether its value was given or is still
/// needed. Values that are not text name nothing.
pub(crate) fn needs(data: &str) -> Result<Vec<Need>, ConfigurationError> {
    let mut found: Vec<Need> = Vec::new();
    for resource in resources(data)? {
        let leaves = leaves(&resource.root);
        for reference in references(&resource.resource_type()) {
            let places = Path::parse(reference.path)?.places(&resource.root, false);
            let places = places.into_iter().map(|place| as_resolved(reference.path, &resource, place));
            for steps in places.collect::<BTreeSet<_>>() {
                let Some(Scalar::Text(value)) = leaves.get(&steps) else { continue };
                found.push(Need {
                    document: resource.document,
                    resource_type: resource.resource_type(),
                    resource_name: resource.name().to_owned(),
                    steps,
                    targets: &reference.targets,
                    value: value.clone(),
                });
            }
        }
    }
    Ok(found)
}

/// The place that the executor takes for one that a path leads to.
///
/// It was seen to give all items of a list the index of the last one, unless the list's depth is a power
/// of two: of several variables of a container only the last one is found, twice, and none when the last
/// one has no such field. In a Pod, whose containers are less deep, all are found.
fn as_resolved(path: &str, resource: &Resource, mut place: Vec<Step>) -> Vec<Step> {
    let lists = path.split('.').enumerate().filter(|(_, segment)| *segment == "*").map(|(depth, _)| depth);
    let true_place = place.clone();
    for depth in lists.filter(|depth| *depth > 0 && !depth.is_power_of_two()) {
        let Some(list) = resource.root.at(&true_place[..depth]) else { continue };
        if let (Some(step), Some(last)) = (place.get_mut(depth), list.item_count().checked_sub(1)) {
            *step = Step::Index(last);
        }
    }
    place
}
