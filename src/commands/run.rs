//! `stagegate run`.

mod live;
pub(crate) mod machine;
mod record;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stagegate_harness::environment::{EnvironmentError, Site};
use stagegate_harness::features::{Plan, Selector};
use stagegate_harness::journal::Journal;
use stagegate_harness::run::{Capabilities, Capability, Run, Settings};
use stagegate_harness::vocabulary::Vocabulary;
use stagegate_reports::diagnostic::{Diagnostic, Location};
use stagegate_reports::journal::{Event, FORMAT, PlannedScenario, RunStarted, Selection};
use stagegate_reports::terminal::{ReportFile, render_summary};
use tokio_util::sync::CancellationToken;

use self::record::{Recording, remove_old_run};
use crate::cli::{ColorChoice, RunArgs};
use crate::commands::{list, report};
use crate::config::Config;
use crate::error::CliError;
use crate::options::{Options, output_of, reports};
use crate::output::{color_of_stderr, color_of_stdout, to_stderr, to_stdout};
use crate::run_folder::RunFolder;
use crate::signals;

/// Runs scenarios and leaves evidence.
pub(crate) fn run(mut arguments: RunArgs, config: Config, color: Option<ColorChoice>) -> Result<u8, CliError> {
    config.complete(&mut arguments);
    if !arguments.dry_run.unwrap_or(false) {
        let named: Vec<PathBuf> = reports(&arguments.report)?.into_iter().filter_map(|wanted| wanted.path).collect();
        remove_old_run(&output_of(&arguments), &named)?;
    }
    let folder = RunFolder::planned();
    let mut options = Options::new(arguments, folder.path())?;
    let vocabulary = stagegate_steps::vocabulary()?;
    let selector = Selector::new(options.tags.as_deref(), options.name.as_deref())?;
    let plan = Plan::new(&crate::features::sources(&options.paths)?, &selector, &vocabulary)?;
    let capabilities = Capabilities::detect(options.settings.tutorial.is_some());
    need_what_is_demanded(&plan, &capabilities, &vocabulary)?;
    if options.dry_run {
        to_stdout(&list::listing(&plan, &capabilities));
        to_stdout("nothing was run (--dry-run)\n");
        return Ok(0);
    }
    need_tools(&plan, &options, &capabilities)?;
    options.settings.jobs = options.settings.jobs.min(side_by_side(&plan, &capabilities, &vocabulary));

    let runtime = stagegate_harness::environment::runtime()
        .map_err(|source| CliError::System { what: "cannot start the runtime", source })?;
    // Before the first line of the journal: from there on a signal is written into it.
    let interrupted = {
        let _inside = runtime.enter();
        signals::first()
    };
    let recording = Recording::start(&options.output, color_of_stdout(color))?;
    let journal = Journal::new(Box::new(recording.sink()));
    let run_id = machine::run_id();
    journal.write(Event::RunStarted(started(&options, &run_id)));
    let run = Run::new(plan, Arc::new(vocabulary), options.settings.clone(), capabilities, journal.clone());
    runtime.block_on(on_site(&options.settings, &run_id, (&journal, &recording), (run, interrupted)));
    // Environments end with their handles; what is still running then has a moment to notice.
    runtime.shutdown_timeout(Duration::from_secs(5));
    finish(&recording, &options, folder, color)
}

/// Runs on what the lane wants, until it is over or a signal comes, and leaves nothing of it behind.
async fn on_site(
    settings: &Settings,
    run_id: &str,
    (journal, recording): (&Journal, &Recording),
    (run, interrupted): (Run, impl Future<Output = signals::Interruption>),
) {
    let stop = CancellationToken::new();
    let mut signal = std::pin::pin!(interrupted);
    let interrupted = |signal: signals::Interruption| {
        journal.write(Event::Interrupted { signal: signal.name().to_owned() });
        signals::force_on_second();
        stop.cancel();
    };
    let mut preparing = std::pin::pin!(Site::prepare(settings, run_id, journal, &stop));
    let prepared = tokio::select! {
        prepared = &mut preparing => prepared,
        signal = &mut signal => {
            interrupted(signal);
            // It removes what it has made so far.
            if let Ok(site) = preparing.await {
                close(&site, journal).await;
            }
            return;
        }
    };
    let site = match prepared {
        Ok(site) => site,
        Err(error) => {
            failed(journal, &error, "the run has nothing to run on");
            return;
        }
    };
    let ended = tokio::select! {
        _ending = run.execute(site.clone()) => true,
        error = site.lost() => {
            failed(journal, &error, "the run cannot go on");
            true
        }
        () = recording.broken() => true,
        signal = &mut signal => {
            interrupted(signal);
            false
        }
    };
    let mut closing = std::pin::pin!(close(&site, journal));
    tokio::select! {
        () = &mut closing => return,
        signal = &mut signal, if ended => interrupted(signal),
    }
    closing.await;
}

