//! Effects that an emulator asks for, because a layer in front of it cannot bring them about.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::faults::{FaultPhase, Faults, Kept};
use super::matching::Subject;
use super::rule::{Effect, GIVEN_UP};
use super::span::Spread;

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
        self.delay(subject, "registration", |effect| match effect {
            Effect::RegistrationDelay(spread) => Some(*spread),
            _ => None,
        })
    }

    /// How much longer than usual the image of a container takes to be pulled.
    pub fn pull_delay(&self, subject: &Subject) -> Duration {
        self.delay(subject, "pull", |effect| match effect {
            Effect::PullDelay(spread) => Some(*spread),
            _ => None,
        })
    }

    /// The sum of what each rule that meets the subject draws from its spread.
    fn delay(&self, subject: &Subject, series: &str, spread_of: impl Fn(&Effect) -> Option<Spread>) -> Duration {
        if self.is_empty() {
            return Duration::ZERO;
        }
        let drawn = self.draw(subject, |effect| spread_of(effect).is_some());
        let delays = drawn.iter().filter_map(|kept| {
            let spread = spread_of(&kept.rule.effect)?;
            Some(spread.draw(self.seed(), &format!("{series} {}", kept.id)))
        });
        delays.sum()
    }

    /// How far off the clock is by which the credentials of a request are judged.
    pub fn clock_skew(&self, subject: impl FnOnce() -> Subject) -> SignedDuration {
        if self.is_empty() {
            return SignedDuration::ZERO;
        }
        let skew_of = |effect: &Effect| match effect {
            Effect::ClockSkew(skew) => Some(skew.0),
            _ => None,
        };
        let drawn = self.draw(&subject(), |effect| skew_of(effect).is_some());
        let skews = drawn.iter().filter_map(|kept| skew_of(&kept.rule.effect));
        skews.fold(SignedDuration::ZERO, SignedDuration::saturating_add)
    }

    /// Whether packets from one end to the other are lost: a rule never answers what goes between them.
    pub fn loses_packets(&self, subject: &Subject) -> bool {
        !self.is_empty() && !self.draw(subject, |effect| *effect == Effect::HalfOpen).is_empty()
    }

    /// Waits until a rule cuts this stream; for ever where none does. Cancel-safe.
    pub async fn stream_cut(&self, subject: &Subject) {
        self.met(subject, &Effect::StreamCut).await;
    }

    /// Waits until a rule kills the processes of this Pod; for ever where none does. Cancel-safe.
    pub async fn killed(&self, subject: &Subject) {
        self.met(subject, &Effect::Kill).await;
    }

    /// Waits until a rule silences the kubelet of this node. Cancel-safe.
    pub async fn silenced(&self, subject: &Subject) {
        self.met(subject, &Effect::NodeSilent).await;
    }

    /// Waits until no rule silences the kubelet of this node any more. Cancel-safe.
    pub async fn spoke_again(&self, subject: &Subject) {
        self.released(subject, &Effect::NodeSilent).await;
    }

    /// Waits until a partition cuts this stream off. Cancel-safe.
    pub async fn cut_off(&self, subject: &Subject) {
        self.met(subject, &Effect::Partition).await;
    }

    /// Waits until no partition cuts this stream off any more; says whether its client was still there by then.
    /// Cancel-safe.
    pub async fn rejoined(&self, subject: &Subject) -> bool {
        self.clock().timeout(GIVEN_UP, self.released(subject, &Effect::Partition)).await.is_ok()
    }

    /// Waits until no rule with this effect meets the subject.
    async fn released(&self, subject: &Subject, effect: &Effect) {
        let active = |kept: &Kept, now| {
            kept.rule.effect == *effect && kept.phase(now) == FaultPhase::Active && kept.rule.matching.fits(subject)
        };
        let mut changes = self.changes();
        loop {
            let now = self.clock().now();
            let present = self.present();
            let meeting: Vec<_> = present.iter().filter(|kept| active(kept, now)).collect();
            if meeting.is_empty() {
                return;
            }
            let next = meeting.iter().filter_map(|kept| kept.next_boundary(now)).min();
            self.changed_or_due(&mut changes, next).await;
        }
    }

    /// Waits until a rule with this effect meets the subject; for ever where none does.
    async fn met(&self, subject: &Subject, wanted: &Effect) {
        let mut changes = self.changes();
        loop {
            if !self.is_empty() && !self.draw(subject, |effect| effect == wanted).is_empty() {
                return;
            }
            let now = self.clock().now();
            let next = self
                .present()
                .iter()
                .filter(|kept| kept.rule.effect == *wanted && kept.phase(now) == FaultPhase::Waiting)
                .filter(|kept| kept.rule.matching.fits(subject))
                .filter_map(|kept| kept.next_boundary(now))
                .min();
            self.changed_or_due(&mut changes, next).await;
        }
    }

    async fn changed_or_due(&self, changes: &mut watch::Receiver<()>, due: Option<Timestamp>) {
        let due = async {
            match due {
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
