//! `stagegate run`.

mod live;
mod machine;
mod record;
mod signals;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stagegate_harness::features::{Plan, Selector};
use stagegate_harness::journal::Journal;
use stagegate_harness::run::{Capabilities, Capability, Run};
use stagegate_reports::journal::{Event, FORMAT, RunStarted, Selection};
use stagegate_reports::terminal::{ReportFile, render_summary};

use self::record::Recording;
use crate::cli::{ColorChoice, RunArgs};
use crate::commands::{list, report};
use crate::config::Config;
use crate::error::CliError;
use crate::options::Options;
use crate::output::{color_of_stdout, to_stdout};

/// Runs scenarios and leaves evidence.
pub(crate) fn run(mut arguments: RunArgs, config: Config, color: Option<ColorChoice>) -> Result<u8, CliError> {
    config.complete(&mut arguments);
    // Short, because Unix sockets live in it and their paths may have 104 bytes at most on macOS.
    let folder = tempfile::Builder::new()
        .prefix("stagegate-")
        .tempdir()
        .map_err(|source| CliError::System { what: "cannot make a temporary folder", source })?;
    let options = Options::new(arguments, folder.path())?;
    let vocabulary = stagegate_steps::vocabulary()?;
    let selector = Selector::new(options.tags.as_deref(), options.name.as_deref())?;
    let plan = Plan::new(&crate::features::sources(&options.paths)?, &selector, &vocabulary)?;
    if options.dry_run {
        to_stdout(&list::listing(&plan));
        return Ok(0);
    }
    let capabilities = Capabilities::detect(options.settings.tutorial.is_some());
    need_tools(&plan, &options, &capabilities)?;

    let recording = Recording::start(&options.output, color_of_stdout(color))?;
    let journal = Journal::new(Box::new(recording.sink()));
    journal.write(Event::RunStarted(started(&options)));
    let runtime = stagegate_harness::environment::runtime()
        .map_err(|source| CliError::System { what: "cannot start the runtime", source })?;
    let run = Run::new(plan, Arc::new(vocabulary), options.settings.clone(), capabilities, journal.clone());
    runtime.block_on(async {
        tokio::select! {
            _ending = run.execute() => {}
            signal = signals::first() => {
                journal.write(Event::Interrupted { signal: signal.name().to_owned() });
                signals::force_on_second();
            }
        }
    });
    // Environments end with their handles; what is still running then has a moment to notice.
    runtime.shutdown_timeout(Duration::from_secs(5));
    finish(&recording, &options, folder, color)
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

fn started(options: &Options) -> RunStarted {
    let settings = &options.settings;
    let features = if options.paths.is_empty() { vec!["built-in".to_owned()] } else { options.paths.clone() };
    RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run_id: machine::run_id(),
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
    folder: tempfile::TempDir,
    color: Option<ColorChoice>,
) -> Result<u8, CliError> {
    if options.settings.keep != stagegate_harness::run::Keep::Never && holds_something(folder.path()) {
        let kept = folder.keep();
        to_stdout(&format!("kept:    {}\n", kept.display()));
    } else if let Err(error) = folder.close() {
        recording.append(Event::Leftover { what: format!("temporary folder: {error}") });
    }
    let run = recording.finish()?;
    let mut written = Vec::new();
    for wanted in &options.reports {
        let path = wanted.path.clone().unwrap_or_else(|| options.output.join(wanted.format.default_file_name()));
        report::write(&path, wanted.format, &run)?;
        written.push(ReportFile { format: wanted.format, path: path.display().to_string() });
    }
    to_stdout(&render_summary(&run, &written, color_of_stdout(color)));
    Ok(run.exit_status)
}

fn holds_something(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// Where the journal of a run is.
pub(crate) fn journal_path(output: &Path) -> PathBuf {
    output.join("journal.ndjson")
}
