//! What running a command line gives: status, outputs, commands with their places, clean-up.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::time::Duration;

use lane::{Lane, path_with_kubectl};
use stagegate_harness::script::Ended;
use stagegate_reports::journal::{CommandFate, Event, Record};

const STAND_IN: &str = "#!/bin/sh\necho \"out: $*\"\necho \"err: $*\" >&2\ncase \"$*\" in *fail*) exit 7;; esac\n";

#[tokio::test]
async fn commands_have_their_place_their_outputs_and_their_fate() {
    let tools = tempfile::tempdir().unwrap();
    let script = "#!/bin/bash\nset -e\necho begin\n./inner.sh >/dev/null 2>&1 || true\nkubectl get 'a b' \"c\nd\"\n";
    let inner = "#!/bin/bash\nfail() {\n  kubectl fail \\\n    now\n}\nfail\nkubectl never\n";
    let mut lane = Lane::with(&[("run.sh", script), ("inner.sh", inner)], |setup| {
        setup.path = path_with_kubectl(tools.path(), STAND_IN);
    });
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.ended, Ended::Status(0), "{outcome:#?}");
    assert_eq!(outcome.stdout.text, "begin\nout: get a b c\nd\n");
    let told: Vec<_> = outcome
        .commands
        .iter()
        .map(|ran| {
            let place = ran.started.source.as_ref().map(ToString::to_string);
            (
                place.unwrap_or_default(),
                ran.started.argv[1].clone(),
                ran.finished.exit_status,
                ran.finished.fate.clone(),
            )
        })
        .collect();
    let by = |by: &str| Some(CommandFate::Discarded { by: by.to_owned() });
    assert_eq!(
        told,
        [
            ("inner.sh:3".to_owned(), "fail".to_owned(), Some(7), by("the next command, without `set -e`")),
            ("inner.sh:7".to_owned(), "never".to_owned(), Some(0), by("`|| true` at run.sh:4")),
            ("run.sh:5".to_owned(), "get".to_owned(), Some(0), Some(CommandFate::Propagated)),
        ]
    );
    assert_eq!(outcome.commands[0].finished.stdout.text, "out: fail now\n");
    assert_eq!(outcome.commands[0].finished.stderr.text, "err: fail now\n");
}

#[tokio::test]
async fn sleep_passes_in_environment_time() {
    let mut lane = Lane::with(&[("run.sh", "#!/bin/bash\nsleep 90\nsleep 0.5m\nsleep x\n")], |_| {});
    lane.options.speed = 1000.0;
    let outcome = lane.run("./run.sh").await;
    assert!(outcome.duration >= Duration::from_secs(120), "{:?}", outcome.duration);
    assert_eq!(outcome.ended, Ended::Status(1));
    assert!(outcome.stderr.text.contains('x'), "{}", outcome.stderr.text);
    let seconds: Vec<_> = outcome.commands.iter().map(|ran| ran.finished.duration_ms >= 30_000.0).collect();
    assert_eq!(seconds[..2], [true, true]);
}

#[tokio::test]
async fn timeout_and_date_go_by_the_environments_clock() {
    let script = "#!/bin/bash\nbegan=$(date +%s)\ntimeout 90 sleep 600\necho \"status $?\"\n\
                  timeout 600 sleep 30\necho \"status $?\"\necho \"$(($(date +%s) - began >= 120))\"\n\
                  timeout -s KILL 40 tail -f /dev/null\necho \"status $?\"\ndate -u -d @0 +%F\n";
    let mut lane = Lane::with(&[("run.sh", script)], |_| {});
    lane.options.speed = 200.0;
    let outcome = lane.run("./run.sh 2>/dev/null").await;
    assert_eq!(outcome.stdout.text, "status 124\nstatus 0\n1\nstatus 137\n1970-01-01\n");
    let took = outcome.duration.as_secs();
    assert!((160..500).contains(&took), "90 s, 30 s and 40 s took {took} s");
    let recorded: Vec<_> = outcome.commands.iter().map(|ran| ran.started.argv.join(" ")).collect();
    assert_eq!(recorded, ["sleep 600", "sleep 30"]);
}

