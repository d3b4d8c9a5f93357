//! Deterministic ids, names and choices.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// A source of randomness that gives the same values in every run with the same seed.
///
/// Each named series is independent of the others, so that the order in which concurrent tasks ask
/// does not change what any one series gives.
#[derive(Clone)]
pub struct Seed {
    value: u64,
    series: Arc<Mutex<HashMap<String, SmallRng>>>,
}

/// The letters Kubernetes uses in generated names (k8s.io/apimachinery/pkg/util/rand).
const NAME_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

impl Seed {
    /// A seed with all its series at their beginning.
    pub fn new(value: u64) -> Self {
        Self { value, series: Arc::default() }
    }

    /// The number it was made from.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// A seed of its own for a part of the environment; the same name gives the same seed.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self::new(mix(self.value, name))
    }

    /// The next UUID (version 4 in form) of a series.
    pub fn uuid(&self, series: &str) -> Uuid {
        let bytes: [u8; 16] = self.with(series, Rng::random);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// The next `length` letters of a series, as Kubernetes puts them behind generated names.
    pub fn suffix(&self, series: &str, length: usize) -> String {
        self.with(series, |rng| {
            (0..length).map(|_| char::from(NAME_LETTERS[rng.random_range(0..NAME_LETTERS.len())])).collect()
        })
    }

    /// The next number of a series within `range`.
    pub fn number(&self, series: &str, range: RangeInclusive<u64>) -> u64 {
        self.with(series, |rng| rng.random_range(range))
    }

    /// The next duration of a series within `range`, to the millisecond.
    pub fn duration(&self, series: &str, range: RangeInclusive<Duration>) -> Duration {
        let millis = |duration: &Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.number(series, millis(range.start())..=millis(range.end())))
    }

    fn with<T>(&self, series: &str, draw: impl FnOnce(&mut SmallRng) -> T) -> T {
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let rng = all.entry(series.to_owned()).or_insert_with(|| SmallRng::seed_from_u64(mix(self.value, series)));
        draw(rng)
    }
}

/// FNV-1a over the seed and the name.
fn mix(seed: u64, name: &str) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let start = 0xcbf2_9ce4_8422_2325_u64;
    seed.to_le_bytes()
        .iter()
        .chain(name.as_bytes())
        .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Seed").field(&self.value).finish()
    }
}
