//! Findings at the end of a run, by what has to be mended.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::findings;
use super::paint::Paint;
use crate::model::{Defect, FindingReport};
use crate::plural::count;
use crate::printable::printable;

/// How many places of what follows are named.
const MOST_FOLLOWING: usize = 6;

/// A line for each defect that `found` tell of, and one for what follows from it.
pub(super) fn render(found: &[&FindingReport], paint: Paint) -> String {
    Defect::all(found).iter().map(|defect| line(defect, paint)).collect()
}

fn line(defect: &Defect<'_>, paint: Paint) -> String {
    let finding = defect.first;
    let place = finding.place().map(|place| format!("{place}: ")).unwrap_or_default();
    let scenarios: BTreeSet<_> = defect.findings().filter_map(|finding| finding.scenario).collect();
    let often = match scenarios.len() {
        0 | 1 => String::new(),
        often => format!(" (in {})", count(often, "scenario")),
    };
    let message = printable(&finding.message);
    let mut out = format!("  {}: {}{message}{often}\n", findings::head(finding, paint), printable(&place));
    if !defect.following.is_empty() {
        let _ = writeln!(out, "      and what follows from it: {}", printable(&followed(&defect.following)));
    }
    out
}

fn followed(following: &[Defect<'_>]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for defect in following {
        if !kinds.contains(&defect.first.kind.as_str()) {
            kinds.push(&defect.first.kind);
        }
    }
    let told = kinds.into_iter().map(|kind| {
        let of_kind = following.iter().filter(|defect| defect.first.kind == kind);
        let findings: Vec<&FindingReport> = of_kind.map(|defect| defect.first).collect();
        let more = findings.len().saturating_sub(MOST_FOLLOWING);
        let shown = places(&findings[..findings.len() - more]);
        let more = if more > 0 { format!(" and {more} more places") } else { String::new() };
        format!("{kind} at {shown}{more}")
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Places with the file named once for all lines in it, such as `deploy:30, 35 and setup:7`.
fn places(findings: &[&FindingReport]) -> String {
    let of_file: Vec<String> = findings
        .chunk_by(|one, other| one.file == other.file)
        .map(|group| {
            let lines: Vec<String> = group.iter().filter_map(|one| one.line).map(|line| line.to_string()).collect();
            format!("{}:{}", group[0].file.as_deref().unwrap_or("no file"), lines.join(", "))
        })
        .collect();
    of_file.join(" and ")
}
