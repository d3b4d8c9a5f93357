//! Clauses that are in use: those of the tutorials, and those of recorded client runs.

use std::fmt::Write;

use serde_json::Value as Json;
use stagegate_confighub::where_clause::{Clause, Schema, entities};

use crate::shared;

/// The clauses of a file, each with the entity type it is on.
fn clauses(text: &'static str) -> impl Iterator<Item = (&'static Schema, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (entity, clause) = line.split_once('\t').expect("an entity type, a tab and a clause");
        (entities::schema(entity).expect("an entity type"), clause)
    })
}

#[test]
fn clauses_that_work_are_accepted() {
    for (schema, text) in clauses(include_str!("corpus/accepted.txt")) {
        let clause = Clause::parse(text, schema).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(clause.comparisons.is_empty(), text.is_empty());
        assert_eq!(clause.comparisons.last().unwrap().span.end, text.len(), "{text}");
    }
}

#[test]
fn clauses_that_never_worked_are_refused_with_help() {
    let mut page = String::new();
    for (schema, text) in clauses(include_str!("corpus/refused.txt")) {
        let error = Clause::parse(text, schema).expect_err(text);
        let hint = error.hint.as_deref().unwrap_or("none");
        writeln!(page, "{}: {text}\n  {error}\n  hint: {hint}\n", schema.entity).expect("writing to a string");
    }
    insta::assert_snapshot!(page);
}

#[test]
fn every_clause_of_a_recorded_run_is_read() {
    let Some(runs) = shared::data("every_clause_of_a_recorded_run_is_read", "recorded-cub-requests.json") else {
        return;
    };
    let mut read = 0;
    for request in runs.as_array().unwrap().iter().flat_map(|run| run["reqs"].as_array().unwrap()) {
        let requests = request.as_array().map_or(std::slice::from_ref(request), Vec::as_slice);
        for request in requests.iter().filter(|request| request["q"].is_object()) {
            read += usize::from(check(request, "where", &entity(&request["p"])));
            read += usize::from(check(request, "where_space", "Space"));
        }
    }
    assert!(read > 50, "only {read} clauses were read");
}

fn check(request: &Json, parameter: &str, entity: &str) -> bool {
    let value = &request["q"][parameter];
    let Some(text) = value.as_str().or_else(|| value[0].as_str()) else { return false };
    let schema = entities::schema(entity).unwrap_or_else(|| panic!("{entity} of {request}"));
    match Clause::parse(text, schema) {
        Ok(_) => {}
        // As the tutorials' authors saw it on the hosted service.
        Err(error) if text.starts_with('*') => assert!(error.to_string().starts_with("invalid attribute name at `*")),
        Err(error) if text.starts_with("Data") => assert_eq!(error.to_string(), "unrecognized attribute name `Data`"),
        Err(error) => panic!("{text}: {error}"),
    }
    true
}

/// `/api/space/…/unit_event` is about `UnitEvent`; invocations are on units.
fn entity(path: &Json) -> String {
    let family = |segment: &&str| segment.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let path = path.as_str().unwrap();
    let name = path.split('/').rfind(|segment| family(segment) && !matches!(*segment, "invoke" | "function" | "apply"));
    let name = name.filter(|name| *name != "api" && !path.ends_with("function/invoke")).unwrap_or("unit");
    name.split('_').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..])).collect()
}
