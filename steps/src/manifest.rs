//! Manifests that features name: built-in ones, or files on disk.

use std::collections::BTreeMap;

use serde_json::Value;
use stagegate_harness::failure::Failure;

/// Manifests compiled into the binary, by the name features use.
const BUILT_IN: [(&str, &str); 6] = [
    ("reference-data.yaml", include_str!("../../fixtures/manifests/reference-data.yaml")),
    ("reference-data-missing-image.yaml", include_str!("../../fixtures/manifests/reference-data-missing-image.yaml")),
    (
        "reference-data-missing-namespace.yaml",
        include_str!("../../fixtures/manifests/reference-data-missing-namespace.yaml"),
    ),
    ("reference-data-placeholder.yaml", include_str!("../../fixtures/manifests/reference-data-placeholder.yaml")),
    ("trade-service.yaml", include_str!("../../fixtures/manifests/trade-service.yaml")),
    ("namespace-base.yaml", include_str!("../../fixtures/manifests/namespace-base.yaml")),
];

/// The text of a manifest: a built-in one by its name, else a file on disk.
pub(crate) fn text(name: &str) -> Result<String, Failure> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Ok((*text).to_owned());
    }
    std::fs::read_to_string(name).map_err(|error| {
        let built_in: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        Failure::assertion(format!("there is no manifest `{name}`"))
            .caused_by(&error)
            .help(format!("name a file, or a built-in manifest: {}", built_in.join(", ")))
    })
}

/// The documents of a manifest, empty ones left out.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, Failure> {
    // Kubernetes reads YAML 1.1's octal numbers and takes only true and false for booleans.
    let options = serde_saphyr::options! { strict_booleans: true, legacy_octal_numbers: true };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| Failure::assertion("the manifest is not YAML").cause(error.to_string()))?;
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

/// `key=value` pairs as a label selector.
pub(crate) fn selector(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
