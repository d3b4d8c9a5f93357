//! `redis-cli ping` of Redis.

use super::options::Given;
use super::{Found, look, refused};
use crate::names::KERNEL_PATIENCE;
use crate::{Machine, Sink, Stream};

/// Whether a server answers. Passwords are not checked: a declared server has none.
pub(super) async fn redis_cli(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    const FLAGS: [&str; 4] = ["--raw", "--no-raw", "--no-auth-warning", "-e"];
    const VALUED: [&str; 7] = ["-h", "-p", "-a", "--pass", "--user", "-n", "-t"];
    let given = match Given::read(args, &FLAGS, &VALUED) {
        Ok(given) => given,
        Err(option) => return refused("redis-cli", &format!("does not have the option {option}"), out),
    };
    let message = match given.words.as_slice() {
        [ping] if ping.eq_ignore_ascii_case("ping") => "PONG",
        [ping, message] if ping.eq_ignore_ascii_case("ping") => message,
        _ => return refused("redis-cli", "has only `ping`: the server behind it has no data", out),
    };
    if given.has(&["-a", "--pass"]) && !given.has(&["--no-auth-warning"]) {
        let warning =
            "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n";
        out(Stream::Stderr, warning);
    }
    let (host, port) = (given.value(&["-h"]).unwrap_or("127.0.0.1"), given.value(&["-p"]).unwrap_or("6379"));
    let Ok(number) = port.parse() else {
        out(Stream::Stderr, "Invalid server port.\n");
        return 1;
    };
    let failed = match look(machine, host, number, KERNEL_PATIENCE).await {
        Found::Server => {
            out(Stream::Stdout, &format!("{message}\n"));
            return 0;
        }
        Found::Refused => format!("Could not connect to Redis at {host}:{port}: Connection refused\n"),
        Found::NoSuchHost => format!("Could not connect to Redis at {host}:{port}: Name or service not known\n"),
        Found::NoAnswer => "Error: Server closed the connection\n".to_owned(),
    };
    out(Stream::Stderr, &failed);
    1
}
