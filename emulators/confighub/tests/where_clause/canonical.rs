//! Clauses as text again, and what they say of themselves.

use proptest::prelude::*;
use stagegate_confighub::where_clause::{Clause, entities};

use crate::properties::clause;

#[test]
fn the_canonical_text_has_one_form() {
    for (written, canonical) in [
        ("", ""),
        ("Slug='a'AND\tSlug!='b'", "Slug = 'a' AND Slug != 'b'"),
        ("Unit.Slug ~~ '%a'", "Slug LIKE '%a'"),
        ("Labels.a/b IN ('x','y' , 'z')", "Labels.a/b IN ('x', 'y', 'z')"),
        ("Slug NOT   IN ('x')", "Slug NOT IN ('x')"),
        ("CreatedAt > '2025-01-07'", "CreatedAt > '2025-01-07T00:00:00Z'"),
        ("CreatedAt<'2025-01-07T01:00:00+01:00'", "CreatedAt < '2025-01-07T00:00:00Z'"),
        ("TargetID=''", "TargetID = ''"),
        ("HeadRevisionNum>0007", "HeadRevisionNum > 7"),
        ("LEN( ApprovedBy )>0", "LEN(ApprovedBy) > 0"),
        ("ApplyGates.g/f=true", "ApplyGates.g/f = true"),
        ("UpstreamUnit.Space.Slug!~*'^P'", "UpstreamUnit.Space.Slug !~* '^P'"),
    ] {
        assert_eq!(Clause::parse(written, &entities::UNIT).unwrap().to_string(), canonical);
    }
}

#[test]
fn spans_are_the_places_of_comparisons() {
    let text = " Slug = 'a' AND LEN(Labels) > 0 AND Labels.x IN ('a', 'b') ";
    let clause = Clause::parse(text, &entities::UNIT).unwrap();
    let texts: Vec<&str> = clause.comparisons.iter().map(|comparison| &text[comparison.span.clone()]).collect();
    assert_eq!(texts, ["Slug = 'a'", "LEN(Labels) > 0", "Labels.x IN ('a', 'b')"]);
}

proptest! {
    #[test]
    fn the_canonical_text_is_the_same_clause(text in clause()) {
        let parsed = Clause::parse(&text, &entities::UNIT).unwrap();
        let canonical = parsed.to_string();
        let again = Clause::parse(&canonical, &entities::UNIT);
        prop_assert_eq!(again.as_ref(), Ok(&parsed));
        prop_assert_eq!(again.unwrap().to_string(), canonical);
    }

    #[test]
    fn spans_are_clauses_of_their_own(text in clause()) {
        let parsed = Clause::parse(&text, &entities::UNIT).unwrap();
        for comparison in &parsed.comparisons {
            let alone = Clause::parse(&text[comparison.span.clone()], &entities::UNIT).unwrap();
            prop_assert_eq!(&alone.comparisons, std::slice::from_ref(comparison));
        }
    }
}
