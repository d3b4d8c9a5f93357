//! The recorded runs of the real client of August 2025, repeated by the stand-in.
//!
//! A server in this test gives the recorded answers and checks that the requests are the recorded
//! ones; output and exit status must then be those of the real client. Runs whose commands are not
//! done yet are listed by name, and their number can only fall.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it expects"
)]

#[path = "recorded/compare.rs"]
mod compare;
#[path = "recorded/recording.rs"]
mod recording;
#[path = "recorded/server.rs"]
mod server;
#[path = "recorded/shared.rs"]
mod shared;
#[path = "recorded/stub.rs"]
mod stub;
#[path = "recorded/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::path::Path;

use stagegate_cub::{Invocation, Streams};

use recording::Run;
use server::Server;

/// How many of the recorded runs the stand-in repeats. Raise it as commands are added; never lower it.
const REPEATED: usize = 123;

struct Outcome {
    status: u8,
    stdout: String,
    stderr: String,
}

async fn repeat(run: &Run, server: &Server, home: &Path, work: &Path) -> Outcome {
    let (stdin, args) = run.command_line();
    let mut env = BTreeMap::from([
        ("HOME".to_owned(), home.display().to_string()),
        ("CONFIGHUB_URL".to_owned(), server.url.clone()),
        ("STAGEGATE_CUB_CONTRACT".to_owned(), "2025-08".to_owned()),
        ("STAGEGATE_SPEED".to_owned(), "100".to_owned()),
    ]);
    if run.cmd.contains("--as-worker") {
        env.insert("CONFIGHUB_WORKER_ID".to_owned(), "wid".to_owned());
        env.insert("CONFIGHUB_WORKER_SECRET".to_owned(), "wsec".to_owned());
    }
    let invocation = Invocation { args, env, cwd: work.to_owned() };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut input = stdin.as_bytes();
    let streams = Streams { stdin: &mut input, stdout: &mut stdout, stderr: &mut stderr };
    let status = stagegate_cub::run(invocation, streams).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is text");
    Outcome { status, stdout: text(stdout), stderr: text(stderr) }
}

#[tokio::test]
async fn the_recorded_runs_of_the_real_client_come_out_the_same() {
    let Some(runs) = recording::load("the_recorded_runs_of_the_real_client_come_out_the_same") else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (home, work) = (scratch.path().join("home"), scratch.path().join("work"));
    let nobody = scratch.path().join("nobody");
    world::lay_out(&home, &work, &runs);
    std::fs::create_dir_all(&nobody).expect("a folder");
    let server = Server::start(&runs).await;
    let (mut same, mut not_supported, mut differences) = (0, Vec::new(), Vec::new());
    for (number, run) in runs.iter().enumerate() {
        server.begin(number, run);
        let home = if run.note == "no session" { &nobody } else { &home };
        let outcome = repeat(run, &server, home, &work).await;
        let complaints = server.end();
        if outcome.status == 70 {
            not_supported.push(format!("{number}: {}", run.cmd));
            server.settle(run);
            continue;
        }
        let found = compare::differences(run, &outcome.stdout, &outcome.stderr, outcome.status, &complaints);
        if found.is_empty() { same += 1 } else { differences.push(format!("== {number}: {}\n{found}", run.cmd)) }
    }
    println!("not supported:\n  {}", not_supported.join("\n  "));
    assert!(differences.is_empty(), "{} runs differ:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(same, REPEATED, "the number of repeated runs changed; {} are not supported", not_supported.len());
}
