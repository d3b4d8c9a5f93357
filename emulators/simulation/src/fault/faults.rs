//! The rules of an environment, and what each has done.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::error::FaultError;
use super::matching::Subject;
use super::rule::{Effect, FaultRule, Refusal};
use crate::clock::Clock;
use crate::observe::{Injected, Observer};
use crate::origin::Origin;
use crate::seed::Seed;

/// The number of a rule, never given twice in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FaultId(pub u64);

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a rule is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultPhase {
    /// Its time has not come.
    Waiting,
    /// It meets whom it fits.
    Active,
    /// Its time is over, or it has met as many as it was to meet.
    Ended,
}

/// A rule and what it has done so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct FaultState {
    /// Its number.
    pub id: FaultId,
    /// Where it is in its life.
    pub phase: FaultPhase,
    /// How many fitted it while it was active.
    pub seen: u64,
    /// How often it did something.
    pub hits: u64,
    /// How many requests it holds back at present.
    pub held: usize,
    /// Environment time at which it was added.
    pub added_at: Timestamp,
    /// What it says.
    pub rule: FaultRule,
}

/// Whether a server takes connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outage {
    None,
    Down(Refusal),
}

/// Whether a server takes connections, and when that changes by time alone.
pub(crate) struct Availability {
    pub(crate) outage: Outage,
    pub(crate) until: Option<Timestamp>,
}

/// The rules of an environment. Clones share them.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    seed: Seed,
    observer: Arc<dyn Observer>,
    rules: Mutex<Rules>,
    /// How many rules there are, for the way that most requests go.
    count: AtomicUsize,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Rules {
    present: Vec<Arc<Kept>>,
    last: u64,
    removed: Vec<FaultState>,
}

/// A rule with its counters.
pub(super) struct Kept {
    pub(super) id: FaultId,
    pub(super) rule: FaultRule,
    added_at: Timestamp,
    counters: Mutex<Counters>,
    pub(super) held: AtomicUsize,
    /// Cancelled when the rule is removed.
    pub(super) removed: CancellationToken,
    /// First answers, by audience and target, for [`Effect::Stale`].
    pub(super) answers: Mutex<super::answer::Answers>,
}

#[derive(Default)]
struct Counters {
    seen: u64,
    hits: u64,
}

impl Kept {
    /// From when to when it is active; `None` when that is unbounded.
    fn window(&self) -> (Timestamp, Option<Timestamp>) {
        let after = self.rule.matching.after.unwrap_or_default().0;
        let from = self.added_at.checked_add(after).unwrap_or(Timestamp::MAX);
        (from, self.rule.matching.lasting.map(|lasting| from.checked_add(lasting.0).unwrap_or(Timestamp::MAX)))
    }

    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        self.window().1
    }

    pub(super) fn phase(&self, now: Timestamp) -> FaultPhase {
        let (from, until) = self.window();
        if until.is_some_and(|until| until <= now) || self.rule.matching.is_spent(self.counters().seen) {
            FaultPhase::Ended
        } else if from <= now {
            FaultPhase::Active
        } else {
            FaultPhase::Waiting
        }
    }

    /// The next moment after `now` at which it begins or ends by time.
    pub(super) fn next_boundary(&self, now: Timestamp) -> Option<Timestamp> {
        let (from, until) = self.window();
        [Some(from), until].into_iter().flatten().find(|at| *at > now)
    }

    /// Counts a subject that fits, and says whether the rule meets it.
    fn meets(&self, subject: &Subject, now: Timestamp, seed: &Seed) -> bool {
        if self.phase(now) != FaultPhase::Active || !self.rule.matching.fits(subject) {
            return false;
        }
        let matching = &self.rule.matching;
        let mut counters = self.counters();
        counters.seen += 1;
        let counted = matching.nth.is_none_or(|nth| counters.seen == nth);
        let drawn = matching.probability.is_none_or(|probability| chance(seed, self.id, probability));
        let met = counted && drawn;
        if met {
            counters.hits += 1;
        }
        met
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, now: Timestamp) -> FaultState {
        let phase = self.phase(now);
        let counters = self.counters();
        FaultState {
            id: self.id,
            phase,
            seen: counters.seen,
            hits: counters.hits,
            held: self.held.load(Ordering::Acquire),
            added_at: self.added_at,
            rule: self.rule.clone(),
        }
    }
}

/// Drawn for every subject that fits, so that a rule's draws do not depend on other rules.
fn chance(seed: &Seed, id: FaultId, probability: f64) -> bool {
    const PARTS: u64 = 1_000_000;
    #[expect(clippy::cast_precision_loss, reason = "both are far below 2^52")]
    let drawn = seed.number(&format!("chance {id}"), 0..=PARTS - 1) as f64 / PARTS as f64;
    drawn < probability
}

