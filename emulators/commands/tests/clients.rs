//! The clients of servers answer as the real ones do.
//!
//! `clients/nobody.sh` runs where nobody listens; `nobody.real` is what the clients of Debian 12 printed (packages
//! postgresql-client-15, redis-tools and mariadb-client). `STAGEGATE_CLIENTS=PATH`, a PATH with them, records anew.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::{BoxFuture, ready};
use jiff::Timestamp;
use stagegate_commands::{CLIENTS, Dial, Fetched, FileError, Found, Machine, Patience, Reply, Request, User};

/// A machine on which servers listen, and an HTTP server.
#[derive(Default)]
struct Host {
    variables: BTreeMap<String, String>,
    commands: Vec<String>,
    servers: Vec<u16>,
    http: Vec<u16>,
}

impl Host {
    /// One that has all clients.
    fn with(servers: &[u16]) -> Self {
        let commands = CLIENTS.iter().chain(&["sh", "echo"]).map(|name| (*name).to_owned()).collect();
        Self { commands, servers: servers.to_vec(), ..Self::default() }
    }
}

impl Machine for Host {
    fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }
    fn commands(&self) -> Option<&[String]> {
        Some(&self.commands)
    }
    fn hostname(&self) -> String {
        "host".to_owned()
    }
    fn user(&self) -> User {
        User { uid: 0, gid: 0 }
    }
    fn folder(&self) -> String {
        "/".to_owned()
    }
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
    fn read(&self, _: &str) -> Result<String, FileError> {
        Err(FileError::NotFound)
    }
    fn entries(&self, _: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotFound)
    }
    fn write(&self, _: &str, _: &str) -> Result<(), FileError> {
        Err(FileError::NotAFolder)
    }
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<Found>> {
        Box::pin(ready(None))
    }
    fn dial<'a>(&'a self, host: &'a str, port: u16, _: Duration) -> BoxFuture<'a, Dial> {
        let found = match host {
            "localhost" | "127.0.0.1" if self.servers.contains(&port) || self.http.contains(&port) => Dial::Connected,
            "localhost" | "127.0.0.1" => Dial::Refused("127.0.0.1".to_owned()),
            "silent" => Dial::Unanswered,
            _ => Dial::NoSuchHost,
        };
        Box::pin(ready(found))
    }
    fn fetch<'a>(&'a self, request: &'a Request, _: Patience) -> BoxFuture<'a, Fetched> {
        let answer = Reply { status: 200, headers: Vec::new(), body: String::new() };
        let http = self.http.contains(&request.url.port);
        Box::pin(ready(if http { Fetched::Answer(answer) } else { Fetched::NotHttp }))
    }
}

/// What a line prints, and how it ends.
fn run(host: &Host, text: &str) -> (String, i32) {
    let printed = Mutex::new(String::new());
    let line = ["sh", "-c", text].map(str::to_owned);
    let print = |_, text: &str| printed.lock().unwrap().push_str(text);
    let status = futures::executor::block_on(stagegate_commands::run(host, &line, "", &print));
    (printed.into_inner().unwrap(), status)
}

#[test]
fn where_nobody_listens_they_fail_as_the_real_ones_do() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let text = std::fs::read_to_string(corpus.join("nobody.sh")).unwrap();
    if let Some(path) = std::env::var_os("STAGEGATE_CLIENTS") {
        let line = format!("exec 2>&1\n{text}");
        let output = Command::new("sh").args(["-c", &line]).env("PATH", path).output().expect("sh");
        std::fs::write(corpus.join("nobody.real"), output.stdout).unwrap();
        return;
    }
    let real = std::fs::read_to_string(corpus.join("nobody.real")).unwrap();
    let ours = run(&Host::with(&[]), &text).0;
    let diff = similar::TextDiff::from_lines(&real, &ours);
    assert!(real == ours, "{}", diff.unified_diff().header("real", "ours"));
}

