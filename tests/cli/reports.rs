//! The reports of a run, and rendering them again from its journal.

use predicates::str::contains;

use crate::command::Place;

const PASSING: &str = "Feature: F\n  Scenario: A space\n    Given I create space \"x\"\n    Then space \"x\" exists\n";
const FAILING: &str = "Feature: F\n  Scenario: No space\n    Then space \"x\" exists\n    And space \"y\" exists\n";

#[test]
fn a_run_leaves_its_journal_and_three_reports() {
    let place = Place::new();
    place.write("a.feature", PASSING);
    place.call("run a.feature -o out").success();
    for file in ["journal.ndjson", "report.json", "junit.xml", "report.html"] {
        assert!(place.path("out").join(file).is_file(), "{file} is missing");
    }
}

#[test]
fn the_json_report_has_what_it_promises() {
    let place = Place::new();
    place.write("a.feature", FAILING);
    place.call("run a.feature -o out").code(1);
    let report = place.json("out/report.json");
    assert_eq!(report["verdict"], "failed");
    assert_eq!(report["lane"]["hub"], "embedded");
    let scenario = &report["scenarios"][0];
    assert_eq!((&scenario["feature"], &scenario["line"]), (&"a.feature".into(), &2.into()));
    assert_eq!((&scenario["name"], &scenario["verdict"]), (&"No space".into(), &"failed".into()));
    assert_eq!(scenario["attempts"], 1);
    let verdicts: Vec<_> = scenario["steps"].as_array().unwrap().iter().map(|step| &step["verdict"]).collect();
    assert_eq!(verdicts, ["failed", "not-run"]);
    assert!(scenario["steps"][0]["duration_ms"].is_number());
    assert_eq!(scenario["steps"][0]["keyword"], "Then");
}

#[test]
fn an_assertion_on_what_does_not_exist_is_red() {
    let steps = [
        "space \"x\" exists",
        "unit \"u\" in space \"x\" has head revision 0",
        "unit \"u\" in space \"x\" has never been applied",
        "worker \"w\" in space \"x\" is ready within 1 s",
        "target \"t\" registers in space \"x\" within 1 s",
        "target \"t\" has not registered in space \"x\" after 1 s",
        "the cluster has Namespace \"nowhere\"",
        "the cluster has Service \"s\" in namespace \"nowhere\"",
        "the cluster has no Gadget \"g\" in namespace \"default\"",
        "deployment \"d\" in namespace \"default\" is available within 1 s",
        "deployment \"d\" in namespace \"default\" does not become available within 1 s",
        "deployment \"d\" in namespace \"default\" has 0 ready replicas",
        "deployment \"d\" in namespace \"default\" runs image \"i\"",
        "the pods of deployment \"d\" in namespace \"default\" have not restarted",
        "no pod in namespace \"default\" waits for an image",
        "a pod labelled \"app=x\" in namespace \"default\" waits with reason \"ErrImagePull\" within 1 s",
        "service \"s\" in namespace \"default\" has ready endpoints",
        "service \"s\" in namespace \"default\" answers \"/\" on port 80",
        "the log of deployment \"d\" in namespace \"default\" contains \"\"",
        "it exits with status 0",
        "no command failed unnoticed",
        "there are no findings",
        "the hub refuses with status 403 and \"\"",
    ];
    let place = Place::new();
    let scenario = |(index, step): (usize, &&str)| format!("  Scenario: {index}\n    Then {step}\n");
    let scenarios: String = steps.iter().enumerate().map(scenario).collect();
    place.write("a.feature", &format!("Feature: F\n{scenarios}"));
    place.call("run a.feature -o out").code(1);
    let report = place.json("out/report.json");
    for (step, scenario) in steps.iter().zip(report["scenarios"].as_array().unwrap()) {
        assert_eq!(scenario["verdict"], "failed", "{step}");
    }
}

#[test]
fn only_the_reports_that_are_asked_for() {
    let place = Place::new();
    place.write("a.feature", PASSING);
    place.call("run a.feature -o out --report junit --report html=pages/index.html").success();
    assert!(place.path("out/junit.xml").is_file() && place.path("pages/index.html").is_file());
    assert!(!place.path("out/report.json").exists());
}

#[test]
fn a_journal_renders_again_with_the_runs_own_status() {
    let place = Place::new();
    place.write("a.feature", FAILING);
    place.call("run a.feature -o out").code(1);
    let json = place.read("out/report.json");
    place.call("report out/journal.ndjson json=again.json").code(1);
    assert_eq!(place.read("again.json"), json);
    place.call("report out/journal.ndjson").code(1).stdout(contains("No space"));
}

#[test]
fn secrets_appear_nowhere() {
    let place = Place::new();
    let text = "Feature: F\n  Scenario: S\n    Given I create space \"x\"\n    And I create worker \"w\" in space \"x\"\n    \
        And I install worker \"w\" of space \"x\" in namespace \"confighub\"\n    \
        Then target \"k8s-w\" registers in space \"x\" within 60 s\n    And space \"nosuch\" exists\n";
    place.write("a.feature", text);
    place.call("run a.feature -o out").code(1);
    for file in ["journal.ndjson", "report.json", "junit.xml", "report.html"] {
        let text = place.read(&format!("out/{file}"));
        assert!(!text.contains("ch_"), "{file} shows a worker's secret");
        assert!(!text.contains("Bearer "), "{file} shows a token");
    }
}

