//! Health checks of RabbitMQ's tools (`deps/rabbitmq_cli` of github.com/rabbitmq/rabbitmq-server).

use super::options::Given;
use super::{Found, look, refused};
use crate::names::KERNEL_PATIENCE;
use crate::{Machine, Sink, Stream};

/// The port of AMQP. The real tools ask the node by Erlang's protocol, for which nothing is declared.
const PORT: u16 = 5672;

/// `EX_UNAVAILABLE`.
const UNAVAILABLE: i32 = 69;

/// The checks that need no more than a node.
pub(super) async fn ctl(machine: &dyn Machine, name: &str, args: &[String], out: Sink<'_>) -> i32 {
    const FLAGS: [&str; 4] = ["-q", "--quiet", "-s", "--silent"];
    const VALUED: [&str; 4] = ["-n", "--node", "-t", "--timeout"];
    let given = match Given::read(args, &FLAGS, &VALUED) {
        Ok(given) => given,
        Err(option) => return refused(name, &format!("does not have the option {option}"), out),
    };
    let hostname = machine.hostname();
    let node = given.value(&["-n", "--node"]).map_or_else(|| format!("rabbit@{hostname}"), str::to_owned);
    let milliseconds =
        given.value(&["-t", "--timeout"]).and_then(|text| text.parse().ok()).map_or(60_000, |s: u64| s * 1000);
    let (banner, answer) = match given.words.as_slice() {
        ["ping"] => (
            format!(
                "Will ping {node}. This only checks if the OS process is running and registered with epmd. Timeout: {milliseconds} ms."
            ),
            "Ping succeeded".to_owned(),
        ),
        ["check_running"] => (
            format!("Checking if RabbitMQ is running on node {node} ..."),
            format!("RabbitMQ on node {node} is fully booted and running"),
        ),
        ["check_local_alarms"] => (
            format!("Asking node {node} to report any local resource alarms ..."),
            format!("Node {node} reported no local alarms"),
        ),
        _ => return refused(name, "has only `ping`, `check_running` and `check_local_alarms`", out),
    };
    if !given.has(&FLAGS) {
        out(Stream::Stdout, &format!("{banner}\n"));
    }
    // Another node is not this container's.
    let own = node.split_once('@').is_some_and(|(_, host)| host == hostname || host == "localhost");
    if own && look(machine, "127.0.0.1", PORT, KERNEL_PATIENCE).await == Found::Server {
        out(Stream::Stdout, &format!("{answer}\n"));
        return 0;
    }
    let failed = if given.words == ["ping"] {
        format!("Error:\nFailed to connect and authenticate to {node} in {milliseconds} ms\n")
    } else {
        format!(
            "Error: unable to perform an operation on node '{node}'. Please see diagnostics information and suggestions below.\n\n\
             Most common reasons for this are:\n\n \
             * Target node is unreachable (e.g. due to hostname resolution, TCP connection or firewall issues)\n \
             * CLI tool fails to authenticate with the server (e.g. due to CLI tool's Erlang cookie not matching that of the server)\n \
             * Target node is not running\n"
        )
    };
    out(Stream::Stderr, &failed);
    UNAVAILABLE
}