#[test]
fn they_say_that_the_server_is_there() {
    let host = Host::with(&[3306, 5432, 5672, 6379, 27017]);
    for (line, printed) in [
        ("pg_isready", "/var/run/postgresql:5432 - accepting connections\n"),
        ("pg_isready -U postgres -h localhost", "localhost:5432 - accepting connections\n"),
        ("pg_isready -q", ""),
        ("redis-cli ping", "PONG\n"),
        ("redis-cli -a secret --no-auth-warning -h 127.0.0.1 ping", "PONG\n"),
        ("mysqladmin ping -h localhost -uroot -psecret", "mysqld is alive\n"),
        ("mariadb-admin ping", "mariadbd is alive\n"),
        ("healthcheck.sh --connect --innodb_initialized", ""),
        ("mongosh --quiet --eval \"db.adminCommand('ping')\"", "{ ok: 1 }\n"),
        ("mongosh --norc localhost:27017/test --eval 'db.runCommand(\"ping\").ok'", "1\n"),
        ("rabbitmq-diagnostics -q ping", "Ping succeeded\n"),
        (
            "rabbitmq-diagnostics check_running",
            "Checking if RabbitMQ is running on node rabbit@host ...\nRabbitMQ on node rabbit@host is fully booted and running\n",
        ),
    ] {
        assert_eq!(run(&host, line), (printed.to_owned(), 0), "{line}");
    }
}

#[test]
fn they_fail_where_somebody_else_listens_or_nobody_answers() {
    let host = Host { http: vec![8080], ..Host::with(&[]) };
    for (line, printed, status) in [
        ("pg_isready -h localhost -p 8080", "localhost:8080 - no response\n", 2),
        ("pg_isready -h silent", "silent:5432 - no response\n", 2),
        (
            "mysqladmin ping -h 127.0.0.1",
            "\x07mysqladmin: connect to server at '127.0.0.1' failed\nerror: 'Can't connect to MySQL server on '127.0.0.1:3306' (111)'\nCheck that mysqld is running on 127.0.0.1 and that the port is 3306.\nYou can check this by doing 'telnet 127.0.0.1 3306'\n",
            1,
        ),
        ("mongosh --eval 'db.adminCommand({ping: 1})'", "MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017\n", 1),
        ("healthcheck.sh --connect", "healthcheck connect failed\n", 1),
        ("rabbitmq-diagnostics -q ping", "Error:\nFailed to connect and authenticate to rabbit@host in 60000 ms\n", 69),
    ] {
        assert_eq!(run(&host, line), (printed.to_owned(), status), "{line}");
    }
}

#[test]
fn what_needs_data_is_refused_by_name() {
    let host = Host::with(&[3306, 5432, 6379, 27017]);
    for (line, said) in [
        ("psql -c 'select 1'", "stagegate's psql is only there by name"),
        ("redis-cli get key", "stagegate's redis-cli has only `ping`"),
        ("redis-cli --cluster info ping", "does not have the option --cluster"),
        ("mysqladmin status", "stagegate's mysqladmin has only `ping`"),
        ("mongosh --eval 'rs.status()'", "stagegate's mongosh has only `--eval` of a ping"),
        ("rabbitmqctl list_queues", "stagegate's rabbitmqctl has only `ping`"),
        ("healthcheck.sh --galera_online", "stagegate's healthcheck.sh does not have --galera_online"),
    ] {
        let (printed, status) = run(&host, line);
        assert!(printed.contains(said) && status != 0, "{line}: {status} {printed}");
    }
}

#[test]
fn the_variables_of_a_client_say_where_its_server_is() {
    let variables = [("PGHOST", "localhost"), ("PGPORT", "6000"), ("POSTGRES_USER", "app")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let host = Host { variables, ..Host::with(&[6000]) };
    let (printed, status) = run(&host, "exec pg_isready -U $POSTGRES_USER -d \"dbname=$POSTGRES_USER\"");
    assert_eq!((printed.as_str(), status), ("localhost:6000 - accepting connections\n", 0));
}
