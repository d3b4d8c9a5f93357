//! Same meaning: equal but for spacing, and for the wording of help texts.

use std::fmt::Write as _;

use super::recording::Run;

/// How a run differs from the recorded one; empty when it does not.
pub(crate) fn differences(run: &Run, stdout: &str, stderr: &str, status: u8, requests: &str) -> String {
    let mut found = String::new();
    let mut note = |what: &str, recorded: &str, ours: &str| {
        if recorded != ours {
            writeln!(found, "{what}: {}", first_difference(recorded, ours)).unwrap();
        }
    };
    note("exit status", &run.rc.to_string(), &status.to_string());
    if run.cmd.contains("function list") {
        // The real client lists functions in random order.
        note("standard output", &sorted(&run.out), &sorted(stdout));
    } else {
        note("standard output", &output(&run.out), &output(stdout));
    }
    if run.rc == 2 {
        // The real client crashes here; ours says so.
        note("standard error", "not empty", if stderr.is_empty() { "empty" } else { "not empty" });
    } else {
        note("standard error", &spaced(&run.err), &spaced(stderr));
    }
    if !requests.is_empty() {
        found.push_str(requests);
    }
    found
}

fn sorted(text: &str) -> String {
    let text = spaced(text);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The first line in which two texts differ.
fn first_difference(recorded: &str, ours: &str) -> String {
    let (mut recorded, mut ours) = (recorded.lines(), ours.lines());
    loop {
        match (recorded.next(), ours.next()) {
            (left, right) if left == right && left.is_some() => {}
            (left, right) => return format!("recorded {left:?}, here {right:?}"),
        }
    }
}

fn output(text: &str) -> String {
    if text.contains("Available Commands:") {
        return help(text);
    }
    if text.starts_with("apiVersion: ") {
        return manifest(text);
    }
    // Of the exchanges that --debug shows, headers such as the date are the server's own.
    spaced(text).lines().filter(|line| !is_header(line)).collect::<Vec<_>>().join("\n")
}

fn is_header(line: &str) -> bool {
    let own = ["Date", "Server", "Content-Length", "Content-Type", "X-Request-Id", "Host", "Connection"];
    line.split_once(": ").is_some_and(|(name, _)| own.contains(&name))
}

/// One blank between words, no blanks at line ends, no empty lines at the end.
fn spaced(text: &str) -> String {
    let server = regex::Regex::new(r"http://127\.0\.0\.1:[0-9]+").unwrap();
    let text = server.replace_all(text, "SERVER");
    // The recordings show the recorder's home as a tilde.
    let home = regex::Regex::new(r"/\S*/\.confighub/").unwrap();
    let text = home.replace_all(&text, "~/.confighub/");
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// What a help text names: usage, commands, flags; not how it describes them.
fn help(text: &str) -> String {
    let usage = text.find("Usage:").unwrap_or(0);
    let mut section = "";
    let mut kept = Vec::new();
    for line in text[usage..].lines() {
        if line.ends_with(':') && !line.starts_with(' ') {
            section = line;
        }
        kept.push(match section {
            "Available Commands:" if line.starts_with("  ") => {
                line.split_whitespace().next().unwrap_or_default().to_owned()
            }
            "Flags:" | "Global Flags:" if line.starts_with("  ") => {
                line.trim_start().split("   ").next().unwrap_or_default().to_owned()
            }
            _ => line.to_owned(),
        });
    }
    kept.join("\n").trim_end().to_owned()
}

/// A manifest as its sorted lines without list dashes: environment variables come in random order.
fn manifest(text: &str) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| line.trim().trim_start_matches("- ").replace('"', ""))
        .filter(|line| !line.is_empty() && !line.starts_with("value: http:"))
        .collect();
    lines.sort();
    lines.join("\n")
}
