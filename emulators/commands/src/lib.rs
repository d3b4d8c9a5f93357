//! Simple commands of containers, which answer as busybox and curl do: what `kubectl exec`, exec probes and images of
//! tools run.
//!
//! A [`Machine`] is what they run on: a simulated container, which has no files and binaries of its own, or a real one
//! whose image has nothing but an executable of stagegate. What they do not do, they refuse by name.

mod available;
mod basic;
mod clients;
mod curl;
mod excerpts;
mod files;
mod grep;
mod input;
mod machine;
mod names;
mod shell;
mod url;
mod wget;

use futures::future::BoxFuture;

pub use available::exists;
pub use clients::CLIENTS;
pub use machine::{Dial, Fetched, FileError, Found, Machine, Patience, Reply, Request, User};
pub use url::Url;

/// One of the two streams that a command writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The standard output.
    Stdout,
    /// The standard error.
    Stderr,
}

/// Takes what a command prints.
pub type Sink<'a> = &'a (dyn Fn(Stream, &str) + Send + Sync);

/// The commands that an image has which lists none, in the order in which `ls /bin` shows them.
pub const NAMES: &[&str] = &[
    "ash", "bash", "cat", "curl", "date", "echo", "env", "false", "grep", "head", "hostname", "id", "ls", "nc",
    "nslookup", "printenv", "pwd", "sh", "sleep", "sort", "tail", "test", "timeout", "true", "uname", "wc", "wget",
    "whoami",
];

/// The exit status of a command that the shell does not find.
const NOT_FOUND: i32 = 127;

/// Whether all of a command line can be run: the program, and what a shell's text starts.
pub fn runs(only: Option<&[String]>, line: &[String]) -> bool {
    match line {
        [shell, option, text, ..] if is_shell(shell) && option.starts_with('-') => shell::runs(only, text),
        [program, ..] => exists(only, program) && !is_shell(program),
        [] => false,
    }
}

/// Whether a command line reads its standard input: what shows or searches texts without files, and a shell without a
/// script or whose text has such a command.
pub fn reads_stdin(line: &[String]) -> bool {
    let Some((program, arguments)) = line.split_first() else { return false };
    match base_name(program) {
        name @ ("cat" | "grep" | "head" | "sort" | "tail" | "wc") => input::is_standard(name, arguments),
        name => is_shell(name) && shell::reads_stdin(arguments),
    }
}

fn is_shell(program: &str) -> bool {
    ["sh", "ash", "bash"].contains(&base_name(program))
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

/// Runs a command line; gives its exit status, that of a shell which does not find it when there is no such command.
pub fn run<'a>(machine: &'a dyn Machine, line: &'a [String], stdin: &'a str, out: Sink<'a>) -> BoxFuture<'a, i32> {
    Box::pin(async move {
        let Some((program, arguments)) = line.split_first() else { return 0 };
        match base_name(program) {
            _ if !exists(machine.commands(), program) => {
                out(Stream::Stderr, &format!("sh: {program}: not found\n"));
                NOT_FOUND
            }
            "sh" | "ash" | "bash" => shell::run(machine, arguments, stdin, out).await,
            "curl" => curl::run(machine, arguments, out).await,
            "wget" => wget::run(machine, arguments, out).await,
            "cat" => files::cat(machine, arguments, stdin, out),
            "grep" => grep::run(machine, arguments, stdin, out),
            "head" => excerpts::head(machine, arguments, stdin, out),
            "sort" => excerpts::sort(machine, arguments, stdin, out),
            "tail" => excerpts::tail(machine, arguments, stdin, out),
            "wc" => excerpts::wc(machine, arguments, stdin, out),
            "ls" => files::ls(machine, arguments, out),
            "sleep" => basic::sleep(machine, arguments, out).await,
            "timeout" => basic::timeout(machine, arguments, stdin, out).await,
            "nc" => names::nc(machine, arguments, out).await,
            "nslookup" => names::nslookup(machine, arguments, out).await,
            name if CLIENTS.contains(&name) => clients::run(machine, name, arguments, out).await,
            name => basic::run(machine, name, arguments, out),
        }
    })
}
