//! The checks of the features on resilience, where the system misbehaves: each must turn its scenario red.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use serde_json::Value;

use crate::command::Place;

/// The steps to a unit that is live.
pub(crate) const LIVE: &str = r#"    Given I create space "shop"
    And I create unit "reference-data" in space "shop" from "reference-data.yaml"
    And I create worker "worker" in space "shop"
    And I install worker "worker" of space "shop" in namespace "confighub"
    And target "k8s-worker" registers in space "shop" within 60 s
    And I set the target of unit "reference-data" in space "shop" to "k8s-worker"
    And I apply unit "reference-data" in space "shop"
    And unit "reference-data" in space "shop" is live within 2 m
"#;

const STEADY: &str = r#"    And deployment "reference-data" in namespace "default" is available within 60 s
    And I note the steady state of namespace "default"
"#;

/// What is done, the check behind it, and what it says.
const MISBEHAVIOUR: [(&str, &str, &str); 16] = [
    (
        "When I kill the pods of deployment \"reference-data\" in namespace \"default\"\n    \
         And deployment \"reference-data\" in namespace \"default\" has new pods that are ready within 60 s",
        "the steady state of namespace \"default\" is as noted",
        "is gone",
    ),
    (
        "Given the cluster meets these faults:\n      \"\"\"\n      { label: kill, match: { path: \"/api/v1/namespaces/default/pods/*\", first: 1 }, effect: kill }\n      \"\"\"\n    \
         And target \"none\" has not registered in space \"shop\" after 10 s\n    \
         And deployment \"reference-data\" in namespace \"default\" is available within 60 s",
        "the steady state of namespace \"default\" is as noted",
        "restarts 1",
    ),
    (
        "When I scale deployment \"reference-data\" in namespace \"default\" to 2 replicas",
        "the steady state of namespace \"default\" is as noted",
        "generation 2",
    ),
    (
        "When I scale deployment \"reference-data\" in namespace \"default\" to 0 replicas",
        "I note the steady state of namespace \"default\"",
        "there is no pod",
    ),
    (
        "When I scale deployment \"reference-data\" in namespace \"default\" to 3 replicas",
        "unit \"reference-data\" in space \"shop\" and the cluster agree",
        "Deployment `reference-data`: /spec/replicas is 3, not 1",
    ),
    (
        "When I run function \"set-replicas 2\" on unit \"reference-data\" in space \"shop\"",
        "unit \"reference-data\" in space \"shop\" and the cluster agree",
        "head revision 2, live revision 1",
    ),
    (
        "When I delete Service \"reference-data\" from namespace \"default\"",
        "unit \"reference-data\" in space \"shop\" and the cluster agree",
        "Service `reference-data` is not in the cluster",
    ),
    (
        "When I scale deployment \"reference-data\" in namespace \"default\" to 0 replicas",
        "service \"reference-data\" in namespace \"default\" answers \"/health\" on port 8080 throughout 5 s",
        "does not answer `/health`",
    ),
    (
        "Given the hub meets these faults:\n      \"\"\"\n      { label: nobody, match: { operation: CreateLink }, effect: { error: { status: 503 } } }\n      \"\"\"",
        "fault \"nobody\" has been met",
        "fault `nobody` has met nobody: nothing was shown under it",
    ),
    (
        "When I apply unit \"reference-data\" in space \"shop\"",
        "the apply of unit \"reference-data\" in space \"shop\" is still open after 30 s",
        "Apply Completed",
    ),
    ("", "the hub notices within 60 s that worker \"worker\" in space \"shop\" is away", "its condition is Ready"),
    (
        "When I kill the pods of deployment \"reference-data\" in namespace \"default\"\n    \
         And I scale deployment \"reference-data\" in namespace \"default\" to 0 replicas\n    \
         And I delete Deployment \"reference-data\" from namespace \"default\"",
        "deployment \"reference-data\" in namespace \"default\" has new pods that are ready within 10 s",
        "has no new pods that are ready",
    ),
    (
        "",
        "deployment \"reference-data\" in namespace \"default\" has new pods that are ready within 10 s",
        "no step has made pods of deployment `reference-data`",
    ),
    ("When the hub is down for 30 s", "the hub answers within 5 s", "it was never seen"),
    ("", "the hub does not answer", "the hub answers"),
    ("", "fault \"none\" ends", "there is no fault `none` that could end"),
];

#[test]
fn every_check_is_red_when_the_system_misbehaves() {
    let place = Place::new();
    let scenarios = MISBEHAVIOUR.iter().enumerate().map(|(number, (done, check, _))| {
        format!("\n  Scenario: Misbehaviour {number}\n    {done}\n    Then {check}\n")
    });
    place.write("a.feature", &format!("Feature: F\n\n  Background:\n{LIVE}{STEADY}{}", scenarios.collect::<String>()));
    place.call("run a.feature -o out").code(1);
    let report = place.json("out/report.json");
    let ran = report["scenarios"].as_array().expect("scenarios");
    assert_eq!(ran.len(), MISBEHAVIOUR.len());
    let amiss = ran.iter().zip(MISBEHAVIOUR).filter_map(|(scenario, (_, check, told))| {
        let last = scenario["steps"].as_array()?.last()?;
        let is_red = scenario["verdict"] == "failed" && last["verdict"] == "failed";
        let is_told = last.to_string().contains(&escaped(told));
        (!is_red || !is_told).then(|| format!("{check} (`{told}`): {}\n{last}", scenario["verdict"]))
    });
    assert_eq!(amiss.collect::<Vec<_>>().join("\n\n"), "");
}

/// As it stands inside of JSON.
fn escaped(text: &str) -> String {
    let json = Value::from(text).to_string();
    json.trim_matches('"').to_owned()
}

#[test]
fn a_rule_that_nothing_can_meet_is_refused() {
    let place = Place::new();
    let feature = "Feature: F\n  Scenario: S\n    Given the hub meets these faults:\n      \"\"\"\n      \
                   { match: { operation: CreateSpase }, effect: { error: { status: 503 } } }\n      \"\"\"\n";
    place.write("a.feature", feature);
    let told = contains("no operation of the hub is called `CreateSpase`; the nearest is CreateSpace")
        .and(contains("take an operation id of the API's description"));
    place.call("run a.feature").code(1).stdout(told);
}
