//! A unit's data as Kubernetes objects.

use serde_json::Value;

/// A unit's data is not a list of Kubernetes objects. The texts are those of the real worker as far
/// as its YAML parser's own words allow.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("failed to parse YAML resources: error converting YAML to JSON: yaml: {0}")]
    Yaml(String),
    #[error(
        "failed to parse YAML resources: error unmarshaling JSON: while decoding JSON: Object 'Kind' is missing in '{0}'"
    )]
    WithoutKind(String),
}

/// Reads the objects of a multi-document YAML text, in order.
///
/// Empty documents and objects without a name or version are left out and lists are unfolded, as the
/// real worker does (recorded runs 6k, 18a-18c, 18g).
pub(crate) fn objects(data: &[u8]) -> Result<Vec<Value>, ManifestError> {
    let text = String::from_utf8_lossy(data);
    let options = serde_saphyr::options! { legacy_octal_numbers: true, with_snippet: false };
    let documents = serde_saphyr::from_multiple_with_options::<Value>(&text, options)
        .map_err(|error| ManifestError::Yaml(first_line(&error.to_string())))?;
    let mut objects = Vec::new();
    for document in documents {
        unfold(document, &mut objects)?;
    }
    Ok(objects)
}

fn unfold(document: Value, objects: &mut Vec<Value>) -> Result<(), ManifestError> {
    if document.is_null() {
        return Ok(());
    }
    let kind = text(&document["kind"]);
    if kind.is_empty() {
        return Err(ManifestError::WithoutKind(document.to_string()));
    }
    if kind.ends_with("List") && document["items"].is_array() {
        for item in document["items"].as_array().into_iter().flatten() {
            unfold(item.clone(), objects)?;
        }
        return Ok(());
    }
    if !text(&document["apiVersion"]).is_empty() && !text(&document["metadata"]["name"]).is_empty() {
        objects.push(document);
    }
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// `Kind/namespace/name`, or `Kind/name` without a namespace: how messages name an object.
pub(crate) fn display_name(object: &Value) -> String {
    let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
    match text(&object["metadata"]["namespace"]) {
        "" => format!("{kind}/{name}"),
        namespace => format!("{kind}/{namespace}/{name}"),
    }
}

/// Whether the object has to be there before others can be: namespaces and custom resource
/// definitions (recorded runs 16a-16c).
pub(crate) fn is_definition(object: &Value) -> bool {
    let group = text(&object["apiVersion"]).split_once('/').map_or("", |(group, _)| group);
    matches!((group, text(&object["kind"])), ("", "Namespace") | ("apiextensions.k8s.io", "CustomResourceDefinition"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(data: &str) -> Vec<String> {
        objects(data.as_bytes()).expect("it parses").iter().map(display_name).collect()
    }

    #[test]
    fn keeps_the_order_and_leaves_out_what_is_no_object() {
        let data = "# nothing\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: ns}\n---\n---\n\
                    apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n---\n\
                    apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n";
        assert_eq!(names(data), ["Service/ns/b", "Namespace/a"]);
        assert!(names("").is_empty());
        assert!(names("# only a comment\n").is_empty());
    }

    #[test]
    fn unfolds_lists() {
        let data = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n";
        assert_eq!(names(data), ["ConfigMap/x"]);
    }

    #[test]
    fn says_what_is_wrong() {
        let no_kind = objects(b"foo: bar\n").expect_err("it has no kind").to_string();
        assert_eq!(
            no_kind,
            "failed to parse YAML resources: error unmarshaling JSON: while decoding JSON: Object 'Kind' is missing in '{\"foo\":\"bar\"}'"
        );
        let broken = objects(b"a: [b\nc: d\n").expect_err("it is broken").to_string();
        assert!(
            broken.starts_with("failed to parse YAML resources: error converting YAML to JSON: yaml: "),
            "{broken}"
        );
    }
}
