//! How refused clauses are explained. The first two texts are the hosted service's own.

use std::fmt::Write;

use stagegate_confighub::where_clause::{Clause, entities};

const REFUSED: &[&str] = &[
    "Slug = 'a' OR Slug = 'b'",
    "* AND SpaceID = '9972e8a7-25ba-4f63-ae5d-7d2f99db5198'",
    "Data CONTAINS 'replicas: 5'",
    "Slug CONTAINS 'a'",
    "slug = 'a'",
    "Nope.Slug = 'a'",
    "Space.Nope = 'a'",
    "Slug",
    "Slug =",
    "= 'a'",
    "Slug = 'a' AND",
    "Slug = 'a' AND AND Slug = 'b'",
    "Slug = 'a' Slug = 'b'",
    "Slug = 'a', 'b'",
    "Slug = a",
    "Slug = 'it''s'",
    "Slug = 'a",
    "Slug = \"a\"",
    "Slug = 5",
    "Slug = true",
    "(Slug = 'a')",
    "NOT Slug = 'a'",
    "Slug IS NULL",
    "Slug IN 'a'",
    "Slug IN ()",
    "Slug IN ('a' 'b')",
    "Slug IN ('a',",
    "Slug NOT LIKE 'a'",
    "HeadRevisionNum = '3'",
    "HeadRevisionNum LIKE '3'",
    "HeadRevisionNum = 12345678901",
    "HeadRevisionNum > Slug",
    "TargetID > '9972e8a7-25ba-4f63-ae5d-7d2f99db5198'",
    "TargetID = 'k8s-w1'",
    "CreatedAt > 'yesterday'",
    "Labels = 'x'",
    "Labels.tier- = 'x'",
    "Slug.x = 'y'",
    "ApplyGates.g/f = 'true'",
    "ApprovedBy = '9972e8a7-25ba-4f63-ae5d-7d2f99db5198'",
    "LEN(Slug) = 1",
    "LEN(ApprovedBy = 1",
    "LEN(ApprovedBy) = 'x'",
    "Slug ~ '('",
    "Slug ~ '(?=a)'",
    "Slug ~ 'a**'",
    "Slug = 'a\\'",
    "Slug == 'a'",
    "Slug <> 'a'",
    "Slug = 'a' AND\nSlug = 'b'",
    "Slug like 'a%'",
    "Slug = 'a' and Slug = 'b'",
    "Disabled = true",
    "HeadRevisonNum > 1",
    "Space.Slgu = 'a'",
    "Spaec.Slug = 'a'",
    "UpstreamUnit.Data = 'x'",
    "Labels.tier/ = 'x'",
    "Labels = 'x' AND Slug = 'a'",
    "LEN(Labels.tier) = 1",
    "LastActionAt > 5",
    "HeadRevisionNum IN ('1')",
    "TargetID IN ('9972e8a7-25ba-4f63-ae5d-7d2f99db5198')",
    "TargetID = Slug",
];

#[test]
fn refusals_say_what_and_where() {
    let mut page = String::new();
    for clause in REFUSED {
        let error = Clause::parse(clause, &entities::UNIT).expect_err(clause);
        let marks = "^".repeat(error.span.len().max(1));
        writeln!(page, "{clause}\n{}{marks}\n{error}", " ".repeat(error.span.start)).expect("writing to a string");
        if let Some(hint) = &error.hint {
            writeln!(page, "hint: {hint}").expect("writing to a string");
        }
        page.push('\n');
    }
    insta::assert_snapshot!(page);
}

#[test]
fn limits_are_those_of_the_language() {
    let refused = |clause: &str| Clause::parse(clause, &entities::UNIT).expect_err("too long").to_string();
    let accepted = |clause: &str| Clause::parse(clause, &entities::UNIT).is_ok();
    let text = |length: usize| format!("Slug = '{}'", "x".repeat(length));
    assert!(accepted(&text(255)));
    assert_eq!(refused(&text(256)), "string literal exceeds 255 characters");
    assert_eq!(refused(&text(5000)), "where clause exceeds 4096 characters");
    assert_eq!(
        refused(&format!("Slug{}= 'x'", " ".repeat(300))),
        "whitespace of the where clause exceeds 256 characters"
    );
    assert_eq!(refused(&format!("{} = 'x'", "A".repeat(42))), "attribute name exceeds 41 characters");
    assert_eq!(refused(&format!("Labels.{} = 'x'", "k".repeat(129))), "map key exceeds 128 characters");
    assert!(accepted("HeadRevisionNum = 1234567890"));
}
