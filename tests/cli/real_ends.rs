//! Ends that were there before the run: `--cluster kubeconfig` and `--hub URL`, with the emulators in processes of their
//! own as the ends that others use, too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::command::{Place, bare, wait_until};
use crate::ends::{Ends, KUBECONFIG};

fn events(journal: &str, kind: &str) -> Vec<Value> {
    let records = journal.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    records.map(|record| record["event"].clone()).filter(|event| event["type"] == kind).collect()
}

#[test]
fn a_stage_passes_on_ends_that_others_use_and_nothing_of_it_stays() {
    let ends = Ends::new();
    ends.kubectl("create configmap of-others -n default");
    let before = ends.held();
    let run = format!("run {} -n ^By.the.API$ -t @stage-1 -o out", ends.words());
    ends.call(&run).success().stdout(
        contains("lane:    emulated hub, emulated cluster")
            .and(contains(format!("hub {}, cluster stagegate", ends.url))),
    );
    assert_eq!(ends.held(), before);
    assert_eq!(ends.ledgers(), Vec::<PathBuf>::new());
    ends.kubectl("get configmap of-others -n default");
    let journal = ends.place.read("out/journal.ndjson");
    assert!(!journal.contains(&ends.token), "the token is in the journal");
    let ready = events(&journal, "cluster-ready");
    assert_eq!((ready[0]["name"].as_str(), ready[0]["made"].as_bool()), (Some("stagegate"), Some(false)));
    assert_eq!(events(&journal, "hub-ready")[0]["user"], "operator@stagegate.invalid");
    let by_step = |system: &str| {
        let changes = events(&journal, "effect");
        changes.iter().any(|change| change["system"] == system && change["actor"] == "step")
    };
    assert!(by_step("kubernetes") && by_step("confighub"), "no effect of a step was seen");
}

#[test]
fn what_a_real_hub_cannot_be_told_is_skipped_by_name() {
    let ends = Ends::new();
    let run = format!("run {} -t @bug-quota -o out", ends.words());
    ends.call(&run)
        .code(predicate::in_iter([0, 4]))
        .stdout(contains("needs hub-quota: the quotas of a real hub cannot be set"));
}

#[test]
fn what_a_failed_scenario_left_is_kept_when_that_is_asked_for_and_cleaned_later() {
    let ends = Ends::new();
    let before = ends.held();
    let feature = "Feature: F\n  Scenario: Red\n    Given I create space \"kept\"\n    Then space \"kept\" does not exist\n\n  \
                   Scenario: Never\n    Given I create space \"late\"\n";
    ends.place.write("a.feature", feature);
    let run = format!("run a.feature {} --keep failed -o out", ends.words());
    let run_id = |text: &str| text.split("run ").nth(1).and_then(|rest| rest.split(',').next()).map(str::to_owned);
    let assert = ends.call(&run).code(1).stdout(contains("kept:    space kept; to remove it: stagegate clean "));
    let shown = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert_eq!(ends.held().0, before.0 + 1, "{shown}");
    assert_eq!(ends.place.json("out/report.json")["scenarios"][1]["verdict"], "not-run");
    let run_id = run_id(&shown).expect("the run's id");
    ends.call(&format!("clean {run_id} --remove --hub-token-file token"))
        .success()
        .stdout(contains("removed: space kept"));
    assert_eq!(ends.held(), before);
    assert_eq!(ends.ledgers(), Vec::<PathBuf>::new());
}

#[test]
fn what_steps_install_bears_the_label_of_the_run() {
    let ends = Ends::new();
    ends.kubectl("create namespace of-others");
    let binding = "metadata: {name: confighub-worker-admin, labels: {io.stagegate.run: an-earlier-one}}\n\
                   apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n\
                   roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n";
    ends.place.write("binding.yaml", binding);
    ends.kubectl(&format!(
        "apply --server-side --field-manager=stagegate -f {}",
        ends.place.path("binding.yaml").display()
    ));
    let feature = "Feature: F\n  Scenario: Red\n    Given I create space \"s\"\n    And I create worker \"w\" in space \"s\"\n    \
                   And I install worker \"w\" of space \"s\" in namespace \"of-others\"\n    \
                   And I create worker \"v\" in space \"s\"\n    \
                   And I install worker \"v\" of space \"s\" in namespace \"confighub\"\n    Then space \"s\" does not exist\n";
    ends.place.write("a.feature", feature);
    let run = format!("run a.feature {} --i-know-this-cluster stagegate --keep failed -o out", ends.words());
    ends.call(&run).code(1);
    let run_id = ends.place.json("out/report.json")["run_id"].as_str().expect("text").to_owned();
    let kinds = "namespace,serviceaccount,secret,deployment,clusterrolebinding";
    let labelled = ends.kubectl(&format!("get {kinds} -A -l io.stagegate.run={run_id} -o name"));
    let kinds: BTreeSet<_> = labelled.lines().filter_map(|line| line.split('/').next()).collect();
    assert_eq!(kinds, BTreeSet::from(["deployment.apps", "namespace", "secret", "serviceaccount"]), "{labelled}");
    assert!(!labelled.contains("namespace/of-others"), "{labelled}");
    let labelled = ends.kubectl("get clusterrolebinding -l io.stagegate.run=an-earlier-one -o name");
    assert!(labelled.trim_end().ends_with("/confighub-worker-admin"), "{labelled}");
    ends.call(&format!("clean {run_id} --remove --hub-token-file token")).success();
}

