//! A session as people read it, without what differs from run to run.

use std::process::Output;

use regex::Regex;

use crate::environment::Environment;

/// Runs the command lines of a session; lines that begin with `#` are kept as they are.
pub(crate) fn of_session(session: &str, environment: &Environment) -> String {
    let mut transcript = String::new();
    for line in session.lines().filter(|line| !line.trim().is_empty()) {
        if line.starts_with('#') {
            transcript.push_str(&format!("\n{line}\n"));
            continue;
        }
        let output = environment.command(line).output().unwrap();
        transcript.push_str(&format!("$ {line}\n{}", told(&output, environment)));
    }
    transcript
}

/// What a command said, and its exit status where that is not 0.
fn told(output: &Output, environment: &Environment) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        text.push_str(&format!("! {line}\n"));
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => text.push_str(&format!("? {code}\n")),
        None => text.push_str("? killed\n"),
    }
    without_variation(&text, environment)
}

fn without_variation(text: &str, environment: &Environment) -> String {
    let folder = regex::escape(&environment.folder().display().to_string());
    let patterns = [
        (folder.as_str(), "<home>"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
        (r"for req [0-9a-f]{32}", "for req <request>"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
        (r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z)?", "<time>"),
        (r"\x1b\[[0-9;]*m", ""),
        (r"20\d\d/\d\d/\d\d \d\d:\d\d:\d\d", "<time>"),
        // Columns are as wide as their widest value, and times are not always as long.
        (r" +", " "),
        (r" *\n", "\n"),
    ];
    let mut text = text.to_owned();
    for (pattern, replacement) in patterns {
        text = Regex::new(pattern).unwrap().replace_all(&text, replacement).into_owned();
    }
    text
}
