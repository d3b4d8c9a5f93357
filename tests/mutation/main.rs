//! Mutation of the small tutorial: each way to break each of its commands is told.
//!
//! Every command of the correct tutorial, as parsed, is broken by every operator that applies, and each
//! broken tutorial runs in an environment of its own. A mutant is caught when the run is red for a reason
//! that concerns it: a finding or a failed step that names the place, or what was broken there. Those that
//! break nothing stand in `equivalent.yaml` with their reason.
//!
//! Running all of them takes minutes, so that is a lane of `.ci/run`; a plain `cargo test` runs one of
//! each operator.
#![allow(clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

mod baseline;
mod commands;
mod consumers;
mod equivalent;
mod operators;
mod report;
mod trial;
mod tutorial;
mod verdict;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use stagegate_harness::vocabulary::Vocabulary;
use stagegate_reports::Verdict;

use baseline::Baseline;
use equivalent::{equivalents, known};
use operators::{Mutant, Operator, mutants};
use tutorial::{Files, STAGES};
use verdict::Outcome;

#[test]
fn one_mutant_of_each_operator_is_caught() {
    let (files, vocabulary, all) = prepared();
    let some: Vec<Mutant> = Operator::ALL
        .into_iter()
        .flat_map(|operator| {
            let of_operator: Vec<&Mutant> = all.iter().filter(|mutant| mutant.operator == operator).collect();
            let middle = of_operator.len() / 2;
            of_operator.into_iter().skip(middle).take(1).cloned().collect::<Vec<_>>()
        })
        .collect();
    judge(&some, &outcomes(&some, &files, &vocabulary));
}

#[test]
#[ignore = "takes minutes: a lane of .ci/run"]
fn every_mutant_is_caught() {
    let (files, vocabulary, all) = prepared();
    let outcomes = outcomes(&all, &files, &vocabulary);
    let listed = equivalents();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("report", report::render(&all, &outcomes, &listed));
    });
    judge(&all, &outcomes);
    for entry in listed {
        assert!(all.iter().any(|mutant| entry.fits(mutant)), "equivalent.yaml is stale: {}", entry.described());
    }
}

/// The correct tutorial, which is green and without a finding, and its mutants.
fn prepared() -> (Files, Arc<Vocabulary>, Vec<Mutant>) {
    let vocabulary = Arc::new(stagegate_steps::vocabulary().expect("the vocabulary"));
    let files = tutorial::correct();
    let baselines: Vec<Baseline> = STAGES
        .iter()
        .map(|stage| {
            let trial = trial::run(stage, &files, None, trial::FAST, &vocabulary);
            assert_eq!(trial.run.verdict, Verdict::Passed, "{}: {:#?}", stage.name, trial.run.scenarios);
            assert_eq!(trial.run.findings, [], "{}", stage.name);
            Baseline::new(trial.records)
        })
        .collect();
    let mutants = mutants(&files, &baselines);
    (files, vocabulary, mutants)
}

/// The outcome of each mutant, in their order. There are more threads than processors, because a trial
/// waits for its processes most of the time.
fn outcomes(mutants: &[Mutant], files: &Files, vocabulary: &Arc<Vocabulary>) -> Vec<Outcome> {
    let threads = 3 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    // Those that take long come first.
    let mut order: Vec<usize> = (0..mutants.len()).collect();
    order.sort_by(|one, other| mutants[*one].speed().total_cmp(&mutants[*other].speed()));
    let (next, done) = (AtomicUsize::new(0), Mutex::new(vec![None; mutants.len()]));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)).copied() {
                    let mutant = &mutants[at];
                    let mut files = files.clone();
                    files.insert(mutant.file.clone(), mutant.text.clone());
                    let trial =
                        trial::run(&STAGES[mutant.stage], &files, mutant.faults.as_ref(), mutant.speed(), vocabulary);
                    let outcome = Outcome::of(mutant, &trial);
                    done.lock().expect("no thread panicked")[at] = Some(outcome);
                }
            });
        }
    });
    done.into_inner().expect("no thread panicked").into_iter().map(|outcome| outcome.expect("all are done")).collect()
}

/// Fails when a mutant that is not listed is not caught, or one that is listed is.
fn judge(mutants: &[Mutant], outcomes: &[Outcome]) {
    let listed = equivalents();
    let is_wrong = |mutant: &Mutant, outcome: &Outcome| match known(&listed, mutant) {
        None => !matches!(outcome, Outcome::Caught(_)),
        Some(_) => *outcome != Outcome::Survived,
    };
    let wrong: Vec<String> = mutants
        .iter()
        .zip(outcomes)
        .filter(|(mutant, outcome)| is_wrong(mutant, outcome))
        .map(|(mutant, outcome)| {
            format!("{} {}:{}: {}: {outcome:?}", mutant.operator.name(), mutant.file, mutant.lines.0, mutant.after)
        })
        .collect();
    assert!(wrong.is_empty(), "not caught, or listed in equivalent.yaml and yet caught:\n{}", wrong.join("\n"));
}
