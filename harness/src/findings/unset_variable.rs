//! A variable that nothing sets was read as empty.

use std::collections::BTreeSet;

use stagegate_reports::diagnostic::Location;
use stagegate_reports::journal::Finding;

use super::evidence::Evidence;

pub(super) const KIND: &str = "unset-variable";

/// What bash sets, and what people's environments usually have.
const KNOWN: [&str; 46] = [
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "PWD",
    "OLDPWD",
    "SHELL",
    "TERM",
    "LANG",
    "TMPDIR",
    "EDITOR",
    "KUBECONFIG",
    "CI",
    "NO_COLOR",
    "DISPLAY",
    "HOSTNAME",
    "HOSTTYPE",
    "MACHTYPE",
    "OSTYPE",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "LINENO",
    "FUNCNAME",
    "IFS",
    "OPTARG",
    "OPTIND",
    "OPTERR",
    "REPLY",
    "SHLVL",
    "COLUMNS",
    "LINES",
    "PS1",
    "PS4",
    "GROUPS",
    "DIRSTACK",
    "PIPESTATUS",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "MAPFILE",
    "COPROC",
    "GOPATH",
    "TZ",
];

/// Finds every variable that a reached line reads and nothing sets.
pub(super) fn detect(evidence: &Evidence<'_>) -> Vec<Finding> {
    let reached = &evidence.observed.reached;
    let scripts: Vec<_> = reached.keys().filter_map(|file| Some((*file, evidence.script(file)?))).collect();
    if scripts.iter().any(|(_, script)| script.runs_unknown_text()) {
        return Vec::new();
    }
    let set: BTreeSet<&str> = scripts.iter().flat_map(|(_, script)| script.variables_assigned()).collect();
    // What a step's own command line sets before it calls a script.
    let lines: Vec<&str> =
        evidence.observed.lines.values().filter_map(|line| line.argv.last().map(String::as_str)).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (file, script) in &scripts {
        for (name, line) in script.variables_read() {
            let known =
                set.contains(name) || KNOWN.contains(&name) || name.starts_with("BASH") || name.starts_with("XDG_");
            let given = evidence.observed.environment.contains(name)
                || lines.iter().any(|text| text.contains(&format!("{name}=")));
            if known || given || !reached[file].contains(&line) || !seen.insert((*file, name)) {
                continue;
            }
            let at = Location { file: (*file).to_owned(), line, column: None };
            let mut finding =
                evidence.finding_at(KIND, Some(&at), format!("`${name}` is read, but nothing sets it: it is empty"));
            finding.help = Some(
                "set it, give it a default with `${NAME:-default}`, and use `set -u` to end at such a slip".to_owned(),
            );
            found.push(finding);
        }
    }
    found
}
