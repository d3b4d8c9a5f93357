//! Evaluation against a model: comparisons in SQL's logic of three values, written down a second time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::properties::like;
use crate::row::{UnitRow, holds};

/// A value as the model knows it; none is null.
type Model = Option<Plain>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Plain {
    Text(String),
    Number(i64),
    Flag(bool),
    Id(Uuid),
}

impl Plain {
    fn literal(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Id(id) => format!("'{id}'"),
        }
    }
}

/// What the left side may be, and its value in a row.
const TEXTS: [&str; 4] = ["Slug", "Space.Slug", "Labels.tier", "Labels.zone"];
const NUMBERS: [&str; 3] = ["HeadRevisionNum", "LiveRevisionNum", "LEN(Labels)"];

fn value(row: &UnitRow, attribute: &str) -> Model {
    let number = |number: i64| Some(Plain::Number(number));
    match attribute {
        "Slug" => Some(Plain::Text(row.slug.clone())),
        "Space.Slug" => Some(Plain::Text(row.space_slug.clone())),
        "HeadRevisionNum" => number(row.head),
        "LiveRevisionNum" => number(row.live),
        "LEN(Labels)" => number(i64::try_from(row.labels.len()).unwrap()),
        "TargetID" => row.target.map(Plain::Id),
        "ApplyGates.g/f" => row.gates.get("g/f").copied().map(Plain::Flag),
        label => row.labels.get(label.strip_prefix("Labels.").unwrap()).cloned().map(Plain::Text),
    }
}

/// True, false, or neither.
fn compared(left: &Model, operator: &str, right: &Model) -> Option<bool> {
    let ordering = left.as_ref()?.cmp(right.as_ref()?);
    Some(match operator {
        "=" => ordering == Ordering::Equal,
        "!=" => ordering != Ordering::Equal,
        "<" => ordering == Ordering::Less,
        ">" => ordering == Ordering::Greater,
        "<=" => ordering != Ordering::Greater,
        ">=" => ordering != Ordering::Less,
        other => panic!("no operator {other}"),
    })
}

fn among(left: &Model, list: &[String], negated: bool) -> Option<bool> {
    let Some(Plain::Text(text)) = left else { return None };
    Some(list.contains(text) != negated)
}

fn alike(left: &Model, pattern: &str, negated: bool) -> Option<bool> {
    let Some(Plain::Text(text)) = left else { return None };
    let characters = |text: &str| text.chars().collect::<Vec<_>>();
    Some(like(&characters(pattern), &characters(text)) != negated)
}

fn ordering() -> impl Strategy<Value = &'static str> {
    select(vec!["=", "!=", "<", ">", "<=", ">="])
}

fn word() -> impl Strategy<Value = String> {
    "[ab]{1,2}"
}

fn row() -> impl Strategy<Value = UnitRow> {
    let labels = prop::collection::btree_map(select(vec!["tier", "zone", "other"]), "[ab]{0,2}", 0..3);
    let target = prop::option::of((0..3_u128).prop_map(Uuid::from_u128));
    ("[ab]{0,2}", "[ab]{0,2}", 0..3_i64, 0..3_i64, labels, target, prop::option::of(any::<bool>())).prop_map(
        |(slug, space_slug, head, live, labels, target, gate)| UnitRow {
            slug,
            space_slug,
            head,
            live,
            target,
            labels: labels.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            gates: gate.into_iter().map(|gate| ("g/f".to_owned(), gate)).collect::<BTreeMap<_, _>>(),
            ..UnitRow::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn text_is_compared_as_in_the_model(row in row(), left in select(TEXTS.to_vec()), operator in ordering(), right in word()) {
        let expected = compared(&value(&row, left), operator, &Some(Plain::Text(right.clone())));
        prop_assert_eq!(holds(&format!("{left} {operator} '{right}'"), &row), expected == Some(true));
    }

    #[test]
    fn numbers_are_compared_as_in_the_model(
        row in row(),
        left in select(NUMBERS.to_vec()),
        operator in ordering(),
        right in prop_oneof![select(NUMBERS[..2].to_vec()).prop_map(str::to_owned), (-1..4_i64).prop_map(|n| n.to_string())],
    ) {
        let number = right.parse().ok().map_or_else(|| value(&row, &right), |number| Some(Plain::Number(number)));
        let expected = compared(&value(&row, left), operator, &number);
        prop_assert_eq!(holds(&format!("{left}{operator}{right}"), &row), expected == Some(true));
    }

    #[test]
    fn ids_and_flags_are_equal_or_not(row in row(), equal in any::<bool>(), id in 0..3_u128, flag in any::<bool>()) {
        let operator = if equal { "=" } else { "!=" };
        for (left, right) in [("TargetID", Plain::Id(Uuid::from_u128(id))), ("ApplyGates.g/f", Plain::Flag(flag))] {
            let clause = format!("{left} {operator} {}", right.literal());
            let expected = compared(&value(&row, left), operator, &Some(right));
            prop_assert_eq!(holds(&clause, &row), expected == Some(true), "{}", clause);
        }
    }

    #[test]
    fn attributes_are_compared_with_attributes(row in row(), left in select(TEXTS.to_vec()), operator in ordering(), right in select(TEXTS.to_vec())) {
        let expected = compared(&value(&row, left), operator, &value(&row, right));
        prop_assert_eq!(holds(&format!("{left} {operator} {right}"), &row), expected == Some(true));
    }

    #[test]
    fn lists_hold_their_values(row in row(), left in select(TEXTS.to_vec()), list in prop::collection::vec("[ab]{0,2}", 1..4), negated in any::<bool>()) {
        let operator = if negated { "NOT IN" } else { "IN" };
        let expected = among(&value(&row, left), &list, negated);
        prop_assert_eq!(holds(&format!("{left} {operator} ('{}')", list.join("','")), &row), expected == Some(true));
    }

    #[test]
    fn patterns_are_those_of_the_model(row in row(), left in select(TEXTS.to_vec()), pattern in "[ab%_]{0,3}", negated in any::<bool>()) {
        let operator = if negated { "!~~" } else { "LIKE" };
        let expected = alike(&value(&row, left), &pattern, negated);
        prop_assert_eq!(holds(&format!("{left} {operator} '{pattern}'"), &row), expected == Some(true));
    }

    /// The one place where the language leaves SQL: `= ''` holds for what is not set.
    #[test]
    fn empty_text_asks_whether_something_is_set(row in row(), left in select(vec!["Slug", "Labels.tier", "TargetID"])) {
        let unset = match value(&row, left) {
            None => true,
            Some(Plain::Text(text)) => text.is_empty(),
            Some(_) => false,
        };
        prop_assert_eq!(holds(&format!("{left} = ''"), &row), unset);
        prop_assert_eq!(holds(&format!("{left} != ''"), &row), !unset);
    }
}
