//! What became of the commands of scripts in sh.
//!
//! In the copy each simple command that has no shim is followed by a call of a function that writes its status
//! down, when it is not 0, and hands it on: `{ grep x f; _stagegate $? 'run:7'; }`.
//! What `$?` and `set -e` make of the command stays as it was, and no process is started for it.

use std::path::Path;

use super::rewriting::Edit;
use super::sh_record::FUNCTION;
use crate::shell::Script;

/// What is to be changed in the script `file`: what follows each command that is not called one of `others`.
pub(super) fn edits(file: &Path, script: &Script, others: &[&str]) -> Vec<Edit> {
    let name = file.to_string_lossy().replace('\'', r"'\''");
    let commands = script.simple_commands(others).into_iter();
    let edits = commands.flat_map(|command| {
        let (start, end) = (command.statement.start, command.statement.end);
        let after = format!("; {FUNCTION} $? '{name}:{}'; }}", command.begins);
        [Edit { range: start..start, text: "{ ".to_owned() }, Edit { range: end..end, text: after }]
    });
    edits.collect()
}

#[cfg(test)]
mod tests {
    use super::super::rewriting::rewritten;
    use super::*;

    #[test]
    fn each_command_is_followed_by_its_status() {
        let text = "#!/bin/sh\nset -e\ngrep x f >out || true\nif test -f f; then kubectl get x; fi\n";
        let new = rewritten(text, &edits(Path::new("a b"), &Script::parse(text), &["kubectl"]));
        let rest: Vec<&str> = new.lines().skip(2).collect();
        assert_eq!(
            rest,
            [
                "{ grep x f >out; _stagegate $? 'a b:17'; } || true",
                "if { test -f f; _stagegate $? 'a b:42'; }; then kubectl get x; fi"
            ]
        );
    }
}
