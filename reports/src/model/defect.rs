//! Findings by what has to be mended.
//!
//! One line of a script that many scenarios run is one thing to mend, and what follows from it goes with it.

use super::run::{FindingReport, Run};

/// The findings of one kind at one place, and those of other places that follow from them.
#[derive(Debug)]
pub struct Defect<'a> {
    /// The first one found; it stands for all.
    pub first: &'a FindingReport,
    /// All later ones of the same kind at the same place.
    pub again: Vec<&'a FindingReport>,
    /// What follows from it, each place and kind once.
    pub following: Vec<Defect<'a>>,
}

impl<'a> Defect<'a> {
    /// The defects that `findings` tell of, in the order they were found.
    pub fn all(findings: &[&'a FindingReport]) -> Vec<Self> {
        let mut distinct: Vec<Self> = Vec::new();
        for finding in findings {
            match distinct.iter_mut().find(|known| is_same(known.first, finding)) {
                Some(known) => known.again.push(finding),
                None => distinct.push(Self { first: finding, again: Vec::new(), following: Vec::new() }),
            }
        }
        let origins: Vec<Option<usize>> = (0..distinct.len()).map(|number| origin(&distinct, number)).collect();
        let mut roots: Vec<(usize, Self)> = Vec::new();
        let mut followers = Vec::new();
        for ((number, defect), origin) in distinct.into_iter().enumerate().zip(origins) {
            match origin {
                None => roots.push((number, defect)),
                Some(origin) => followers.push((origin, defect)),
            }
        }
        for (origin, defect) in followers {
            if let Some((_, root)) = roots.iter_mut().find(|(number, _)| *number == origin) {
                root.following.push(defect);
            }
        }
        roots.into_iter().map(|(_, defect)| defect).collect()
    }

    /// The defects that are held against a run.
    pub fn held_against(run: &'a Run) -> Vec<Self> {
        Self::all(&run.findings.iter().filter(|finding| finding.held_against).collect::<Vec<_>>())
    }

    /// The findings at its own place.
    pub fn findings(&self) -> impl Iterator<Item = &'a FindingReport> {
        std::iter::once(self.first).chain(self.again.iter().copied())
    }
}

/// Which defect this one follows from in the end, if from any but itself.
fn origin(all: &[Defect<'_>], number: usize) -> Option<usize> {
    let mut origin = number;
    // Each step leads to another one, unless they follow from each other in a circle.
    for _ in 0..all.len() {
        let Some(next) = all.iter().position(|other| is_from(all[origin].first, other.first)) else { break };
        if next == number {
            return None;
        }
        origin = next;
    }
    (origin != number).then_some(origin)
}

fn is_same(one: &FindingReport, other: &FindingReport) -> bool {
    let key = |finding: &FindingReport| (finding.place(), finding.policy, finding.expected_by.is_some());
    // Without a place, the sentence tells one from another.
    one.kind == other.kind && key(one) == key(other) && (one.file.is_some() || one.message == other.message)
}

fn is_from(finding: &FindingReport, other: &FindingReport) -> bool {
    let from = finding.follows.as_ref().map(ToString::to_string);
    from.is_some() && from == other.place() && from != finding.place()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::diagnostic::Location;
    use crate::journal::{Event, Finding, Record};

    fn finding(kind: &str, line: usize, follows: Option<usize>) -> FindingReport {
        let at = |line| Location { file: "deploy".to_owned(), line, column: None };
        let told = serde_json::json!({"number": line, "kind": kind, "policy": "deny", "message": "m"});
        let mut finding: Finding = serde_json::from_value(told).unwrap();
        finding.source = Some(at(line));
        finding.follows = follows.map(at);
        let record = Record {
            seq: 1,
            wall: Timestamp::UNIX_EPOCH,
            at: None,
            scenario: None,
            attempt: None,
            step: None,
            event: Event::ScenarioFinished,
        };
        super::super::fold::finding_report(finding, &record)
    }

    fn told(defects: &[Defect<'_>]) -> Vec<(Option<usize>, usize, Vec<Option<usize>>)> {
        let lines = |defect: &Defect<'_>| defect.following.iter().map(|one| one.first.line).collect();
        defects.iter().map(|defect| (defect.first.line, defect.again.len(), lines(defect))).collect()
    }

    #[test]
    fn one_place_is_one_defect_and_what_follows_goes_with_it() {
        let found = [
            finding("masked-failure", 1, None),
            finding("masked-failure", 2, Some(1)),
            finding("claim-without-effect", 3, Some(2)),
            finding("masked-failure", 1, None),
            finding("no-effect", 1, None),
            finding("claim-without-effect", 9, Some(8)),
        ];
        let defects = Defect::all(&found.iter().collect::<Vec<_>>());
        assert_eq!(
            told(&defects),
            [
                (Some(1), 1, vec![Some(2), Some(3)]),
                (Some(1), 0, vec![]),
                // What it follows from was not found, or is expected: then it stands for itself.
                (Some(9), 0, vec![]),
            ]
        );
    }

    #[test]
    fn a_circle_loses_nothing() {
        let found = [finding("a", 1, Some(2)), finding("b", 2, Some(1)), finding("c", 3, Some(3))];
        let defects = Defect::all(&found.iter().collect::<Vec<_>>());
        let all: usize = defects.iter().map(|defect| 1 + defect.following.len()).sum();
        assert_eq!(all, 3);
    }
}
