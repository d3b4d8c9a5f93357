//! Label selectors: the selector, then labels. What is read and written is read as the same and selects the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stagegate_kubernetes::fuzzing::LabelSelector;

fuzz_target!(|text: &str| {
    let (selector, labels) = text.split_once('\n').unwrap_or((text, "{}"));
    let object = json!({"metadata": {"labels": serde_json::from_str::<Value>(labels).unwrap_or_default()}});
    match LabelSelector::parse(selector) {
        Err(message) => assert!(!message.is_empty()),
        Ok(read) => {
            let written = read.to_string();
            let again = LabelSelector::parse(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
            assert_eq!(again, read, "{written}");
            assert_eq!(again.matches(&object), read.matches(&object));
        }
    }
});
