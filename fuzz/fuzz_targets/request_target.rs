//! Paths and queries: one of each, a line each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate_kubernetes::fuzzing::request_target;

fuzz_target!(|text: &str| {
    let (path, query) = text.split_once('\n').unwrap_or((text, ""));
    match request_target(path, query) {
        Ok(named) => assert!(!named.is_empty()),
        Err(message) => assert!(!message.is_empty()),
    }
});
