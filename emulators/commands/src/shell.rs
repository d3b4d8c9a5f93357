//! `sh -c`: simple commands in a row, joined by `;`, `&&`, `||` and `|`, with quotes, variables and
//! redirections to nowhere. Anything else is refused by name.

mod syntax;

use std::sync::Mutex;

use self::syntax::{Joined, Piece, REDIRECTIONS, Simple, Word, parse};
use crate::{Machine, Sink, Stream, basic, exists};

/// The exit status of a text that cannot be run.
const SYNTAX: i32 = 2;

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
    let reads = |command: &Simple| {
        let words = command.words.iter().map(|word| word.iter().map(of_variable).collect::<String>());
        let line: Vec<_> = words.filter(|word| word != "exec" && !REDIRECTIONS.contains(&word.as_str())).collect();
        command.joined != Joined::Piped && crate::reads_stdin(&line)
    };
    parse(text).is_ok_and(|commands| commands.iter().any(reads))
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
    let mut status = 0;
    let mut rest = commands.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let more = after.iter().take_while(|command| command.joined == Joined::Piped).count();
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
            Ended::Command(code) => status = code,
            Ended::Shell(code) => return code,
        }
    }
    status
}

/// What a command's end is the end of.
enum Ended {
    Command(i32),
    Shell(i32),
}

/// Runs a pipeline; a command alone may end the shell.
async fn pipeline(machine: &dyn Machine, commands: &[Simple], status: i32, stdin: &str, out: Sink<'_>) -> Ended {
    let [first @ .., last] = commands else { return Ended::Command(status) };
    let mut input = stdin.to_owned();
    for command in first {
        let printed = Mutex::new(String::new());
        let into_pipe = |stream: Stream, text: &str| match stream {
            Stream::Stdout => printed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push_str(text),
            Stream::Stderr => out(stream, text),
        };
        stage(machine, command, status, &input, &into_pipe).await;
        input = printed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    }
    match stage(machine, last, status, &input, out).await {
        // What is in a pipeline runs in a shell of its own.
        Ended::Shell(code) if !first.is_empty() => Ended::Command(code),
        ended => ended,
    }
}

async fn stage(machine: &dyn Machine, command: &Simple, status: i32, stdin: &str, out: Sink<'_>) -> Ended {
    let words: Vec<String> = command.words.iter().map(|word| expand(machine, word, status)).collect();
    match words.first().map(String::as_str) {
        None => Ended::Command(0),
        Some("exit") => Ended::Shell(words.get(1).and_then(|code| code.parse().ok()).unwrap_or(status)),
        Some("exec") => Ended::Shell(simple(machine, &words[1..], stdin, out).await),
        Some(_) => Ended::Command(simple(machine, &words, stdin, out).await),
    }
}

/// Whether every command of a text can be run.
pub(crate) fn runs(only: Option<&[String]>, text: &str) -> bool {
    let Ok(commands) = parse(text) else { return false };
    let first = |simple: &Simple| match simple.words.first().map(Vec::as_slice) {
        Some([Piece::Text(name)]) => ["exit", "exec", "["].contains(&name.as_str()) || exists(only, name),
        Some(_) => false,
        None => true,
    };
    commands.iter().all(first)
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
