//! The commands answer as busybox does.
//!
//! `busybox/NAME.sh` runs in `busybox/files` as the text of `sh -c`; `NAME.real` is what busybox 1.35 printed.
//! `STAGEGATE_BUSYBOX=FOLDER`, a folder of busybox's applets (`busybox --install -s FOLDER`), records anew.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::{BoxFuture, ready};
use jiff::Timestamp;
use stagegate_commands::{Dial, Fetched, FileError, Found, Machine, Patience, Request, User};

/// A machine that has the files of the corpus and nobody to talk to.
struct Files {
    folder: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Machine for Files {
    fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }
    fn commands(&self) -> Option<&[String]> {
        None
    }
    fn hostname(&self) -> String {
        "files".to_owned()
    }
    fn user(&self) -> User {
        User { uid: 0, gid: 0 }
    }
    fn folder(&self) -> String {
        "/".to_owned()
    }
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
    fn read(&self, path: &str) -> Result<String, FileError> {
        std::fs::read_to_string(self.folder.join(path)).map_err(|_| FileError::NotFound)
    }
    fn entries(&self, _: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotFound)
    }
    fn write(&self, _: &str, _: &str) -> Result<(), FileError> {
        Err(FileError::NotAFolder)
    }
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<Found>> {
        Box::pin(ready(None))
    }
    fn dial<'a>(&'a self, _: &'a str, _: u16, _: Duration) -> BoxFuture<'a, Dial> {
        Box::pin(ready(Dial::NoSuchHost))
    }
    fn fetch<'a>(&'a self, _: &'a Request, _: Patience) -> BoxFuture<'a, Fetched> {
        Box::pin(ready(Fetched::NoSuchHost))
    }
}

fn printed(folder: &Path, text: &str) -> String {
    let machine = Files { folder: folder.to_owned(), variables: BTreeMap::new() };
    let printed = Mutex::new(String::new());
    let line = ["sh", "-c", text].map(str::to_owned);
    let print = |_, text: &str| printed.lock().unwrap().push_str(text);
    futures::executor::block_on(stagegate_commands::run(&machine, &line, "", &print));
    printed.into_inner().unwrap()
}

fn recorded(folder: &Path, text: &str, applets: &OsStr) -> String {
    let line = format!("exec 2>&1\n{text}");
    let output = Command::new("sh").args(["-c", &line]).current_dir(folder).env_clear().env("PATH", applets).output();
    String::from_utf8(output.expect("busybox's sh").stdout).unwrap()
}

#[test]
fn commands_answer_as_busybox_does() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/busybox");
    let files = corpus.join("files");
    let applets = std::env::var_os("STAGEGATE_BUSYBOX");
    let mut differences = Vec::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(&corpus).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "sh") {
            continue;
        }
        cases += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let real = path.with_extension("real");
        if let Some(applets) = &applets {
            std::fs::write(real, recorded(&files, &text, applets)).unwrap();
            continue;
        }
        let (real, ours) = (std::fs::read_to_string(real).unwrap(), printed(&files, &text));
        if real != ours {
            let diff = similar::TextDiff::from_lines(&real, &ours);
            differences.push(format!("{}\n{}", path.display(), diff.unified_diff().header("busybox", "ours")));
        }
    }
    assert!(cases > 0, "the corpus is empty");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
