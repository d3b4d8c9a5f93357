//! What becomes of the status of a command that fails, construct by construct, and proof of it: each
//! script of the corpus is run with the command failing and with the command succeeding.
//!
//! A case is a folder in `script/fates` with a script in which one call of kubectl fails, and where
//! and how that status is expected to end. Bare bash is the judge: a status that is propagated makes
//! the script fail, one that is discarded does not.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

#[path = "script/lane.rs"]
mod lane;

use std::path::{Path, PathBuf};
use std::process::Command;

use lane::{Lane, path_with_kubectl};
use proptest::prelude::*;
use serde::Deserialize;
use stagegate_harness::shell::{Caller, Options, Script};
use stagegate_reports::journal::CommandFate;

/// Fails with PROBE_STATUS except when it is called with `ok`.
const PROBE: &str = "#!/bin/sh\necho \"probe: $*\"\n[ \"$1\" = ok ] && exit 0\nexit \"$PROBE_STATUS\"\n";

#[derive(Debug, Deserialize)]
struct Expected {
    /// `file:line`, or null when no place can be told.
    at: Option<String>,
    fate: Option<CommandFate>,
}

fn cases() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/script/fates");
    let mut cases: Vec<_> = corpus.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 90, "the corpus is not all there");
    cases
}

#[tokio::test]
async fn each_construct_has_the_fate_that_bash_gives_it() {
    let mut wrong = Vec::new();
    for case in cases() {
        if let Err(difference) = check(&case).await {
            wrong.push(format!("{}: {difference}", case.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

async fn check(case: &Path) -> Result<(), String> {
    let script = std::fs::read_to_string(case.join("script.sh")).unwrap();
    let expected: Expected =
        serde_saphyr::from_str(&std::fs::read_to_string(case.join("expected.yaml")).unwrap()).unwrap();
    let tools = tempfile::tempdir().unwrap();
    let path = path_with_kubectl(tools.path(), PROBE);

    let bare = |status: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("script.sh"), &script).unwrap();
        let bash = if script.starts_with("#!/bin/bash -e") { vec!["-e", "./script.sh"] } else { vec!["./script.sh"] };
        let mut command = Command::new("bash");
        command.args(bash).current_dir(&folder).env("PATH", &path).env("PROBE_STATUS", status);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (failing, output) = bare("7");
    let (succeeding, _) = bare("0");
    if succeeding != 0 {
        return Err(format!("the script ends with {succeeding} although nothing fails"));
    }
    let sound = match expected.fate {
        Some(CommandFate::Propagated) => failing != 0,
        Some(CommandFate::Discarded { .. }) => failing == 0,
        Some(CommandFate::Handled { .. }) | None => true,
    };
    if !sound {
        return Err(format!("bash ends with {failing}, which is not what {:?} means", expected.fate));
    }

    let mut lane = Lane::with(&[("script.sh", &script)], |setup| {
        setup.path = path;
        setup.environment = vec![("PROBE_STATUS".to_owned(), "7".to_owned())];
    });
    let outcome = lane.run("./script.sh").await;
    if outcome.exit_status() != Some(failing) || outcome.stdout.text != output {
        return Err(format!(
            "traced it ends with {:?} and says {:?}, bare with {failing} and {output:?}",
            outcome.exit_status(),
            outcome.stdout.text
        ));
    }
    let failed: Vec<_> = outcome.commands.iter().filter(|ran| ran.finished.exit_status == Some(7)).collect();
    let [ran] = failed.as_slice() else { return Err(format!("{} commands failed instead of 1", failed.len())) };
    let at = ran.started.source.as_ref().map(ToString::to_string);
    if (&at, &ran.finished.fate) != (&expected.at, &expected.fate) {
        return Err(format!("{at:?} {:?}, expected {:?} {:?}", ran.finished.fate, expected.at, expected.fate));
    }
    Ok(())
}

proptest! {
    #[test]
    fn reading_any_text_never_panics(text in ".{0,200}", line in 0_usize..6, errexit: bool, pipefail: bool) {
        look_at(&text, line, Options { errexit, pipefail, errtrace: false, errexit_outside: &[] });
    }

    #[test]
    fn reading_any_heap_of_shell_never_panics(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40), errexit: bool) {
        let text = parts.join(" ");
        for line in 0..6 {
            look_at(&text, line, Options { errexit, pipefail: !errexit, errtrace: errexit, errexit_outside: &[true, false] });
        }
    }
}

/// What shell scripts are made of.
const PARTS: &[&str] = &[
    "kubectl get x",
    "if",
    "then",
    "else",
    "elif",
    "fi",
    "while",
    "until",
    "do",
    "done",
    "for i in",
    "case a in",
    "a)",
    ";;",
    "esac",
    "{",
    "}",
    "(",
    ")",
    "$(",
    "`",
    "\"",
    "'",
    "||",
    "&&",
    "|",
    "|&",
    "&",
    ";",
    "\n",
    "!",
    "f() {",
    "f",
    "local x=",
    "export x=",
    "x=",
    "<<EOF",
    "\nEOF\n",
    "<<<",
    "<(",
    "[[",
    "]]",
    "[",
    "]",
    "$?",
    "return",
    "exit 0",
    "set -e",
    "\\\n",
    "#",
    "${x:-",
    "((",
    "))",
    "trap 'x' ERR",
    "wait $!",
    "> /dev/null",
];

fn look_at(text: &str, line: usize, options: Options<'_>) {
    let script = Script::parse(text);
    let argv = ["kubectl", "get", "x"].map(str::to_owned);
    if let Some(site) = script.command(line, &argv) {
        let callers = [line, 1].map(|line| Caller { script: &script, line, function: "f" });
        for depth in 0..=callers.len() {
            let _any = script.fate(&site, options, &callers[..depth]);
        }
    }
}
