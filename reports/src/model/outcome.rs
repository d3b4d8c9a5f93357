//! The rules that make a verdict of what was observed, and an exit status of a verdict.

use super::run::{Counts, RunEnd};
use crate::verdict::{StepVerdict, Verdict};

/// What decides the verdict of one attempt at a scenario.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AttemptOutcome {
    /// Steps in the plan.
    pub(crate) planned: usize,
    /// Steps that passed.
    pub(crate) passed: usize,
    /// A step failed.
    pub(crate) failed: bool,
    /// The harness or the environment broke.
    pub(crate) broken: bool,
    /// The attempt's end was seen.
    pub(crate) finished: bool,
}

impl AttemptOutcome {
    /// Takes a step's verdict in.
    pub(crate) fn add_step(&mut self, verdict: StepVerdict) {
        match verdict {
            StepVerdict::Passed => self.passed += 1,
            StepVerdict::Failed => self.failed = true,
            StepVerdict::Error => self.broken = true,
            StepVerdict::NotRun => {}
        }
    }

    /// The attempt's verdict. It passed only when its end was seen and every planned step, of which there is at
    /// least one, passed.
    pub(crate) fn verdict(&self, denied_finding: bool) -> Verdict {
        if self.broken {
            Verdict::Error
        } else if self.failed || denied_finding {
            Verdict::Failed
        } else if self.finished && self.planned > 0 && self.passed >= self.planned {
            Verdict::Passed
        } else {
            Verdict::NotRun
        }
    }
}

/// The scenario's verdict from those of its attempts, the first one first.
pub(crate) fn scenario_verdict(attempts: &[Verdict]) -> Verdict {
    match attempts {
        [] => Verdict::NotRun,
        [only] => *only,
        [.., Verdict::Passed] => Verdict::Flaky,
        [.., last] => *last,
    }
}

/// What decides the verdict of a run and its exit status.
#[derive(Debug)]
pub(super) struct RunOutcome<'a> {
    pub(super) counts: &'a Counts,
    pub(super) end: &'a RunEnd,
    /// The harness or the environment broke outside of scenarios.
    pub(super) broken: bool,
    /// A finding outside of scenarios is held against the run.
    pub(super) denied: bool,
    /// Clean-up left something behind.
    pub(super) leftovers: bool,
    /// The exit status that the journal holds.
    pub(super) recorded: Option<u8>,
}

impl RunOutcome<'_> {
    /// The worst of everything. A run that was cut short, or left something behind, did not pass; nor did one
    /// that its own process called failed although nothing in the journal says why.
    pub(super) fn verdict(&self) -> Verdict {
        let counts = self.counts;
        let worst = counts.worst_first().map(|(verdict, _)| verdict).next().unwrap_or(Verdict::NotRun);
        let worst = if worst == Verdict::Skipped && counts.passed > 0 { Verdict::Passed } else { worst };
        let end = if *self.end == RunEnd::Finished { Verdict::Passed } else { Verdict::NotRun };
        let outside = match (self.broken, self.denied || self.leftovers) {
            (true, _) => Verdict::Error,
            (false, true) => Verdict::Failed,
            (false, false) => Verdict::Passed,
        };
        let verdict = worst.max(end).max(outside);
        let unexplained = self.observed_status() == 0 && self.recorded.is_some_and(|status| status != 0);
        if unexplained { Verdict::Error } else { verdict }
    }

    /// The documented exit status; where nothing observed is wrong, the one that the process recorded.
    pub(super) fn exit_status(&self) -> u8 {
        match self.observed_status() {
            0 => self.recorded.unwrap_or(0),
            status => status,
        }
    }

    /// Interruption first, then the budget, then the worst of the rest.
    fn observed_status(&self) -> u8 {
        let counts = self.counts;
        match self.end {
            RunEnd::Interrupted { signal } if signal == "SIGTERM" => 143,
            RunEnd::Interrupted { .. } => 130,
            RunEnd::BudgetExceeded { .. } => 5,
            _ if self.broken || counts.error > 0 => 3,
            _ if self.denied || counts.failed > 0 => 1,
            _ if self.leftovers => 6,
            RunEnd::Unfinished => 3,
            RunEnd::Finished if counts.not_run > 0 => 3,
            RunEnd::Finished if counts.total == counts.skipped => 4,
            RunEnd::Finished => 0,
        }
    }
}
