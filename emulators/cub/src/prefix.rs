//! Names for `space new-prefix`: an adjective and a noun that begin no space's name yet.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng};

const ADJECTIVES: [&str; 32] = [
    "amber", "bold", "brisk", "calm", "clear", "cosy", "eager", "early", "fair", "fluffy", "gentle", "glad", "golden",
    "grand", "happy", "humble", "jolly", "keen", "kind", "lively", "lucky", "mellow", "neat", "noble", "plucky",
    "proud", "quiet", "rapid", "sunny", "swift", "warm", "witty",
];
const NOUNS: [&str; 32] = [
    "badger", "bear", "beaver", "crane", "cub", "deer", "dove", "eagle", "falcon", "finch", "fox", "goose", "hare",
    "hawk", "heron", "ibex", "lark", "lion", "lynx", "marten", "moose", "otter", "owl", "panda", "puffin", "raven",
    "robin", "seal", "stork", "swan", "tiger", "wren",
];

/// A prefix that no slug in `taken` begins with; the same for the same seed and the same slugs.
pub(crate) fn free(seed: Option<u64>, taken: &[&str]) -> String {
    // The standard library's hash keys are random for each process.
    let mut random = SmallRng::seed_from_u64(seed.unwrap_or_else(|| RandomState::new().build_hasher().finish()));
    loop {
        let prefix = format!("{}-{}", pick(&ADJECTIVES, &mut random), pick(&NOUNS, &mut random));
        if !taken.iter().any(|slug| slug.starts_with(&prefix)) {
            return prefix;
        }
        // With every pair taken, a number makes a new one.
        let numbered = format!("{prefix}{}", random.random_range(2..10_000));
        if taken.len() >= ADJECTIVES.len() * NOUNS.len() && !taken.iter().any(|slug| slug.starts_with(&numbered)) {
            return numbered;
        }
    }
}

fn pick(words: &[&'static str], random: &mut SmallRng) -> &'static str {
    words.choose(random).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_prefix_and_never_a_taken_one() {
        let first = free(Some(1), &[]);
        assert_eq!(first, free(Some(1), &[]));
        let space = format!("{first}-traderx");
        assert_ne!(first, free(Some(1), &[&space]));
    }

    #[test]
    fn a_prefix_is_found_even_when_every_pair_is_taken() {
        let all: Vec<String> =
            ADJECTIVES.iter().flat_map(|left| NOUNS.iter().map(move |right| format!("{left}-{right}"))).collect();
        // Only the pairs themselves are taken here; each also begins the numbered names.
        let taken: Vec<&str> = all[1..].iter().map(String::as_str).collect();
        assert_eq!(free(Some(3), &taken), all[0]);
    }
}
