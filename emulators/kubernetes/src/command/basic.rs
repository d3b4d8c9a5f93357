//! Commands of a line or two: variables, names, waiting, looking names up.

use std::time::Duration;

use super::{NOT_FOUND, Place, Sink, Stream};
use crate::node::environment;
use crate::node::network::{Dial, Found};

/// The exit status of `timeout` when the command took too long (busybox: that of SIGTERM).
const TIMED_OUT: i32 = 143;

pub(super) fn run(place: &Place, name: &str, args: &[String], out: Sink<'_>) -> i32 {
    let print = |text: String| {
        out(Stream::Stdout, &(text + "\n"));
        0
    };
    match name {
        "true" => 0,
        "false" => 1,
        "echo" => echo(args, out),
        "env" => variables(place, out),
        "printenv" => match args.first() {
            None => variables(place, out),
            Some(name) => place.env.get(name).map_or(1, |value| print(value.clone())),
        },
        "hostname" => print(hostname(place)),
        "pwd" => print("/".to_owned()),
        "whoami" => print("root".to_owned()),
        "id" => print("uid=0(root) gid=0(root) groups=0(root)".to_owned()),
        "uname" => print(if args.iter().any(|arg| arg == "-n") { hostname(place) } else { "Linux".to_owned() }),
        "date" => date(place, args, out),
        "nslookup" => nslookup(place, args, out),
        "test" => test(args, out),
        _ => NOT_FOUND,
    }
}

pub(super) fn hostname(place: &Place) -> String {
    environment::hostname(&place.pod.object()).to_owned()
}

fn echo(args: &[String], out: Sink<'_>) -> i32 {
    match args.split_first() {
        Some((first, rest)) if first == "-n" => out(Stream::Stdout, &rest.join(" ")),
        _ => out(Stream::Stdout, &(args.join(" ") + "\n")),
    }
    0
}

fn variables(place: &Place, out: Sink<'_>) -> i32 {
    for (name, value) in &place.env {
        out(Stream::Stdout, &format!("{name}={value}\n"));
    }
    0
}

fn date(place: &Place, args: &[String], out: Sink<'_>) -> i32 {
    let Some(node) = place.pod.node.upgrade() else { return 1 };
    let now = node.clock().now().to_zoned(jiff::tz::TimeZone::UTC);
    let format = args.iter().find_map(|arg| arg.strip_prefix('+')).unwrap_or("%a %b %e %H:%M:%S UTC %Y");
    let Ok(text) = jiff::fmt::strtime::format(format, &now) else {
        out(Stream::Stderr, &format!("date: invalid date '{format}'\n"));
        return 1;
    };
    out(Stream::Stdout, &(text + "\n"));
    0
}

/// `5`, `1.5`, `5s`, `2m`.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 's') => (&text[..at], 1.0),
        (at, 'm') => (&text[..at], 60.0),
        (at, 'h') => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}

pub(super) async fn sleep(place: &Place, args: &[String], out: Sink<'_>) -> i32 {
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
    place.sleep(time).await;
    0
}

pub(super) async fn timeout(place: &Place, args: &[String], stdin: &str, out: Sink<'_>) -> i32 {
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
        status = super::run(place, command, stdin, out) => status,
        () = place.sleep(limit) => TIMED_OUT,
    }
}

/// `nc -z HOST PORT`: whether something listens.
pub(super) fn nc(place: &Place, args: &[String], out: Sink<'_>) -> i32 {
    let words: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    let port = words.last().and_then(|port| port.parse::<u16>().ok());
    let (Some(port), true) = (port, args.iter().any(|arg| arg.starts_with('-') && arg.contains('z'))) else {
        out(Stream::Stderr, "nc: the stagegate node simulator has only `nc -z HOST PORT`\n");
        return 1;
    };
    // `-w SECONDS` leaves its number among the words: the host is the word before the port.
    let host = words.get(words.len().wrapping_sub(2)).map_or("", |host| host.as_str());
    match place.dialler().dial(host, port) {
        Dial::Connected(_) => 0,
        Dial::NoSuchHost => {
            out(Stream::Stderr, &format!("nc: bad address '{host}'\n"));
            1
        }
        Dial::Refused(_) | Dial::Unanswered => 1,
    }
}

fn nslookup(place: &Place, args: &[String], out: Sink<'_>) -> i32 {
    let Some(name) = args.first() else {
        out(Stream::Stderr, "nslookup: a name is needed\n");
        return 1;
    };
    out(Stream::Stdout, "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n");
    let Some(Found { full_name, addresses }) = place.dialler().resolve(name) else {
        out(Stream::Stdout, &format!("** server can't find {name}: NXDOMAIN\n\n"));
        return 1;
    };
    for address in addresses {
        out(Stream::Stdout, &format!("Name:\t{full_name}\nAddress: {address}\n"));
    }
    out(Stream::Stdout, "\n");
    0
}

/// The forms of `test` and `[` that need no files.
fn test(args: &[String], out: Sink<'_>) -> i32 {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let numbers = |one: &str, other: &str| Some((one.parse::<i64>().ok()?, other.parse::<i64>().ok()?));
    let holds = match words.as_slice() {
        [] => Some(false),
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
        out(Stream::Stderr, &format!("test: {}: not supported by the stagegate node simulator\n", words.join(" ")));
        return 2;
    };
    i32::from(!holds)
}
