//! A process of a stand-in, with its streams.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The executable as a stand-in's process: with an entry of a catalogue, on loopback.
pub(crate) fn stand_in(entry: &str) -> Command {
    let catalogue = stagegate_kubernetes::Catalogue::parse(&format!("images: [{entry}]")).expect("an entry");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stagegate"));
    command
        .env("STAGEGATE_WORKLOAD", serde_json::to_string(&catalogue.images[0]).expect("JSON"))
        .env("STAGEGATE_WORKLOAD_ADDRESS", "127.0.0.1")
        .stdin(Stdio::null());
    command
}

/// A process that runs; ended when it is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts the declared process of an entry and waits for its first line, which it prints when it listens.
    pub(crate) fn start(entry: &str, variables: &[(&str, &str)]) -> (Self, String) {
        let mut command = stand_in(entry);
        let command = command.arg("workload").envs(variables.iter().copied()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut running = Self { child, lines };
        let line = running.line();
        (running, line)
    }

    pub(crate) fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    /// Waits for its end; gives its exit code.
    pub(crate) fn code(&mut self) -> Option<i32> {
        self.child.wait().expect("its end").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _has_ended = self.child.kill();
        let _was_waited_for = self.child.wait();
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
