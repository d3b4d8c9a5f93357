//! YAML as `sigs.k8s.io/yaml` reads it: its messages, and keys that come twice.

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;

/// A document, and the message about keys that it has more than once.
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) duplicates: Vec<String>,
}

/// Reads a document; the error is in the words of Go's decoder, as far as they can be known.
pub(super) fn read(bytes: &[u8]) -> Result<Document, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "yaml: invalid leading UTF-8 octet".to_owned())?;
    let parse = |duplicates: DuplicateKeyPolicy| {
        let options = serde_saphyr::options! { duplicate_keys: duplicates };
        serde_saphyr::from_str_with_options::<Value>(text, options)
    };
    let value = match parse(DuplicateKeyPolicy::LastWins) {
        Ok(value) => value,
        Err(error) => return Err(message(&error.to_string())),
    };
    let duplicates = match parse(DuplicateKeyPolicy::Error) {
        Ok(_) => Vec::new(),
        Err(error) => duplicate_message(&error.to_string()).into_iter().collect(),
    };
    Ok(Document { value, duplicates })
}

/// `error: line 1 column 5: mapping values are …` → `yaml: mapping values are …`.
fn message(error: &str) -> String {
    let first = error.lines().next().unwrap_or_default();
    let detail = first.split(": ").skip(2).collect::<Vec<_>>().join(": ");
    let line = first.split("line ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("1");
    // The parser of Go counts lines from 0 and leaves the first unnamed.
    match line.parse::<u64>() {
        Ok(line) if line > 1 => format!("yaml: line {}: {detail}", line - 1),
        _ => format!("yaml: {detail}"),
    }
}

fn duplicate_message(error: &str) -> Option<String> {
    let first = error.lines().next()?;
    let line = first.split("line ").nth(1)?.split(' ').next()?;
    let key = first.split("duplicate mapping key: ").nth(1)?.split(", set ").next()?;
    Some(format!("yaml: unmarshal errors:\n  line {line}: key {key:?} already set in map"))
}
