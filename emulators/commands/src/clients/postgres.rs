//! `pg_isready` of PostgreSQL.

use std::time::Duration;

use super::options::Given;
use super::{Found, look, refused};
use crate::{Machine, Sink, Stream};

const PORT: &str = "5432";

/// The folder of the socket, by which it is told where nothing names a host.
const SOCKET: &str = "/var/run/postgresql";

/// How long it waits when it is not told (`DEFAULT_CONNECT_TIMEOUT`).
const PATIENCE: Duration = Duration::from_secs(3);

/// Its exit statuses (`PGPing` of libpq): accepting connections, no response, no attempt made.
const OK: i32 = 0;
const NO_RESPONSE: i32 = 2;
const NO_ATTEMPT: i32 = 3;

/// Whether a server accepts connections. Users and databases are not asked about, here as there.
pub(super) async fn pg_isready(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    const FLAGS: [&str; 2] = ["-q", "--quiet"];
    const VALUED: [&str; 10] =
        ["-h", "--host", "-p", "--port", "-t", "--timeout", "-U", "--username", "-d", "--dbname"];
    let given = match Given::read(args, &FLAGS, &VALUED) {
        Ok(given) => given,
        Err(option) => {
            refused("pg_isready", &format!("does not have the option {option}"), out);
            return NO_ATTEMPT;
        }
    };
    let variable = |name: &str| machine.variables().get(name).map(String::as_str).filter(|value| !value.is_empty());
    let host = given.value(&["-h", "--host"]).or_else(|| variable("PGHOST")).unwrap_or(SOCKET);
    let port = given.value(&["-p", "--port"]).or_else(|| variable("PGPORT")).unwrap_or(PORT);
    let patience = given.value(&["-t", "--timeout"]).and_then(|text| text.parse().ok());
    let Ok(number) = port.parse() else {
        out(Stream::Stderr, &format!("pg_isready: error: invalid port number: \"{port}\"\n"));
        return NO_ATTEMPT;
    };
    let at = if host.starts_with('/') { "127.0.0.1" } else { host };
    let (status, text) = match look(machine, at, number, patience.map_or(PATIENCE, Duration::from_secs)).await {
        Found::Server => (OK, "accepting connections"),
        Found::Refused | Found::NoAnswer | Found::NoSuchHost => (NO_RESPONSE, "no response"),
    };
    if !given.has(&FLAGS) {
        out(Stream::Stdout, &format!("{host}:{port} - {text}\n"));
    }
    status
}
