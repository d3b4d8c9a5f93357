//! Writing a journal as things happen.

use std::io::{self, Write};

use jiff::Timestamp;

use super::event::{Event, Record};
use super::redactor::Redactor;

/// Appends records to a journal, one JSON object a line.
///
/// Each record is one unbuffered write to the sink, so that a journal in a file is readable up to the last
/// event even when the process is killed: what `write` has taken, the system keeps.
///
/// ```
/// use stagegate_reports::journal::{Event, Writer};
///
/// let mut writer = Writer::new(Vec::new());
/// writer.secret("s3cr3t-token");
/// let record = writer.append_event(Event::Leftover { what: "file with s3cr3t-token".to_owned() })?;
/// assert_eq!(record.seq, 1);
/// assert!(String::from_utf8_lossy(writer.get_ref()).contains("file with ***"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer<W: Write> {
    sink: W,
    written: u64,
    line: Vec<u8>,
    redactor: Redactor,
    /// A write failed, so the last line may be torn.
    torn: bool,
}

impl<W: Write> Writer<W> {
    /// A writer at the beginning of a journal. `sink` should not buffer (a `File` does not).
    pub fn new(sink: W) -> Self {
        Self { sink, written: 0, line: Vec::with_capacity(1024), redactor: Redactor::default(), torn: false }
    }

    /// Replaces `value` by `***` in everything appended from now on; values of fewer than
    /// [`MINIMUM_SECRET_LENGTH`](super::MINIMUM_SECRET_LENGTH) bytes are left alone, and the answer says so.
    pub fn secret(&mut self, value: &str) -> bool {
        self.redactor.register(value)
    }

    /// What is known to be secret.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Appends a record and returns it as written: with its `seq` and `wall`, and without secrets.
    ///
    /// `seq` and `wall` of the argument are ignored. After an error the journal may end in a torn line, so nothing
    /// more is appended to it: it stays readable up to there, and every further call is an error too.
    pub fn append(&mut self, mut record: Record) -> io::Result<Record> {
        if self.torn {
            return Err(io::Error::other("an earlier event could not be written to the journal"));
        }
        record.seq = self.written + 1;
        record.wall = Timestamp::now();
        self.redactor.redact_record(&mut record);
        self.line.clear();
        serde_json::to_writer(&mut self.line, &record)?;
        self.line.push(b'\n');
        self.sink.write_all(&self.line).inspect_err(|_| self.torn = true)?;
        self.written = record.seq;
        Ok(record)
    }

    /// Appends an event that belongs to no scenario.
    pub fn append_event(&mut self, event: Event) -> io::Result<Record> {
        let wall = Timestamp::UNIX_EPOCH;
        self.append(Record { seq: 0, wall, at: None, scenario: None, attempt: None, step: None, event })
    }

    /// Where it writes to.
    pub fn get_ref(&self) -> &W {
        &self.sink
    }
}
