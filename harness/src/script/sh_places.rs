//! Places of the commands of scripts in sh.
//!
//! Only bash writes a trace that keeps apart from the script's own output. In the copy of a script in
//! sh, each call of a tool that has a shim therefore carries its place in its environment:
//! `STAGEGATE_AT='deploy:7' kubectl apply …`. To the shell that is nothing; the shim takes it out.

use std::path::Path;

use super::rewriting::{Edit, interpreter};
use crate::shell::Script;

/// The variable that holds `FILE:LINE`.
pub(crate) const VARIABLE: &str = "STAGEGATE_AT";

/// What is to be changed in the script `file`.
pub(super) fn edits(file: &Path, text: &str, script: &Script, names: &[&str]) -> Vec<Edit> {
    // A script that traces itself would show it.
    if !matches!(interpreter(text), Some("sh" | "dash" | "ash")) || script.traces_itself() {
        return Vec::new();
    }
    let name = file.to_string_lossy().replace('\'', r"'\''");
    let calls = script.tool_calls(names).into_iter();
    calls
        .map(|call| Edit { range: call.begins..call.begins, text: format!("{VARIABLE}='{name}:{}' ", call.line) })
        .collect()
}

/// The file and line that a value of the variable says.
pub(crate) fn read(value: &str) -> Option<(&str, usize)> {
    let (file, line) = value.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}