#[tokio::test]
async fn prompts_get_the_answers_that_were_declared() {
    let script = "#!/bin/bash\nconfirm() { read -r -n 1 -p \"$1 [y/N] \" reply; [[ $reply == y ]]; }\n\
                  read -p \"Type 'ROLLBACK' to confirm: \" word; echo \"<$word>\"\n\
                  for name in a b; do confirm \"Delete $name?\" && echo \"deleted $name\"; done\n\
                  echo -n 'Your name: '; read -r name; echo \"<$name>\"\n\
                  echo c | while read -r letter; do echo \"<$letter>\"; done\n\
                  read -p 'Nobody knows: ' word; echo \"$? <$word>\"\n\
                  read -p 'Type it again: ' word; echo \"$? <$word>\"\ncat\n";
    let mut lane = Lane::with(&[("run.sh", script)], |_| {});
    for (prompt, answer) in
        [("ROLLBACK", "ROLLBACK"), ("Delete", "n"), ("Delete b?", "yes"), ("Your name", "x y"), ("again", "late")]
    {
        lane.options.answers.declare(prompt, answer);
    }
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.stdout.text, "<ROLLBACK>\ndeleted b\nYour name: <x y>\n<c>\n1 <>\n1 <>\n");
    let expected = [
        ("Type 'ROLLBACK' to confirm:", 3, true),
        ("Delete a? [y/N]", 2, true),
        ("Delete b? [y/N]", 2, true),
        ("Your name:", 5, true),
        ("Nobody knows:", 7, false),
        ("Type it again:", 8, false),
    ];
    assert_eq!(asked(&lane), expected.map(|(text, line, answered)| (text.to_owned(), line, answered)));
}

/// What the script asked, on which line, and whether it was answered.
fn asked(lane: &Lane) -> Vec<(String, usize, bool)> {
    let prompt = |record: Record| match record.event {
        Event::Prompt { text, source, answered, .. } => Some((text, source?.line, answered)),
        _ => None,
    };
    lane.scribe.records().into_iter().filter_map(prompt).collect()
}

/// No shell but bash traces, so the copy of such a script tells what it reads.
#[tokio::test]
async fn prompts_of_scripts_in_sh_get_their_answers() {
    let script = "#!/bin/sh\nconfirm() { printf '%s [y/N] ' \"$1\"; IFS= read -r reply; [ \"$reply\" = y ]; }\n\
                  for name in a b; do confirm \"Delete $name?\" && echo \"deleted $name\"; done\n\
                  echo c | while read -r letter; do echo \"<$letter>\"; done\nfalse\nread -r word; echo \"$? <$word>\"\n";
    let mut lane = Lane::with(&[("run.sh", script)], |_| {});
    for (prompt, answer) in [("Delete", "n"), ("Delete b?", "y")] {
        lane.options.answers.declare(prompt, answer);
    }
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.stdout.text, "Delete a? [y/N] Delete b? [y/N] deleted b\n<c>\n1 <>\n");
    assert_eq!(outcome.stderr.text, "");
    let expected = [("Delete a?", 2, true), ("Delete b?", 2, true), ("", 6, false)];
    assert_eq!(asked(&lane), expected.map(|(text, line, answered)| (text.to_owned(), line, answered)));
}

/// A script has no terminal, but one that asks there whatever its input is gets its answers.
#[tokio::test]
async fn what_is_read_from_the_terminal_gets_its_answer() {
    for shell in ["bash", "sh"] {
        let script = format!(
            "#!/bin/{shell}\nprintf 'a\\nb\\n' > list\nwhile read -r name; do\n  printf '%s ' \"Delete $name?\"\n  \
             read -r reply < /dev/tty || reply=none\n  echo \"<$reply>\"\ndone < list\n\
             printf 'Sure? '\nread -r reply </dev/tty || echo \"no terminal\"\nread -r reply </dev/tty || echo again\n"
        );
        let mut lane = Lane::with(&[("run.sh", &script)], |_| {});
        for (prompt, answer) in [("Delete", "y"), ("Delete b?", "n")] {
            lane.options.answers.declare(prompt, answer);
        }
        let outcome = lane.run("./run.sh 2>/dev/null").await;
        assert_eq!(outcome.stdout.text, "Delete a? <y>\nDelete b? <n>\nSure? no terminal\nagain\n", "{shell}");
        let told: Vec<_> = asked(&lane).into_iter().map(|(text, _, answered)| (text, answered)).take(3).collect();
        let expected = [("Delete a?", true), ("Delete b?", true), ("Sure?", false)];
        assert_eq!(told, expected.map(|(text, answered)| (text.to_owned(), answered)), "{shell}");
    }
}

