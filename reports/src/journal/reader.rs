//! Reading a journal back.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::FORMAT;
use super::event::Record;

/// A journal cannot be read (further).
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system said no.
    #[error("cannot read the journal: {0}")]
    Io(#[from] io::Error),
    /// There is no complete first line.
    #[error("the journal is empty: it holds no complete event")]
    Empty,
    /// The first line is something else.
    #[error("this is not a stagegate journal: its first line is not a `run-started` event")]
    NotAJournal,
    /// A newer stagegate wrote it.
    #[error("the journal has format {found}, and this stagegate reads formats up to {FORMAT}; use a newer stagegate")]
    Format {
        /// The journal's format.
        found: u32,
    },
    /// A line that is not the last one is damaged.
    #[error("line {line} of the journal is damaged: {source}")]
    Malformed {
        /// From 1.
        line: u64,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// Lines were removed, repeated or reordered.
    #[error("line {line} of the journal is damaged: event {expected} was expected and event {found} found")]
    Sequence {
        /// From 1.
        line: u64,
        /// The number that would follow.
        expected: u64,
        /// The number that is there.
        found: u64,
    },
}

/// Reads the journal in a file.
pub fn read(path: &Path) -> Result<Reader<BufReader<File>>, ReadError> {
    Ok(Reader::new(BufReader::with_capacity(1 << 16, File::open(path)?)))
}

/// The records of a journal, in order. Ends after the first error.
///
/// A torn last line, as a killed process leaves it, is not an error: it ends the journal, and
/// [`torn`](Self::torn) says so afterwards.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    line: Vec<u8>,
    read: u64,
    torn: bool,
    ended: bool,
}

/// As much of the first line as every format has.
#[derive(Deserialize)]
struct Head {
    event: HeadEvent,
}

#[derive(Deserialize)]
struct HeadEvent {
    #[serde(rename = "type")]
    kind: String,
    format: u32,
}

impl<R: BufRead> Reader<R> {
    /// Reads a journal from `source`.
    pub fn new(source: R) -> Self {
        Self { source, line: Vec::new(), read: 0, torn: false, ended: false }
    }

    /// Whether the journal ended in the middle of a line. Known once the iterator has ended.
    pub fn torn(&self) -> bool {
        self.torn
    }

    fn read_record(&mut self) -> Result<Option<Record>, ReadError> {
        self.line.clear();
        if self.source.read_until(b'\n', &mut self.line)? == 0 {
            return if self.read == 0 { Err(ReadError::Empty) } else { Ok(None) };
        }
        // The writer's newline is the last byte of its one write, so only a torn line lacks it.
        let complete = self.line.ends_with(b"\n");
        match self.parse_line() {
            Err(ReadError::Malformed { .. }) if !complete => {
                self.torn = true;
                if self.read == 0 { Err(ReadError::Empty) } else { Ok(None) }
            }
            Err(ReadError::Malformed { .. }) if self.read == 0 => Err(ReadError::NotAJournal),
            parsed => parsed.map(Some),
        }
    }

    fn parse_line(&mut self) -> Result<Record, ReadError> {
        let line = self.read + 1;
        let malformed = |source| ReadError::Malformed { line, source };
        if self.read == 0 {
            let _: serde::de::IgnoredAny = serde_json::from_slice(&self.line).map_err(malformed)?;
            let head: Head = serde_json::from_slice(&self.line).map_err(|_| ReadError::NotAJournal)?;
            if head.event.kind != "run-started" {
                return Err(ReadError::NotAJournal);
            }
            if head.event.format > FORMAT {
                return Err(ReadError::Format { found: head.event.format });
            }
        }
        let record: Record = serde_json::from_slice(&self.line).map_err(malformed)?;
        if record.seq != line {
            return Err(ReadError::Sequence { line, expected: line, found: record.seq });
        }
        self.read = line;
        Ok(record)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read_record().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
