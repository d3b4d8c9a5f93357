//! What Tables say of their columns.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Kind;

/// By kind, then by column; the kind `*` is any other.
static DESCRIPTIONS: LazyLock<HashMap<&str, HashMap<&str, String>>> = LazyLock::new(|| {
    let mut kinds: HashMap<&str, HashMap<&str, String>> = HashMap::new();
    for line in include_str!("column_descriptions.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.splitn(3, '\t');
        if let (Some(kind), Some(column), Some(text)) = (parts.next(), parts.next(), parts.next()) {
            kinds.entry(kind).or_default().insert(column, text.replace("\\n", "\n"));
        }
    }
    kinds
});

/// The description of a column of a built-in kind.
pub(crate) fn description(kind: &Kind, column: &str) -> &'static str {
    let of = |kind: &str| DESCRIPTIONS.get(kind)?.get(column);
    of(&kind.kind).or_else(|| of("*")).map_or("", String::as_str)
}

/// The description of the Age column of kinds whose definition names no columns.
pub(super) fn description_of_age() -> &'static str {
    DESCRIPTIONS.get("*").and_then(|columns| columns.get("Age")).map_or("", String::as_str)
}
