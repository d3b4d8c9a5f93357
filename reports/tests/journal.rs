//! Journals that were cut off, damaged or written by something newer; and what a writer leaves in a file.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use stagegate_reports::journal::{Event, FORMAT, ReadError, Reader, Record, Writer};
use stagegate_reports::model::{Run, RunEnd};
use stagegate_reports::terminal::{Progress, render_summary};
use stagegate_reports::{Format, Verdict, render};

fn corpus(case: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    fs::read(folder.join(case).join("journal.ndjson")).unwrap()
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, ReadError> {
    Reader::new(bytes).collect()
}

#[test]
fn a_journal_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.ndjson");
    let mut writer = Writer::new(File::create(&path).unwrap());
    let mut written = Vec::new();
    for record in read(&corpus("denied-finding")).unwrap() {
        written.push(writer.append(record).unwrap());
        let on_disk: Vec<_> = stagegate_reports::journal::read(&path).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(on_disk, written, "each record is in the file as soon as it is appended");
    }
    assert_eq!(written.last().unwrap().seq, written.len() as u64);
}

/// A disk with room for so many bytes.
struct FullDisk(Vec<u8>, usize);

impl Write for FullDisk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = self.1 - self.0.len();
        if room == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(&bytes[..room.min(bytes.len())]);
        Ok(room.min(bytes.len()))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_was_written_before_the_disk_was_full_can_be_read() {
    let records = read(&corpus("passed")).unwrap();
    let mut writer = Writer::new(FullDisk(Vec::new(), 2_000));
    let written = records.iter().take_while(|record| writer.append((*record).clone()).is_ok()).count();
    assert!(written > 0 && written < records.len());
    assert!(writer.append(records[0].clone()).is_err(), "nothing is appended behind a torn line");
    assert_eq!(read(&writer.get_ref().0).unwrap().len(), written);
}

#[test]
fn a_secret_never_reaches_the_file() {
    let mut writer = Writer::new(Vec::new());
    writer.secret("k8s-warm-cub-traderx-worker");
    writer.secret("warm-cub-traderx");
    for record in read(&corpus("denied-finding")).unwrap() {
        let returned = writer.append(record).unwrap();
        assert!(!serde_json::to_string(&returned).unwrap().contains("warm-cub-traderx"));
    }
    let text = String::from_utf8(writer.get_ref().clone()).unwrap();
    assert!(!text.contains("warm-cub-traderx"));
    assert!(text.contains("Failed: unit *** not found in space ***"));
}

#[test]
fn every_text_of_every_event_is_redacted() {
    for case in ["hostile-text", "failed-step", "leftovers", "skipped", "error"] {
        for record in read(&corpus(case)).unwrap() {
            let marked = mark(serde_json::to_value(&record).unwrap(), &record.event);
            let Ok(marked) = serde_json::from_value::<Record>(marked) else { panic!("{record:?}") };
            let mut writer = Writer::new(Vec::new());
            writer.secret("S3CRET-MARK");
            writer.append(marked).unwrap();
            let text = String::from_utf8_lossy(writer.get_ref()).into_owned();
            assert!(!text.contains("S3CRET-MARK"), "{text}");
        }
    }
}

/// Puts a mark behind every free text of a record: every string that is not a tag, a time or a fixed word.
fn mark(value: serde_json::Value, event: &Event) -> serde_json::Value {
    use serde_json::Value;
    const FIXED: [&str; 6] = ["type", "wall", "at", "verdict", "policy", "verb"];
    match value {
        Value::String(text) => Value::String(format!("{text}S3CRET-MARK")),
        Value::Array(items) => items.into_iter().map(|item| mark(item, event)).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let is_lane =
                    name == "lane" || (name == "kind" && !matches!(event, Event::Effect(_) | Event::Finding(_)));
                let fixed = is_lane || (FIXED.contains(&name.as_str()) && value.is_string());
                let value = if fixed { value } else { mark(value, event) };
                (name, value)
            })
            .collect(),
        other => other,
    }
}

#[test]
fn what_is_no_journal_is_refused() {
    assert!(matches!(read(b""), Err(ReadError::Empty)));
    assert!(matches!(read(b"{\"seq\":1,\"wall\""), Err(ReadError::Empty)));
    assert!(matches!(read(b"hello\nworld\n"), Err(ReadError::NotAJournal)));
    assert!(matches!(read(b"{\"name\":\"something else\"}\n"), Err(ReadError::NotAJournal)));
    let text = String::from_utf8(corpus("passed")).unwrap();
    let second = text.split_once('\n').unwrap().1;
    assert!(matches!(read(second.as_bytes()), Err(ReadError::NotAJournal)));
}

