//! The declared behaviour of an entry.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use predicates::prelude::*;

use crate::process::{Running, free_port, stand_in};

/// The whole answer to GET, and what follows until the connection ends.
fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn it_listens_and_answers_as_its_entry_says() {
    let (http, tcp) = (free_port(), free_port());
    let entry = format!(
        "{{ name: web, start-up: 50ms, log: [listening], listen: [{{ port: {http}, answers: [{{ path: /health, \
         status: 503, content-type: application/json, body: '{{\"ok\":false}}' }}] }}, {{ port: {tcp}, tcp: true }}] }}"
    );
    let (_running, line) = Running::start(&entry, &[]);
    assert_eq!(line, "listening");
    let answer = get(http, "/health?x=1");
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{\"ok\":false}"), "{answer}");
    assert!(get(http, "/other").starts_with("HTTP/1.1 404 Not Found\r\n"));
    assert!(get(tcp, "/health").starts_with('\0'), "not HTTP");
}

#[test]
fn its_port_follows_the_variable_of_its_manifest_and_not_that_of_a_service() {
    let (declared, given) = (free_port(), free_port());
    let entry =
        format!("{{ name: web, log: [up], listen: [{{ port: {declared}, env: WEB_SERVICE_PORT, answers: [] }}] }}");
    let text = given.to_string();
    let (_by_manifest, _) = Running::start(&entry, &[("WEB_SERVICE_PORT", &text)]);
    assert!(get(given, "/").starts_with("HTTP/1.1 404"));
    let url = format!("tcp://10.96.0.9:{text}");
    let links = [("WEB_SERVICE_HOST", "10.96.0.9"), ("WEB_SERVICE_PORT", &text), ("WEB_PORT", &url)];
    let (_by_link, _) = Running::start(&entry, &links);
    assert!(get(declared, "/").starts_with("HTTP/1.1 404"));
}

#[test]
fn it_crashes_with_its_last_words() {
    let entry = "{ name: crash, log: [begun], crash: { after: 10ms, exit-code: 3, log: about to fail } }";
    let (mut running, line) = Running::start(entry, &[]);
    assert_eq!((line.as_str(), running.line().as_str()), ("begun", "about to fail"));
    assert_eq!(running.code(), Some(3));
}

#[test]
fn it_ends_at_sigterm() {
    let (mut running, _) = Running::start("{ name: web, log: [up] }", &[]);
    let pid = running.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    assert_eq!(running.code(), Some(143));
}

#[test]
fn arguments_that_are_a_command_are_run_and_others_are_the_real_programs() {
    let run = |entry: &str, arguments: &[&str]| {
        let mut command = assert_cmd::Command::from(stand_in(entry));
        command.arg("workload").args(arguments).assert()
    };
    run("{ name: web }", &["echo", "a", "b"]).success().stdout("a b\n");
    let entry = "{ name: web, crash: { after: 0s, exit-code: 4, log: declared } }";
    run(entry, &["--spring.profiles.active=dev"]).code(4).stdout("declared\n");
    run("{ name: odd, program: no-such }", &[]).code(2).stderr(predicate::str::contains("no-such"));
}

#[test]
fn without_an_entry_it_says_what_it_is() {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_stagegate"));
    let outcome = command.arg("workload").env_remove("STAGEGATE_WORKLOAD").assert();
    outcome.code(2).stderr(predicate::str::contains("the process of a stand-in image"));
}

#[test]
fn a_worker_that_is_in_no_cluster_says_so_and_ends_as_the_real_one() {
    let mut command = stand_in("{ name: worker, program: confighub-worker }");
    let output = command.arg("workload").env_remove("KUBERNETES_SERVICE_HOST").stdout(Stdio::piped()).output();
    let output = output.expect("its end");
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("KUBERNETES_SERVICE_HOST"), "{text}");
}