fn failed(journal: &Journal, error: &EnvironmentError, what: &str) {
    journal.write(Event::EnvironmentFailed { diagnostic: *error.failure(what).diagnostic });
}

async fn close(site: &Site, journal: &Journal) {
    for what in site.close().await {
        journal.write(Event::Leftover { what });
    }
}

/// What a scenario is about must be there, unless its tags say that it is skipped without.
fn need_what_is_demanded(plan: &Plan, capabilities: &Capabilities, vocabulary: &Vocabulary) -> Result<(), CliError> {
    let undeclared = |scenario| Some((scenario, capabilities.undeclared(scenario, vocabulary)?));
    let problems = plan.scenarios.iter().filter_map(undeclared).map(|(scenario, (step, demanded))| Diagnostic {
        what: format!("scenario `{}` cannot run: {}", scenario.name, demanded.reason()),
        at: Some(Location { file: scenario.feature.clone(), line: step.line, column: None }),
        source_line: Some(format!("{} {}", step.keyword.trim_end(), step.text)),
        help: Some(format!("tag it `@requires-{}` to have it skipped by name where there is none", demanded.name())),
        ..Diagnostic::default()
    });
    let problems: Vec<Diagnostic> = problems.collect();
    if problems.is_empty() { Ok(()) } else { Err(CliError::Demanded(problems)) }
}

/// How many scenarios may run at once; there need not be clusters for more.
fn side_by_side(plan: &Plan, capabilities: &Capabilities, vocabulary: &Vocabulary) -> usize {
    let is_alone = |scenario: &PlannedScenario| scenario.tags.iter().any(|tag| tag == "@serial");
    let runs = |scenario: &PlannedScenario| capabilities.missing_for(scenario, vocabulary).is_none();
    plan.scenarios.iter().filter(|scenario| !is_alone(scenario) && runs(scenario)).count().max(1)
}

/// A tutorial that was named must be run as it is: nothing it needs may be skipped.
fn need_tools(plan: &Plan, options: &Options, capabilities: &Capabilities) -> Result<(), CliError> {
    if options.settings.tutorial.is_none() {
        return Ok(());
    }
    for (tool, capability) in [("bash", Capability::Bash), ("kubectl", Capability::Kubectl)] {
        let needed =
            plan.scenarios.iter().any(|scenario| scenario.tags.iter().any(|tag| *tag == format!("@requires-{tool}")));
        if needed && !capabilities.has(capability) {
            return Err(CliError::Tool { tool, purpose: "the scripts of the tutorial" });
        }
    }
    Ok(())
}

fn started(options: &Options, run_id: &str) -> RunStarted {
    let settings = &options.settings;
    let features = if options.paths.is_empty() { vec!["built-in".to_owned()] } else { options.paths.clone() };
    RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: run_id.to_owned(),
        seed: settings.seed,
        lane: settings.lane.clone(),
        arguments: std::iter::once("stagegate".to_owned()).chain(std::env::args().skip(1)).collect(),
        machine: machine::facts(settings),
        selection: Selection {
            features,
            tags: options.tags.clone(),
            name: options.name.clone(),
            tutorial: settings.tutorial.as_deref().map(machine::checkout),
        },
    }
}

fn finish(
    recording: &Recording,
    options: &Options,
    folder: RunFolder,
    color: Option<ColorChoice>,
) -> Result<u8, CliError> {
    if options.settings.keep != stagegate_harness::run::Keep::Never && holds_something(folder.path()) {
        let kept = folder.keep();
        to_stdout(&format!("kept:    {}\n", kept.display()));
    } else if let Err(error) = folder.remove() {
        recording.append(Event::Leftover { what: format!("temporary folder: {error}") });
    }
    let run = recording.finish()?;
    let (mut written, mut failures) = (Vec::new(), Vec::new());
    for wanted in &options.reports {
        let path = wanted.path.clone().unwrap_or_else(|| options.output.join(wanted.format.default_file_name()));
        // One report that cannot be written is no reason to withhold the others, or the verdict.
        match report::write(&path, wanted.format, &run) {
            Ok(()) => written.push(ReportFile { format: wanted.format, path: path.display().to_string() }),
            Err(error) => failures.push(error),
        }
    }
    to_stdout(&render_summary(&run, &written, color_of_stdout(color)));
    to_stdout(&format!("journal: {}\n", journal_path(&options.output).display()));
    match failures.into_iter().next() {
        Some(error) if run.exit_status == 0 => Err(error),
        Some(error) => {
            to_stderr(&error.render(color_of_stderr(color)));
            Ok(run.exit_status)
        }
        None => Ok(run.exit_status),
    }
}

fn holds_something(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Where the journal of a run is.
pub(crate) fn journal_path(output: &Path) -> PathBuf {
    output.join("journal.ndjson")
}
