//! The executable under the names of commands, on the real network and files.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use predicates::prelude::*;

use crate::process::{Running, free_port, stand_in};

/// A folder in which the executable has the names that images give it.
struct Bin {
    folder: tempfile::TempDir,
}

impl Bin {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["sh", "curl", "wget", "cat", "ls", "env", "nc", "timeout", "java", "pg_isready", "redis-cli"] {
            symlink(env!("CARGO_BIN_EXE_stagegate"), folder.path().join(name)).expect("a link");
        }
        Self { folder }
    }

    fn run(&self, line: &[&str]) -> assert_cmd::assert::Assert {
        self.run_in("{ name: tool }", line)
    }

    fn run_in(&self, entry: &str, line: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = Command::new(self.folder.path().join(line[0]));
        for (name, value) in stand_in(entry).get_envs() {
            command.env(name, value.expect("a value"));
        }
        assert_cmd::Command::from(command).args(&line[1..]).assert()
    }
}

#[test]
fn they_reach_what_listens_and_say_what_does_not() {
    let (port, nobody) = (free_port(), free_port());
    let entry =
        format!("{{ name: web, log: [up], listen: [{{ port: {port}, answers: [{{ path: /, body: hello }}] }}] }}");
    let (_running, _) = Running::start(&entry, &[]);
    let (bin, url, dead) = (Bin::new(), format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{nobody}/"));
    bin.run(&["curl", "-s", &url]).success().stdout("hello");
    bin.run(&["curl", "-sI", &url])
        .success()
        .stdout(predicate::str::starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/plain"));
    bin.run(&["curl", "-sf", &format!("{url}/other")]).code(22).stdout("");
    bin.run(&["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", &url]).success().stdout("200");
    bin.run(&["curl", &dead]).code(7).stderr(predicate::str::contains("Could not connect to server"));
    bin.run(&["curl", "-k", &format!("https://127.0.0.1:{port}")]).code(1).stderr(predicate::str::contains("https"));
    bin.run(&["wget", "-qO-", &url]).success().stdout("hello");
    bin.run(&["wget", "-qO-", &dead]).code(1).stderr(predicate::str::contains("Connection refused"));
    bin.run(&["nc", "-z", "127.0.0.1", &port.to_string()]).success();
    bin.run(&["nc", "-z", "127.0.0.1", &nobody.to_string()]).code(1);
    let line = format!("curl -sf {url} >/dev/null && echo \"up: $STAGE\" || exit 4");
    bin.run(&["sh", "-c", &line]).success().stdout("up: \n");
    bin.run(&["sh", "-c", "echo $(date)"]).code(2).stderr(predicate::str::contains("substitutions"));
    bin.run(&["sh", "-c", "echo one two | wc -w"]).code(0).stdout("2\n");
}

#[test]
fn they_see_the_files_and_variables_there_are() {
    let (bin, folder) = (Bin::new(), tempfile::tempdir().expect("a folder"));
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("b", "second\n");
    write("a", "first\n");
    let path = |name: &str| folder.path().join(name).display().to_string();
    bin.run(&["ls", &path("")]).success().stdout("a\nb\n");
    bin.run(&["cat", &path("a"), &path("b")]).success().stdout("first\nsecond\n");
    let missing = path("c");
    bin.run(&["cat", &missing]).code(1).stderr(format!("cat: can't open '{missing}': No such file or directory\n"));
    let shown = bin.run(&["env"]).success().get_output().stdout.clone();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("STAGEGATE_WORKLOAD_ADDRESS=") && !shown.contains("STAGEGATE_WORKLOAD="), "{shown}");
    bin.run(&["timeout", "0.05", "sleep", "60"]).code(143);
}

#[test]
fn a_tool_has_no_commands_but_its_own_and_a_runtime_is_the_declared_process() {
    let bin = Bin::new();
    let tool = "{ name: tool, cmd: [sh], commands: [sh, 'true'] }";
    bin.run_in(tool, &["sh", "-c", "curl x"]).code(127).stderr("sh: curl: not found\n");
    let service = "{ name: service, crash: { after: 0s, exit-code: 5, log: declared } }";
    bin.run_in(service, &["java", "-jar", "app.jar"]).code(5).stdout("declared\n");
}

#[test]
fn the_client_of_a_server_asks_the_real_port() {
    let (port, web, nobody) = (free_port(), free_port(), free_port());
    let entry = format!(
        "{{ name: db, log: [up], commands: ['@debian', pg_isready, redis-cli], listen: [{{ port: {port}, tcp: true }}, {{ port: {web}, answers: [{{ path: / }}] }}] }}"
    );
    let (_running, _) = Running::start(&entry, &[]);
    let (bin, port, web, nobody) = (Bin::new(), port.to_string(), web.to_string(), nobody.to_string());
    let ready = |port: &str| bin.run_in(&entry, &["pg_isready", "-h", "127.0.0.1", "-p", port]);
    ready(&port).success().stdout(format!("127.0.0.1:{port} - accepting connections\n"));
    ready(&nobody).code(2).stdout(format!("127.0.0.1:{nobody} - no response\n"));
    ready(&web).code(2).stdout(format!("127.0.0.1:{web} - no response\n"));
    bin.run_in(&entry, &["redis-cli", "-p", &port, "ping"]).success().stdout("PONG\n");
    let line = format!("redis-cli -p {nobody} ping || exit 3");
    let refused = format!("Could not connect to Redis at 127.0.0.1:{nobody}: Connection refused\n");
    bin.run_in(&entry, &["sh", "-c", &line]).code(3).stderr(refused);
    bin.run_in("{ name: web }", &["sh", "-c", "pg_isready"]).code(127).stderr("sh: pg_isready: not found\n");
}

#[test]
fn outside_of_a_stand_in_a_name_alone_means_nothing() {
    let bin = Bin::new();
    let program: &Path = &bin.folder.path().join("curl");
    let mut command = assert_cmd::Command::new(program);
    command.env_remove("STAGEGATE_WORKLOAD").arg("http://127.0.0.1").assert().code(2);
}
