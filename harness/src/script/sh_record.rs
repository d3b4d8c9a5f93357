//! What scripts in sh write down of themselves.
//!
//! Nothing traces such a script. Its copy has two functions more, which append to one file: what failed
//! (`sh_statuses.rs`), and what is printed (`sh_prints.rs`). Under a bash that traces they do nothing.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::rewriting::{Edit, interpreter, rewritten};
use super::{sh_prints, sh_statuses};
use crate::shell::Script;

/// The name of the function that tells statuses; others of ours begin with it.
pub(crate) const FUNCTION: &str = "_stagegate";
/// After each thing that is told.
const END: char = '\u{1e}';
/// Between a thing's parts: a status and a place, or nothing, a place, `$0` and words.
const FIELD: char = '\u{1f}';
/// The most bytes that are read of what scripts wrote down.
const MOST: u64 = 4 << 20;

/// What is to be changed in the script `file`, whose copy so far has the text `text`, so that it tells its
/// statuses and what it prints. The commands called one of `others` are told by their shims.
pub(super) fn edits(file: &Path, text: &str, others: &[&str], record: &Path) -> Vec<Edit> {
    let script = Script::parse(text);
    // A script that traces itself or prints its own lines would show it.
    let shows = script.traces_itself() || text.lines().any(|line| line.contains("set -") && is_verbose(line));
    if !matches!(interpreter(text), Some("sh" | "dash" | "ash")) || shows {
        return Vec::new();
    }
    let Some(second_line) = text.find('\n').map(|end| end + 1) else { return Vec::new() };
    let mut statuses = sh_statuses::edits(file, &script, others);
    let mut prints = sh_prints::edits(file, &script);
    for edits in [&mut statuses, &mut prints] {
        edits.retain(|edit| edit.range.start >= second_line);
    }
    if statuses.is_empty() && prints.is_empty() {
        return Vec::new();
    }
    let functions = Edit { range: second_line..second_line, text: functions(record) };
    let statuses: Vec<Edit> = [functions].into_iter().chain(statuses).collect();
    let all = statuses.iter().cloned().chain(prints).collect();
    [all, statuses].into_iter().find(|edits| is_read_by_sh(&rewritten(text, edits))).unwrap_or_default()
}

/// The functions, which write into `record`.
fn functions(record: &Path) -> String {
    let record = record.to_string_lossy().replace('\'', r"'\''");
    // bash that traces tells all of it already.
    format!(
        "{FUNCTION}() {{ case $1 in 0) ;; *) [ -n \"${{BASH_XTRACEFD-}}\" ] || \
         {{ command printf '%s{FIELD}%s{END}' \"$1\" \"$2\" >>'{record}'; }} 2>/dev/null || : ;; esac; return \"$1\"; }}; \
         {}() {{ {{ command printf '{FIELD}%s' \"$@\" '{END}' >>'{record}'; }} 2>/dev/null || :; }}; ",
        sh_prints::FUNCTION
    )
}

/// Whether a line with a `set` has the shell print the lines it reads.
fn is_verbose(line: &str) -> bool {
    let options = line.split("set -").nth(1).unwrap_or_default();
    options.split_whitespace().next().is_some_and(|letters| letters.contains('v')) || line.contains("verbose")
}

/// Whether sh takes the text for a script.
fn is_read_by_sh(text: &str) -> bool {
    let mut command = Command::new("/bin/sh");
    command.args(["-n", "-c", text]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Where a command of a script in sh stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InSh {
    /// The script, relative to the checkout.
    pub(crate) file: String,
    /// Where the command begins in the text that its copy would have without what tells of it.
    pub(crate) begins: usize,
}

/// What a script in sh wrote down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ToldInSh {
    /// A command failed.
    Failed { at: InSh, status: i32 },
    /// A command with these words prints, in the script that is run `by` this name.
    Printed { at: InSh, by: String, words: Vec<String> },
}

/// What scripts in sh wrote down.
pub(crate) struct Record {
    path: PathBuf,
    offset: u64,
}

impl Record {
    /// From here on: an earlier script's is in the same file.
    pub(crate) fn new(path: PathBuf) -> Self {
        let offset = path.metadata().map_or(0, |data| data.len());
        Self { path, offset }
    }

    /// What was written since the last time.
    pub(crate) fn next(&mut self) -> Vec<ToldInSh> {
        let text = self.text().unwrap_or_default();
        text.split_terminator(END).filter_map(told).collect()
    }

    fn text(&mut self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.take(MOST.saturating_sub(self.offset)).read_to_end(&mut bytes)?;
        bytes.truncate(bytes.iter().rposition(|byte| char::from(*byte) == END).map_or(0, |end| end + 1));
        self.offset += bytes.len() as u64;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn told(text: &str) -> Option<ToldInSh> {
    let mut fields = text.split(FIELD);
    let status = fields.next()?;
    let (file, begins) = fields.next()?.rsplit_once(':')?;
    let at = InSh { file: file.to_owned(), begins: begins.parse().ok()? };
    if !status.is_empty() {
        return Some(ToldInSh::Failed { at, status: status.parse().ok()? });
    }
    let by = fields.next()?.to_owned();
    let mut words: Vec<String> = fields.map(str::to_owned).collect();
    // The last is what the end was printed with.
    words.pop()?;
    Some(ToldInSh::Printed { at, by, words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_as_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record");
        let text = "#!/bin/sh\nsay() { echo \"$@\" \"$?\"; }\nsay 'a  b' 'c\nd'\ngrep x /dev/null\n";
        let edits = edits(Path::new("a b"), text, &[], &path);
        let mut record = Record::new(path);
        let run = Command::new("/bin/sh").args(["-c", &rewritten(text, &edits), "run"]).output().unwrap();
        assert_eq!((run.stdout.as_slice(), run.status.code()), (&b"a  b c\nd 0\n"[..], Some(1)));
        let at = |begins| InSh { file: "a b".to_owned(), begins };
        let words = ["echo", "a  b", "c\nd", "0"].map(str::to_owned).to_vec();
        let expected =
            [ToldInSh::Printed { at: at(18), by: "run".to_owned(), words }, ToldInSh::Failed { at: at(53), status: 1 }];
        assert_eq!(record.next(), expected);
        assert_eq!(record.next(), []);
    }

    #[test]
    fn other_scripts_stay_as_they_are() {
        let texts =
            ["#!/bin/bash\nfalse\necho a\n", "#!/bin/sh\nset -x\nfalse\n", "#!/bin/sh\nset -ev\nfalse\n", "#!/bin/sh"];
        for text in texts {
            assert_eq!(edits(Path::new("a"), text, &[], Path::new("/r")), [], "{text}");
        }
    }
}
