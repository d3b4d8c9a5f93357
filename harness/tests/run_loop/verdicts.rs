//! What becomes of scenarios and steps.

use stagegate_reports::{Format, StepVerdict, Verdict};

use crate::bench::Bench;

fn steps(ran: &crate::bench::Ran, scenario: usize) -> Vec<StepVerdict> {
    ran.run.scenarios[scenario].last.steps.iter().map(|step| step.verdict).collect()
}

#[test]
fn steps_behind_a_failed_one_are_not_run_and_have_rows() {
    let ran = Bench::of(
        "Feature: F\n  Scenario: S\n    Given all is well\n    When the cake is a lie\n    Then all is well\n",
    )
    .run();
    assert_eq!(steps(&ran, 0), [StepVerdict::Passed, StepVerdict::Failed, StepVerdict::NotRun]);
    assert_eq!((ran.run.verdict, ran.run.exit_status), (Verdict::Failed, 1));
    let diagnostic = ran.run.scenarios[0].last.steps[1].diagnostic.as_ref().expect("a failed step says why");
    assert_eq!(diagnostic.what, "there is no cake");
    assert_eq!(diagnostic.at.as_ref().map(ToString::to_string).as_deref(), Some("test.feature:4"));
    assert_eq!(diagnostic.source_line.as_deref(), Some("When the cake is a lie"));
}

#[test]
fn backgrounds_of_the_feature_and_the_rule_come_first() {
    let text = "Feature: F
  Background:
    Given all is well
  Rule: R
    Background:
      Given all is well
    Scenario: S
      Then the cake is a lie
";
    let ran = Bench::of(text).run();
    assert_eq!(steps(&ran, 0), [StepVerdict::Passed, StepVerdict::Passed, StepVerdict::Failed]);
    assert_eq!(ran.run.scenarios[0].last.steps[2].diagnostic.as_ref().unwrap().at.as_ref().unwrap().line, 8);
}

#[test]
fn a_retried_scenario_that_then_passes_is_flaky_and_never_passed() {
    let mut bench = Bench::of("Feature: F\n  Scenario: S\n    Given it works at attempt 2\n");
    bench.settings.retries = 3;
    let ran = bench.run();
    assert_eq!(ran.run.scenarios[0].verdict, Verdict::Flaky);
    assert_eq!(ran.run.scenarios[0].attempts, 2);
    assert_eq!((ran.run.counts.passed, ran.run.counts.flaky), (0, 1));
    assert_ne!(ran.run.verdict, Verdict::Passed);
}

#[test]
fn a_scenario_that_fails_at_every_attempt_failed() {
    let mut bench = Bench::of("Feature: F\n  Scenario: S\n    Given it works at attempt 9\n");
    bench.settings.retries = 2;
    let ran = bench.run();
    assert_eq!(ran.run.scenarios[0].verdict, Verdict::Failed);
    assert_eq!(ran.run.scenarios[0].attempts, 3);
}

#[test]
fn the_retry_tag_counts_too() {
    let ran = Bench::of("Feature: F\n  @retry(1)\n  Scenario: S\n    Given it works at attempt 2\n").run();
    assert_eq!(ran.run.scenarios[0].verdict, Verdict::Flaky);
}

#[test]
fn a_step_that_hangs_ends_at_its_limit() {
    let mut bench = Bench::of("Feature: F\n  Scenario: S\n    Given it hangs\n    Then all is well\n");
    bench.settings.step_limit = std::time::Duration::from_millis(20);
    let ran = bench.run();
    assert_eq!(steps(&ran, 0), [StepVerdict::Failed, StepVerdict::NotRun]);
    assert!(ran.run.scenarios[0].last.steps[0].diagnostic.as_ref().unwrap().what.contains("took longer than"));
}

#[test]
fn the_scenarios_limit_holds_across_steps() {
    let mut bench = Bench::of("Feature: F\n  Scenario: S\n    Given all is well\n    And it hangs\n");
    bench.settings.scenario_limit = std::time::Duration::from_millis(20);
    assert_eq!(steps(&bench.run(), 0), [StepVerdict::Passed, StepVerdict::Failed]);
}

