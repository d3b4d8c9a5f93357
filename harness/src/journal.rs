//! The harness's end of the journal: who writes what, in which scenario and step, at what time.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use jiff::Timestamp;
use stagegate_reports::journal::{
    AppliedObject, Audit, ChangeVerb, Effect, Event, Exchange, Injection, Record, Redactor, UnitName,
};
use stagegate_simulation::{Actor, Applied, Change, Clock, Injected, NamedObject, Observer, Origin, Verb};

/// Takes finished records, in order. The run's journal file and the terminal are the usual ones.
pub trait RecordSink: Send {
    /// Takes one record. Its `seq` and `wall` are set by the sink that numbers them.
    fn write(&mut self, record: Record) -> Record;
    /// A value that must be replaced by `***` in everything written from now on.
    fn secret(&mut self, value: &str);
}

/// The journal of a run. Clones write to the same one.
#[derive(Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

struct Shared {
    sink: Mutex<Box<dyn RecordSink>>,
    commands: AtomicU64,
    findings: AtomicU64,
    secrets: Mutex<Secrets>,
}

/// What no record may show.
#[derive(Default)]
struct Secrets {
    known: BTreeSet<String>,
    /// Finds each of them in a text, in any of its forms.
    redactor: Redactor,
}

impl Shared {
    fn sink(&self) -> MutexGuard<'_, Box<dyn RecordSink>> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    /// A journal that writes to `sink`.
    pub fn new(sink: Box<dyn RecordSink>) -> Self {
        let shared = Shared {
            sink: Mutex::new(sink),
            commands: AtomicU64::new(1),
            findings: AtomicU64::new(1),
            secrets: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Writes an event that belongs to no scenario.
    pub fn write(&self, event: Event) {
        self.record(None, None, None, None, event);
    }

    /// Writes an event about scenario `scenario` of the plan, outside of an attempt.
    pub fn write_for(&self, scenario: usize, event: Event) {
        self.record(None, Some(scenario), None, None, event);
    }

    /// A handle for one attempt at one scenario.
    pub fn scribe(&self, scenario: usize, attempt: usize) -> Scribe {
        Scribe {
            journal: self.clone(),
            attempt: Arc::new(Attempt {
                scenario,
                number: attempt,
                step: RwLock::new(None),
                clock: RwLock::new(None),
                records: Mutex::default(),
                calls: Mutex::default(),
            }),
        }
    }

    /// No journal, log or report shows `value` from now on.
    pub fn secret(&self, value: &str) {
        let mut secrets = self.shared.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if secrets.known.insert(value.to_owned()) {
            secrets.redactor.register(value);
            self.shared.sink().secret(value);
        }
    }

    fn holds_secret(&self, text: &str) -> bool {
        let secrets = self.shared.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.redactor.redact(text).is_some()
    }

    fn record(
        &self,
        at: Option<Timestamp>,
        scenario: Option<usize>,
        attempt: Option<usize>,
        step: Option<usize>,
        event: Event,
    ) -> Record {
        let record = Record { seq: 0, wall: Timestamp::now(), at, scenario, attempt, step, event };
        self.shared.sink().write(record)
    }
}

struct Attempt {
    scenario: usize,
    number: usize,
    step: RwLock<Option<usize>>,
    clock: RwLock<Option<Clock>>,
    records: Mutex<Vec<Record>>,
    /// By command line.
    calls: Mutex<HashMap<Vec<String>, u64>>,
}

/// Writes the journal of one attempt at one scenario. Clones share the present step and clock.
#[derive(Clone)]
pub struct Scribe {
    journal: Journal,
    attempt: Arc<Attempt>,
}

impl Scribe {
    /// Writes an event of this attempt, in the present step.
    pub fn write(&self, event: Event) {
        let at = self.clock().map(|clock| clock.now());
        let step = *self.attempt.step.read().unwrap_or_else(PoisonError::into_inner);
        let (scenario, attempt) = (Some(self.attempt.scenario), Some(self.attempt.number));
        // Held while writing, so that the attempt's own list has the journal's order.
        let mut records = self.attempt.records.lock().unwrap_or_else(PoisonError::into_inner);
        let record = self.journal.record(at, scenario, attempt, step, event);
        records.push(record);
    }

    /// Events from now on belong to this step; `None` between steps.
    pub fn set_step(&self, step: Option<usize>) {
        *self.attempt.step.write().unwrap_or_else(PoisonError::into_inner) = step;
    }

    /// Events from now on carry this clock's time.
    pub fn set_clock(&self, clock: Clock) {
        *self.attempt.clock.write().unwrap_or_else(PoisonError::into_inner) = Some(clock);
    }

    /// The environment's clock, once there is an environment.
    pub fn clock(&self) -> Option<Clock> {
        self.attempt.clock.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of the next traced command.
    pub fn next_command_number(&self) -> u64 {
        self.journal.shared.commands.fetch_add(1, Ordering::Relaxed)
    }

    /// How often this attempt has called the same before, apart from flags. Other than a command's number it does not depend
    /// on how often a script had to look until something was there.
    pub(crate) fn next_call(&self, argv: &[String]) -> u64 {
        let words = argv.iter().filter(|word| !word.starts_with('-')).cloned().collect();
        let mut calls = self.attempt.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let call = calls.entry(words).or_default();
        *call += 1;
        *call - 1
    }

    /// The number of the next finding.
    pub fn next_finding_number(&self) -> u64 {
        self.journal.shared.findings.fetch_add(1, Ordering::Relaxed)
    }

    /// Everything written in this attempt so far, secrets already replaced.
    pub fn records(&self) -> Vec<Record> {
        self.attempt.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// No journal, log or report shows `value` from now on.
    pub fn secret(&self, value: &str) {
        self.journal.secret(value);
    }

    /// Whether a value that no journal may show stands in `text`, in any form.
    pub fn holds_secret(&self, text: &str) -> bool {
        self.journal.holds_secret(text)
    }
}

impl Observer for Scribe {
    fn exchange(&self, exchange: stagegate_simulation::Exchange) {
        let stagegate_simulation::Exchange {
            system,
            origin,
            unit,
            method,
            target,
            status,
            error,
            at: _,
            duration,
            audit,
        } = exchange;
        self.write(Event::Exchange(Exchange {
            system,
            actor: actor(&origin),
            command: origin.command,
            unit: unit.map(named_unit),
            method,
            target,
            status,
            error,
            duration_ms: duration.as_secs_f64() * 1000.0,
            audit: audit.map(audited),
        }));
    }

    fn change(&self, change: Change) {
        let Change { system, origin, at: _, verb, kind, scope, name, summary } = change;
        let verb = match verb {
            Verb::Created => ChangeVerb::Created,
            Verb::Updated => ChangeVerb::Updated,
            Verb::Deleted => ChangeVerb::Deleted,
        };
        let effect =
            Effect { system, actor: actor(&origin), command: origin.command, verb, kind, scope, name, summary };
        self.write(Event::Effect(effect));
    }

    fn injected(&self, injected: Injected) {
        let Injected { system, origin, at: _, rule, label, effect, target } = injected;
        let (actor, command) = (actor(&origin), origin.command);
        self.write(Event::Injected(Injection { system, actor, command, rule, label, fault: effect, target }));
    }

    fn applied(&self, applied: Applied) {
        let Applied { origin, unit, object: NamedObject { kind, namespace, name } } = applied;
        let namespace = (!namespace.is_empty()).then_some(namespace);
        self.write(Event::Applied(AppliedObject {
            command: origin.command,
            unit: unit.map(named_unit),
            kind,
            namespace,
            name,
        }));
    }

    fn secret(&self, value: &str) {
        Scribe::secret(self, value);
    }
}

fn named_unit(stagegate_simulation::UnitName { space, unit }: stagegate_simulation::UnitName) -> UnitName {
    UnitName { space, unit }
}

fn actor(origin: &Origin) -> String {
    match &origin.actor {
        Actor::Step => "step".to_owned(),
        Actor::Command => "command".to_owned(),
        Actor::Worker { .. } => "worker".to_owned(),
        Actor::Controller { name } => name.clone(),
        Actor::Client { user_agent } if user_agent.is_empty() => "unknown client".to_owned(),
        Actor::Client { user_agent } => user_agent.clone(),
    }
}

fn audited(audit: stagegate_simulation::Audit) -> Audit {
    let stagegate_simulation::Audit { user, impersonator, verb, resource, namespace, name } = audit;
    Audit { user, impersonator, verb, resource, namespace, name }
}
