//! A script sees nothing of being traced: each script of the corpus ends with the same status and
//! writes the same when it is run by bash alone and in a workspace.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lane::{Lane, path_with_kubectl};

/// A tool that does as it is told.
const TOOL: &str = r#"#!/bin/bash
case $1 in
  out) exec seq -f 'line %.0f' "$2" ;;
  both) for i in 1 2 3; do echo "out $i"; echo "err $i" >&2; done ;;
  exit) exit "$2" ;;
  stdin) cat ;;
  args) shift; for word in "$@"; do printf '[%s]\n' "$word"; done ;;
  die) kill "-$2" $$ ;;
  wait) exec tail -f /dev/null ;;
esac
"#;

#[derive(Debug, PartialEq)]
struct Seen {
    status: i32,
    stdout: String,
    stderr: String,
}

fn files(case: &Path) -> Vec<(String, String)> {
    let files = case.read_dir().unwrap().map(|file| file.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

/// What a script does when bash runs it and nobody watches.
fn bare(files: &[(String, String)], environment: &[(String, String)]) -> Seen {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut command = Command::new("bash");
    command.args(["-c", "./script.sh"]).current_dir(&folder).stdin(Stdio::null()).process_group(0);
    let output = command.env_clear().envs(environment.iter().cloned()).output().unwrap();
    Seen {
        status: output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap()),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What a script does in a workspace, and how many of its commands are traced.
async fn traced(case: &Path, files: &[(String, String)], path: &std::ffi::OsStr) -> (Seen, usize) {
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut lane = Lane::with(&files, |setup| setup.path = path.to_os_string());
    let outcome = lane.run("./script.sh").await;
    assert!(!outcome.stdout.truncated, "the corpus keeps its outputs short");
    let status = outcome.exit_status().unwrap_or_else(|| panic!("{}: {}", case.display(), outcome.ended));
    (Seen { status, stdout: outcome.stdout.text, stderr: outcome.stderr.text }, outcome.commands.len())
}

#[tokio::test]
async fn a_script_sees_nothing_of_being_traced() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/script/awkward");
    let mut cases: Vec<_> = corpus.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 30, "the corpus is not all there");
    let tools = tempfile::tempdir().unwrap();
    let path = path_with_kubectl(tools.path(), TOOL);
    let home = tempfile::tempdir().unwrap();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let environment = [
        ("PATH", path.to_string_lossy().into_owned()),
        ("HOME", text(home.path())),
        ("TMPDIR", text(home.path())),
        ("LANG", "C.UTF-8".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let (mut different, mut commands) = (Vec::new(), 0);
    for case in cases {
        let files = files(&case);
        let bare = bare(&files, &environment);
        let (traced, count) = traced(&case, &files, &path).await;
        commands += count;
        if bare != traced {
            different
                .push(format!("{}\n  bare:   {bare:?}\n  traced: {traced:?}", case.file_name().unwrap().display()));
        }
    }
    assert!(different.is_empty(), "{} differ\n{}", different.len(), different.join("\n"));
    assert!(commands > 80, "only {commands} commands were traced");
}
