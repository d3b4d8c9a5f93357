//! What the emulators share: one clock, one seed, loopback serving, and the record of what each request changed.
//!
//! Nothing here knows ConfigHub or Kubernetes. An emulator takes a [`Simulation`] and gets from it
//! the time ([`Clock`]), every id and random choice ([`Seed`]), and the place to report what it saw
//! and changed ([`Observer`]).

mod channel;
mod clock;
mod fault;
pub mod go_duration;
mod observe;
mod operations;
mod origin;
mod seed;
mod serve;
mod stream;
mod tls;

pub use channel::{Receiver, Sender};
pub use clock::{Busy, Clock, Elapsed, Pace};
pub use fault::{
    DropAt, Effect, Endless, FaultError, FaultFileError, FaultGuard, FaultId, FaultMatch, FaultPhase, FaultRule,
    FaultState, Faults, FaultyApi, GIVEN_UP, PlacedRule, Refusal, Skew, Span, Spread, Subject, inject_faults,
    parse_fault_rules, parse_placed_fault_rules,
};
pub use observe::{Applied, Audit, Change, Exchange, Injected, Observer, Silent, Verb};
pub use operations::{NamedObject, Operations, UnitName};
pub use origin::{Actor, COMMAND_HEADER, OPERATION_HEADER, ORIGIN_HEADER, Origin, command_of_token, token_for_command};
pub use seed::Seed;
pub use serve::{ErrorMessage, ServeError, Server, loopback, record_exchanges};
pub use stream::{STREAM_HEADER, StreamLedger, StreamSender};
pub use tls::{ClientCertificate, Tls, TlsError};

use std::sync::Arc;

/// The clock, seed and observer of one environment, handed to each of its emulators.
#[derive(Clone)]
pub struct Simulation {
    /// The environment's time.
    pub clock: Clock,
    /// The source of every id, name suffix and jitter.
    pub seed: Seed,
    /// Where exchanges and changes are reported.
    pub observer: Arc<dyn Observer>,
    /// Which command each queued operation goes back to.
    pub operations: Operations,
    /// What goes wrong in it, by rule.
    pub faults: Faults,
}

impl Simulation {
    /// A simulation that tells `observer` what happens in it.
    pub fn new(clock: Clock, seed: Seed, observer: Arc<dyn Observer>) -> Self {
        let faults = Faults::new(clock.clone(), seed.child("faults"), Arc::clone(&observer));
        Self { clock, seed, observer, operations: Operations::default(), faults }
    }

    /// A simulation that tells nobody what happens in it.
    pub fn silent(clock: Clock, seed: Seed) -> Self {
        Self::new(clock, seed, Arc::new(Silent))
    }
}
