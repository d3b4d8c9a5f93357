//! The name that was probably meant.

/// How alike two names must be, from 0 to 1, for one to be a slip for the other.
const LIKENESS: f64 = 0.8;

/// The name most like `given`, if any is like it at all.
pub(super) fn likest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = names.map(|name| (strsim::jaro_winkler(name, given), name));
    scored.filter(|(score, _)| *score > LIKENESS).max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, name)| name)
}
