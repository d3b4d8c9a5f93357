//! The pauses between the rounds of a wait.

use std::time::Duration;

use stagegate_simulation::Seed;

/// Starts at 30 s, grows by half each time up to 5 minutes, each pause varied by up to half of it.
/// Gives up when the next pause would end later than 15 minutes after the first round began
/// (recorded runs 7a, 7b and 7-long).
#[derive(Debug)]
pub(crate) struct Backoff {
    seed: Seed,
    interval: Duration,
}

const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(5 * 60);
const GIVE_UP_AFTER: Duration = Duration::from_secs(15 * 60);

impl Backoff {
    pub(crate) fn new(seed: Seed) -> Self {
        Self { seed, interval: FIRST }
    }

    /// The next pause, or `None` when it is time to give up.
    pub(crate) fn next_pause(&mut self, elapsed: Duration) -> Option<Duration> {
        let pause = self.seed.duration("wait-pause", self.interval / 2..=self.interval * 3 / 2);
        self.interval = (self.interval * 3 / 2).min(LONGEST);
        (elapsed + pause <= GIVE_UP_AFTER).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_within_their_bounds_and_end() {
        let mut backoff = Backoff::new(Seed::new(7));
        let (mut elapsed, mut middle, mut rounds) = (Duration::ZERO, FIRST, 0);
        while let Some(pause) = backoff.next_pause(elapsed) {
            assert!(pause >= middle / 2 && pause <= middle * 3 / 2, "pause {rounds} was {pause:?}");
            elapsed += pause + Duration::from_secs(120);
            middle = (middle * 3 / 2).min(LONGEST);
            rounds += 1;
        }
        assert!((3..=6).contains(&rounds), "five attempts with a 2 m timeout were seen, here {}", rounds + 1);
    }
}
