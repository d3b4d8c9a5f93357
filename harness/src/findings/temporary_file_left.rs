//! A script left a temporary file behind.

use stagegate_reports::journal::{Event, Finding};

use super::evidence::Evidence;
use super::leftover::KIND;

/// Finds each file that a script left: under a name nobody else knows, or with a secret.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let left = evidence.observed.remarks.iter().filter_map(|event| match event {
        Event::TemporaryFileLeft { file, source, secret, .. } => Some((file, source.as_ref(), *secret)),
        _ => None,
    });
    let found = left.map(|(file, source, secret)| {
        let holds = if secret { ", which holds a secret in a folder that everyone can read," } else { "" };
        let message = format!("the script ended and left its temporary file `{file}`{holds} behind");
        let mut finding = evidence.finding_at(KIND, source, message);
        finding.help = Some("remove it in a `trap … EXIT`, so that it goes however the script ends".to_owned());
        finding
    });
    found.collect()
}
