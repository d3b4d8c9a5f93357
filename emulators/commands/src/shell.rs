//! `sh -c`: simple commands in a row, joined by `;`, `&&`, `||` and `|`, `if`, `while` and `until`, with quotes, variables
//! and redirections to nowhere. Anything else is refused by name.

mod syntax;

use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use self::syntax::{Arm, Command, Joined, Joint, Piece, REDIRECTIONS, Word, parse};
use crate::{Machine, Sink, Stream, basic, exists};

/// The exit status of a text that cannot be run.
const SYNTAX: i32 = 2;

/// How long a round of a loop takes at least: one without a pause must not stop the time of everybody else.
const ROUND: Duration = Duration::from_millis(10);

/// Whether a shell with these arguments reads its standard input, itself or by what it runs.
pub(crate) fn reads_stdin(args: &[String]) -> bool {
    let text = match args {
        [] => return true,
        [option, text, ..] if option.starts_with('-') && option.contains('c') => text,
        _ => return false,
    };
    let of_variable = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable(name) => format!("${name}"),
    };
    let reads = |joined: Joined, words: &[Word]| {
        let words = words.iter().map(|word| word.iter().map(of_variable).collect::<String>());
        let line: Vec<_> = words.filter(|word| word != "exec" && !REDIRECTIONS.contains(&word.as_str())).collect();
        joined != Joined::Piped && crate::reads_stdin(&line)
    };
    parse(text).is_ok_and(|list| any(&list, &reads))
}

/// Whether something holds of any simple command of a list, with how it is joined.
fn any(list: &[Joint], holds: &dyn Fn(Joined, &[Word]) -> bool) -> bool {
    list.iter().any(|joint| match &joint.command {
        Command::Simple(words) => holds(joint.joined, words),
        Command::Loop { test, body, .. } => any(test, holds) || any(body, holds),
        Command::If { arms, otherwise } => {
            arms.iter().any(|(test, body)| any(test, holds) || any(body, holds)) || any(otherwise, holds)
        }
    })
}

pub(crate) async fn run(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let text = match args {
        [option, text, ..] if option.starts_with('-') && option.contains('c') => text.as_str(),
        // Without a script the shell reads commands from its input.
        [] => stdin,
        [first, ..] => {
            out(Stream::Stderr, &format!("sh: can't open '{first}': No such file or directory\n"));
            return SYNTAX;
        }
    };
    let commands = match parse(text) {
        Ok(commands) => commands,
        Err(what) => {
            out(Stream::Stderr, &format!("sh: {what}\n"));
            return SYNTAX;
        }
    };
    match list(machine, &commands, 0, stdin, out).await {
        Ended::Command(status) | Ended::Shell(status) => status,
        // Outside of a loop they do nothing.
        Ended::Loop | Ended::Round => 0,
    }
}

/// What a command's end is the end of.
enum Ended {
    Command(i32),
    Shell(i32),
    /// The innermost loop (`break`).
    Loop,
    /// The round of that (`continue`).
    Round,
}

/// Runs commands in a row, the first one after one that ended with `status`.
fn list<'a>(
    machine: &'a dyn Machine,
    commands: &'a [Joint],
    status: i32,
    stdin: &'a str,
    out: Sink<'a>,
) -> BoxFuture<'a, Ended> {
    async move {
        let mut status = status;
        let mut rest = commands;
        while let Some((first, after)) = rest.split_first() {
            let more = after.iter().take_while(|joint| joint.joined == Joined::Piped).count();
            let (joined, after) = rest.split_at(1 + more);
            rest = after;
            let skip = match first.joined {
                Joined::Always | Joined::Piped => false,
                Joined::IfSucceeded => status != 0,
                Joined::IfFailed => status == 0,
            };
            if skip {
                continue;
            }
            match pipeline(machine, joined, status, stdin, out).await {
                Ended::Command(code) if first.negated => status = i32::from(code == 0),
                Ended::Command(code) => status = code,
                ended => return ended,
            }
        }
        Ended::Command(status)
    }
    .boxed()
}

/// Runs a pipeline; a command alone may end the shell.
async fn pipeline(machine: &dyn Machine, commands: &[Joint], status: i32, stdin: &str, out: Sink<'_>) -> Ended {
    let [first @ .., last] = commands else { return Ended::Command(status) };
    let mut input = stdin.to_owned();
    for joint in first {
        let printed = Mutex::new(String::new());
        let into_pipe = |stream: Stream, text: &str| match stream {
            Stream::Stdout => printed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_str(text),
            Stream::Stderr => out(stream, text),
        };
        stage(machine, &joint.command, status, &input, &into_pipe).await;
        input = printed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    }
    match stage(machine, &last.command, status, &input, out).await {
        // What is in a pipeline runs in a shell of its own.
        Ended::Shell(code) if !first.is_empty() => Ended::Command(code),
        Ended::Loop | Ended::Round if !first.is_empty() => Ended::Command(0),
        ended => ended,
    }
}