#[tokio::test]
async fn nothing_outlives_the_run() {
    let script = "#!/bin/bash\n/bin/sleep 1000 >/dev/null 2>&1 &\nsetsid /bin/sleep 2000 >/dev/null 2>&1 &\nsleep 3000 &\nexit 3\n";
    let mut lane = Lane::with(&[("run.sh", script)], |_| {});
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.ended, Ended::Status(3));
    let left: Vec<_> = outcome.left_running.iter().map(|process| process.command.as_str()).collect();
    assert!(left.iter().any(|command| command.contains("1000")), "{left:?}");
    assert!(left.iter().any(|command| command.contains("2000")), "{left:?}");
    let leftovers = lane.scribe.records().into_iter().filter(|record| matches!(record.event, Event::Leftover { .. }));
    assert_eq!(leftovers.count(), 0);
}

#[tokio::test]
async fn too_long_is_killed_in_environment_time() {
    let mut lane = Lane::with(&[("run.sh", "#!/bin/bash\ntrap '' TERM\necho a\nsleep 3000\n")], |_| {});
    lane.options.timeout = Duration::from_secs(20);
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.ended, Ended::TimedOut);
    assert_eq!(outcome.exit_status(), None);
    assert_eq!(outcome.stdout.text, "a\n");
    assert_eq!(outcome.commands.len(), 1, "the sleep that was cut short is told, too");
}

#[tokio::test]
async fn scripts_that_name_tmp_do_not_meet() {
    let script =
        "#!/bin/bash\necho \"$1\" > /tmp/stagegate-meeting\ncat /tmp/stagegate-meeting\necho /tmp/stagegate-meeting\n";
    let mut one = Lane::with(&[("run.sh", script)], |_| {});
    let mut other = Lane::with(&[("run.sh", script)], |_| {});
    let (first, second) = tokio::join!(one.run("./run.sh one"), other.run("./run.sh two"));
    assert_eq!(first.stdout.text, "one\n/tmp/stagegate-meeting\n");
    assert_eq!(second.stdout.text, "two\n/tmp/stagegate-meeting\n");
    assert!(!std::path::Path::new("/tmp/stagegate-meeting").exists());
    assert_eq!(one.workspace.redirected().len(), 3);
}

#[test]
fn a_shim_without_its_harness_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("kubectl");
    std::os::unix::fs::symlink(lane::shim(), &tool).unwrap();
    let called = |control: Option<&str>| {
        let mut command = std::process::Command::new(&tool);
        command.env_remove("STAGEGATE_CONTROL").envs(control.map(|path| ("STAGEGATE_CONTROL", path)));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (status, said) = called(Some("/nowhere/control"));
    assert_eq!(status, Some(125));
    assert!(said.starts_with("stagegate: kubectl: the harness is gone: "), "{said}");
    let (status, said) = called(None);
    assert_eq!(status, Some(125));
    assert!(said.contains("STAGEGATE_CONTROL is not set"), "{said}");
}

#[tokio::test]
async fn a_run_that_is_cancelled_leaves_nothing_behind() {
    let mut lane = Lane::with(&[("run.sh", "#!/bin/bash\necho $$ > pid\n/bin/sleep 4000 &\nwait\n")], |_| {});
    let folder = lane.workspace.checkout().to_owned();
    let pid = loop {
        let cancelled = tokio::time::timeout(
            Duration::from_millis(300),
            lane.workspace.run("./run.sh", &lane.scribe, &lane.options),
        );
        assert!(cancelled.await.is_err(), "the script does not end by itself");
        if let Ok(pid) = std::fs::read_to_string(folder.join("pid")) {
            break pid.trim().parse::<i32>().unwrap();
        }
    };
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let gone = || rustix::process::test_kill_process_group(pid).is_err();
    tokio::time::timeout(Duration::from_secs(20), async {
        while !gone() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("its process group is gone");
    let pace = lane.options.clock.pace();
    assert_eq!(pace, stagegate_simulation::Pace::Times(1.0), "no environment time is made up after a cancelled run");
}

#[tokio::test]
async fn the_built_in_client_answers_to_its_name() {
    let script = "#!/bin/bash\ncub --help | grep -c Usage\ncub space list\n";
    let mut lane = Lane::with(&[("run.sh", script)], |_| {});
    let outcome = lane.run("./run.sh").await;
    assert_eq!(outcome.stdout.text.lines().next(), Some("1"), "{}", outcome.output.text);
    let refused = &outcome.commands[1].finished;
    assert_eq!(refused.exit_status, Some(1));
    assert!(refused.stderr.text.contains("you must be authenticated"), "{}", refused.stderr.text);
    assert_eq!(outcome.stderr.text, refused.stderr.text, "what is recorded is what the script printed");
}
