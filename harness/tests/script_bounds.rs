//! Scripts that misbehave are bounded, told and cleaned up after.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::time::Duration;

use lane::{Lane, path_with_kubectl};
use stagegate_harness::script::{Ended, Exceeded, Limits, Outcome};
use stagegate_reports::journal::Event;

fn lane(script: &str) -> Lane {
    Lane::with(&[("run.sh", script)], |_| {})
}

/// No process whose command line holds `word` is there any more.
fn assert_gone(word: &str) {
    let listed = std::process::Command::new("ps").args(["-axww", "-o", "command="]).output().expect("ps runs");
    let text = String::from_utf8_lossy(&listed.stdout);
    let found: Vec<_> = text.lines().filter(|line| line.contains(word)).collect();
    assert!(found.is_empty(), "{found:?}");
}

fn assert_no_leftover(lane: &Lane) {
    let leftover = lane.scribe.records().into_iter().find(|record| matches!(record.event, Event::Leftover { .. }));
    assert!(leftover.is_none(), "{leftover:?}");
}

fn left(outcome: &Outcome) -> Vec<&str> {
    outcome.left_running.iter().map(|process| process.command.as_str()).collect()
}

#[tokio::test]
async fn a_script_that_forks_without_end_is_stopped() {
    // It doubles; but should nothing stop it, it stops at 512 rather than take the machine with it.
    let mut lane =
        lane("#!/bin/bash\nf() { (($1 < 9)) || exec /bin/sleep 5001; f $(($1 + 1)) & f $(($1 + 1)); }\nf 0\n");
    lane.options.limits = Limits { processes: 60, ..Limits::default() };
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.ended, Ended::Stopped(Exceeded::Processes(60)));
    assert_eq!(outcome.ended.to_string(), "it had more than 60 processes at once and was killed");
    assert_eq!(outcome.exit_status(), None);
    assert_no_leftover(&lane);
}

#[tokio::test]
async fn a_script_that_fills_the_disk_is_stopped() {
    let script = "#!/bin/bash\nn=0\nwhile :; do n=$((n + 1)); head -c 100000 /dev/zero > \"file-$n\"; done\n";
    let mut lane = lane(script);
    lane.options.limits = Limits { disk: 20_000_000, ..Limits::default() };
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.ended, Ended::Stopped(Exceeded::Disk(20_000_000)));
}

#[tokio::test]
async fn a_single_file_cannot_grow_past_the_limit_anywhere() {
    // Not under /tmp, which the workspace replaces.
    let elsewhere = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = elsewhere.path().join("large");
    let mut lane = lane(&format!("#!/bin/bash\nhead -c 30000000 /dev/zero > '{}'\necho $?\n", file.display()));
    lane.options.limits = Limits { disk: 20_000_000, ..Limits::default() };
    let outcome = lane.run("./run.sh 2>/dev/null").await;
    assert_ne!(outcome.stdout.text, "0\n");
    assert_eq!(file.metadata().unwrap().len(), 20_000_000);
}

#[tokio::test]
async fn a_script_that_kills_its_parent_is_told_and_ended() {
    for signal in ["TERM", "KILL"] {
        let mut lane = lane(&format!("#!/bin/bash\nkill -{signal} $(ps -o ppid= -p $PPID)\n/bin/sleep 5002\n"));
        let outcome = lane.run("./run.sh; true").await;
        assert_eq!(outcome.ended, Ended::Unsupervised, "{signal}: {}", outcome.output.text);
        assert_gone("sleep 5002");
        assert_no_leftover(&lane);
    }
}

#[tokio::test]
async fn a_script_cannot_wait_for_a_terminal() {
    let script =
        "#!/bin/bash\nread -r -p 'Go on? ' answer\necho \"read $?\"\nread -r answer < /dev/tty\necho \"tty $?\"\n";
    let outcome = lane(script).run("./run.sh").await;
    assert_eq!(outcome.stdout.text, "read 1\ntty 1\n", "{}", outcome.output.text);
}

#[tokio::test]
async fn a_gigabyte_of_output_is_bounded() {
    let mut lane = lane("#!/bin/bash\nyes | head -c 1000000000\necho last\n");
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.stdout.bytes, 1_000_000_005);
    assert!(outcome.stdout.truncated);
    assert!(outcome.stdout.text.len() < 100_000, "{} bytes are kept", outcome.stdout.text.len());
    assert!(outcome.stdout.text.ends_with("\nlast\n"));
}

