//! In what the scripts of a copy differ from the tutorial's own.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::checkout::CopyError;
use super::workspace::Layout;
use super::{clock_tool, own_tmp, own_trace, sh_places, sh_record, terminal};
use crate::shell::Script;

/// A part of a script and what stands there in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

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

/// A shell script of the copy.
struct Found {
    /// Relative to the checkout.
    file: PathBuf,
    text: String,
    script: Script,
}

/// Rewrites the shell scripts of a workspace's checkout. `names` are the tools that have a shim.
pub(crate) fn rewrite(layout: &Layout, names: &[&str]) -> Result<Changes, CopyError> {
    let (checkout, tmp) = (&layout.checkout, &layout.tmp);
    let (on, off) = layout.own_trace();
    let found = scripts(checkout)?;
    let used: BTreeSet<&str> = found.iter().flat_map(|found| own_tmp::used(&found.text, &found.script)).collect();
    let mut changes = Changes::default();
    for Found { file, text, script } in &found {
        let in_tmp = own_tmp::edits(text, script, tmp, &used);
        changes.lines.extend(lines(text, &in_tmp).into_iter().map(|(line, text)| Redirected {
            file: file.clone(),
            line,
            text,
        }));
        let mut edits = in_tmp;
        edits.extend(own_trace::edits(text, script, (&on, &off)));
        edits.extend(terminal::edits(script));
        edits.extend(sh_places::edits(file, text, script, (names, &layout.ask)));
        let untold = rewritten(text, &edits);
        let told = if is_sourced(file, &found) { Vec::new() } else { told(layout, file, &untold, names) };
        if !told.is_empty() {
            write(layout.untold.join(file), &untold)?;
        }
        if !edits.is_empty() || !told.is_empty() {
            write(checkout.join(file), &rewritten(&untold, &told))?;
            changes.originals.insert(file.clone(), text.clone());
        }
    }
    changes.lines.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(changes)
}

fn told(layout: &Layout, file: &Path, text: &str, names: &[&str]) -> Vec<Edit> {
    let ask = layout.ask.to_string_lossy();
    let others: Vec<&str> = names.iter().copied().chain(clock_tool::NAMES).chain([&*ask]).collect();
    sh_record::edits(file, text, &others, &layout.sh_record)
}

/// Whether a script that is not in sh reads `file` into itself: a trace of bash tells all of it then.
fn is_sourced(file: &Path, found: &[Found]) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    found
        .iter()
        .any(|other| !matches!(interpreter(&other.text), Some("sh" | "dash" | "ash")) && other.script.sources(&name))
}

/// Writes a file, and the folder it is in.
fn write(path: PathBuf, text: &str) -> Result<(), CopyError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(&path, text)).map_err(|source| CopyError { path, source })
}

/// The text with all of `edits`.
pub(super) fn rewritten(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.range.start);
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for edit in edits {
        result.push_str(text.get(copied..edit.range.start).unwrap_or_default());
        result.push_str(&edit.text);
        copied = edit.range.end;
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    result
}

/// The lines that edits are on, with their numbers.
fn lines(text: &str, edits: &[Edit]) -> Vec<(usize, String)> {
    let mut begin = 0;
    let mut found = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let end = begin + line.len();
        if edits.iter().any(|edit| (begin..=end).contains(&edit.range.start)) {
            found.push((index + 1, line.to_owned()));
        }
        begin = end + 1;
    }
    found
}

fn scripts(checkout: &Path) -> Result<Vec<Found>, CopyError> {
    let mut found = Vec::new();
    let mut folders = vec![checkout.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |source| CopyError { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let bytes = fs::read(&path).map_err(|source| CopyError { path: path.clone(), source })?;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                if is_shell_script(&path, &text) {
                    let file = path.strip_prefix(checkout).map_or_else(|_| path.clone(), Path::to_owned);
                    let script = Script::parse(&text);
                    found.push(Found { file, text, script });
                }
            }
        }
    }
    Ok(found)
}

fn is_shell_script(path: &Path, text: &str) -> bool {
    let named = path.extension().is_some_and(|extension| extension == "sh" || extension == "bash");
    named || interpreter(text).is_some_and(|name| name.ends_with("sh"))
}

/// The program that runs a script, without its folder.
pub(super) fn interpreter(text: &str) -> Option<&str> {
    let mut words = text.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    if program == "env" { words.find(|word| !word.starts_with('-')) } else { Some(program) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_each_changed_line_and_leaves_other_files_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut layout = Layout::of(folder.path()).unwrap();
        layout.tmp = PathBuf::from("/own");
        let checkout = &layout.checkout;
        fs::create_dir_all(checkout.join("bin")).unwrap();
        fs::write(checkout.join("bin/run"), "#!/usr/bin/env bash\necho a\necho b > /tmp/b\n").unwrap();
        fs::write(checkout.join("notes.md"), "see /tmp/b\n").unwrap();
        let Changes { lines, originals } = rewrite(&layout, &[]).unwrap();
        let expected = Redirected { file: PathBuf::from("bin/run"), line: 3, text: "echo b > /tmp/b".to_owned() };
        assert_eq!(lines, [expected]);
        assert_eq!(originals.len(), 1);
        assert_eq!(fs::read_to_string(checkout.join("notes.md")).unwrap(), "see /tmp/b\n");
        assert!(fs::read_to_string(checkout.join("bin/run")).unwrap().ends_with("echo b > /own/b\n"));
    }

    #[test]
    fn a_scripts_interpreter_is_told_from_its_first_line() {
        let cases = [
            ("#!/bin/sh -e", Some("sh")),
            ("#!/usr/bin/env -S bash -x", Some("bash")),
            ("#! /bin/dash", Some("dash")),
            ("echo", None),
        ];
        for (text, expected) in cases {
            assert_eq!(interpreter(text), expected, "{text}");
        }
    }
}
