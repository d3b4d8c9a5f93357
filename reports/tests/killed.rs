//! A journal whose writer is killed while it writes.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use stagegate_reports::Verdict;
use stagegate_reports::journal::{self, Record, Writer};
use stagegate_reports::model::{Run, RunEnd};

const JOURNAL: &str = "STAGEGATE_TEST_JOURNAL";

/// Not a test of its own: the process that [`a_killed_writer_leaves_a_readable_journal`] kills. It writes without end.
#[test]
fn writer_that_never_ends() {
    let Some(path) = std::env::var_os(JOURNAL) else { return };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/denied-finding/journal.ndjson");
    let records: Vec<Record> = journal::read(&corpus).unwrap().collect::<Result<_, _>>().unwrap();
    let (_end, story) = records.split_last().unwrap();
    let mut writer = Writer::new(File::create(path).unwrap());
    for record in story.iter().chain(story[1..].iter().cycle()) {
        writer.append(record.clone()).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_a_readable_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.ndjson");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer_that_never_ends"])
        .env(JOURNAL, &path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while fs::metadata(&path).map_or(0, |file| file.len()) < 200_000 {
        assert!(child.try_wait().unwrap().is_none(), "the writer ended by itself");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut reader = journal::read(&path).unwrap();
    let records: Vec<_> = reader.by_ref().collect::<Result<_, _>>().unwrap();
    let text = fs::read(&path).unwrap();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    assert_eq!(records.len() + usize::from(reader.torn()), lines, "everything but a torn line is read");
    let run = Run::from_journal(records.into_iter().map(Ok)).unwrap();
    assert_eq!(run.end, RunEnd::Unfinished);
    assert_ne!(run.verdict, Verdict::Passed);
}
