//! What scripts in sh print.
//!
//! In the copy each `echo` and `printf` tells its words in its environment, before it prints them itself:
//! `STAGEGATE_SAYS=$(_stagegate_says 'run:7' "$0" echo "$x") echo "$x"`. The shell expands an assignment after the words of its
//! command, so `$?` stays as it was, and so do the command, its place and whatever it complains of. The words are
//! expanded a second time for this, without what they run (`shell/prints.rs`), in a process of its own.

use std::path::Path;

use super::rewriting::Edit;
use super::sh_places;
use crate::shell::Script;

/// The name of the function that writes words down.
pub(super) const FUNCTION: &str = "_stagegate_says";
/// The variable that calls it.
pub(super) const VARIABLE: &str = "STAGEGATE_SAYS";
/// How often a shell calls it: a loop that prints must not become slow.
const OFTEN: usize = 2000;

/// What is to be changed in the script `file`: what stands before each command that prints.
pub(super) fn edits(file: &Path, script: &Script) -> Vec<Edit> {
    let name = file.to_string_lossy().replace('\'', r"'\''");
    let prints = script.prints(sh_places::PREFIX).into_iter();
    let edits = prints.map(|print| {
        let call = format!("$({FUNCTION} '{name}:{}' \"$0\" {})", print.begins, print.words);
        // bash that traces tells it itself.
        let unless = format!("${{BASH_XTRACEFD-${{_stagegate_enough-{call}}}}}");
        let counted = format!("$(((_stagegate_count=${{_stagegate_count:-0}}+1)>={OFTEN}&&(_stagegate_enough=1)))");
        Edit { range: print.begins..print.begins, text: format!("{VARIABLE}={unless}{counted} ") }
    });
    edits.collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::super::rewriting::rewritten;
    use super::*;

    /// What the text prints when it is run by sh with a function that prints its arguments to standard error.
    fn run(text: &str) -> (String, String) {
        let function = format!("{FUNCTION}() {{ printf '[%s]' \"$@\" >&2; }}\n");
        let new = rewritten(text, &edits(Path::new("f"), &Script::parse(text)));
        let run = Command::new("/bin/sh").args(["-c", &(function + &new), "sh"]).output().unwrap();
        (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap())
    }

    #[test]
    fn words_are_told_and_printed_once() {
        let (out, told) = run("x='b  c'; false\nprintf '%s,' $? \"$x\" \"$(STAGEGATE_AT='f:1' echo d)\"");
        assert_eq!(out, "1,b  c,d,");
        let inner = "[f:40][sh][echo][d]";
        assert_eq!(told, format!("{inner}[f:16][sh][printf][%s,][1][b  c][$(echo d)]"));
    }

    #[test]
    fn a_loop_tells_only_its_beginning() {
        let (out, told) = run("i=0; while [ $i -lt 2005 ]; do i=$((i + 1)); echo $i; done");
        assert_eq!((out.lines().count(), told.matches("[echo]").count()), (2005, OFTEN));
    }
}
