//! Keeps the journal of a run: in its file, on the terminal, and folded for the reports.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stagegate_harness::journal::RecordSink;
use stagegate_reports::Format;
use stagegate_reports::journal::{Event, Record, Writer};
use stagegate_reports::model::{Fold, Run};
use stagegate_reports::terminal::Progress;
use tokio_util::sync::CancellationToken;

use super::journal_path;
use super::live::Live;
use crate::error::CliError;
use crate::output::to_stdout;

/// The journal of a run being made.
pub(super) struct Recording {
    kept: Arc<Mutex<Kept>>,
    path: PathBuf,
    broken: CancellationToken,
}

struct Kept {
    writer: Writer<File>,
    progress: Progress,
    live: Live,
    fold: Option<Fold>,
    /// The first error of writing; nothing is written after it.
    error: Option<std::io::Error>,
    /// There is one.
    broken: CancellationToken,
}

impl Kept {
    fn append(&mut self, mut record: Record) -> Record {
        // Redacted first, so that a record that cannot be written shows no secret either.
        self.writer.redactor().redact_record(&mut record);
        if self.broken.is_cancelled() {
            return record;
        }
        match self.writer.append(record.clone()) {
            Ok(written) => {
                let lines = self.progress.apply(&written);
                self.live.apply(&written);
                if !lines.is_empty() {
                    self.live.suspend(|| to_stdout(&lines));
                }
                match &mut self.fold {
                    Some(fold) => fold.apply(written.clone()),
                    None => self.fold = Fold::new(written.clone()).ok(),
                }
                written
            }
            Err(error) => {
                self.error = Some(error);
                self.broken.cancel();
                record
            }
        }
    }
}

impl Recording {
    /// Begins the journal in folder `output`, which is made when it is not there.
    pub(super) fn start(output: &Path, color: bool) -> Result<Self, CliError> {
        let path = journal_path(output);
        let file = claim(output, &path)?;
        let live = Live::new(std::io::stderr().is_terminal());
        let (writer, progress, broken) = (Writer::new(file), Progress::new(color), CancellationToken::new());
        let kept = Kept { writer, progress, live, fold: None, error: None, broken: broken.clone() };
        Ok(Self { kept: Arc::new(Mutex::new(kept)), path, broken })
    }

    /// Waits until the journal cannot be written any more: what happens from then on proves nothing.
    pub(super) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// What the harness writes to.
    pub(super) fn sink(&self) -> Sink {
        Sink(Arc::clone(&self.kept))
    }

    /// Writes an event of the run itself.
    pub(super) fn append(&self, event: Event) {
        let wall = jiff::Timestamp::now();
        lock(&self.kept).append(Record { seq: 0, wall, at: None, scenario: None, attempt: None, step: None, event });
    }

    /// Writes the last event and gives the run as its journal tells it.
    pub(super) fn finish(&self) -> Result<Run, CliError> {
        let exit_status = lock(&self.kept).fold.as_ref().map(Fold::exit_status_at_end);
        if let Some(exit_status) = exit_status {
            self.append(Event::RunFinished { exit_status });
        }
        let mut kept = lock(&self.kept);
        kept.live.end();
        if let Some(source) = kept.error.take() {
            return Err(CliError::Write { path: self.path.clone(), source });
        }
        let fold = kept.fold.take().ok_or_else(|| CliError::Journal {
            path: self.path.clone(),
            reason: "the run left no record".to_owned(),
        })?;
        Ok(fold.finish())
    }
}

/// Opens the journal in folder `output` for this run alone.
fn claim(output: &Path, path: &Path) -> Result<File, CliError> {
    let fail = |source| CliError::Write { path: path.to_owned(), source };
    if output.exists() && !output.is_dir() {
        let (what, problem, help) = ("the output folder", "is a file", "--output takes a folder; it is made if needed");
        return Err(CliError::Path { what, path: output.to_owned(), problem, help });
    }
    std::fs::create_dir_all(output).map_err(|source| CliError::Write { path: output.to_owned(), source })?;
    // Not truncated before the lock is held: it may be another run's.
    let file = File::options().create(true).append(true).open(path).map_err(fail)?;
    take(&file, output, path)?;
    file.set_len(0).map_err(fail)?;
    Ok(file)
}

/// Refuses a journal that another run is writing.
fn take(file: &File, output: &Path, path: &Path) -> Result<(), CliError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let (what, problem) = ("the output folder", "is in use by another run");
            let help = "wait for it, or give this run a folder of its own with --output";
            Err(CliError::Path { what, path: output.to_owned(), problem, help })
        }
        Err(TryLockError::Error(source)) => Err(CliError::Write { path: path.to_owned(), source }),
    }
}

/// Removes what an earlier run left where this one will report, its journal first: a run that is refused, or killed,
/// must not leave somebody else's green verdict behind.
pub(super) fn remove_old_run(output: &Path, named: &[PathBuf]) -> Result<(), CliError> {
    let journal = journal_path(output);
    if let Ok(file) = File::options().append(true).open(&journal) {
        take(&file, output, &journal)?;
    }
    let usual = Format::ALL.into_iter().map(|format| output.join(format.default_file_name()));
    for path in std::iter::once(journal).chain(usual).chain(named.iter().cloned()) {
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(source) => return Err(CliError::Write { path, source }),
        }
    }
    Ok(())
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The harness's end of a [`Recording`].
pub(super) struct Sink(Arc<Mutex<Kept>>);

impl RecordSink for Sink {
    fn write(&mut self, record: Record) -> Record {
        lock(&self.0).append(record)
    }

    fn secret(&mut self, value: &str) {
        lock(&self.0).writer.secret(value);
    }
}
