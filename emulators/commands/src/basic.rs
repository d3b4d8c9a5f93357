//! Commands of a line or two: variables, who and where, waiting.

use std::time::Duration;

use crate::{FileError, Machine, NOT_FOUND, Sink, Stream};

/// The exit status of `timeout` when the command took too long (busybox: that of SIGTERM).
const TIMED_OUT: i32 = 143;

pub(crate) fn run(machine: &dyn Machine, name: &str, args: &[String], out: Sink<'_>) -> i32 {
    let print = |text: String| {
        out(Stream::Stdout, &(text + "\n"));
        0
    };
    match name {
        "true" => 0,
        "false" => 1,
        "echo" => echo(args, out),
        "env" => variables(machine, out),
        "printenv" => match args.first() {
            None => variables(machine, out),
            Some(name) => machine.variables().get(name).map_or(1, |value| print(value.clone())),
        },
        "hostname" => print(machine.hostname()),
        "pwd" => print(machine.folder()),
        "whoami" => whoami(machine, out),
        "id" => print(id(machine)),
        "uname" => print(if args.iter().any(|arg| arg == "-n") { machine.hostname() } else { "Linux".to_owned() }),
        "date" => date(machine, args, out),
        "test" => test(machine, args, out),
        _ => NOT_FOUND,
    }
}

fn echo(args: &[String], out: Sink<'_>) -> i32 {
    match args.split_first() {
        Some((first, rest)) if first == "-n" => out(Stream::Stdout, &rest.join(" ")),
        _ => out(Stream::Stdout, &(args.join(" ") + "\n")),
    }
    0
}

fn whoami(machine: &dyn Machine, out: Sink<'_>) -> i32 {
    let uid = machine.user().uid;
    if uid != 0 {
        out(Stream::Stderr, &format!("whoami: unknown uid {uid}\n"));
        return 1;
    }
    out(Stream::Stdout, "root\n");
    0
}

fn id(machine: &dyn Machine) -> String {
    let user = machine.user();
    let named = |number: u32| if number == 0 { "0(root)".to_owned() } else { number.to_string() };
    format!("uid={} gid={group} groups={group}", named(user.uid), group = named(user.gid))
}

fn variables(machine: &dyn Machine, out: Sink<'_>) -> i32 {
    for (name, value) in machine.variables() {
        out(Stream::Stdout, &format!("{name}={value}\n"));
    }
    0
}

fn date(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    let now = machine.now().to_zoned(jiff::tz::TimeZone::UTC);
    let format = args.iter().find_map(|arg| arg.strip_prefix('+')).unwrap_or("%a %b %e %H:%M:%S UTC %Y");
    let Ok(text) = jiff::fmt::strtime::format(format, &now) else {
        out(Stream::Stderr, &format!("date: invalid date '{format}'\n"));
        return 1;
    };
    out(Stream::Stdout, &(text + "\n"));
    0
}

/// `5`, `1.5`, `5s`, `2m`.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

pub(crate) async fn sleep(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    let Some(text) = args.first() else {
        out(Stream::Stderr, "sleep: missing operand\n");
        return 1;
    };
    if text == "infinity" {
        return std::future::pending().await;
    }
    let Some(time) = seconds(text) else {
        out(Stream::Stderr, &format!("sleep: invalid number '{text}'\n"));
        return 1;
    };
    machine.sleep(time).await;
    0
}

pub(crate) async fn timeout(machine: &dyn Machine, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
    let args = match args.split_first() {
        Some((option, rest)) if option == "-t" => rest,
        _ => args,
    };
    let Some((limit, command)) = args.split_first().and_then(|(text, rest)| Some((seconds(text)?, rest))) else {
        out(Stream::Stderr, "timeout: a number of seconds and a command are needed\n");
        return 1;
    };
    tokio::select! {
        biased;
        status = crate::run(machine, command, stdin, out) => status,
        () = machine.sleep(limit) => TIMED_OUT,
    }
}

/// `test` and `[`, with one condition or its opposite.
fn test(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["!", rest @ ..] = words.as_slice()
        && !rest.is_empty()
    {
        return match test(machine, &args[1..], out) {
            0 => 1,
            1 => 0,
            refused => refused,
        };
    }
    let numbers = |one: &str, other: &str| Some((one.parse::<i64>().ok()?, other.parse::<i64>().ok()?));
    let holds = match words.as_slice() {
        [] => Some(false),
        ["-e", path] => Some(!matches!(machine.read(path), Err(FileError::NotFound | FileError::NotAFolder))),
        ["-f" | "-r", path] => Some(machine.read(path).is_ok()),
        ["-s", path] => Some(machine.read(path).is_ok_and(|content| !content.is_empty())),
        ["-d", path] => Some(machine.read(path) == Err(FileError::IsFolder)),
        ["-n", text] | [text] => Some(!text.is_empty()),
        ["-z", text] => Some(text.is_empty()),
        [one, "=" | "==", other] => Some(one == other),
        [one, "!=", other] => Some(one != other),
        [one, operator, other] => numbers(one, other).and_then(|(one, other)| match *operator {
            "-eq" => Some(one == other),
            "-ne" => Some(one != other),
            "-lt" => Some(one < other),
            "-le" => Some(one <= other),
            "-gt" => Some(one > other),
            "-ge" => Some(one >= other),
            _ => None,
        }),
        _ => None,
    };
    let Some(holds) = holds else {
        out(Stream::Stderr, &format!("test: {}: not supported by stagegate's test\n", words.join(" ")));
        return 2;
    };
    i32::from(!holds)
}
