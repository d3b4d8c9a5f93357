//! `mysqladmin ping` of MySQL and `mariadb-admin ping` of MariaDB, and the script with which the image of MariaDB checks
//! its health (`healthcheck.sh` of github.com/MariaDB/mariadb-docker).

use super::options::Given;
use super::{Found, look, refused};
use crate::names::KERNEL_PATIENCE;
use crate::{Machine, Sink, Stream};

const PORT: u16 = 3306;

/// Names that the two clients have for themselves and what is theirs.
struct Names {
    /// As the answer to `ping` has it.
    server: &'static str,
    /// As messages about connections have it.
    product: &'static str,
    socket: &'static str,
    /// The number of "connection refused" as each waits for it.
    refused: u8,
}

/// Whether a server answers. A refused user is an answer, too: users are not asked about.
pub(super) async fn admin(machine: &dyn Machine, name: &str, args: &[String], out: Sink<'_>) -> i32 {
    const FLAGS: [&str; 7] = ["-s", "--silent", "--no-defaults", "--skip-ssl", "--no-beep", "-b", "-p"];
    const VALUED: [&str; 15] = [
        "-h",
        "--host",
        "-P",
        "--port",
        "-u",
        "--user",
        "--password",
        "--protocol",
        "-S",
        "--socket",
        "--connect-timeout",
        "--connect_timeout",
        "--default-auth",
        "--defaults-file",
        "--defaults-extra-file",
    ];
    // A password stands right behind its letter.
    let args: Vec<String> = args.iter().filter(|arg| !arg.starts_with("-p") || *arg == "-p").cloned().collect();
    let given = match Given::read(&args, &FLAGS, &VALUED) {
        Ok(given) => given,
        Err(option) => return refused(name, &format!("does not have the option {option}"), out),
    };
    if given.words != ["ping"] {
        return refused(name, "has only `ping`: the server behind it has no data", out);
    }
    let names = names(name);
    let port = given.value(&["-P", "--port"]).map_or(Some(PORT), |port| port.parse().ok());
    let Some(port) = port else { return refused(name, "wants a number as its port", out) };
    let host = given.value(&["-h", "--host"]).unwrap_or("localhost");
    let by_socket = host == "localhost"
        && !given.has(&["-P", "--port"])
        && given.value(&["--protocol"]).is_none_or(|protocol| !protocol.eq_ignore_ascii_case("tcp"));
    let found = look(machine, host, port, KERNEL_PATIENCE).await;
    let why = match found {
        Found::Server => {
            out(Stream::Stdout, &format!("{} is alive\n", names.server));
            return 0;
        }
        Found::NoSuchHost => format!("Unknown {}server host '{host}' (-2)", names.product),
        _ if by_socket => {
            let socket = given.value(&["-S", "--socket"]).unwrap_or(names.socket);
            format!("Can't connect to local {}server through socket '{socket}' (2)", names.product)
        }
        _ if names.product.is_empty() => format!("Can't connect to server on '{host}' ({})", names.refused),
        _ => format!("Can't connect to {}server on '{host}:{port}' ({})", names.product, names.refused),
    };
    if !given.has(&["-s", "--silent"]) {
        // MariaDB's client speaks of the socket also where it used none, unless the host is unknown.
        let of_socket = by_socket || names.product.is_empty() && found != Found::NoSuchHost;
        let advice = advice(&names, host, port, of_socket);
        let bell = if given.has(&["-b", "--no-beep"]) { "" } else { "\x07" };
        out(Stream::Stderr, &format!("{bell}{name}: connect to server at '{host}' failed\nerror: '{why}'\n{advice}"));
    }
    1
}

fn names(client: &str) -> Names {
    match client {
        "mariadb-admin" => Names { server: "mariadbd", product: "", socket: "/run/mysqld/mysqld.sock", refused: 115 },
        _ => Names { server: "mysqld", product: "MySQL ", socket: "/var/run/mysqld/mysqld.sock", refused: 111 },
    }
}

fn advice(names: &Names, host: &str, port: u16, of_socket: bool) -> String {
    let Names { server, socket, .. } = names;
    if of_socket {
        format!("Check that {server} is running and that the socket: '{socket}' exists!\n")
    } else {
        format!(
            "Check that {server} is running on {host} and that the port is {port}.\nYou can check this by doing 'telnet {host} {port}'\n"
        )
    }
}

/// The tests of the script that need no more than a server; others are refused.
pub(super) async fn healthcheck(machine: &dyn Machine, args: &[String], out: Sink<'_>) -> i32 {
    const OPTIONS: [&str; 2] = ["--su-mysql", "--no-defaults"];
    const TESTS: [&str; 3] = ["--connect", "--innodb_initialized", "--innodb_buffer_pool_loaded"];
    if args.is_empty() {
        out(Stream::Stderr, "At least one argument required\n");
        return 1;
    }
    for arg in args {
        if OPTIONS.contains(&arg.as_str()) {
            continue;
        }
        if !TESTS.contains(&arg.as_str()) {
            return refused("healthcheck.sh", &format!("does not have {arg}"), out);
        }
        if look(machine, "localhost", PORT, KERNEL_PATIENCE).await != Found::Server {
            out(Stream::Stderr, &format!("healthcheck {} failed\n", arg.trim_start_matches('-')));
            return 1;
        }
    }
    0
}
