//! A script left a temporary file behind.

use stagegate_reports::journal::{Event, Finding};

use super::evidence::Evidence;
use super::leftover::KIND;

/// Finds each file that a script made under a name nobody else knows, and left.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let left = evidence.observed.remarks.iter().filter_map(|event| match event {
        Event::TemporaryFileLeft { file, source, .. } => Some((file, source.as_ref())),
        _ => None,
    });
    let found = left.map(|(file, source)| {
        let message = format!("the script ended and left its temporary file `{file}` behind");
        let mut finding = evidence.finding_at(KIND, source, message);
        finding.help = Some("remove it in a `trap … EXIT`, so that it goes however the script ends".to_owned());
        finding
    });
    found.collect()
}