async fn stage(machine: &dyn Machine, command: &Command, status: i32, stdin: &str, out: Sink<'_>) -> Ended {
    let words = match command {
        Command::Simple(words) => words,
        Command::Loop { until, test, body } => {
            return rounds(machine, (*until, test, body), (status, stdin), out).await;
        }
        Command::If { arms, otherwise } => return branch(machine, (arms, otherwise), (status, stdin), out).await,
    };
    let words: Vec<String> = words.iter().map(|word| expand(machine, word, status)).collect();
    match words.first().map(String::as_str) {
        None | Some(":") => Ended::Command(0),
        Some("break") => Ended::Loop,
        Some("continue") => Ended::Round,
        Some("exit") => Ended::Shell(words.get(1).and_then(|code| code.parse().ok()).unwrap_or(status)),
        Some("exec") => Ended::Shell(simple(machine, &words[1..], stdin, out).await),
        Some(_) => Ended::Command(simple(machine, &words, stdin, out).await),
    }
}

async fn rounds(
    machine: &dyn Machine,
    (until, test, body): (bool, &[Joint], &[Joint]),
    (mut status, stdin): (i32, &str),
    out: Sink<'_>,
) -> Ended {
    let mut last = 0;
    loop {
        match list(machine, test, status, stdin, out).await {
            Ended::Command(code) if (code == 0) == until => return Ended::Command(last),
            Ended::Command(code) => status = code,
            Ended::Loop => return Ended::Command(0),
            Ended::Round => {
                status = 0;
                machine.sleep(ROUND).await;
                continue;
            }
            Ended::Shell(code) => return Ended::Shell(code),
        }
        match list(machine, body, status, stdin, out).await {
            Ended::Command(code) => (last, status) = (code, code),
            Ended::Loop => return Ended::Command(0),
            Ended::Round => (last, status) = (0, 0),
            Ended::Shell(code) => return Ended::Shell(code),
        }
        machine.sleep(ROUND).await;
    }
}

async fn branch(
    machine: &dyn Machine,
    (arms, otherwise): (&[Arm], &[Joint]),
    (status, stdin): (i32, &str),
    out: Sink<'_>,
) -> Ended {
    for (test, body) in arms {
        match list(machine, test, status, stdin, out).await {
            Ended::Command(0) => return list(machine, body, 0, stdin, out).await,
            Ended::Command(_) => {}
            ended => return ended,
        }
    }
    list(machine, otherwise, 0, stdin, out).await
}

/// Whether every command of a text can be run.
pub(crate) fn runs(only: Option<&[String]>, text: &str) -> bool {
    let Ok(commands) = parse(text) else { return false };
    let cannot = |_: Joined, words: &[Word]| match words.first().map(Vec::as_slice) {
        Some([Piece::Text(name)]) => {
            !["exit", "exec", "[", ":", "break", "continue"].contains(&name.as_str()) && !exists(only, name)
        }
        Some(_) => true,
        None => false,
    };
    !any(&commands, &cannot)
}

/// Runs one command with its redirections.
async fn simple(machine: &dyn Machine, words: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let (mut argv, mut no_stdout, mut no_stderr, mut merged, mut to_stderr) = (Vec::new(), false, false, false, false);
    for word in words {
        match word.as_str() {
            ">/dev/null" | "1>/dev/null" => no_stdout = true,
            "2>/dev/null" => no_stderr = true,
            "&>/dev/null" => (no_stdout, no_stderr) = (true, true),
            "2>&1" => merged = true,
            ">&2" | "1>&2" => to_stderr = true,
            _ => argv.push(word.clone()),
        }
    }
    let filtered = |stream: Stream, text: &str| match stream {
        Stream::Stdout if no_stdout => {}
        Stream::Stderr if no_stderr || (merged && no_stdout) => {}
        Stream::Stderr if merged => out(Stream::Stdout, text),
        Stream::Stdout if to_stderr => out(Stream::Stderr, text),
        stream => out(stream, text),
    };
    match argv.first().map(String::as_str) {
        None => 0,
        Some("[") if argv.last().is_some_and(|last| last == "]") => {
            argv.pop();
            basic::run(machine, "test", &argv[1..], &filtered)
        }
        Some(_) => crate::run(machine, &argv, stdin, &filtered).await,
    }
}

fn expand(machine: &dyn Machine, word: &Word, status: i32) -> String {
    let mut text = String::new();
    for piece in word {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Variable(name) if name == "?" => text.push_str(&status.to_string()),
            Piece::Variable(name) => text.push_str(machine.variables().get(name).map_or("", String::as_str)),
        }
    }
    text
}
