//! Scripts that switch bash's trace on or off themselves.
//!
//! bash has one trace, and ours is on. In the copy of a script, `set +x` therefore switches ours on
//! again, and `set -x` has bash write the script's own to where the script expects it. Ours comes from
//! the prompt PS4 then: it tells the place of each command, but not its words.

use std::path::Path;

use super::rewriting::{Edit, interpreter};
use super::trace::{DESCRIPTOR, PS4};
use crate::shell::Script;

/// The descriptor of our trace while bash writes the script's own.
const ASIDE: u8 = DESCRIPTOR + 1;

/// What is read where the script has switched its trace on.
pub(crate) fn switched_on() -> String {
    format!(
        "if [ -n \"${{BASH_VERSION-}}\" ]; then\n\
         set +x\n\
         if [ -z \"${{STAGEGATE_OWN-}}\" ] && [ \"${{BASH_XTRACEFD-}}\" = {DESCRIPTOR} ]; then\n\
         eval 'exec {ASIDE}>&{DESCRIPTOR}'\n\
         STAGEGATE_OWN=(1)\n\
         PS4='{TOLD}'\"${{STAGEGATE_PS4-+ }}\"\n\
         unset BASH_XTRACEFD\n\
         fi\n\
         set -x\n\
         fi\n",
        TOLD = told(),
    )
}

/// What is read where the script has switched its trace off.
pub(crate) fn switched_off() -> String {
    format!(
        "if [ -n \"${{STAGEGATE_OWN-}}\" ]; then\n\
         eval 'exec {DESCRIPTOR}>&{ASIDE} {ASIDE}>&-'\n\
         unset STAGEGATE_OWN\n\
         {PS4}\n\
         BASH_XTRACEFD={DESCRIPTOR}\n\
         fi\n\
         if [ \"${{BASH_XTRACEFD-}}\" = {DESCRIPTOR} ]; then set -x; fi\n"
    )
}

/// An expansion that is empty and writes a record. The substitution in it is a process of its own, so
/// the numbers of the process and its subshell are taken before it.
fn told() -> String {
    let fields = [
        "${BASH_SOURCE[0]-}",
        "$LINENO",
        "$STAGEGATE_PID",
        "$$",
        "$SHELLOPTS",
        "$STAGEGATE_SUBSHELL",
        "$?",
        "${PIPESTATUS[*]-}",
        "${BASH_LINENO[*]-}",
        "${FUNCNAME[*]-}",
        "${BASH_SOURCE[*]-}",
    ];
    let fields = fields.map(|field| format!("\"{field}\"")).join(" ");
    format!(
        "${{STAGEGATE_OWN[STAGEGATE_PID=BASHPID,STAGEGATE_SUBSHELL=BASH_SUBSHELL,0]:+}}\
         $(printf \"\\x1e%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1f\\n\" {fields} >&{ASIDE})"
    )
}

/// What is to be changed in a script; `on` and `off` are the files with the texts above.
pub(super) fn edits(text: &str, script: &Script, (on, off): (&Path, &Path)) -> Vec<Edit> {
    if matches!(interpreter(text), Some("sh" | "dash" | "ash" | "zsh" | "ksh")) {
        return Vec::new();
    }
    let read = |file: &Path| format!("; {{ . '{}'; }} 2>/dev/null; }}", file.display());
    let mut edits = Vec::new();
    for (range, is_on) in script.switches_of_trace() {
        let file = if is_on { on } else { off };
        edits.push(Edit { range: range.start..range.start, text: "{ ".to_owned() });
        edits.push(Edit { range: range.end..range.end, text: read(file) });
    }
    let names = script.assignments_of("PS4").into_iter();
    edits.extend(names.map(|range| Edit { range, text: "STAGEGATE_PS4".to_owned() }));
    edits
}
