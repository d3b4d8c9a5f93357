//! What holds for all clauses.

use proptest::prelude::*;
use stagegate_confighub::where_clause::{Clause, Operator, entities};

use crate::row::{UnitRow, holds};

/// Clauses on units of every form, in all kinds of spacing.
pub(crate) fn clause() -> impl Strategy<Value = String> {
    let blank = || prop::sample::select(vec!["", " ", "\t "]);
    let form = prop_oneof![
        comparison(),
        ("(Unit\\.|UpstreamUnit\\.|)Slug", prop::sample::select(vec!["~", "!~*", "ILIKE"]), "[a-c^$.|%]{0,6}")
            .prop_filter("an expression", |(_, operator, text)| *operator == "ILIKE" || regex_of(text))
            .prop_map(|(left, operator, text)| format!("{left} {operator} '{text}'")),
        (prop::sample::select(vec!["TargetID", "Target.BridgeWorkerID"]), 0..u128::MAX)
            .prop_map(|(left, id)| format!("{left}!='{}'", uuid::Uuid::from_u128(id))),
        ("(CreatedAt|LastActionAt)(<|>=|=)'20[0-9]{2}-0[1-9]-1[0-9](T1[0-9]:30:0[0-9](\\.[0-9]{1,9})?(Z|\\+02:00)?)?'"),
        "(TargetID|CreatedAt|Slug) ?(=|!=) ?''",
        "(ApplyGates|DeleteGates)\\.[a-z]{1,3}/[a-z]{1,3}(=|!=)(true|false)",
        (0..9_u128).prop_map(|id| format!("ApprovedBy?'{}'", uuid::Uuid::from_u128(id))),
        "HeadRevisionNum (NOT IN|IN)\\( ?-?[0-9]{1,10}( ?,[0-9]{1,3}){0,3}\\)",
    ];
    (prop::collection::vec((form, blank()), 0..6), blank()).prop_map(|(parts, first)| {
        let parts: Vec<String> = parts.into_iter().map(|(form, blank)| format!("{form}{blank}")).collect();
        format!("{first}{}", parts.join(" AND "))
    })
}

fn regex_of(text: &str) -> bool {
    stagegate_confighub::where_clause::Pattern::compile(Operator::Matches, text).is_ok()
}

fn comparison() -> impl Strategy<Value = String> {
    let text = "[a-z0-9 %_.-]{0,12}";
    prop_oneof![
        (prop::sample::select(vec!["Slug", "Space.Slug", "Labels.tier", "Labels.a-b.c/d"]), text_operator(), text)
            .prop_map(|(left, operator, value)| format!("{left} {operator} '{value}'")),
        (prop::sample::select(vec!["HeadRevisionNum", "LiveRevisionNum", "LEN(Labels)"]), number_operator(), 0..9_u8)
            .prop_map(|(left, operator, value)| format!("{left}{operator}{value}")),
        prop::collection::vec("[a-z-]{1,6}", 1..4).prop_map(|values| format!("Slug IN ('{}')", values.join("', '"))),
        number_operator().prop_map(|operator| format!("HeadRevisionNum {operator} LiveRevisionNum")),
    ]
}

fn text_operator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["=", "!=", "<", ">", "<=", ">=", "LIKE", "ILIKE", "~~", "!~~"])
}

fn number_operator() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["=", "!=", "<", ">", "<=", ">="])
}

fn row() -> impl Strategy<Value = UnitRow> {
    ("[a-z-]{0,8}", 0..4_i64, 0..4_i64, prop::option::of("[a-z]{1,3}")).prop_map(|(slug, head, live, tier)| {
        let labels = tier.into_iter().map(|tier| ("tier".to_owned(), tier)).collect();
        UnitRow { slug, labels, head, live, ..UnitRow::default() }
    })
}

/// LIKE, written down a second time: `%` any text, `_` any one character.
pub(crate) fn like(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('%', rest)), _) => like(rest, text) || text.split_first().is_some_and(|(_, tail)| like(pattern, tail)),
        (Some(('_', rest)), Some((_, tail))) => like(rest, tail),
        (Some((character, rest)), Some((first, tail))) if character == first => like(rest, tail),
        _ => false,
    }
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused_at_a_place_in_it(text in ".{0,200}") {
        for schema in entities::ALL {
            if let Err(error) = Clause::parse(&text, schema) {
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?} of {text:?}", error.span);
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn texts_made_of_the_languages_own_words_never_fail_otherwise(
        words in prop::collection::vec(prop::sample::select(vec![
            "Slug", "Labels.a", "AND", "OR", "NOT", "IN", "LEN", "(", ")", ",", "=", "!", "~", "*", "'a'", "'", "7", "-", "true", "?", "Space.", ".",
        ]), 0..12),
        blank in prop::sample::select(vec!["", " ", "\t"]),
    ) {
        let text = words.join(blank);
        if let Err(error) = Clause::parse(&text, &entities::UNIT) {
            prop_assert!(text.get(error.span.clone()).is_some());
        }
    }

    #[test]
    fn a_conjunction_holds_when_both_sides_do(left in comparison(), right in comparison(), row in row()) {
        prop_assert_eq!(holds(&format!("{left} AND {right}"), &row), holds(&left, &row) && holds(&right, &row));
    }

    #[test]
    fn like_is_like(pattern in "[ab%_.]{0,6}", text in "[ab.]{0,6}") {
        let row = UnitRow { slug: text.clone(), ..UnitRow::default() };
        let expected = like(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        prop_assert_eq!(holds(&format!("Slug LIKE '{pattern}'"), &row), expected);
        prop_assert_eq!(holds(&format!("Slug !~~ '{pattern}'"), &row), !expected);
    }

    #[test]
    fn equal_and_unequal_are_opposites_for_set_values(value in "[a-c]{0,2}", slug in "[a-c]{1,2}") {
        let row = UnitRow { slug, ..UnitRow::default() };
        prop_assert_ne!(holds(&format!("Slug = '{value}'"), &row), holds(&format!("Slug != '{value}'"), &row));
    }
}

#[test]
fn every_operator_is_found_by_its_spelling() {
    for (spelling, operator) in Operator::SPELLINGS {
        assert_eq!(Operator::of_spelling(spelling), Some(operator));
    }
}
