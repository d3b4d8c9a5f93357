//! Effects that an emulator asks for, because a layer in front of it cannot bring them about.

use std::time::Duration;

use super::faults::{FaultPhase, Faults};
use super::matching::Subject;
use super::rule::Effect;

impl Faults {
    /// The lowered quota that refuses one more entity when `present` are there already.
    pub fn quota(&self, subject: &Subject, entity_type: &str, present: u64) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        let lowered = |effect: &Effect| match effect {
            Effect::Quota { entity_type: of, limit } if of == entity_type && present >= *limit => Some(*limit),
            _ => None,
        };
        let drawn = self.draw(subject, |effect| lowered(effect).is_some());
        drawn.iter().filter_map(|kept| lowered(&kept.rule.effect)).min()
    }

    /// Whether the heartbeat that is due is not to be sent.
    pub fn withholds_heartbeat(&self, subject: &Subject) -> bool {
        !self.is_empty() && !self.draw(subject, |effect| *effect == Effect::WithholdHeartbeats).is_empty()
    }

    /// How much later than usual the targets of a connecting worker are registered.
    pub fn registration_delay(&self, subject: &Subject) -> Duration {
        if self.is_empty() {
            return Duration::ZERO;
        }
        let drawn = self.draw(subject, |effect| matches!(effect, Effect::RegistrationDelay(_)));
        let delays = drawn.iter().map(|kept| match kept.rule.effect {
            Effect::RegistrationDelay(spread) => spread.draw(self.seed(), &format!("registration {}", kept.id)),
            _ => Duration::ZERO,
        });
        delays.sum()
    }

    /// Waits until a rule cuts this worker's stream; for ever where none does. Cancel-safe.
    pub async fn stream_cut(&self, subject: &Subject) {
        let mut changes = self.changes();
        loop {
            if !self.is_empty() && !self.draw(subject, |effect| *effect == Effect::StreamCut).is_empty() {
                return;
            }
            let now = self.clock().now();
            let next = self
                .present()
                .iter()
                .filter(|kept| kept.rule.effect == Effect::StreamCut && kept.phase(now) == FaultPhase::Waiting)
                .filter(|kept| kept.rule.matching.fits(subject))
                .filter_map(|kept| kept.next_boundary(now))
                .min();
            let due = async {
                match next {
                    Some(at) => self.clock().sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                told = changes.changed() => if told.is_err() { std::future::pending().await },
                () = due => {}
            }
        }
    }
}