#[test]
fn a_space_that_was_there_is_not_the_runs_because_a_script_would_take_it() {
    let ends = Ends::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let url = format!("{}/api/space", ends.url);
    let made = runtime.block_on(async {
        let body = serde_json::json!({"Slug": "of-others"}).to_string();
        let request = reqwest::Client::new().post(url).bearer_auth(&ends.token).body(body);
        request.header("content-type", "application/json").send().await.expect("an answer").status()
    });
    assert!(made.is_success(), "{made}");
    let feature = "Feature: F\n  Scenario: Script\n    Given the built-in tutorial \"correct\"\n    When I run \"cub space \
                   create of-others --allow-exists && cub space create own --allow-exists\"\n    Then it exits with status 0\n";
    ends.place.write("a.feature", feature);
    ends.call(&format!("run a.feature {} -o out", ends.words())).success();
    let spaces = ends.hub("/space");
    let slugs: Vec<_> = spaces.as_array().expect("a list").iter().map(|space| space["Space"]["Slug"].clone()).collect();
    assert_eq!(slugs, ["of-others"]);
}

#[test]
fn what_others_make_meanwhile_stays() {
    let ends = Ends::new();
    let run = format!("run {} -n ^By.the.API$ -t @stage-1 -o out", ends.words());
    let mut command = bare(&ends.place.path(""));
    command.args(run.split_whitespace()).env("HOME", ends.place.path("")).stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let journal = ends.place.path("out/journal.ndjson");
    wait_until("the scenario has begun", || {
        std::fs::read_to_string(&journal).is_ok_and(|text| text.contains("scenario-started"))
    });
    ends.kubectl("create namespace of-others");
    assert!(child.wait().expect("it ends").success());
    ends.kubectl("get namespace of-others");
}

/// Numbers of journal lines after which a run is ended: from its first one to where the service is deployed.
const POINTS: [usize; 10] = [1, 3, 40, 5, 60, 10, 80, 20, 120, 160];

/// Ends a run at each point by a signal, and looks for what is left on the ends, in the ledger and of the report.
fn end_at_each_point(signal: &str, expected: Option<i32>) {
    let ends = Ends::new();
    let before = ends.held();
    for lines in POINTS {
        let what = format!("SIG{signal} after {lines} lines");
        let run = format!("run {} -n ^By.the.API$ -t @stage-1 -o out", ends.words());
        let _old = std::fs::remove_dir_all(ends.place.path("out"));
        let mut command = bare(&ends.place.path(""));
        command.args(run.split_whitespace()).env("HOME", ends.place.path("")).stdout(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let journal = ends.place.path("out/journal.ndjson");
        wait_until(&what, || std::fs::read_to_string(&journal).is_ok_and(|text| text.lines().count() >= lines));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().expect("kill").success());
        assert_eq!(child.wait().expect("it ends").code(), expected, "{what}");
        // What was killed is cleaned up after by another process.
        let began = Instant::now();
        while let Some(ledger) = ends.ledgers().first() {
            let (held, told) = (std::fs::read_to_string(ledger), std::fs::read_to_string(&journal));
            assert!(began.elapsed() < Duration::from_secs(60), "{what}: its ledger stays: {held:?}\nof {told:?}");
            std::thread::yield_now();
        }
        assert_eq!(ends.held(), before, "{what}");
        let report = ends.call("report out json=after.json").get_output().clone();
        assert!(!matches!(report.status.code(), None | Some(0 | 2)), "{what}: {report:?}");
        assert_ne!(ends.place.json("after.json")["verdict"], "passed", "{what}");
    }
}

#[test]
fn an_interrupted_run_on_real_ends_leaves_nothing_there() {
    end_at_each_point("INT", Some(130));
}

#[test]
fn a_terminated_run_on_real_ends_leaves_nothing_there() {
    end_at_each_point("TERM", Some(143));
}

#[test]
fn a_killed_run_on_real_ends_is_cleaned_up_after() {
    end_at_each_point("KILL", None);
}

