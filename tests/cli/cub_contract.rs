//! `--cub-contract`: whose commands the built-in client has.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::Place;

/// A tutorial whose only script asks for a prefix, which the client of August 2025 cannot give.
fn place() -> Place {
    let place = Place::new();
    place.write("tutorial/stages/stage1-hello-traderx.sh", "#!/bin/bash\ncub space new-prefix\n");
    place.write(
        "prefix.feature",
        "Feature: A prefix\n\n  Scenario: The script asks for one\n    Given the tutorial\n    \
         When I run \"bash stages/stage1-hello-traderx.sh\"\n    Then it exits with status 0\n",
    );
    place
}

#[test]
fn the_client_of_august_prints_its_help_for_what_it_does_not_have() {
    let place = place();
    let line = "run prefix.feature --tutorial tutorial -o out --cub-contract 2025-08";
    place.call(line).code(1).stdout(contains("false-success").and(contains("cub built in, as of 2025-08")));
    assert_eq!(place.json("out/report.json")["lane"]["cub"]["builtin-contract"], "2025-08");
}

#[test]
fn the_client_of_october_gives_a_prefix() {
    let place = place();
    place.call("run prefix.feature --tutorial tutorial -o out --cub-contract 2025-10").success();
    assert_eq!(place.json("out/report.json")["lane"]["cub"], "builtin");
    place.call("run prefix.feature --tutorial tutorial -o out").success();
}

#[test]
fn the_configuration_file_gives_the_contract_too() {
    let place = place();
    place.write("stagegate.toml", "tutorial = \"tutorial\"\ncub-contract = \"2025-08\"\n");
    place.call("run prefix.feature -o out").code(1).stdout(contains("as of 2025-08"));
}
