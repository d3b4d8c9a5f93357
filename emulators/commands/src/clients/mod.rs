//! The clients that images of servers bring along: as much of them as health checks use.
//!
//! They ask whether the server is there, and answer as the real client does. What else the real one can do, they refuse
//! by name. The texts are those of the clients in Debian 12 (`pg_isready` 15, `redis-cli` 7.0, `mariadb-admin` 10.11), or
//! of the sources that each file names.

mod mongo;
mod mysql;
mod options;
mod postgres;
mod rabbitmq;
mod redis;

use std::time::Duration;

use crate::{Dial, Fetched, Machine, Patience, Request, Sink, Stream, Url};

/// The commands of images that list them, in the order in which `ls /bin` shows them.
pub const CLIENTS: &[&str] = &[
    "healthcheck.sh",
    "mariadb",
    "mariadb-admin",
    "mongo",
    "mongosh",
    "mysql",
    "mysqladmin",
    "pg_isready",
    "psql",
    "rabbitmq-diagnostics",
    "rabbitmqctl",
    "redis-cli",
];

/// Runs one of [`CLIENTS`].
pub(crate) async fn run(machine: &dyn Machine, name: &str, args: &[String], out: Sink<'_>) -> i32 {
    match name {
        "pg_isready" => postgres::pg_isready(machine, args, out).await,
        "redis-cli" => redis::redis_cli(machine, args, out).await,
        "mysqladmin" | "mariadb-admin" => mysql::admin(machine, name, args, out).await,
        "healthcheck.sh" => mysql::healthcheck(machine, args, out).await,
        "mongosh" | "mongo" => mongo::shell(machine, name, args, out).await,
        "rabbitmq-diagnostics" | "rabbitmqctl" => rabbitmq::ctl(machine, name, args, out).await,
        _ => refused(name, "is only there by name: no server behind a simulated container has data", out),
    }
}

/// What a client does not do here.
fn refused(name: &str, what: &str, out: Sink<'_>) -> i32 {
    out(Stream::Stderr, &format!("{name}: stagegate's {name} {what}\n"));
    1
}

/// What a client finds where it looks for its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Somebody who does not speak HTTP: a declared server has no other language to be known by.
    Server,
    /// Nobody.
    Refused,
    /// Nobody answers in time, or somebody in another language.
    NoAnswer,
    /// The name stands for nothing.
    NoSuchHost,
}

/// Looks for the server of a client.
async fn look(machine: &dyn Machine, host: &str, port: u16, patience: Duration) -> Found {
    match machine.dial(host, port, patience).await {
        Dial::Refused(_) => return Found::Refused,
        Dial::Unanswered => return Found::NoAnswer,
        Dial::NoSuchHost => return Found::NoSuchHost,
        Dial::Connected => {}
    }
    let Some(url) = Url::parse(&format!("http://{host}:{port}/")) else { return Found::NoSuchHost };
    match machine.fetch(&Request::get(url), Patience { connect: patience, whole: patience }).await {
        Fetched::Answer(_) => Found::NoAnswer,
        _ => Found::Server,
    }
}