#[test]
fn what_breaks_in_the_harness_is_an_error_and_no_failure() {
    for step in ["it panics", "it breaks the environment"] {
        let ran = Bench::of(&format!("Feature: F\n  Scenario: S\n    Given {step}\n")).run();
        assert_eq!(ran.run.scenarios[0].verdict, Verdict::Error, "{step}");
        assert_eq!(ran.run.exit_status, 3, "{step}");
    }
    let ran = Bench::of("Feature: F\n  Scenario: S\n    Given it panics\n").run();
    let diagnostic = ran.run.scenarios[0].last.steps[0].diagnostic.clone().unwrap();
    assert_eq!(diagnostic.causes, ["the ceiling came down"]);
}

#[test]
fn serial_scenarios_run_alone() {
    let scenario = |n: usize| format!("  @serial\n  Scenario: S{n}\n    Given it enters and leaves alone\n");
    let text = format!("Feature: F\n{}", (0..8).map(scenario).collect::<String>());
    assert_eq!(Bench::of(&text).run().run.verdict, Verdict::Passed);
}

#[test]
fn a_missing_capability_skips_by_name_and_is_no_pass() {
    let text =
        "Feature: F\n  @requires-kubectl\n  Scenario: S\n    Given all is well\n  Scenario: T\n    Given all is well\n";
    let ran = Bench::of(text).run();
    let skip = ran.run.scenarios[0].skipped.as_ref().expect("it is skipped");
    assert_eq!(skip.capability, "kubectl");
    assert_eq!((ran.run.counts.skipped, ran.run.counts.passed, ran.run.exit_status), (1, 1, 0));
}

#[test]
fn an_unknown_capability_is_never_there() {
    let ran = Bench::of("Feature: F\n  @requires-kubctl\n  Scenario: S\n    Given all is well\n").run();
    assert_eq!(ran.run.scenarios[0].verdict, Verdict::Skipped);
    assert_eq!(ran.run.exit_status, 4, "a run in which nothing ran is not green");
}

#[test]
fn fail_fast_leaves_the_rest_not_run() {
    let scenario = |n: usize| format!("  Scenario: S{n}\n    Given the cake is a lie\n");
    let mut bench = Bench::of(&format!("Feature: F\n{}", (0..20).map(scenario).collect::<String>()));
    bench.settings.fail_fast = true;
    bench.settings.jobs = 1;
    let ran = bench.run();
    assert_eq!(ran.run.exit_status, 1);
    assert!(ran.run.counts.not_run > 0, "{:?}", ran.run.counts);
    assert_eq!(ran.run.counts.total, 20);
}

#[test]
fn fail_fast_stops_at_a_denied_finding_although_every_step_passed() {
    let scenario = |n: usize| format!("  Scenario: S{n}\n    Given a defect comes to light\n");
    let mut bench = Bench::of(&format!("Feature: F\n{}", (0..20).map(scenario).collect::<String>()));
    bench.settings.fail_fast = true;
    bench.settings.jobs = 1;
    let ran = bench.run();
    assert_eq!((ran.run.counts.failed, ran.run.counts.not_run), (1, 19), "{:?}", ran.run.counts);
    assert_eq!(ran.run.exit_status, 1);
}

#[test]
fn doc_strings_and_tables_reach_the_step_as_written() {
    let text = "Feature: F
  Scenario: S
    Given the text is \"a/  b/\"
      \"\"\"yaml
      a
        b

      \"\"\"
    And the media type is \"yaml\"
      ```yaml
      a: 1
      ```
    And the cells are \"x|y,1/z,2\"
      | x\\|y | 1 |
      | z     | 2 |
";
    let ran = Bench::of(text).run();
    assert_eq!(ran.run.verdict, Verdict::Passed, "{:?}", ran.run.scenarios[0].last.steps);
}

#[test]
fn variables_fill_sentences_doc_strings_and_tables() {
    let text = "Feature: F
  Scenario: S
    Given \"warm\" is called prefix
    Then the text is \"{prefix}-cub\"
      \"\"\"
      {prefix}-cub
      \"\"\"
    And the cells are \"{prefix}\"
      | {prefix} |
";
    let ran = Bench::of(text).run();
    assert_eq!(ran.run.verdict, Verdict::Passed, "{:?}", ran.run.scenarios[0].last.steps);
}

