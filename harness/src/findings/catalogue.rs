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
    /// What it looks for.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// An example.
    pub example: &'static str,
    /// How to mend it.
    pub fix: &'static str,
    /// When it is right to allow it.
    pub when_to_allow: &'static str,
}

/// Every detector, in the order in which findings are looked for.
pub fn catalogue() -> &'static [Explanation] {
    &[
        Explanation {
            kind: super::masked_failure::KIND,
            default_policy: Policy::Deny,
            what: "A command failed and nothing ever saw it: its exit status was thrown away by `|| true`, by the \
                   left side of a pipe, by a command substitution in an argument, by a script without `set -e`, or \
                   by another such construct. A command that failed because what it was to create exists already, \
                   or that asked whether something exists and was told no, is not meant.",
            why: "The script goes on as if the command had worked, prints its success message and ends with status \
                  0, so neither a reader nor a pipeline learns that the step was never carried out.",
            example: "cub unit set-target k8s-dev reference-data --space dev || true",
            fix: "Let the failure end the script: drop `|| true` and use `set -e`, or `set -o pipefail` for a pipe. \
                  Where one failure is expected, such as an object that exists already, test for that one.",
            when_to_allow: "In clean-up, where removing what may be gone already is the point.",
        },
        Explanation {
            kind: super::false_success::KIND,
            default_policy: Policy::Deny,
            what: "A command ended with status 0 but did nothing except print its usage or help, which nobody asked \
                   it for.",
            why: "Many command line tools answer a sub-command that they do not know with the help of the group it \
                  would be in, and count that as success. `set -e` does not notice, and the output is often thrown \
                  away or, worse, taken for the answer.",
            example: "PREFIX=$(cub space make-prefix)   # the \"prefix\" is now twenty lines of help",
            fix: "Use a sub-command that the tool has; its name may have changed with the tool's version. Check \
                  what a command was to bring about, not its status alone.",
            when_to_allow: "When a script shows a tool's help to its reader by calling it without a sub-command.",
        },
        Explanation {
            kind: super::usage_error::KIND,
            default_policy: Policy::Deny,
            what: "A command was refused because of how it was written: an unknown flag or sub-command, too many or \
                   too few arguments, or an argument that cannot be what it stands for. Whether the script noticed \
                   does not matter.",
            why: "Such a command has never worked with this version of the tool and never will; only the text can \
                  be wrong.",
            example: "cub space delete dev --force   # Failed: unknown flag: --force",
            fix: "Look the command up in the help of the version that is to be used, and write it as that has it.",
            when_to_allow: "When a script tries a newer form of a command first and falls back to an older one.",
        },
        Explanation {
            kind: UNCHECKED_STATUS,
            default_policy: Policy::Deny,
            what: "A script that a step ran ended with a failure, or was killed for taking too long, and no later \
                   step of the scenario looked at its exit status.",
            why: "A scenario that runs a script and does not look at how it ended would pass whatever the script did.",
            example: "When I run \"./deploy\"   # and nothing about its exit status after it",
            fix: "Add `Then it exits with status 0`, or the status that is expected.",
            when_to_allow: "When only what the script left behind matters and any status will do.",
        },
    ]
}
