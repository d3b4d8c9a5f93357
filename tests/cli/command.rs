//! Calls the built binary in an empty folder, with nothing of the caller's configuration.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// A folder of a test's own in which the command is called.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub(crate) fn write(&self, inside: &str, text: &str) -> &Self {
        let path = self.path(inside);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
        self
    }

    pub(crate) fn read(&self, inside: &str) -> String {
        std::fs::read_to_string(self.path(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"))
    }

    /// Puts a client into the folder `bin`.
    pub(crate) fn with_cub(&self) -> &Self {
        use std::os::unix::fs::PermissionsExt as _;
        self.write("bin/cub", "#!/bin/sh\n");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.path("bin/cub"), executable).expect("permissions");
        self
    }

    /// The text of a file; empty when there is none.
    pub(crate) fn read_if_there(&self, inside: &str) -> String {
        std::fs::read_to_string(self.path(inside)).unwrap_or_default()
    }

    pub(crate) fn json(&self, inside: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(inside)).expect("JSON")
    }

    /// The command, to be called here with the words of `line`.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::from_std(bare(self.folder.path()));
        command.args(line.split_whitespace());
        command
    }

    pub(crate) fn call(&self, line: &str) -> Assert {
        self.command(line).assert()
    }
}

/// Waits for at most a minute until something is so; not by a clock, but by looking.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    wait_at_most(Duration::from_secs(60), what, is_so);
}

/// The same for at most `limit`.
pub(crate) fn wait_at_most(limit: Duration, what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::yield_now();
    }
}

/// The binary with a clean environment.
pub(crate) fn bare(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_stagegate"));
    command.current_dir(folder).env_clear();
    for kept in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

/// Exit status, standard output and standard error, for a snapshot.
pub(crate) fn shown(assert: &Assert, place: &Place) -> String {
    let output = assert.get_output();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*place.folder.path().to_string_lossy(), "FOLDER");
    format!(
        "status: {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().map_or_else(|| "none".to_owned(), |code| code.to_string()),
        text(&output.stdout),
        text(&output.stderr)
    )
}
