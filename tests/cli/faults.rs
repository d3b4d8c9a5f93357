//! What goes wrong in the cluster by rule, as a feature says it.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::command::Place;

const FEATURE: &str = r#"Feature: Faults of the cluster

  Scenario: An API server that refuses
    Given the cluster meets these faults:
      """
      - { label: overloaded, match: { operation: list nodes }, effect: { error: { status: 503 } } }
      """
    Then the cluster has a ready node

  Scenario: An API server that is slow
    Given the cluster meets these faults:
      """
      - { match: { operation: list nodes }, effect: { latency: 20s } }
      """
    Then the cluster has a ready node

  Scenario: A rule that cannot be read
    Given the cluster meets these faults:
      """
      - effect: explode
      """
"#;

#[test]
fn the_cluster_meets_the_rules_of_a_feature() {
    let place = Place::new();
    place.write("a.feature", FEATURE);
    let told =
        contains("injected fault overloaded").and(contains("unknown variant `explode`")).and(contains("1 passed"));
    place.call("run a.feature").code(1).stdout(told);
}
