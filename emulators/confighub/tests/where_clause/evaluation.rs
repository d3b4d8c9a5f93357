//! What clauses select.

use uuid::Uuid;

use crate::row::{UnitRow, holds};

/// Clauses that hold for the default row, and clauses that do not.
const HOLDS: &[&str] = &[
    "",
    "Slug = 'trade-service'",
    "Slug='trade-service'",
    "Unit.Slug = 'trade-service'",
    "Slug != 'x'",
    "Slug != ''",
    "Slug < 'z' AND Slug > 'a' AND Slug <= 'trade-service' AND Slug >= 'trade-service'",
    "Slug IN ('a', 'trade-service')",
    "Slug NOT IN ('a','b')",
    "Slug LIKE 'trade%'",
    "Slug LIKE '_rade-service'",
    "Slug ~~ '%service'",
    "Slug !~~ '%web%'",
    "Slug ILIKE 'TRADE-%'",
    "Slug ~ '^trade'",
    "Slug ~* '^TRADE'",
    "Slug !~ '^web'",
    "Slug !~* 'WEB'",
    "Labels.tier = 'backend'",
    "Labels.absent = ''",
    "LEN(Labels) = 1",
    "ApplyGates.guard/no-placeholders = true",
    "LEN(ApplyGates) > 0",
    "ApprovedBy ? '00000000-0000-0000-0000-000000000007'",
    "LEN(ApprovedBy) = 1",
    "HeadRevisionNum > LiveRevisionNum",
    "HeadRevisionNum IN (1, 3)",
    "HeadRevisionNum = 3 AND LiveRevisionNum=2",
    "HeadRevisionNum > -1",
    "TargetID = ''",
    "CreatedAt > '2025-01-07'",
    "CreatedAt > '2025-02-18T23:16:34'",
    "CreatedAt < '2025-12-01T00:00:00Z'",
    "Space.Slug LIKE '%prod%'",
    "Space.Slug = 'p-prod-us' AND\tSlug = 'trade-service'",
];

const DOES_NOT_HOLD: &[&str] = &[
    "Slug = 'Trade-Service'",
    "Slug LIKE 'service'",
    "Slug LIKE 'trade.service'",
    "Slug IN ('a', 'b')",
    "Slug NOT IN ('trade-service')",
    "Slug ~ '^service'",
    "Slug = 'trade-service' AND Labels.tier = 'frontend'",
    "Labels.absent = 'x'",
    "Labels.absent != 'x'",
    "Labels.absent LIKE '%'",
    "Labels.absent NOT IN ('x')",
    "LEN(ApprovedBy) > 1",
    "ApprovedBy ? '00000000-0000-0000-0000-000000000008'",
    "HeadRevisionNum <= LiveRevisionNum",
    "TargetID != ''",
    "TargetID = '00000000-0000-0000-0000-000000000007'",
    "TargetID != '00000000-0000-0000-0000-000000000007'",
    "CreatedAt < '2025-01-07'",
    "ApplyGates.guard/other = true",
];

#[test]
fn clauses_select_as_they_say() {
    let row = UnitRow::default();
    for clause in HOLDS {
        assert!(holds(clause, &row), "should hold: {clause}");
    }
    for clause in DOES_NOT_HOLD {
        assert!(!holds(clause, &row), "should not hold: {clause}");
    }
}

#[test]
fn a_set_id_differs_from_nothing_and_equals_itself() {
    let row = UnitRow { target: Some(Uuid::from_u128(9)), ..UnitRow::default() };
    assert!(holds("TargetID != ''", &row));
    assert!(!holds("TargetID = ''", &row));
    assert!(holds("TargetID = '00000000-0000-0000-0000-000000000009'", &row));
}
