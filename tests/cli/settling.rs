//! What a script makes as its last act is judged once it has shown whether it runs.

use predicates::prelude::*;
use predicates::str::contains;

use crate::command::Place;

/// A feature with a script that ends as soon as this deployment is made.
fn run_with(image: &str) -> assert_cmd::assert::Assert {
    let place = Place::new();
    place.write(
        "tutorial/deploy.sh",
        &format!("set -e\nkubectl create deployment web --image={image}\necho '✅ deployed'\n"),
    );
    place.write(
        "web.feature",
        "Feature: Web\n\n  Scenario: Deployed\n    Given the tutorial\n    When I run \"bash deploy.sh\"\n    \
         Then it exits with status 0\n",
    );
    place.command("run web.feature --tutorial tutorial -o out").assert()
}

#[test]
fn an_image_that_is_missing_is_found_although_the_script_is_over_before_it_is_pulled() {
    run_with("ghcr.io/acme/nonesuch:1.0").code(1).stdout(
        contains("denied: image-unavailable:").and(contains("image `ghcr.io/acme/nonesuch:1.0` cannot be pulled")),
    );
}

#[test]
fn a_deployment_that_comes_up_afterwards_is_no_defect() {
    run_with("nginx:1.27").success().stdout(contains("verdict: passed").and(contains("findings").not()));
}
