//! The live state a worker reports: objects as the cluster holds them, without what the cluster keeps for itself.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

const METADATA_OF_THE_CLUSTER: [&str; 10] = [
    "managedFields",
    "creationTimestamp",
    "resourceVersion",
    "generation",
    "uid",
    "finalizers",
    "ownerReferences",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// Removes status and the metadata the cluster keeps for itself.
pub(crate) fn clean(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in METADATA_OF_THE_CLUSTER {
                metadata.remove(field);
            }
        }
    }
    object
}

/// Objects as YAML documents: keys sorted, `---` between them, no line end behind the last one.
pub(crate) fn yaml(objects: &[Value]) -> Result<String, serde_saphyr::SerializeError> {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: true, empty_as_braces: true, prefer_block_scalars: false, folded_wrap_chars: usize::MAX, min_fold_chars: usize::MAX
    };
    let documents = objects
        .iter()
        .map(|object| {
            serde_saphyr::to_string_with_options(&Sorted(object), options.clone())
                .map(|text| text.trim_end().to_owned())
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(documents.join("\n---\n"))
}

/// A JSON value that serialises with sorted keys, whatever order it holds them in.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => serializer
                .collect_map(fields.iter().map(|(key, value)| (key, Sorted(value))).collect::<BTreeMap<_, _>>()),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            scalar => scalar.serialize(serializer),
        }
    }
}
