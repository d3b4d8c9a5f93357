//! A script lane for tests: a workspace, a journal that is only kept in memory, and a clock.

#![allow(dead_code, reason = "each test file uses the part it needs")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use stagegate_harness::journal::{Journal, RecordSink, Scribe};
use stagegate_harness::script::{Answers, Checkout, Limits, Outcome, RunOptions, Setup, Workspace};
use stagegate_reports::journal::Record;
use stagegate_simulation::{Clock, Pace};

/// A journal's end that keeps nothing; the scribe keeps its own records.
struct Nowhere;

impl RecordSink for Nowhere {
    fn write(&mut self, record: Record) -> Record {
        record
    }

    fn secret(&mut self, _value: &str) {}
}

/// A workspace with a journal and a clock.
pub(crate) struct Lane {
    pub(crate) workspace: Workspace,
    pub(crate) scribe: Scribe,
    pub(crate) options: RunOptions,
}

impl Lane {
    /// A lane for these files: path, text; those with a `#!` line are executable.
    pub(crate) fn with(files: &[(&str, &str)], adjust: impl FnOnce(&mut Setup)) -> Self {
        let files = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned(), text.starts_with("#!")));
        let mut setup = Setup::new(Checkout::Files(files.collect()), shim());
        adjust(&mut setup);
        let workspace = Workspace::prepare(&setup).expect("a workspace");
        let clock = Clock::start(Timestamp::UNIX_EPOCH, Pace::Jump);
        let scribe = Journal::new(Box::new(Nowhere)).scribe(1, 1);
        scribe.set_clock(clock.clone());
        let options = RunOptions {
            clock,
            speed: 20.0,
            timeout: Duration::from_secs(600),
            limits: Limits::default(),
            answers: Answers::default(),
        };
        Self { workspace, scribe, options }
    }

    /// Runs a command line to its end.
    pub(crate) async fn run(&mut self, line: &str) -> Outcome {
        self.workspace.run(line, &self.scribe, &self.options).await.expect("the line runs")
    }
}

/// The example executable that the shims lead to.
pub(crate) fn shim() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let shim = test.parent().and_then(Path::parent).expect("the folder of builds").join("examples/shim");
    let built = shim.metadata().and_then(|data| data.modified()).ok();
    let changed = newest(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/script"));
    // `cargo test --test NAME` builds no examples, and an old shim would be tested in vain.
    let remedy = "run `cargo build -p stagegate-harness --example shim` first";
    assert!(
        built.is_some_and(|built| built > changed),
        "{} is missing or older than its source: {remedy}",
        shim.display()
    );
    shim
}

/// When the files below `folder` were last changed.
fn newest(folder: &Path) -> SystemTime {
    let entries = folder.read_dir().expect("the source of the script lane").map(|entry| entry.expect("its files"));
    let times = entries.map(|entry| match entry.path() {
        path if path.is_dir() => newest(&path),
        path => path.metadata().and_then(|data| data.modified()).expect("when a file was changed"),
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A PATH whose first folder holds an executable script `kubectl` with this text.
pub(crate) fn path_with_kubectl(folder: &Path, text: &str) -> OsString {
    use std::os::unix::fs::PermissionsExt;
    let tool = folder.join("kubectl");
    std::fs::write(&tool, text).expect("a stand-in for kubectl");
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("its permissions");
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").expect("a PATH"));
    path
}
