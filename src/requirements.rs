//! The requirements of the tutorial's and the runbook's source documents, which scenarios name in tags such as `@R17`.

/// Where the table is, for messages.
pub(crate) const TABLE: &str = "features/requirements.txt";

static TEXT: &str = include_str!("../features/requirements.txt");

/// One testable statement of a source document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// `R1` to `R480`.
    pub(crate) id: &'static str,
    /// The source document: 0 execution notes, 1 evaluation summary, 2 runbook, 3 implementation plan, 4 evaluator's
    /// report.
    pub(crate) document: u8,
    /// What sort of statement it is, such as `tutorial stage`.
    pub(crate) kind: &'static str,
    /// What it demands, in a few words.
    pub(crate) title: &'static str,
    /// Why no scenario checks it, where the table says so.
    reason: &'static str,
}

impl Requirement {
    /// The requirement on one line of the table.
    fn parse(line: &'static str) -> Option<Self> {
        let mut cells = line.split('|').map(str::trim);
        let (id, document, kind, title) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        let document = document.parse().ok()?;
        Some(Self { id, document, kind, title, reason: cells.next().unwrap_or_default() })
    }

    /// Whether it is about the stages of the tutorial, which must all be checked.
    pub(crate) fn is_of_a_stage(&self) -> bool {
        matches!(self.kind, "tutorial stage" | "bug reproduction")
    }

    /// Why no scenario checks it; `None` when there is no excuse.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        match (self.reason, self.kind, self.document) {
            (reason, ..) if !reason.is_empty() => Some(reason),
            _ if self.is_of_a_stage() => None,
            (_, "documentation-only", _) => Some("about documents, plans or opinions, which no run can decide"),
            (_, "security/HA-DR", _) => Some("belongs to the features on security and recovery, which are yet to come"),
            (_, _, 2 | 3) => Some("belongs to the runbook's features, which are yet to come"),
            _ => None,
        }
    }
}

/// All requirements, in the order of the table.
pub(crate) fn all() -> Vec<Requirement> {
    lines().filter_map(Requirement::parse).collect()
}

fn lines() -> impl Iterator<Item = &'static str> {
    TEXT.lines().filter(|line| !line.starts_with('#'))
}

/// Whether a tag names a requirement: `@R` and a number.
pub(crate) fn is_requirement_tag(tag: &str) -> bool {
    let number = tag.strip_prefix("@R").unwrap_or_default();
    !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_requirement_and_ids_run_from_1() {
        let all = all();
        assert_eq!(all.len(), lines().count());
        for (index, requirement) in all.iter().enumerate() {
            assert_eq!(requirement.id, format!("R{}", index + 1));
            assert!(!requirement.title.is_empty() && requirement.document <= 4, "{requirement:?}");
        }
    }

    #[test]
    fn only_a_number_behind_the_letter_names_a_requirement() {
        assert!(is_requirement_tag("@R17"));
        for tag in ["@R", "@R17a", "@requires-bash", "@r17", "R17"] {
            assert!(!is_requirement_tag(tag), "{tag}");
        }
    }
}
