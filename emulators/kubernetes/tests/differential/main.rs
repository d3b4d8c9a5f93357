//! One corpus of scripted sessions, a file each, against the emulator and against a real control plane.
//!
//! `cases/AREA/NAME.yaml` is the session, `cases/AREA/NAME.real` what a real Kubernetes 1.34 answered to
//! it, with what may differ replaced (`normalise.rs`). Without more, the sessions run against the
//! emulator and their text must be that of the real side, except for what `differences.yaml` lists.
//!
//! `STAGEGATE_RECORD=control-plane` (or `kubelet`) with `KUBECONFIG` of a real cluster runs the sessions
//! that need that against it instead, and writes the `.real` files. Needs `kubectl` on PATH.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod differences;
mod normalise;
mod session;
mod sides;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

use differences::Differences;
use session::{Needs, Session};
use sides::{Emulator, Real, Side};

fn main() {
    let mut arguments = Arguments::from_args();
    // Half of the time sessions wait for what comes.
    if arguments.test_threads.is_none() {
        arguments.test_threads = std::thread::available_parallelism().ok().map(|cores| 2 * cores.get());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    let differences = Arc::new(Differences::read(&folder.join("differences.yaml")));
    let recorded = std::env::var("STAGEGATE_RECORD").ok().map(|what| Needs::parse(&what));
    let cases = cases(&folder.join("cases"));
    let names: Vec<String> = cases.iter().map(|(name, _)| name.clone()).collect();
    let mut trials: Vec<Trial> = cases
        .into_iter()
        .filter_map(|(name, path)| {
            let differences = Arc::clone(&differences);
            match recorded {
                Some(needs) if Session::read(&path).needs != needs => None,
                Some(_) => Some(Trial::test(name, move || record(&path))),
                None => Some(Trial::test(name.clone(), move || compare(&name, &path, &differences))),
            }
        })
        .collect();
    trials.push(Trial::test("differences_name_cases", move || differences.name_only(&names)));
    libtest_mimic::run(&arguments, trials).exit();
}

/// `AREA/NAME` and path of every session.
fn cases(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut cases = Vec::new();
    for area in std::fs::read_dir(folder).expect("the cases") {
        for file in std::fs::read_dir(area.unwrap().path()).expect("an area") {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let name = path.strip_prefix(folder).unwrap().with_extension("").display().to_string();
                cases.push((name, path));
            }
        }
    }
    cases.sort();
    cases
}

fn play<S: Side>(path: &Path, start: impl AsyncFnOnce(&Session) -> S) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let session = Session::read(path);
    runtime.block_on(async {
        let side = start(&session).await;
        session.play(&side).await
    })
}

fn record(path: &Path) -> Result<(), Failed> {
    let text = play(path, async |_| Real::of_environment());
    std::fs::write(path.with_extension("real"), text)?;
    Ok(())
}

fn compare(name: &str, path: &Path, differences: &Differences) -> Result<(), Failed> {
    let real = std::fs::read_to_string(path.with_extension("real"))
        .map_err(|_| Failed::from("it was never recorded on a real cluster: CONTRIBUTING.md says how"))?;
    let emulated = play(path, async |session| Emulator::start(session).await);
    let (real, emulated) = differences.without_known(name, &real, &emulated)?;
    if real == emulated {
        return Ok(());
    }
    let diff =
        TextDiff::from_lines(&real, &emulated).unified_diff().context_radius(6).header("real", "emulator").to_string();
    Err(format!("the emulator answers otherwise than a real cluster\n{diff}").into())
}