#[test]
fn clean_shows_what_a_dead_run_has_left_and_then_removes_it_but_nothing_else() {
    let ends = Ends::new();
    ends.call("clean").success().stdout("nothing is left of runs that are no more\n");
    ends.kubectl("create namespace left-over");
    ends.kubectl("create namespace of-others");
    let uid = |name: &str| ends.kubectl(&format!("get namespace {name} -o jsonpath={{.metadata.uid}}"));
    let made = |name: &str, uid: &str| {
        format!(
            r#"{{"made":{{"what":"object","api_version":"v1","kind":"Namespace","resource":"namespaces","namespace":null,"name":"{name}","uid":"{uid}"}}}}"#
        )
    };
    let kubeconfig = ends.place.path(KUBECONFIG).display().to_string();
    let head = format!(
        r#"{{"run":{{"run_id":"dead","cluster":{{"kubeconfig":"{kubeconfig}","context":"stagegate"}},"folder":"/nowhere"}}}}"#
    );
    // The second one is another one of that name, and the last line was cut off by the run's end.
    let made_both = [made("left-over", &uid("left-over")), made("of-others", "not-that-one")];
    let system = uid("kube-system");
    let of_cluster = |uid: &str| format!(r#"{{"place":{{"cluster":"{uid}"}}}}"#);
    // A context that leads elsewhere by now: nothing there is known to be gone.
    let elsewhere = [vec![head.clone(), of_cluster("another")], made_both.to_vec()].concat();
    ends.place.write(".local/state/stagegate/runs/dead.ndjson", &elsewhere.join("\n"));
    let refused = ends.call("clean --remove").code(6);
    refused.stdout(contains("Namespace left-over: the context stagegate is of another cluster now"));
    ends.kubectl("get namespace left-over");
    let ledger =
        [vec![head, of_cluster(&system), "{\"ma".to_owned()], made_both.to_vec(), vec!["{\"ma".to_owned()]].concat();
    ends.place.write(".local/state/stagegate/runs/dead.ndjson", &ledger.join("\n"));
    let shown =
        "run dead, cluster stagegate\n  left:    Namespace left-over\nnothing was removed; add --remove for that\n";
    ends.call("clean").code(6).stdout(shown);
    ends.call("clean other").code(2).stderr(contains("no run `other` that is no more has left anything"));
    ends.call("clean dead --remove").success().stdout("run dead, cluster stagegate\n  removed: Namespace left-over\n");
    let namespaces = ends.kubectl("get namespaces -o name");
    assert!(namespaces.contains("of-others") && !namespaces.contains("left-over"), "{namespaces}");
    assert_eq!(ends.ledgers(), Vec::<PathBuf>::new());
}

#[test]
fn a_cluster_that_others_may_depend_on_is_used_only_when_it_is_named() {
    let ends = Ends::new();
    ends.kubectl("create namespace shop");
    let run = format!("run {} -t @preflight -n end.to.end -o out", ends.words());
    let refusal = || {
        contains("may be one that others depend on: it has namespaces that are not the system's: shop")
            .and(contains("--i-know-this-cluster stagegate"))
    };
    ends.call(&run).code(3).stdout(refusal());
    ends.call(&format!("{run} --i-know-this-cluster other")).code(3).stdout(refusal());
    ends.call(&format!("{run} --i-know-this-cluster stagegate")).success();
    ends.kubectl("get namespace shop");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    let place = Place::new();
    place
        .call("run --hub http://me:secret@127.0.0.1:9 -o out")
        .code(2)
        .stderr(contains("credentials do not belong into a URL").and(contains("secret").not()));
    place.call("run --context x -o out").code(2).stderr(contains("it is about an existing cluster"));
}

#[test]
fn a_killed_run_on_emulators_leaves_no_folder() {
    let place = Place::new();
    let feature =
        "Feature: F\n  Scenario: Slow\n    Given the built-in tutorial \"correct\"\n    When I run \"sleep 600\"\n";
    place.write("a.feature", feature).write("tmp/here", "");
    let mut command = bare(&place.path(""));
    command.args(["run", "a.feature", "-o", "out"]).env("TMPDIR", place.path("tmp")).stdout(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    wait_until("the script runs", || {
        std::fs::read_to_string(place.path("out/journal.ndjson")).is_ok_and(|text| text.contains("command-started"))
    });
    child.kill().expect("it was there");
    let _killed = child.wait();
    wait_until("its folder is gone", || folders(&place.path("tmp")).is_empty());
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.filter(|entry| entry.is_dir()).collect()
}

#[test]
fn what_a_hub_does_not_have_is_told_and_skipped_by_name() {
    let ends = Ends::with(
        20,
        "- {match: {operation: ListAllChangeSets}, effect: {error: {status: 404}}}\n\
         - {match: {operation: ListAllViews}, effect: {error: {status: 501}}}\n",
    );
    let line = format!("run -n ^Both.services.change.together$ {} -o out", ends.words());
    ends.call(&line).code(4).stdout(
        contains("; it has no change_set (HTTP 404), view (HTTP 501)")
            .and(contains("needs hub-change-sets: the hub has no change sets")),
    );
}

#[test]
fn a_hub_without_units_is_none() {
    let ends = Ends::with(20, "- {match: {operation: ListAllUnits}, effect: {error: {status: 404}}}\n");
    ends.call(&format!("run -t @stage-1 {} -o out", ends.words())).code(3).stdout(contains("GET /api/unit"));
}