impl Faults {
    pub(crate) fn new(clock: Clock, seed: Seed, observer: Arc<dyn Observer>) -> Self {
        let shared = Shared {
            clock,
            seed,
            observer,
            rules: Mutex::default(),
            count: AtomicUsize::new(0),
            changed: watch::Sender::new(()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Adds a rule; it stays until it is removed.
    ///
    /// # Errors
    ///
    /// [`FaultError`] when the rule can never do what it says.
    pub fn add(&self, rule: FaultRule) -> Result<FaultId, FaultError> {
        rule.check()?;
        let added_at = self.shared.clock.now();
        let mut rules = self.rules();
        rules.last += 1;
        let id = FaultId(rules.last);
        rules.present.push(Arc::new(Kept {
            id,
            rule,
            added_at,
            counters: Mutex::default(),
            held: AtomicUsize::new(0),
            removed: CancellationToken::new(),
            answers: Mutex::default(),
        }));
        self.rules_changed(rules);
        Ok(id)
    }

    /// Adds a rule that is removed when the returned guard is dropped.
    ///
    /// # Errors
    ///
    /// [`FaultError`] when the rule can never do what it says.
    pub fn inject(&self, rule: FaultRule) -> Result<FaultGuard, FaultError> {
        self.add(rule).map(|id| FaultGuard { faults: self.clone(), id })
    }

    /// Removes a rule and undoes what it does at present: requests that it holds back go on, those it
    /// would never have answered are dropped, and a server that it took down listens again.
    pub fn remove(&self, id: FaultId) -> Option<FaultState> {
        self.remove_where(|kept| kept.id == id).pop()
    }

    /// Removes all rules with this label.
    pub fn remove_labelled(&self, label: &str) -> Vec<FaultState> {
        self.remove_where(|kept| kept.rule.label.as_deref() == Some(label))
    }

    /// Removes all rules.
    pub fn clear(&self) -> Vec<FaultState> {
        self.remove_where(|_| true)
    }

    fn remove_where(&self, test: impl Fn(&Kept) -> bool) -> Vec<FaultState> {
        let now = self.shared.clock.now();
        let mut rules = self.rules();
        let (gone, present): (Vec<_>, Vec<_>) = std::mem::take(&mut rules.present).into_iter().partition(|k| test(k));
        rules.present = present;
        let states: Vec<FaultState> = gone.iter().map(|kept| kept.state(now)).collect();
        rules.removed.extend(states.iter().cloned());
        self.rules_changed(rules);
        for kept in gone {
            kept.removed.cancel();
        }
        states
    }

    fn rules_changed(&self, rules: MutexGuard<'_, Rules>) {
        self.shared.count.store(rules.present.len(), Ordering::Release);
        drop(rules);
        self.shared.changed.send_replace(());
    }

    /// All rules that have not been removed, in the order in which they were added.
    pub fn list(&self) -> Vec<FaultState> {
        let now = self.shared.clock.now();
        self.rules().present.iter().map(|kept| kept.state(now)).collect()
    }

    /// All rules that were removed, as they were then.
    pub fn removed(&self) -> Vec<FaultState> {
        self.rules().removed.clone()
    }

    /// Whether there is no rule at all, and so nothing that is not undone.
    pub fn is_empty(&self) -> bool {
        self.shared.count.load(Ordering::Acquire) == 0
    }

    /// Counts and reports the rules that meet a subject, in order, up to the first final one.
    pub(super) fn draw(&self, subject: &Subject, wanted: impl Fn(&Effect) -> bool) -> Vec<Arc<Kept>> {
        let now = self.shared.clock.now();
        let mut drawn = Vec::new();
        for kept in self.present() {
            if !wanted(&kept.rule.effect) || !kept.meets(subject, now, &self.shared.seed) {
                continue;
            }
            self.report(&kept, subject.system, subject.origin.clone(), format!("{} {}", subject.method, subject.path));
            let last = kept.rule.effect.is_final();
            drawn.push(kept);
            if last {
                break;
            }
        }
        drawn
    }

    /// Tells the observer of a hit.
    pub(super) fn report(&self, kept: &Kept, system: &str, origin: Origin, target: String) {
        self.shared.observer.injected(Injected {
            system: system.to_owned(),
            origin,
            at: self.shared.clock.now(),
            rule: kept.id.0,
            label: kept.rule.label.clone(),
            effect: kept.rule.effect.to_string(),
            target,
        });
    }

    /// Whether the server of `system` takes connections now.
    pub(crate) fn availability(&self, system: &'static str) -> Availability {
        let now = self.shared.clock.now();
        let mut availability = Availability { outage: Outage::None, until: None };
        for kept in self.present() {
            let Effect::Down(refusal) = kept.rule.effect else { continue };
            if kept.rule.matching.system.as_deref().is_some_and(|wanted| wanted != system) {
                continue;
            }
            if kept.phase(now) == FaultPhase::Active {
                availability.outage = Outage::Down(refusal);
            }
            let boundary = kept.next_boundary(now);
            availability.until = [availability.until, boundary].into_iter().flatten().min();
        }
        availability
    }

    /// Counts and reports that the server of `system` went down.
    pub(crate) fn went_down(&self, system: &'static str) {
        let now = self.shared.clock.now();
        for kept in self.present() {
            let of_system = kept.rule.matching.system.as_deref().is_none_or(|wanted| wanted == system);
            if matches!(kept.rule.effect, Effect::Down(_)) && of_system && kept.phase(now) == FaultPhase::Active {
                {
                    let mut counters = kept.counters();
                    counters.seen += 1;
                    counters.hits += 1;
                }
                self.report(&kept, system, Origin::controller("fault", None), "listener".to_owned());
            }
        }
    }

    /// Told whenever a rule is added or removed.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    pub(super) fn present(&self) -> Vec<Arc<Kept>> {
        self.rules().present.clone()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(super) fn seed(&self) -> &Seed {
        &self.shared.seed
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        // Every critical section leaves the rules whole, so a poisoned lock is still good.
        self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list()).finish()
    }
}

/// A rule that is removed when this is dropped.
#[derive(Debug)]
#[must_use = "the rule is removed at once"]
pub struct FaultGuard {
    faults: Faults,
    id: FaultId,
}

impl FaultGuard {
    /// The rule's number.
    pub fn id(&self) -> FaultId {
        self.id
    }

    /// The rule as it is now; `None` when somebody else removed it.
    pub fn state(&self) -> Option<FaultState> {
        self.faults.list().into_iter().find(|state| state.id == self.id)
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        self.faults.remove(self.id);
    }
}
