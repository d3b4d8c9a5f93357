//! Times something several times and tells the distribution.

use std::time::{Duration, Instant};

/// Durations of several runs, sorted.
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    /// Runs `work` once to warm up and then `runs` times.
    #[allow(dead_code, reason = "each benchmark uses one of the two ways")]
    pub(crate) fn of(runs: usize, mut work: impl FnMut()) -> Self {
        work();
        Self::timed(runs, || {
            let began = Instant::now();
            work();
            began.elapsed()
        })
    }

    /// Collects `runs` durations that `work` measured itself.
    pub(crate) fn timed(runs: usize, work: impl FnMut() -> Duration) -> Self {
        let mut durations: Vec<Duration> = std::iter::repeat_with(work).take(runs).collect();
        durations.sort();
        Self(durations)
    }

    pub(crate) fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (first, last) = (self.0[0], self.0[self.0.len() - 1]);
        write!(f, "median {:.1?} (min {first:.1?}, max {last:.1?}, {} runs)", self.median(), self.0.len())
    }
}
