//! Images of one's own: `--catalogue`.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::Place;

const FEATURE: &str = r#"Feature: F
  Scenario: S
    Given the built-in tutorial "correct"
    When I run "kubectl create deployment web --image=ghcr.io/acme/web:1.4 && kubectl rollout status deployment/web --timeout=60s"
    Then it exits with status 0
    And service "web" in namespace "default" answers "/ready" on port 80
"#;

const IMAGES: &str = r#"images:
  - name: ghcr.io/acme/web
    tags: ["1.*"]
    listen: [{ port: 8080, answers: [{ path: /ready, body: ok }] }]
"#;

#[test]
fn an_image_that_no_catalogue_has_can_be_declared() {
    let place = Place::new();
    let expose = "kubectl expose deployment/web --port 80 --target-port 8080 && kubectl rollout status";
    place.write("a.feature", &FEATURE.replace("kubectl rollout status", expose));
    place.call("run a.feature -o out").code(1).stdout(contains("image-unavailable").and(contains("--catalogue FILE")));
    place.write("images.yaml", IMAGES);
    place.call("run a.feature -o out --catalogue images.yaml").success();
    place.write("stagegate.toml", "catalogue = \"images.yaml\"\n");
    place.call("run a.feature -o out").success();
}

#[test]
fn a_catalogue_that_cannot_be_used_is_told_before_anything_runs() {
    let place = Place::new();
    place.write("a.feature", FEATURE);
    place.write("images.yaml", "images:\n  - name: a\n    pul: 3s\n");
    place
        .call("run a.feature --catalogue images.yaml")
        .code(2)
        .stderr(contains("images.yaml:3:5").and(contains("pul")));
    place.call("run a.feature --catalogue none.yaml").code(2).stderr(contains("none.yaml"));
}
