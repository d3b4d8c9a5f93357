//! The sentences nearest to a text that is none.

use super::Sentence;

/// How alike a text and a sentence must be, from 0 to 1, to be worth suggesting.
const LIKENESS: f64 = 0.5;
const SUGGESTIONS: usize = 3;

/// At most three sentences that are like `text`, the likest first.
pub(super) fn nearest(text: &str, sentences: &[Sentence]) -> Vec<String> {
    let text = without_values(text);
    let mut scored: Vec<(f64, &str)> = sentences
        .iter()
        .map(|sentence| (likeness(&text, &without_values(&sentence.expression)), sentence.expression.as_str()))
        .filter(|(score, _)| *score >= LIKENESS)
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().take(SUGGESTIONS).map(|(_, expression)| expression.to_owned()).collect()
}

/// Typos count by letters, a wrong order or a missing word by words.
fn likeness(a: &str, b: &str) -> f64 {
    let letters = strsim::normalized_damerau_levenshtein(a, b);
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<std::collections::BTreeSet<_>>();
    let (a, b) = (words(a), words(b));
    let shared = a.intersection(&b).count();
    let all = a.union(&b).count().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a sentence has a few words")]
    let shared = shared as f64 / all as f64;
    letters.max(shared)
}

/// Quoted values, numbers and parameters all read `_`, so that only the wording is compared.
fn without_values(text: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(c);
                out.push('_');
            }
            (None, '{') => {
                quote = Some('}');
                out.push('_');
            }
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, c) => out.push(c),
        }
    }
    out
}
