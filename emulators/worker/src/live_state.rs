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
        compact_list_indent: true, empty_as_braces: true, prefer_block_scalars: true, folded_wrap_chars: usize::MAX, min_fold_chars: usize::MAX
    };
    let document = |object| -> Result<String, serde_saphyr::SerializeError> {
        let text = serde_saphyr::to_string_with_options(&Sorted(object), options.clone())?;
        Ok(text.trim_end().lines().map(with_plain_address).collect::<Vec<_>>().join("\n"))
    };
    let documents = objects.iter().map(document).collect::<Result<Vec<_>, _>>()?;
    Ok(documents.join("\n---\n"))
}

/// Takes the quotes off an IP address: the serialiser takes it for a number, the real worker's does not.
fn with_plain_address(line: &str) -> String {
    let quoted = line.strip_suffix('"').and_then(|line| line.rsplit_once(" \""));
    match quoted {
        Some((head, address)) if address.parse::<std::net::Ipv4Addr>().is_ok() => format!("{head} {address}"),
        _ => line.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::print_stdout, reason = "a test without its data says so")]

    use super::*;
    use crate::manifest;

    /// All live states the real worker reported, read and written again, come out letter for letter.
    #[test]
    fn writes_yaml_as_the_real_worker_does() {
        let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let shared = std::env::var_os("STAGEGATE_SHARED").map_or_else(|| workspace.join("../shared"), Into::into);
        let Ok(text) = std::fs::read_to_string(shared.join("data/recorded-worker-runs.json")) else {
            println!("skipped: writes_yaml_as_the_real_worker_does: no shared data at {}", shared.display());
            return;
        };
        let runs: Vec<Value> = serde_json::from_str(&text).expect("the recordings are JSON");
        let results = runs.iter().flat_map(|run| run["results_received"].as_array().into_iter().flatten());
        let recorded = results.filter_map(|result| result["body"]["LiveState"].as_str());
        // Managed fields come only with an import by filters, which this worker does not do.
        let recorded: Vec<&str> = recorded.filter(|state| !state.contains("managedFields:")).collect();
        let mut checked = 0;
        for state in &recorded {
            // The recorder cut the longest one, which then is no YAML.
            let Ok(objects) = manifest::objects(state.as_bytes()) else { continue };
            assert_eq!(yaml(&objects).expect("it is written"), **state);
            checked += 1;
        }
        assert!(checked + 2 >= recorded.len() && checked > 20, "only {checked} of {} were checked", recorded.len());
    }
}