#[test]
fn each_row_of_an_outline_is_a_scenario_on_its_own_line() {
    let text = "Feature: F
  Scenario Outline: <what>
    Given <step>
    # a comment
    Examples:
      | what | step              |
      # another one
      | good | all is well       |
      | bad  | the cake is a lie |
";
    let ran = Bench::of(text).run();
    let rows: Vec<_> = ran.run.scenarios.iter().map(|s| (s.name.as_str(), s.line, s.verdict)).collect();
    assert_eq!(rows, [("good", 8, Verdict::Passed), ("bad", 9, Verdict::Failed)]);
}

#[test]
fn with_every_check_steps_behind_a_failed_check_run_and_the_scenario_has_failed() {
    let text = "Feature: F
  @every-check
  Scenario: S
    Given all is well
    Then the cake is a lie
    And all is well
    When all is well
    Then the cake is a lie
    And all is well
";
    let mut bench = Bench::of(text);
    bench.settings.retries = 1;
    let ran = bench.run();
    let (passed, failed) = (StepVerdict::Passed, StepVerdict::Failed);
    assert_eq!(steps(&ran, 0), [passed, failed, passed, passed, failed, passed]);
    assert_eq!((ran.run.verdict, ran.run.exit_status), (Verdict::Failed, 1));
    assert_eq!(ran.run.scenarios[0].attempts, 2, "the engine heard of the failure");
}

#[test]
fn with_every_check_nothing_goes_on_behind_what_was_not_brought_about() {
    for step in ["When the cake is a lie", "Then it breaks the environment", "Then it panics"] {
        let text = format!("Feature: F\n  @every-check\n  Scenario: S\n    {step}\n    Then all is well\n");
        let ran = Bench::of(&text).run();
        assert_eq!(steps(&ran, 0)[1], StepVerdict::NotRun, "{step}");
    }
}

#[test]
fn with_every_check_what_needs_the_value_of_a_failed_check_is_not_run() {
    let text = "Feature: F
  @every-check
  Scenario: S
    Then the cake is a lie
    And the text is \"{prefix}\"
    And all is well
    And the text is \"{prefix}\"

  @every-check
  Scenario: No check failed before
    Then the text is \"{prefix}\"
";
    let ran = Bench::of(text).run();
    let (passed, failed, not_run) = (StepVerdict::Passed, StepVerdict::Failed, StepVerdict::NotRun);
    assert_eq!(steps(&ran, 0), [failed, not_run, passed, not_run]);
    assert_eq!(steps(&ran, 1), [failed]);
    assert_eq!((ran.run.verdict, ran.run.exit_status), (Verdict::Failed, 1));
}

/// Whoever reads that it failed must read too that it was made to.
#[test]
fn every_report_says_what_was_injected() {
    let ran = Bench::of("Feature: F\n  Scenario: S\n    When the hub answers 503 to ListSpaces\n").run();
    assert_eq!(ran.run.verdict, Verdict::Failed);
    let step = &ran.run.scenarios[0].last.steps[0];
    let injection = &step.activity.injections[0].injection;
    assert_eq!(injection.to_string(), "error 503 on GET /api/space (rule 1, busy hour)");
    assert_eq!((injection.system.as_str(), injection.actor.as_str()), ("confighub", "step"));
    let told = "injected: error 503 on GET /api/space (rule 1, busy hour)";
    assert!(stagegate_reports::terminal::render_summary(&ran.run, &[], false).contains(told));
    let mut progress = stagegate_reports::terminal::Progress::new(false);
    assert!(ran.records.iter().map(|record| progress.apply(record)).collect::<String>().contains(told));
    for format in [Format::Json, Format::Junit, Format::Html] {
        let report = stagegate_reports::render(format, &ran.run).unwrap();
        assert!(report.contains("busy hour") && report.contains("error 503"), "{format}");
    }
}
