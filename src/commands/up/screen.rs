//! What happens in the environment, line by line as it happens.

use stagegate_harness::journal::RecordSink;
use stagegate_reports::journal::{Effect, Event, Record, Redactor};
use stagegate_reports::printable;
use stagegate_reports::terminal::Progress;

use crate::output::to_stdout;

/// Prints the records of an environment's journal.
pub(super) struct Screen {
    quiet: bool,
    progress: Progress,
    redactor: Redactor,
    count: u64,
}

impl Screen {
    pub(super) fn new(quiet: bool, color: bool) -> Self {
        Self { quiet, progress: Progress::new(color), redactor: Redactor::default(), count: 0 }
    }
}

impl RecordSink for Screen {
    fn write(&mut self, mut record: Record) -> Record {
        self.count += 1;
        record.seq = self.count;
        self.redactor.redact_record(&mut record);
        let text = match &record.event {
            // What an Event tells has been told as what it is about.
            Event::Effect(effect) if self.quiet || effect.kind == "Event" => String::new(),
            Event::Effect(effect) => line(&record, effect),
            _ => self.progress.apply(&record),
        };
        if !text.is_empty() {
            to_stdout(&text);
        }
        record
    }

    fn secret(&mut self, value: &str) {
        self.redactor.register(value);
    }
}

/// Time, what happened to what, by whom, and what is different now.
fn line(record: &Record, effect: &Effect) -> String {
    let at = record.at.unwrap_or(record.wall).strftime("%H:%M:%S");
    let scope = effect.scope.as_ref().map_or_else(String::new, |scope| format!("{scope}/"));
    let summary = if effect.summary.is_empty() { String::new() } else { format!(": {}", effect.summary) };
    let text = format!("{at} {} {} {scope}{} by {}{summary}", effect.verb, effect.kind, effect.name, effect.actor);
    format!("{}\n", printable(&text))
}
