//! A command that only one system has in this form.

use std::collections::BTreeSet;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::Finding;

use super::evidence::Evidence;

pub(super) const KIND: &str = "non-portable-command";

/// Finds the commands on reached lines that work on macOS only, or with the GNU tools only.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (file, lines) in &evidence.observed.reached {
        let Some(script) = evidence.script(file) else { continue };
        // It finds out which system it is.
        if evidence.text(file).is_some_and(|text| text.contains("OSTYPE") || text.contains("uname")) {
            continue;
        }
        for (line, words) in script.commands().into_iter().filter(|(line, _)| lines.contains(line)) {
            let Some((what, help)) = one_system_only(&words) else { continue };
            if seen.insert((*file, line)) {
                let at = Location { file: (*file).to_owned(), line, column: None };
                let mut finding = evidence.finding_at(KIND, Some(&at), what);
                finding.help = Some(help.to_owned());
                found.push(finding);
            }
        }
    }
    found
}

/// What is particular about a command, and what to write instead.
fn one_system_only(words: &[&str]) -> Option<(String, &'static str)> {
    let (name, arguments) = words.split_first()?;
    let has = |flag: &str| {
        arguments.iter().any(|word| {
            word.trim_matches(['"', '\'']) == flag
                || (flag.len() == 2 && !flag.starts_with("--") && word.starts_with(flag))
        })
    };
    let only = |system: &str, form: &str| format!("`{form}` works on {system} only");
    let name = name.rsplit('/').next().unwrap_or(name);
    Some(match name {
        "date" if has("-j") || has("-v") => {
            (only("macOS", "date -j"), "compute with `date +%s`, or use a tool that both systems have")
        }
        "date" if has("-d") || arguments.iter().any(|word| word.starts_with("--date")) => {
            (only("Linux", "date -d"), "compute with `date +%s`, or use a tool that both systems have")
        }
        "sed" if arguments.contains(&"-i") => {
            let apple = arguments.windows(2).any(|pair| pair[0] == "-i" && matches!(pair[1], "''" | "\"\""));
            let (system, form) = if apple { ("macOS", "sed -i ''") } else { ("Linux", "sed -i") };
            (only(system, form), "write `sed -i.bak …`, which both take, and remove the copy")
        }
        "stat" if has("-f") => (only("macOS", "stat -f"), "use `wc -c` or `ls -l`"),
        "stat" if has("-c") => (only("Linux", "stat -c"), "use `wc -c` or `ls -l`"),
        "base64" if has("-D") => (only("macOS", "base64 -D"), "write `base64 --decode`"),
        "base64" if has("-w") => (only("Linux", "base64 -w"), "write `base64 | tr -d '\\n'`"),
        "grep" if has("-P") => (only("Linux", "grep -P"), "write an extended expression for `grep -E`"),
        "xargs" if has("-r") => (only("Linux", "xargs -r"), "test whether there is input first"),
        "readlink" if has("-f") => (only("Linux", "readlink -f"), "write `$(cd \"$(dirname \"$0\")\" && pwd)`"),
        "md5" | "pbcopy" | "pbpaste" | "sw_vers" | "osascript" => {
            (only("macOS", name), "use a tool that both systems have")
        }
        "md5sum" | "sha256sum" => (only("Linux", name), "use `shasum`, which both have"),
        _ => {
            let path =
                arguments.iter().chain([&name]).find(|word| word.trim_matches(['"', '\'']).starts_with("/Users/"))?;
            (format!("`{path}` is a path of one person's computer"), "name the file from the folder of the script")
        }
    })
}
