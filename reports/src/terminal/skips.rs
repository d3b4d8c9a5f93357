//! What scenarios that are not run need.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::paint::{DIM, Paint};
use crate::model::Skip;
use crate::plural::count;
use crate::printable::printable;

/// A line for each reason, with the number of scenarios.
pub(super) fn render<'a>(skips: impl IntoIterator<Item = &'a Skip>, paint: Paint) -> String {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for Skip { capability, reason } in skips {
        *reasons.entry(format!("needs {capability}: {reason}")).or_default() += 1;
    }
    let mut out = String::new();
    for (reason, scenarios) in reasons {
        let text = format!("{reason} ({})", count(scenarios, "scenario"));
        let _ = writeln!(out, "{:<8} {}", "skipped:", paint.with(DIM, &printable(&text)));
    }
    out
}
