//! `stagegate report`.

use std::path::{Path, PathBuf};

use stagegate_reports::diagnostic::chain;
use stagegate_reports::model::Run;
use stagegate_reports::terminal::{Progress, render_summary};
use stagegate_reports::{Format, journal, render};

use crate::cli::{ColorChoice, ReportArgs};
use crate::commands::run::journal_path;
use crate::error::CliError;
use crate::options::ReportWanted;
use crate::output::{color_of_stdout, to_stdout};

/// Renders reports from a journal. The exit status is the one of the run that the journal records.
pub(crate) fn run(arguments: &ReportArgs, color: Option<ColorChoice>) -> Result<u8, CliError> {
    let journal = journal_of(&arguments.journal);
    let run = read(&journal)?;
    let formats: Vec<&str> = arguments.formats.iter().map(String::as_str).collect();
    for format in if formats.is_empty() { &["terminal"][..] } else { &formats } {
        if *format == "terminal" {
            let color = color_of_stdout(color);
            to_stdout(&scenarios(&journal, color)?);
            to_stdout(&render_summary(&run, &[], color));
            continue;
        }
        let ReportWanted { format, path } = ReportWanted::parse("FORMAT", format)?;
        match path {
            Some(path) => write(&path, format, &run)?,
            None => to_stdout(&render(format, &run)?),
        }
    }
    Ok(run.exit_status)
}

/// The journal that is meant by itself or by its folder.
pub(crate) fn journal_of(path: &Path) -> PathBuf {
    if path.is_dir() { journal_path(path) } else { path.to_owned() }
}

/// The run that a journal tells of.
pub(crate) fn read(path: &Path) -> Result<Run, CliError> {
    let fail = |error: &dyn std::error::Error| CliError::Journal { path: path.to_owned(), reason: chain(error) };
    let records = journal::read(path).map_err(|error| fail(&error))?;
    Run::from_journal(records).map_err(|error| fail(&error))
}

/// What was printed while the run went on.
fn scenarios(path: &Path, color: bool) -> Result<String, CliError> {
    let fail = |error: &dyn std::error::Error| CliError::Journal { path: path.to_owned(), reason: chain(error) };
    let mut progress = Progress::new(color);
    let mut text = String::new();
    for record in journal::read(path).map_err(|error| fail(&error))? {
        text.push_str(&progress.apply(&record.map_err(|error| fail(&error))?));
    }
    Ok(text)
}

/// Writes one report to a file, making its folder when that is not there.
pub(crate) fn write(path: &Path, format: Format, run: &Run) -> Result<(), CliError> {
    let text = render(format, run)?;
    let fail = |source| CliError::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    std::fs::write(path, text).map_err(|source| {
        // Half a report looks like a whole one to some. A device is not ours to remove.
        if path.is_file() {
            let _gone_already = std::fs::remove_file(path);
        }
        fail(source)
    })
}
