//! What became of the commands of scripts in sh.
//!
//! Nothing traces such a script. In its copy each simple command that has no shim is followed by a call of a
//! function that writes its status down, when it is not 0, and hands it on: `{ grep x f; _stagegate $? 'run:7'; }`.
//! What `$?` and `set -e` make of the command stays as it was, and no process is started for it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::rewriting::{Edit, interpreter, rewritten};
use crate::shell::Script;

/// The name of the function.
pub(crate) const FUNCTION: &str = "_stagegate";
/// The most bytes that are read of what scripts wrote down.
const MOST: u64 = 4 << 20;

/// What is to be changed in the script `file`, whose copy so far has the text `text`: what follows each command
/// that is not called one of `others`, and the function, which writes into `record`.
pub(super) fn edits(file: &Path, text: &str, others: &[&str], record: &Path) -> Vec<Edit> {
    let script = Script::parse(text);
    // A script that traces itself or prints its own lines would show it.
    let shows = script.traces_itself() || text.lines().any(|line| line.contains("set -") && is_verbose(line));
    if !matches!(interpreter(text), Some("sh" | "dash" | "ash")) || shows {
        return Vec::new();
    }
    let Some(second_line) = text.find('\n').map(|end| end + 1) else { return Vec::new() };
    let quoted = |path: &Path| path.to_string_lossy().replace('\'', r"'\''");
    let mut edits = Vec::new();
    for command in script.simple_commands(others).into_iter().filter(|command| command.begins >= second_line) {
        let after = format!("; {FUNCTION} $? '{}:{}'; }}", quoted(file), command.begins);
        edits.push(Edit { range: command.statement.start..command.statement.start, text: "{ ".to_owned() });
        edits.push(Edit { range: command.statement.end..command.statement.end, text: after });
    }
    if edits.is_empty() {
        return edits;
    }
    // bash that traces tells all of it already.
    let function = format!(
        "{FUNCTION}() {{ case $1 in 0) ;; *) [ -n \"${{BASH_XTRACEFD-}}\" ] || \
         {{ printf '%s %s\\n' \"$1\" \"$2\" >>'{}'; }} 2>/dev/null || : ;; esac; return \"$1\"; }}; ",
        quoted(record)
    );
    edits.push(Edit { range: second_line..second_line, text: function });
    if is_read_by_sh(&rewritten(text, &edits)) { edits } else { Vec::new() }
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

/// A command of a script in sh that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedInSh {
    /// The script, relative to the checkout.
    pub(crate) file: String,
    /// Where the command begins in the text that its copy would have without the calls of the function.
    pub(crate) begins: usize,
    pub(crate) status: i32,
}

/// What scripts in sh wrote down.
pub(crate) struct Told {
    path: PathBuf,
    offset: u64,
}

impl Told {
    /// From here on: an earlier script's is in the same file.
    pub(crate) fn new(path: PathBuf) -> Self {
        let offset = path.metadata().map_or(0, |data| data.len());
        Self { path, offset }
    }

    /// What was written since the last time.
    pub(crate) fn next(&mut self) -> Vec<FailedInSh> {
        let text = self.text().unwrap_or_default();
        text.lines().filter_map(failed).collect()
    }

    fn text(&mut self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.take(MOST.saturating_sub(self.offset)).read_to_end(&mut bytes)?;
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        self.offset += bytes.len() as u64;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn failed(line: &str) -> Option<FailedInSh> {
    let (status, place) = line.split_once(' ')?;
    let (file, begins) = place.rsplit_once(':')?;
    Some(FailedInSh { file: file.to_owned(), begins: begins.parse().ok()?, status: status.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_followed_by_its_status() {
        let text = "#!/bin/sh\nset -e\ngrep x f >out || true\nif test -f f; then kubectl get x; fi\n";
        let edits = edits(Path::new("a b"), text, &["kubectl"], Path::new("/r"));
        let new = rewritten(text, &edits);
        assert!(new.starts_with("#!/bin/sh\n_stagegate() {"), "{new}");
        let rest: Vec<&str> = new.lines().skip(2).collect();
        assert_eq!(
            rest,
            [
                "{ grep x f >out; _stagegate $? 'a b:17'; } || true",
                "if { test -f f; _stagegate $? 'a b:42'; }; then kubectl get x; fi"
            ]
        );
        assert_eq!(failed("2 a b:17"), Some(FailedInSh { file: "a b".to_owned(), begins: 17, status: 2 }));
    }

    #[test]
    fn other_scripts_stay_as_they_are() {
        for text in ["#!/bin/bash\nfalse\n", "#!/bin/sh\nset -x\nfalse\n", "#!/bin/sh\nset -ev\nfalse\n", "#!/bin/sh"] {
            assert_eq!(edits(Path::new("a"), text, &[], Path::new("/r")), [], "{text}");
        }
    }
}
