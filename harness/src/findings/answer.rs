//! Statuses of the shell's own commands that answer a question.

/// Tools whose status 1 says no.
const ASKS: [&str; 20] = [
    "[", "[[", "test", "grep", "egrep", "fgrep", "rg", "diff", "cmp", "command", "type", "which", "hash", "pgrep",
    "expr", "getent", "id", "lsof", "nc", "ping",
];
/// Builtins whose status says what happened rather than that something went wrong.
const TELLS: [&str; 15] = [
    "((", "let", "read", "unset", "shift", "kill", "pkill", "killall", "trap", "stty", "tput", "clear", "popd",
    "pushd", "mapfile",
];
/// What removes or makes what may be gone or there already.
const REMOVES: [&str; 12] =
    ["rm", "rmdir", "mkdir", "delete", "stop", "down", "prune", "uninstall", "remove", "unlink", "umount", "logout"];

/// Whether the status of `argv`, thrown away by `by`, is an answer that may be passed over.
pub(super) fn is_answer(argv: &[String], status: i32, by: &str) -> bool {
    let name = argv.first().map(|word| word.rsplit('/').next().unwrap_or_default()).unwrap_or_default();
    // `jq -e` says by 1 that what it gave is null or false; curl by 23 that its reader left.
    let asks =
        ASKS.contains(&name) || (name == "jq" && status == 1 && argv.iter().any(|word| is_exit_status_flag(word)));
    // Of a test, 2 says that it could not be made; 126 and 127 that there is no such command.
    if asks && status > 1 && !matches!(name, "ping" | "nc" | "command" | "type" | "which" | "hash" | "getent") {
        return false;
    }
    if matches!(status, 126 | 127) && !matches!(name, "command" | "type" | "which" | "hash") {
        return false;
    }
    // Its reader left, or someone ended it.
    if name == "curl" && status == 23 && by.contains("pipe") {
        return true;
    }
    if status == 141 || (name == "wait" && status > 128) || TELLS.contains(&name) {
        return true;
    }
    if is_tested(by) {
        return true;
    }
    let aside = by.starts_with("`||") || by.contains("pipe") || by.contains("substitution") || by.contains("x=$(");
    let removes = argv.iter().take(4).any(|word| REMOVES.contains(&word.as_str()));
    if removes && by.starts_with("`||") {
        return true;
    }
    asks && (aside || by.contains("process"))
}

fn is_exit_status_flag(word: &str) -> bool {
    word == "--exit-status" || (word.starts_with('-') && !word.starts_with("--") && word.contains('e'))
}

/// Whether what threw the status away is a test of it.
fn is_tested(by: &str) -> bool {
    ["`if`", "`if !`", "`else`", "`elif`", "`&&`", "`!`", "`! ", "the end of", "a test of `$?`"]
        .iter()
        .any(|test| by.starts_with(test))
}