#[test]
fn a_newer_format_is_refused_even_when_its_events_are_unknown() {
    let newer = FORMAT + 1;
    let line = format!(r#"{{"seq":1,"event":{{"type":"run-started","format":{newer},"shape":"new"}}}}"#);
    let error = read(format!("{line}\n").as_bytes()).unwrap_err();
    assert!(matches!(error, ReadError::Format { found } if found == newer));
    assert!(error.to_string().contains("use a newer stagegate"));
}

#[test]
fn a_line_that_was_taken_out_or_changed_is_noticed() {
    let text = String::from_utf8(corpus("failed-step")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let kept = [&lines[..5], &lines[6..]].concat();
    let without = kept.join("\n");
    let error = read(without.as_bytes()).unwrap_err();
    assert!(matches!(error, ReadError::Sequence { line: 6, expected: 6, found: 7 }), "{error}");
    let broken: String = lines.iter().map(|line| line.replace("\"seq\":6,", "\"seq\":6") + "\n").collect();
    assert!(matches!(read(broken.as_bytes()), Err(ReadError::Malformed { line: 6, .. })));
}

#[test]
fn a_torn_last_line_ends_the_journal_and_is_told() {
    let bytes = corpus("killed");
    let mut reader = Reader::new(bytes.as_slice());
    let records: Vec<_> = reader.by_ref().collect::<Result<_, _>>().unwrap();
    assert!(reader.torn());
    assert_eq!(records.last().unwrap().event, Event::StepStarted);
    let whole = corpus("passed");
    let mut reader = Reader::new(whole.as_slice());
    assert!(reader.by_ref().all(|record| record.is_ok()) && !reader.torn());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// Wherever a run is killed, its journal can be read and reported, and it did not pass.
    #[test]
    fn every_beginning_of_a_journal_can_be_reported(case in 0..4_usize, cut in 0.0..1.0_f64) {
        let bytes = corpus(["passed", "denied-finding", "flaky", "hostile-text"][case]);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a small file")]
        let cut = (cut * (bytes.len() - 1) as f64) as usize;
        let records = match read(&bytes[..cut]) {
            Ok(records) => records,
            Err(error) => {
                prop_assert!(matches!(error, ReadError::Empty), "{error}");
                return Ok(());
            }
        };
        let mut progress = Progress::new(true);
        let _: Vec<_> = records.iter().map(|record| progress.apply(record)).collect();
        let last_is_end = matches!(records.last().map(|record| &record.event), Some(Event::RunFinished { .. }));
        let run = Run::from_journal(records.into_iter().map(Ok)).unwrap();
        if !last_is_end {
            prop_assert_eq!(&run.end, &RunEnd::Unfinished);
            prop_assert!(!matches!(run.verdict, Verdict::Passed | Verdict::Flaky | Verdict::Skipped));
            prop_assert_ne!(run.exit_status, 0);
        }
        for format in Format::ALL {
            prop_assert!(render(format, &run).is_ok());
        }
        prop_assert!(render_summary(&run, &[], false).contains("verdict:"));
    }

    /// Damage inside of a journal is an error, never a panic.
    #[test]
    fn damage_never_panics(place in 0..8_000_usize, byte in any::<u8>()) {
        let mut bytes = corpus("denied-finding");
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(run) = Run::from_journal(Reader::new(bytes.as_slice())) {
            for format in Format::ALL {
                prop_assert!(render(format, &run).is_ok());
            }
        }
    }

    /// Whatever events come, in whatever order: a report is made, and only a run that passed ends with status 0.
    #[test]
    fn any_order_of_events_can_be_reported(
        case in 0..4_usize, order in prop::collection::vec(any::<prop::sample::Index>(), 0..60)
    ) {
        let records = read(&corpus(["denied-finding", "flaky", "hostile-text", "concurrent"][case])).unwrap();
        let chosen = order.iter().map(|index| index.get(&records).clone());
        let story: Vec<_> = records.iter().take(1).cloned().chain(chosen).collect();
        let mut progress = Progress::new(false);
        let printed: String = story.iter().map(|record| progress.apply(record)).collect();
        prop_assert!(printed.is_empty() || printed.ends_with('\n'));
        let run = Run::from_journal(story.into_iter().map(Ok)).unwrap();
        let passed = matches!(run.verdict, Verdict::Passed | Verdict::Flaky);
        prop_assert_eq!(passed, run.exit_status == 0, "{:?} with status {}", run.verdict, run.exit_status);
        prop_assert_eq!(run.counts.total, run.scenarios.len());
        for format in Format::ALL {
            prop_assert!(render(format, &run).is_ok());
        }
    }
}
