//! A script says a number of things, and there are not that many.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use stagegate_reports::journal::{ChangeVerb, Finding, ShellStep};

use super::claim;
use super::evidence::Evidence;
use super::observed::{Observed, Placed};
use super::telling;

/// A number and what it counts, with one word between at most: `20 links`, `3 base units`.
static COUNTED: LazyLock<Result<Regex, regex::Error>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b([0-9]{1,5})\s+(?:([a-z][a-z-]*)\s+)?(spaces|units|links|workers|targets|filters|triggers)\b")
});
/// Words after which the number counts something else, or is no count of what is there.
const OTHER: [&str; 16] = [
    "of",
    "per",
    "in",
    "for",
    "to",
    "on",
    "at",
    "each",
    "and",
    "or",
    "with",
    "from",
    "by",
    "more",
    "free",
    "available",
];
/// Lines that tell how many there may be.
const LIMITS: [&str; 8] = ["quota", "limit", "max", "up to", "at most", "can ", "allow", "left"];

/// Finds each claim of more spaces, units and so on than were ever made.
///
/// All that were made count, also what is gone since, in whatever space: less than that a claim cannot mean.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let observed = &evidence.observed;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for step in &observed.steps {
        let said = claim::text(step);
        let Some((count, things)) = claimed(&said) else { continue };
        let made = made_before(observed, step, &things);
        let Some(source) = &step.source else { continue };
        if made == 0 || count <= made || !seen.insert(source.clone()) {
            continue;
        }
        let only =
            if made == 1 { format!("1 {} was", things.trim_end_matches('s')) } else { format!("{made} {things} were") };
        let message = format!("“{}” was printed although only {only} made", telling::clipped_line(said.trim()));
        let mut finding = evidence.finding_of_step(claim::KIND, step.what, message);
        finding.help =
            Some("count what is there, such as with `cub … list --names | wc -l`, and print that".to_owned());
        found.push(finding);
    }
    found
}

/// How many of what a text says to be there or done.
fn claimed(said: &str) -> Option<(usize, String)> {
    let lower = said.to_lowercase();
    if !claim::is_claim(said) || LIMITS.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let counted = COUNTED.as_ref().ok()?.captures_iter(&lower).find(|counted| {
        counted.get(2).is_none_or(|word| !OTHER.contains(&word.as_str()) && !word.as_str().ends_with('s'))
    })?;
    Some((counted[1].parse().ok()?, counted[3].to_owned()))
}

/// How many of these things were made before.
fn made_before(observed: &Observed<'_>, step: &Placed<'_, ShellStep>, things: &str) -> usize {
    let singular = things.strip_suffix('s').unwrap_or(things);
    let is_one = |kind: &str| kind.eq_ignore_ascii_case(singular) || (kind == "BridgeWorker" && singular == "worker");
    let made = observed.effects.iter().filter(|effect| {
        effect.index < step.index && effect.verb == ChangeVerb::Created && effect.system != "kubernetes"
    });
    let made = made.filter(|effect| is_one(&effect.kind));
    made.map(|effect| (effect.scope.as_deref(), effect.name.as_str())).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told_from_the_words() {
        let of = |said| claimed(said).map(|(count, things)| format!("{count} {things}"));
        assert_eq!(of("✅ Link creation complete! (20 links total)").as_deref(), Some("20 links"));
        assert_eq!(of("✓ Created 3 of 3 spaces").as_deref(), Some("3 spaces"));
        assert_eq!(of("✓ Created 17 base units and 2 filters").as_deref(), Some("17 units"));
        for said in [
            "✓ 5 replicas in units",
            "✓ 2 replicas per units",
            "✓ Ready: the quota is 100 spaces",
            "✓ 12 unit tests passed",
            "Creating 20 links",
            "✓ Created space a-2",
        ] {
            assert_eq!(of(said), None, "{said}");
        }
    }
}
