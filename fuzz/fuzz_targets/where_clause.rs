//! Clauses on every entity type: parsed or refused at a place in the text; what is parsed has a
//! canonical text that is the same clause.
#![no_main]
#![allow(dead_code, unused_imports, reason = "the module is used in part")]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;

#[path = "../../emulators/confighub/src/where_clause/mod.rs"]
mod where_clause;

use where_clause::{Clause, Row, Value, entities};

/// Gives the same values for every entity.
struct Any(BTreeMap<String, String>);

impl Row for Any {
    fn value(&self, relations: &[&'static str], attribute: &'static str) -> Value<'_> {
        match (relations.len(), attribute.len() % 4) {
            (2.., _) => Value::Nothing,
            _ if matches!(attribute, "Labels" | "Annotations") => Value::TextMap(&self.0),
            (_, 0) => Value::Text("aab-ab"),
            (_, 1) => Value::Integer(3),
            (_, 2) => Value::Boolean(true),
            _ => Value::Nothing,
        }
    }
}

fuzz_target!(|text: &str| {
    let row = Any(BTreeMap::from([("tier".to_owned(), "web".to_owned())]));
    for schema in entities::ALL {
        match Clause::parse(text, schema) {
            Err(error) => {
                assert!(text.get(error.span.clone()).is_some(), "{:?}", error.span);
                assert!(!error.to_string().is_empty());
            }
            Ok(clause) => {
                let _either = clause.holds_for(&row);
                let canonical = clause.to_string();
                // Blanks are put between tokens that had none, which may be too many.
                if canonical.len() <= 1024 && canonical.matches(' ').count() <= 256 {
                    assert_eq!(Clause::parse(&canonical, schema).as_ref(), Ok(&clause), "{canonical}");
                }
                for comparison in &clause.comparisons {
                    let alone = Clause::parse(&text[comparison.span.clone()], schema).expect("a comparison is a clause");
                    assert_eq!(alone.comparisons.as_slice(), std::slice::from_ref(comparison));
                }
            }
        }
    }
});