#[test]
fn a_retried_scenario_is_reported_with_its_attempts() {
    let place = Place::new();
    place.write("a.feature", FAILING);
    place.call("run a.feature -o out --retry 2").code(1);
    assert_eq!(place.json("out/report.json")["scenarios"][0]["attempts"], 3);
}

#[test]
fn a_run_over_its_budget_is_status_5() {
    let place = Place::new();
    let text = "Feature: F\n  Scenario: S\n    Given the built-in tutorial \"correct\"\n    When I run \"coproc cat; read -r -t 60 -u ${COPROC[0]}\"\n";
    place.write("a.feature", text);
    place.call("run a.feature -o out --timeout 1s").code(5);
    assert_eq!(place.json("out/report.json")["exit_status"], 5);
}

#[test]
fn a_refused_run_leaves_no_earlier_verdict_behind() {
    let place = Place::new();
    place.write("a.feature", PASSING).write("wrong.feature", "Feature: F\n  Scenario: S\n    Given nonsense\n");
    for refused in ["run wrong.feature -o out", "run a.feature -t @nosuch -o out"] {
        place.call("run a.feature -o out").success();
        let status = place.call(refused).get_output().status.code();
        assert!(matches!(status, Some(2 | 4)), "{refused}: {status:?}");
        for file in ["report.json", "junit.xml", "report.html"] {
            assert!(!place.path("out").join(file).exists(), "{file} of the earlier run is still there after {refused}");
        }
    }
}

#[test]
fn an_output_folder_in_use_is_refused() {
    let place = Place::new();
    place.write("a.feature", PASSING).write("out/journal.ndjson", "");
    let journal = std::fs::File::options().append(true).open(place.path("out/journal.ndjson")).expect("a journal");
    journal.lock().expect("a lock");
    place.call("run a.feature -o out").code(2).stderr(contains("is in use by another run"));
}

#[test]
fn one_report_that_cannot_be_written_does_not_withhold_the_others() {
    let place = Place::new();
    place.write("a.feature", FAILING).write("taken", "a file");
    let assert = place.call("run a.feature -o out --report json=taken/report.json --report junit");
    assert.code(1).stdout(contains("verdict: failed")).stderr(contains("taken/report.json"));
    assert!(place.path("out/junit.xml").is_file());
}

#[test]
fn a_script_that_fails_and_is_asked_nothing_is_red() {
    let place = Place::new();
    let text = "Feature: F\n  Scenario: S\n    Given the built-in tutorial \"correct\"\n    When I run \"exit 3\"\n";
    place.write("a.feature", text);
    place.call("run a.feature -o out").code(1).stdout(contains("unchecked-status"));
    place.write("a.feature", &format!("{text}    Then it exits with status 3\n"));
    place.call("run a.feature -o out").success();
}

#[test]
fn what_ended_a_script_that_is_asked_nothing_is_told() {
    let place = Place::new();
    place
        .write("checkout/refused.sh", "set -e\ncub space create shop\ncub unit apply web --space nowhere\necho done\n");
    place.write(
        "checkout/gives-up.sh",
        "bye() { rc=$?; echo bye; exit $rc; }\ntrap bye EXIT\necho 'no cluster'\nif true; then\n  exit 4\nfi\n",
    );
    let scenario =
        |script: &str| format!("  Scenario: {script}\n    Given the tutorial\n    When I run \"bash {script}\"\n");
    let text = format!("Feature: F\n{}{}", scenario("refused.sh"), scenario("gives-up.sh"));
    place.write("a.feature", &text);
    place.call("run a.feature --tutorial checkout -o out").code(1);
    let report = place.json("out/report.json");
    let told = |scenario: usize| {
        let findings = report["scenarios"][scenario]["findings"].as_array().expect("findings").clone();
        let numbers: Vec<_> = findings.iter().filter_map(serde_json::Value::as_u64).collect();
        let all = report["findings"].as_array().expect("findings");
        let of = |one: &&serde_json::Value| one["number"].as_u64().is_some_and(|number| numbers.contains(&number));
        all.iter().filter(of).find(|one| one["kind"] == "unchecked-status").expect("the finding").clone()
    };
    let (refused, gives_up) = (told(0), told(1));
    assert_eq!(refused["line"], 3);
    assert!(refused["cause"].as_str().expect("a cause").starts_with("`cub unit apply web` ended it"), "{refused}");
    assert_eq!(gives_up["line"], 5);
    assert_eq!(gives_up["cause"], "`exit 4` ended it");
    assert_eq!(gives_up["output"], "no cluster\nbye");
}

#[test]
fn what_stands_below_a_step_that_takes_nothing_is_red() {
    let place = Place::new();
    let text = "Feature: F\n  Scenario: S\n    Given I create space \"x\"\n      | labels |\n      | a=b    |\n";
    place.write("a.feature", text);
    place.call("run a.feature -o out").code(1).stdout(contains("takes no doc string and no table"));
}

#[test]
fn a_wait_that_the_cluster_refuses_ends_at_once() {
    let place = Place::new();
    let step = "a pod labelled \"app in (\" in namespace \"default\" is running within 5 m";
    place.write("a.feature", &format!("Feature: F\n  Scenario: S\n    Then {step}\n"));
    place.call("run a.feature -o out").code(1);
    let exchanges =
        place.json("out/report.json")["scenarios"][0]["steps"][0]["exchanges"].as_array().map_or(0, Vec::len);
    assert!(exchanges < 10, "the refused request was sent {exchanges} times");
}
