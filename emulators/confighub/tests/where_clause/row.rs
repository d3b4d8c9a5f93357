//! A unit to evaluate clauses on, without a hub.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stagegate_confighub::where_clause::{Clause, Row, Value, entities};
use uuid::Uuid;

#[derive(Debug)]
pub(crate) struct UnitRow {
    pub(crate) slug: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) gates: BTreeMap<String, bool>,
    pub(crate) approved_by: Vec<Uuid>,
    pub(crate) head: i64,
    pub(crate) live: i64,
    pub(crate) target: Option<Uuid>,
    pub(crate) created_at: Timestamp,
    pub(crate) space_slug: String,
}

impl Default for UnitRow {
    fn default() -> Self {
        let map = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        Self {
            slug: "trade-service".to_owned(),
            labels: map("tier", "backend"),
            gates: BTreeMap::from([("guard/no-placeholders".to_owned(), true)]),
            approved_by: vec![Uuid::from_u128(7)],
            head: 3,
            live: 2,
            target: None,
            created_at: "2025-10-05T12:00:00Z".parse().expect("a time"),
            space_slug: "p-prod-us".to_owned(),
        }
    }
}

impl Row for UnitRow {
    fn value(&self, relations: &[&'static str], attribute: &'static str) -> Value<'_> {
        match (relations, attribute) {
            ([], "Slug") => Value::Text(&self.slug),
            ([], "Labels") => Value::TextMap(&self.labels),
            ([], "ApplyGates") => Value::BooleanMap(&self.gates),
            ([], "ApprovedBy") => Value::UuidList(&self.approved_by),
            ([], "HeadRevisionNum") => Value::Integer(self.head),
            ([], "LiveRevisionNum") => Value::Integer(self.live),
            ([], "TargetID") => self.target.map_or(Value::Nothing, Value::Uuid),
            ([], "CreatedAt") => Value::Time(self.created_at),
            (["Space"], "Slug") => Value::Text(&self.space_slug),
            _ => Value::Nothing,
        }
    }
}

pub(crate) fn holds(clause: &str, row: &UnitRow) -> bool {
    match Clause::parse(clause, &entities::UNIT) {
        Ok(clause) => clause.holds_for(row),
        Err(error) => panic!("{clause}: {error}"),
    }
}
