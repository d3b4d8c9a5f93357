//! Field selectors: the selector, then an object. What is read and written selects the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stagegate_kubernetes::fuzzing::{field_selector, name_asked_for};

fuzz_target!(|text: &str| {
    let (selector, object) = text.split_once('\n').unwrap_or((text, "{}"));
    let name = name_asked_for(selector);
    let Ok(object) = serde_json::from_str::<Value>(object) else { return };
    match field_selector(selector, &object) {
        Err(message) => assert!(!message.is_empty()),
        Ok((selected, written)) => {
            assert_eq!(field_selector(&written, &object).as_ref(), Ok(&(selected, written.clone())));
            assert_eq!(name_asked_for(&written), name, "{written}");
            if let (true, Some(name)) = (selected, name) {
                assert_eq!(object.pointer("/metadata/name").and_then(Value::as_str), Some(name.as_str()));
            }
        }
    }
});
