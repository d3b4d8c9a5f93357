//! Features of the user's own that run scripts of the user's own.

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::Place;

/// A place with a script and a feature that runs it, the scenario with `tags`.
fn place(tags: &str, script: &str) -> Place {
    let place = Place::new();
    place.write("tut/setup.sh", &format!("#!/bin/bash\n{script}"));
    let steps = "Given the tutorial\n    When I run \"bash setup.sh\"\n    Then it exits with status 0\n";
    place.write("own.feature", &format!("Feature: F\n  {tags}\n  Scenario: S\n    {steps}"));
    place
}

#[test]
fn the_scripts_of_any_checkout_are_run() {
    let place = place("@requires-tutorial @requires-bash", "echo hello\n");
    place.call("run own.feature --tutorial tut").success().stdout(contains("1 scenario: 1 passed"));
    place.call("run --tutorial tut").code(2).stderr(contains("features of your own"));
}

#[test]
fn without_a_tutorial_a_scenario_is_skipped_where_its_tag_says_so_and_a_mistake_elsewhere() {
    let tagged = place("@requires-tutorial", "");
    tagged.call("run own.feature").code(4).stdout(contains("needs tutorial: no checkout of the tutorial was given"));
    let untagged = place("@other", "");
    let told = contains("--> own.feature:4").and(contains("--tutorial DIR")).and(contains("`@requires-tutorial`"));
    untagged.call("run own.feature").code(2).stdout("").stderr(told);
    untagged.call("run own.feature --dry-run").code(2);
    assert!(!untagged.path("stagegate-out").exists(), "nothing was run");
}

#[test]
fn each_cause_of_a_scripts_failure_is_told_once() {
    let place =
        place("", "set -e\nfor one in a b; do kubectl get deployment nosuch || again=1; done\ncub unit get x\n");
    let run = place.call("run own.feature --tutorial tut --cub builtin").code(1);
    let console = String::from_utf8(run.get_output().stdout.clone()).expect("text");
    let reports = ["report.html", "junit.xml"].map(|name| place.read(&format!("stagegate-out/{name}")));
    for cause in ["setup.sh:3: kubectl get deployment nosuch ended with status 1", "setup.sh:4: cub unit get x ended"] {
        assert_eq!(console.matches(cause).count(), 1, "{cause}\n{console}");
        assert!(reports.iter().all(|report| report.matches(cause).count() == 1), "{cause}");
    }
}

#[test]
fn a_pod_that_no_node_takes_is_a_finding_unless_one_takes_it_later() {
    let refused = "kubectl create deployment big --image=nginx:1.27\n\
        kubectl set resources deployment big --requests=cpu=500\nsleep 30\n";
    let big = place("", refused);
    let told = contains("workload-failing: a pod of `big` in namespace `default` does not run: no node takes it")
        .and(contains("cause:       0/1 nodes are available: 1 Insufficient cpu."))
        .and(contains("setup.sh:3"));
    big.call("run own.feature --tutorial tut").code(1).stdout(told);

    let node = "kubectl get nodes -o name";
    let later = format!(
        "set -e\nkubectl cordon \"$({node})\"\nkubectl create deployment web --image=nginx:1.27\nsleep 5\n\
         kubectl uncordon \"$({node})\"\nkubectl wait --for=condition=Available deployment/web --timeout=120s\n"
    );
    let web = place("", &later);
    web.call("run own.feature --tutorial tut").success().stdout(contains("1 scenario: 1 passed"));
}
