//! `stagegate findings`: the kinds, and the page of each.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::Place;

#[test]
fn every_kind_is_listed_with_its_policy_and_has_a_page() {
    let place = Place::new();
    let output = place.call("findings").success().get_output().stdout.clone();
    let listing = String::from_utf8(output).expect("text");
    let kinds: Vec<(&str, &str)> = listing
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.strip_suffix(')')?.split_once(" ("))
        .collect();
    assert!(listing.contains(&format!("{} kinds", kinds.len())), "{listing}");
    assert!(kinds.contains(&("masked-failure", "deny")) && kinds.contains(&("untraced-command", "warn")), "{listing}");
    for (kind, policy) in kinds {
        let page = contains(format!("# {kind}\n"))
            .and(contains("## Why it matters"))
            .and(contains("## Example"))
            .and(contains("## How to fix it"))
            .and(contains("## When to allow it"))
            .and(contains(format!("says otherwise: {policy}")));
        place.call(&format!("findings {kind}")).success().stdout(page);
    }
}

#[test]
fn a_misspelt_kind_is_told_the_likest_one() {
    let place = Place::new();
    place.call("findings maskd-failure").code(2).stderr(contains("did you mean `masked-failure`?"));
    place.call("run --finding maskd-failure=warn").code(2).stderr(contains("did you mean `masked-failure`?"));
}