#[tokio::test]
async fn a_gigabyte_of_a_tools_output_is_bounded() {
    let tools = tempfile::tempdir().unwrap();
    let mut lane = Lane::with(&[("run.sh", "#!/bin/bash\nkubectl get x > /dev/null\n")], |setup| {
        setup.path = path_with_kubectl(tools.path(), "#!/bin/bash\nyes | head -c 1000000000\n");
    });
    let outcome = lane.run("./run.sh").await;
    let said = &outcome.commands[0].finished.stdout;
    assert_eq!((said.bytes, said.truncated), (1_000_000_000, true));
    assert!(said.text.len() < 100_000, "{} bytes are kept", said.text.len());
}

#[tokio::test]
async fn a_script_may_change_its_path_and_home() {
    let script = "#!/bin/bash\nexport HOME=$PWD/elsewhere\nmkdir -p \"$HOME\"\nkubectl one\nPATH=/usr/bin:/bin\nsleep 0\necho $?\n";
    let tools = tempfile::tempdir().unwrap();
    let mut lane = Lane::with(&[("run.sh", script)], |setup| {
        setup.path = path_with_kubectl(tools.path(), "#!/bin/bash\necho \"$HOME\"\n");
    });
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.stdout.text, "./elsewhere\n0\n", "{}", outcome.output.text);
    assert_eq!(outcome.commands.len(), 1);
}

/// What hides its environment and its session is found on Linux only, where the supervisor becomes the
/// parent of what lost its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_daemon_that_hides_is_ended_too() {
    let script = "#!/bin/bash\nsetsid env -i /bin/sleep 5003 >/dev/null 2>&1 &\n(setsid /bin/sleep 5004 &) >/dev/null 2>&1\n\
                  until pgrep -f 'sleep 5003$' && pgrep -f 'sleep 5004$'; do :; done >/dev/null\nexit 3\n";
    let mut lane = lane(script);
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.ended, Ended::Status(3));
    let left = left(&outcome);
    for daemon in ["/bin/sleep 5003", "/bin/sleep 5004"] {
        assert!(left.contains(&daemon), "{left:?}");
        assert_gone(daemon);
    }
    assert_no_leftover(&lane);
}

#[tokio::test]
async fn the_trace_of_ten_thousand_commands_is_small() {
    let mut lane = lane("#!/bin/bash\nfor ((i = 0; i < 10000; i++)); do test -d /tmp; done\necho done\n");
    let before = peak_memory();
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.stdout.text, "done\n");
    let trace = lane.workspace.checkout().parent().unwrap().join("trace").metadata().unwrap().len();
    assert!((1_000_000..50_000_000).contains(&trace), "{trace} bytes");
    let more = peak_memory().saturating_sub(before);
    assert!(more < 200_000_000, "{more} bytes");
}

/// The most memory this process has used so far, in bytes; 0 where the system does not tell.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// The part of a test below that a test process of its own plays: a harness that is killed.
#[tokio::test]
#[ignore = "played by another test"]
async fn a_harness_to_be_killed() {
    let told = std::env::var_os("STAGEGATE_TEST_TOLD").expect("where to tell the workspace's folder");
    let mut lane = lane("#!/bin/bash\n/bin/sleep 5005 &\necho > ready\nwait\n");
    std::fs::write(told, lane.workspace.checkout().to_string_lossy().as_bytes()).unwrap();
    lane.run("./run.sh").await;
}

#[tokio::test]
async fn a_harness_that_is_killed_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let mut harness = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "a_harness_to_be_killed"])
        .env("STAGEGATE_TEST_TOLD", &told)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let checkout = || std::fs::read_to_string(&told).unwrap_or_default();
    wait_until(|| !checkout().is_empty() && std::path::Path::new(&checkout()).join("ready").exists()).await;
    let workspace = std::path::Path::new(&checkout()).parent().unwrap().to_owned();
    harness.kill().unwrap();
    harness.wait().unwrap();
    wait_until(|| !workspace.exists()).await;
    assert_gone("sleep 5005");
}

async fn wait_until(condition: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.expect("it comes true");
}
