//! Faults on ends that were there before the run: what can be brought about there, and that it is undone.

use std::path::PathBuf;
use std::process::Stdio;

use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

use crate::command::{bare, wait_until};
use crate::ends::Ends;
use crate::resilience::LIVE;

const DRAINED: &str = r#"Feature: F
  Scenario: Drained
    Given I create space "shop"
    And I create worker "worker" in space "shop"
    And I install worker "worker" of space "shop" in namespace "confighub"
    And deployment "worker" in namespace "confighub" is available within 60 s
    When I drain the nodes of deployment "worker" in namespace "confighub"
    Then deployment "worker" in namespace "confighub" is available within WAIT
"#;

impl Ends {
    /// What keeps pods from the node; nothing when nothing does.
    fn cordon(&self) -> String {
        self.kubectl("get nodes -o jsonpath={.items[*].spec.unschedulable}")
    }
}

#[test]
fn a_drained_node_is_uncordoned_although_its_scenario_fails() {
    let ends = Ends::new();
    ends.place.write("a.feature", &DRAINED.replace("WAIT", "1 s"));
    ends.call(&format!("run a.feature {} -o out", ends.words())).code(1).stdout(contains("is not available"));
    assert_eq!(ends.cordon(), "");
    assert_eq!(ends.ledgers(), Vec::<PathBuf>::new());
}

#[test]
fn a_drained_node_is_uncordoned_although_the_run_is_killed() {
    let ends = Ends::new();
    ends.place.write("a.feature", &DRAINED.replace("WAIT", "10 m"));
    let run = format!("run a.feature {} -o out", ends.words());
    let mut command = bare(&ends.place.path(""));
    command.args(run.split_whitespace()).env("HOME", ends.place.path("")).stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    wait_until("the node is drained", || ends.cordon() == "true");
    child.kill().expect("it was there");
    let _killed = child.wait();
    wait_until("its ledger is gone", || ends.ledgers().is_empty());
    assert_eq!(ends.cordon(), "");
}

#[test]
fn nodes_that_others_use_are_not_drained() {
    let ends = Ends::new();
    ends.kubectl("create namespace shop");
    ends.place.write("a.feature", &DRAINED.replace("WAIT", "1 s"));
    let run = format!("run a.feature {} --i-know-this-cluster stagegate -o out", ends.words());
    ends.call(&run).code(4).stdout(contains("needs own-nodes: the cluster has namespaces or workers of others"));
}

#[test]
fn what_real_ends_cannot_be_made_to_do_is_skipped_by_name_and_quotas_and_partitions_are_not() {
    let ends = Ends::new();
    let rules = |system: &str, effect: &str| {
        let name = effect.replace(['{', '}', ':'], "");
        format!(
            "  Scenario: {name}\n    Given the {system} meets these faults:\n      \"\"\"\n      {{ effect: {effect} }}\n      \"\"\"\n"
        )
    };
    let feature =
        ["kill", "node-silent", "{ clock-skew: 2h }", "{ pull-delay: 1s }"].map(|effect| rules("cluster", effect));
    let of_hub =
        ["withhold-heartbeats", "{ quota: { entity-type: Unit, limit: 3 } }"].map(|effect| rules("hub", effect));
    let possible = "  Scenario: Possible\n    Given I create space \"one\"\n    And the hub has room for 0 more spaces\n    \
                    When I try to create space \"two\"\n    Then the hub refuses with status 403 and \"exceeded maximum quota\"\n    \
                    And there is 0 space whose name begins with \"two\"\n";
    ends.place.write("a.feature", &format!("Feature: F\n{}{}{possible}", feature.concat(), of_hub.concat()));
    ends.call(&format!("run a.feature {} -o out", ends.words())).success();
    let report = ends.place.json("out/report.json");
    let skipped = |name: &str| {
        let all = report["scenarios"].as_array().expect("scenarios").iter();
        all.filter(|one| one.to_string().contains(&format!("\"capability\":\"{name}\""))).count()
    };
    assert_eq!((skipped("cluster-faults"), skipped("hub-faults")), (4, 2), "{report}");
}

#[test]
fn a_hub_that_stays_away_after_its_fault_is_an_error_of_the_environment() {
    let ends = Ends::new();
    let pid = ends.hub_process();
    let feature = format!(
        "Feature: F\n  Scenario: Away\n    Given the built-in tutorial \"correct\"\n    And the hub is down for 1 s\n    \
         When I run \"kill {pid}\"\n    Then it exits with status 0\n"
    );
    ends.place.write("a.feature", &feature);
    ends.call(&format!("run a.feature {} -o out", ends.words()))
        .code(3)
        .stdout(contains("the hub does not answer").and(contains("after the faults of the scenario were taken back")));
}

const TROUBLES: &str = r#"    And I note the steady state of namespace "default"

    When the network between worker "worker" of space "shop" and the hub is cut for 4 s
    And I run function "set-replicas 2" on unit "reference-data" in space "shop"
    And I apply unit "reference-data" in space "shop"
    Then the apply of unit "reference-data" in space "shop" is still open after 1 s
    And the steady state of namespace "default" is as noted
    And unit "reference-data" in space "shop" is live within 60 s
    And fault "partition" has been met
    And unit "reference-data" in space "shop" and the cluster agree

    When I note the steady state of namespace "default"
    And the hub is down for 2 s
    Then the hub does not answer
    And the hub answers within 20 s
    And worker "worker" in space "shop" is ready within 60 s
    And the steady state of namespace "default" is as noted

    Given the hub meets these faults:
      """
      { label: cut, match: { operation: StreamBridgeWorker, first: 1 }, effect: stream-cut }
      """
    Then fault "cut" has been met
    And worker "worker" in space "shop" is ready within 60 s
"#;

#[test]
fn partitions_outages_and_cut_streams_are_the_same_on_ends_that_others_use() {
    let ends = Ends::new();
    ends.place.write("a.feature", &format!("Feature: F\n  Scenario: Troubles\n{LIVE}{TROUBLES}"));
    ends.call(&format!("run a.feature {} -o out", ends.words())).success();
    assert_eq!(ends.ledgers(), Vec::<PathBuf>::new());
}
