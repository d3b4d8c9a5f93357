//! Places of the commands of scripts in sh, and what they ask.
//!
//! Only bash writes a trace that keeps apart from the script's own output. In the copy of a script in
//! sh, each call of a tool that has a shim therefore carries its place in its environment:
//! `STAGEGATE_AT='deploy:7' kubectl apply …`. To the shell that is nothing; the shim takes it out.
//!
//! In the same way each `read` tells of itself before it reads: `STAGEGATE_ASK=$(…) read -r answer`. The substitution
//! calls the executable, which comes back once the harness has noted the question. Neither changes `$?`.

use std::path::Path;

use super::rewriting::{Edit, interpreter};
use crate::shell::{Question, Script};

/// What the names of the variables begin with that only the copy has.
pub(super) const PREFIX: &str = "STAGEGATE_";
/// The variable that holds `FILE:LINE`.
pub(crate) const VARIABLE: &str = "STAGEGATE_AT";

/// What is to be changed in the script `file`: calls of the tools called `names`, and each `read`, which calls `ask`.
pub(super) fn edits(file: &Path, text: &str, script: &Script, (names, ask): (&[&str], &Path)) -> Vec<Edit> {
    // A script that traces itself would show it.
    if !matches!(interpreter(text), Some("sh" | "dash" | "ash")) || script.traces_itself() {
        return Vec::new();
    }
    let name = file.to_string_lossy().replace('\'', r"'\''");
    let calls = script.tool_calls(names).into_iter();
    let places =
        calls.map(|call| Edit { range: call.begins..call.begins, text: format!("{VARIABLE}='{name}:{}' ", call.line) });
    let questions = script.questions().into_iter().map(|question| {
        let Question { begins, line, said, words } = question;
        let call = format!("'{}' '{name}:{line}' {said} {words} 2>/dev/null", ask.display());
        Edit { range: begins..begins, text: format!("STAGEGATE_ASK=$({call}) ") }
    });
    places.chain(questions).collect()
}

/// The file and line that a value of the variable says.
pub(crate) fn read(value: &str) -> Option<(&str, usize)> {
    let (file, line) = value.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}
