//! Texts of `sh -c`, run in a container without files and without neighbours. Of what is said to run the shell refuses
//! nothing.
#![no_main]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, pending, ready};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use stagegate_commands::{Dial, Fetched, FileError, Found, Machine, Patience, Request, Stream, User, run, runs};

/// A loop of the shell sleeps in each of its rounds: after so many it is left.
const SLEEPS: usize = 100;

struct Empty(BTreeMap<String, String>, AtomicUsize);

impl Machine for Empty {
    fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }
    fn commands(&self) -> Option<&[String]> {
        None
    }
    fn hostname(&self) -> String {
        "empty".to_owned()
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
        if self.1.fetch_add(1, Ordering::Relaxed) < SLEEPS { Box::pin(ready(())) } else { Box::pin(pending()) }
    }
    fn read(&self, _: &str) -> Result<String, FileError> {
        Err(FileError::NotFound)
    }
    fn entries(&self, _: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::NotFound)
    }
    fn write(&self, _: &str, _: &str) -> Result<(), FileError> {
        Ok(())
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

fuzz_target!(|text: &str| {
    let machine = Empty(BTreeMap::from([("NAME".to_owned(), "value with (brackets".to_owned())]), AtomicUsize::new(0));
    let line = ["sh", "-c", text].map(str::to_owned);
    let errors = Mutex::new(String::new());
    let print = |stream: Stream, text: &str| {
        if stream == Stream::Stderr {
            errors.lock().unwrap().push_str(text);
        }
    };
    // `sleep infinity` never ends, nor does `while true`.
    let _status = run(&machine, &line, "a line\nanother", &print).now_or_never();
    let errors = errors.into_inner().unwrap();
    // A shell inside of the text says for itself what it refuses.
    if runs(None, &line) && !text.contains("sh") {
        assert!(!errors.contains("stagegate's sh"), "{errors}");
    }
});
