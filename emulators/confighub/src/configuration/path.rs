//! The path language: dots between keys and indices, `*` for all, `?key=value` for a matching list item.

use super::error::ConfigurationError;
use super::tree::{Node, NodeKind};

/// A resolved step: into a mapping or into a sequence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A path as written, which can lead to several places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    /// A key, or an index where a sequence stands; `~1` was a dot.
    Name(String),
    /// `*`
    All,
    /// `?key=value`, also written `?key:parameter=value`.
    Match { key: String, value: String },
}

impl Path {
    /// Reads a path such as `spec.template.spec.containers.?name=main.image`.
    ///
    /// A value in a match may contain dots when they are written as `~1`. `|` before a key, which
    /// marks where a path may be created, is accepted and has no further meaning here.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigurationError> {
        let invalid = || ConfigurationError::InvalidPath(text.to_owned());
        let segment = |part: &str| {
            let part = part.strip_prefix('|').unwrap_or(part);
            if part.is_empty() {
                return Err(invalid());
            }
            // What stands after `*?` only names a parameter.
            if part == "*" || part.starts_with("*?") {
                return Ok(Segment::All);
            }
            let Some(matching) = part.strip_prefix('?') else { return Ok(Segment::Name(part.replace("~1", "."))) };
            let (key, value) = matching.split_once('=').ok_or_else(invalid)?;
            let key = key.split_once(':').map_or(key, |(key, _)| key);
            Ok(Segment::Match { key: key.replace("~1", "."), value: value.replace("~1", ".") })
        };
        text.split('.').map(segment).collect::<Result<_, _>>().map(Self)
    }

    /// Every place that it leads to, in order. A last key that a mapping does not have yet counts
    /// when `create` is given.
    pub(crate) fn places(&self, root: &Node, create: bool) -> Vec<Vec<Step>> {
        let mut places = Vec::new();
        walk(root, &self.0, &mut Vec::new(), create, &mut places);
        places
    }
}

fn walk(node: &Node, segments: &[Segment], taken: &mut Vec<Step>, create: bool, places: &mut Vec<Vec<Step>>) {
    let Some((segment, rest)) = segments.split_first() else {
        places.push(taken.clone());
        return;
    };
    let mut follow = |step: Step, child: &Node| {
        taken.push(step);
        walk(child, rest, taken, create, places);
        taken.pop();
    };
    match (&node.kind, segment) {
        (NodeKind::Mapping { entries, .. }, Segment::All) => {
            for entry in entries {
                follow(Step::Key(entry.key.clone()), &entry.value);
            }
        }
        (NodeKind::Mapping { .. }, Segment::Name(name)) => match node.get(name) {
            Some(child) => follow(Step::Key(name.clone()), child),
            None if create && rest.iter().all(|segment| matches!(segment, Segment::Name(_))) => {
                let created = segments.iter().filter_map(|segment| match segment {
                    Segment::Name(name) => Some(Step::Key(name.clone())),
                    _ => None,
                });
                places.push(taken.iter().cloned().chain(created).collect());
            }
            None => {}
        },
        (NodeKind::Sequence { items, .. }, _) => {
            for (index, item) in items.iter().enumerate() {
                let chosen = match segment {
                    Segment::All => true,
                    Segment::Name(name) => name.parse() == Ok(index),
                    Segment::Match { key, value } => matches!(
                        item.get(key).map(|node| &node.kind),
                        Some(NodeKind::Scalar(scalar)) if scalar.plain_text() == *value
                    ),
                };
                if chosen {
                    follow(Step::Index(index), item);
                }
            }
        }
        _ => {}
    }
}

/// A resolved path as text, such as `spec.containers.0.image`; dots in keys become `~1`.
pub(crate) fn resolved_text(steps: &[Step]) -> String {
    let words: Vec<String> = steps
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.replace('.', "~1"),
            Step::Index(index) => index.to_string(),
        })
        .collect();
    words.join(".")
}
