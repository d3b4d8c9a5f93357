//! Keeping what scripts write under `/tmp` in the run's own folder.
//!
//! A script that names `/tmp/file` outright ignores TMPDIR, and two runs side by side would write
//! over each other's files. No portable means shows a process another `/tmp`, so the copy's shell
//! scripts get the path of the run's own folder written in its place; each such line is told.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::checkout::CopyError;

/// A line of a script's copy in which `/tmp` became the run's own folder for temporary files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirected {
    /// The script, relative to the checkout.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// The line as it was.
    pub text: String,
}

/// What was changed in a copy.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) lines: Vec<Redirected>,
    /// Each changed script's text as it was.
    pub(crate) originals: HashMap<PathBuf, String>,
}

/// Rewrites the shell scripts under `checkout`.
pub(crate) fn redirect(checkout: &Path, tmp: &Path) -> Result<Changes, CopyError> {
    let mut changes = Changes::default();
    let mut folders = vec![checkout.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |source| CopyError { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let inside = entry.path().strip_prefix(checkout).map_or_else(|_| entry.path(), Path::to_owned);
                redirect_file(&entry.path(), inside, tmp, &mut changes)?;
            }
        }
    }
    changes.lines.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(changes)
}

/// Rewrites one file if it is a shell script that names `/tmp`.
fn redirect_file(path: &Path, inside: PathBuf, tmp: &Path, changes: &mut Changes) -> Result<(), CopyError> {
    let failed = |source| CopyError { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(failed)?;
    let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
    if !is_shell_script(path, &text) {
        return Ok(());
    }
    let rewritten: Vec<String> = text.split('\n').map(|line| in_own_tmp(line, tmp)).collect();
    let pairs = text.split('\n').zip(&rewritten).enumerate();
    let lines: Vec<Redirected> = pairs
        .filter(|(_, (old, new))| old != new)
        .map(|(index, (old, _))| Redirected { file: inside.clone(), line: index + 1, text: old.to_owned() })
        .collect();
    if !lines.is_empty() {
        fs::write(path, rewritten.join("\n")).map_err(failed)?;
        changes.lines.extend(lines);
        changes.originals.insert(inside, text);
    }
    Ok(())
}

fn is_shell_script(path: &Path, text: &str) -> bool {
    let named = path.extension().is_some_and(|extension| extension == "sh" || extension == "bash");
    let first = text.lines().next().unwrap_or_default();
    named || (first.starts_with("#!") && first.trim_end().ends_with("sh"))
}

/// `line` with each `/tmp` replaced that is a whole path or the beginning of one, not the middle of
/// another such as `/var/tmp`.
fn in_own_tmp(line: &str, tmp: &Path) -> String {
    const TMP: &str = "/tmp";
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut result = String::with_capacity(line.len());
    let mut copied = 0;
    for (at, _) in line.match_indices(TMP) {
        let end = at + TMP.len();
        let begins = line[..at].chars().next_back().is_none_or(|c| !goes_on(c) && !"~/}$*?".contains(c));
        let ends = line[end..].chars().next().is_none_or(|c| !goes_on(c) && c != '-');
        if begins && ends {
            result.push_str(&line[copied..at]);
            result.push_str(&tmp.to_string_lossy());
            copied = end;
        }
    }
    result.push_str(&line[copied..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_machines_tmp_is_replaced() {
        let cases = [
            ("cat > /tmp/a.yaml", "cat > /run/t/a.yaml"),
            ("cp /tmp/a /tmp/b;ls /tmp", "cp /run/t/a /run/t/b;ls /run/t"),
            ("f=\"/tmp/x\" g='/tmp'", "f=\"/run/t/x\" g='/run/t'"),
            ("cd ${TMPDIR:-/tmp}", "cd ${TMPDIR:-/run/t}"),
            ("ls >/tmp/log", "ls >/run/t/log"),
            ("ls /var/tmp /tmpfs $HOME/tmp ./tmp ${X}/tmp/a", "ls /var/tmp /tmpfs $HOME/tmp ./tmp ${X}/tmp/a"),
        ];
        for (before, after) in cases {
            assert_eq!(in_own_tmp(before, Path::new("/run/t")), after);
        }
    }

    #[test]
    fn tells_each_changed_line_and_leaves_other_files_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::write(folder.path().join("bin/run"), "#!/usr/bin/env bash\necho a\necho b > /tmp/b\n").unwrap();
        fs::write(folder.path().join("notes.md"), "see /tmp/b\n").unwrap();
        let Changes { lines, originals } = redirect(folder.path(), Path::new("/own")).unwrap();
        let expected = Redirected { file: PathBuf::from("bin/run"), line: 3, text: "echo b > /tmp/b".to_owned() };
        assert_eq!(lines, [expected]);
        assert_eq!(originals.len(), 1);
        assert_eq!(fs::read_to_string(folder.path().join("notes.md")).unwrap(), "see /tmp/b\n");
        assert!(fs::read_to_string(folder.path().join("bin/run")).unwrap().ends_with("echo b > /own/b\n"));
    }
}
