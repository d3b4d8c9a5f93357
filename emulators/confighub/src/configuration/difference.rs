//! A resource as the values at its places, which is how versions are compared.

use std::collections::BTreeMap;

use super::path::Step;
use super::scalar::Scalar;
use super::tree::{Node, NodeKind};

/// Every scalar and empty collection of a resource, by its path.
pub(crate) type Leaves = BTreeMap<Vec<Step>, Scalar>;

/// The leaves below a node.
pub(crate) fn leaves(root: &Node) -> Leaves {
    let mut found = Leaves::new();
    gather(root, &mut Vec::new(), &mut found);
    found
}

fn gather(node: &Node, steps: &mut Vec<Step>, found: &mut Leaves) {
    match &node.kind {
        NodeKind::Scalar(scalar) => {
            found.insert(steps.clone(), scalar.clone());
        }
        NodeKind::Mapping { entries, .. } if entries.is_empty() => {
            found.insert(steps.clone(), Scalar::EmptyMapping);
        }
        NodeKind::Sequence { items, .. } if items.is_empty() => {
            found.insert(steps.clone(), Scalar::EmptySequence);
        }
        NodeKind::Mapping { entries, .. } => {
            for (place, entry) in entries.iter().enumerate() {
                // A key that is written again stands for nothing: what looks it up finds the first one.
                if entries.place_of(&entry.key) != Some(place) {
                    continue;
                }
                steps.push(Step::Key(entry.key.clone()));
                gather(&entry.value, steps, found);
                steps.pop();
            }
        }
        NodeKind::Sequence { items, .. } => {
            for (index, item) in items.iter().enumerate() {
                steps.push(Step::Index(index));
                gather(item, steps, found);
                steps.pop();
            }
        }
        NodeKind::Alias => {}
    }
}
