//! The ping of MongoDB's shells: `mongosh --eval "db.adminCommand('ping')"` and the older `mongo`.

use super::options::Given;
use super::{Found, look, refused};
use crate::names::KERNEL_PATIENCE;
use crate::{Machine, Sink, Stream};

const PORT: u16 = 27017;

/// Evaluates a ping, the one expression that needs no data.
pub(super) async fn shell(machine: &dyn Machine, name: &str, args: &[String], out: Sink<'_>) -> i32 {
    const FLAGS: [&str; 4] = ["--quiet", "--norc", "--nodb", "--tls"];
    const VALUED: [&str; 9] = [
        "--eval",
        "--host",
        "--port",
        "-u",
        "--username",
        "-p",
        "--password",
        "--authenticationDatabase",
        "--authenticationMechanism",
    ];
    let given = match Given::read(args, &FLAGS, &VALUED) {
        Ok(given) => given,
        Err(option) => return refused(name, &format!("does not have the option {option}"), out),
    };
    let Some(field) = given.value(&["--eval"]).and_then(pinged) else {
        let what = "has only `--eval` of a ping, such as `db.adminCommand('ping')`: the server behind it has no data";
        return refused(name, what, out);
    };
    let (host, port) = address(given.words.first().copied());
    let host = given.value(&["--host"]).map_or(host, str::to_owned);
    let port = given.value(&["--port"]).and_then(|port| port.parse().ok()).unwrap_or(port);
    match look(machine, &host, port, KERNEL_PATIENCE).await {
        Found::Server => {
            let answer = match (field, name) {
                (true, _) => "1",
                (false, "mongo") => "{ \"ok\" : 1 }",
                (false, _) => "{ ok: 1 }",
            };
            out(Stream::Stdout, &format!("{answer}\n"));
            return 0;
        }
        Found::NoSuchHost => out(Stream::Stderr, &format!("MongoNetworkError: getaddrinfo ENOTFOUND {host}\n")),
        Found::Refused | Found::NoAnswer => {
            let at = if host == "localhost" { "127.0.0.1" } else { &host };
            out(Stream::Stderr, &format!("MongoNetworkError: connect ECONNREFUSED {at}:{port}\n"));
        }
    }
    1
}

/// Whether a text is a ping, and then whether it asks for `.ok` of the answer alone.
fn pinged(text: &str) -> Option<bool> {
    let bare: String = text.chars().filter(|one| !one.is_whitespace() && !"'\"`;".contains(*one)).collect();
    let called = ["db.adminCommand(", "db.runCommand("].iter().find_map(|call| bare.strip_prefix(call))?;
    let rest = ["ping)", "{ping:1})"].iter().find_map(|argument| called.strip_prefix(argument))?;
    match rest {
        "" => Some(false),
        ".ok" => Some(true),
        _ => None,
    }
}

/// Host and port of `mongodb://[USER@]HOST[:PORT][/DB]`, `HOST:PORT[/DB]`, or a database's name.
fn address(word: Option<&str>) -> (String, u16) {
    let here = || ("127.0.0.1".to_owned(), PORT);
    let Some(word) = word else { return here() };
    let (rest, is_url) = word.strip_prefix("mongodb://").map_or((word, false), |rest| (rest, true));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.split_once(':') {
        Some((host, port)) => (host.to_owned(), port.parse().unwrap_or(PORT)),
        None if is_url || rest.contains('/') => (authority.to_owned(), PORT),
        None => here(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_known_in_the_ways_in_which_people_write_it() {
        for text in ["db.adminCommand('ping')", "db.runCommand({ ping: 1 });", r#"db.adminCommand({"ping":1})"#] {
            assert_eq!(pinged(text), Some(false), "{text}");
        }
        assert_eq!(pinged(r#"db.runCommand("ping").ok"#), Some(true));
        assert_eq!(pinged("db.stats()"), None);
        assert_eq!(pinged("db.adminCommand('ping').ok + rs.status()"), None);
    }

    #[test]
    fn the_address_may_be_a_url_a_host_or_a_database() {
        for (word, host, port) in [
            ("mongodb://u:p@db:27018/admin", "db", 27018),
            ("localhost:27017/test", "localhost", 27017),
            ("db/test", "db", PORT),
            ("test", "127.0.0.1", PORT),
        ] {
            assert_eq!(address(Some(word)), (host.to_owned(), port), "{word}");
        }
    }
}
