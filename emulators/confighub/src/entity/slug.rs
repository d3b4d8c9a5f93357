//! What can be a slug. Slugs are in paths of requests, in clauses and in the names of a snapshot's files.

/// The longest slug, in characters. Nowhere is it said how long one may be, nor which characters one
/// may have beyond those that the client leaves in one: lower-case letters, digits, `-` and `_`.
/// Capitals are let in too, for a worker's targets are called after contexts of a kubeconfig.
pub(crate) const SLUG_LIMIT: usize = 128;

/// So many characters of a text become its slug, which leaves room for what tells it from another one.
const KEPT: usize = 100;

/// Whether a text can be a slug: letters, digits, `-` and `_`, with a letter or digit at both ends.
pub(crate) fn is_slug(text: &str) -> bool {
    let edge = |character: Option<char>| character.is_some_and(|c| c.is_ascii_alphanumeric());
    text.len() <= SLUG_LIMIT
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        && edge(text.chars().next())
        && edge(text.chars().next_back())
}

/// The slug that is most like a text: other characters become `-`. `None` when nothing is left of it.
pub(crate) fn slug_of(text: &str) -> Option<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let slug: String = text.chars().map(plain).collect();
    let inner = slug.trim_start_matches(['-', '_']);
    let kept = inner[..inner.len().min(KEPT)].trim_end_matches(['-', '_']);
    (!kept.is_empty()).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_slug, slug_of};

    #[test]
    fn a_slug_is_as_like_its_text_as_can_be() {
        for (text, slug) in [
            ("dev", Some("dev")),
            ("Jane.Doe+x", Some("Jane-Doe-x")),
            ("../../../escaped", Some("escaped")),
            ("_a_", Some("a")),
            ("ä/ö", None),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(slug_of(text).as_deref(), slug, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_becomes_of_a_text_is_a_slug(text in "\\PC{0,300}") {
            prop_assert!(slug_of(&text).is_none_or(|slug| is_slug(&slug)));
        }
    }
}
