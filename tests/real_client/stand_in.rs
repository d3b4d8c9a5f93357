//! The stand-in as an executable, and how what it says differs from what the real client said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The stand-in: the executable by the name at which it is the client.
pub(crate) fn executable(folder: &Path) -> PathBuf {
    let client = folder.join("cub");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_stagegate"), &client).unwrap();
    client
}

/// Commands of a transcript with what they printed.
fn commands(transcript: &str) -> Vec<(&str, String)> {
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in transcript.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            commands.push((command, String::new()));
        } else if let Some((_, said)) = commands.last_mut().filter(|_| !line.starts_with('#') && !line.is_empty()) {
            said.push_str(line);
            said.push('\n');
        }
    }
    commands
}

/// The commands that differ in two transcripts of a session, and how.
pub(crate) fn differences(real: &str, stand_in: &str) -> Vec<(String, String)> {
    let (real, stand_in) = (commands(real), commands(stand_in));
    let asked = |all: &[(&str, String)]| all.iter().map(|(command, _)| (*command).to_owned()).collect::<Vec<_>>();
    assert_eq!(asked(&real), asked(&stand_in), "the session has changed since the real client was asked");
    let pairs = real.iter().zip(&stand_in);
    let differ = pairs.filter(|((_, real), (_, ours))| real != ours);
    let told = |real: &str, ours: &str| format!("{}{}", marked(real, "- "), marked(ours, "+ "));
    differ
        .map(|((command, real), (_, ours))| ((*command).to_owned(), format!("$ {command}\n{}", told(real, ours))))
        .collect()
}

/// Session and command of each line of a list of differences; the reasons are for people.
pub(crate) fn listed(list: &str) -> BTreeSet<(String, String)> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let columns = lines.map(|line| line.split(" :: ").map(str::trim).collect::<Vec<_>>());
    columns
        .map(|columns| match columns.as_slice() {
            [session, command, reason] if !reason.is_empty() => ((*session).to_owned(), (*command).to_owned()),
            _ => panic!("session :: command :: reason was expected: {columns:?}"),
        })
        .collect()
}

fn marked(text: &str, mark: &str) -> String {
    text.lines().map(|line| format!("{mark}{line}\n")).collect()
}
