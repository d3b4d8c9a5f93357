//! The detectors and what each of them looks for.

use stagegate_reports::journal::Policy;

/// A script's failure that no step looked at. Found by the run loop, which knows the steps.
pub const UNCHECKED_STATUS: &str = "unchecked-status";

/// A detector, explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The name that findings carry.
    pub kind: &'static str,
    /// What its findings do unless something else is asked for.
    pub default_policy: Policy,
    /// Its page, in Markdown: what it looks for, why that matters, an example, how to fix it, and when
    /// to allow it.
    pub page: &'static str,
}

impl Explanation {
    /// What it looks for, in one sentence.
    pub fn summary(&self) -> String {
        let paragraphs = self.page.split("\n\n").skip(1);
        let first = paragraphs.take(1).collect::<String>().replace('\n', " ");
        first.split_once(". ").map_or_else(|| first.trim_end().to_owned(), |(sentence, _)| format!("{sentence}."))
    }
}

const fn deny(kind: &'static str, page: &'static str) -> Explanation {
    Explanation { kind, default_policy: Policy::Deny, page }
}

const fn warn(kind: &'static str, page: &'static str) -> Explanation {
    Explanation { kind, default_policy: Policy::Warn, page }
}

/// Every detector, in the order in which findings are looked for.
pub fn catalogue() -> &'static [Explanation] {
    const ALL: &[Explanation] = &[
        deny(super::masked_failure::KIND, include_str!("pages/masked-failure.md")),
        deny(super::false_success::KIND, include_str!("pages/false-success.md")),
        deny(super::usage_error::KIND, include_str!("pages/usage-error.md")),
        deny(super::failed_operation::KIND, include_str!("pages/failed-operation.md")),
        deny(super::no_effect::KIND, include_str!("pages/no-effect.md")),
        deny(super::empty_selection::KIND, include_str!("pages/empty-selection.md")),
        deny(super::unresolved_placeholder::KIND, include_str!("pages/unresolved-placeholder.md")),
        deny(super::wrong_namespace::KIND, include_str!("pages/wrong-namespace.md")),
        deny(super::shared_object::KIND, include_str!("pages/shared-object.md")),
        deny(super::image_unavailable::KIND, include_str!("pages/image-unavailable.md")),
        deny(super::workload_failing::KIND, include_str!("pages/workload-failing.md")),
        deny(super::wait_too_short::KIND, include_str!("pages/wait-too-short.md")),
        deny(super::out_of_scope::KIND, include_str!("pages/out-of-scope-change.md")),
        deny(super::leftover::KIND, include_str!("pages/leftover.md")),
        deny(super::claim::KIND, include_str!("pages/claim-without-effect.md")),
        deny(super::unreachable_check::KIND, include_str!("pages/unreachable-check.md")),
        deny(super::always_true_check::KIND, include_str!("pages/always-true-check.md")),
        deny(super::aborted_check::KIND, include_str!("pages/aborted-check.md")),
        deny(super::unset_variable::KIND, include_str!("pages/unset-variable.md")),
        deny(super::printed_command::KIND, include_str!("pages/printed-command-broken.md")),
        warn(super::non_portable_command::KIND, include_str!("pages/non-portable-command.md")),
        deny(super::secret_overwritten::KIND, include_str!("pages/secret-overwritten.md")),
        deny(super::drift_by_hand::KIND, include_str!("pages/drift-by-hand.md")),
        deny(super::unanswered_prompt::KIND, include_str!("pages/unanswered-prompt.md")),
        warn(super::untraced_command::KIND, include_str!("pages/untraced-command.md")),
        deny(UNCHECKED_STATUS, include_str!("pages/unchecked-status.md")),
    ];
    ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_sections() {
        for entry in catalogue() {
            let headings: Vec<&str> = entry.page.lines().filter(|line| line.starts_with('#')).collect();
            let title = format!("# {}", entry.kind);
            let expected =
                [title.as_str(), "## Why it matters", "## Example", "## How to fix it", "## When to allow it"];
            assert_eq!(headings, expected);
            assert!(entry.summary().ends_with('.'), "{}", entry.kind);
        }
    }
}
