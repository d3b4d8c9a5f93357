//! JSON and YAML bodies, and their fields. JSON is read as serde_json reads it, with errors in Go's words; an object
//! that has been decoded is decoded as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stagegate_kubernetes::fuzzing::{decode_fields, json_body, yaml_body};

fn decoded(object: &Value) {
    match decode_fields(object) {
        Err(message) => assert!(!message.is_empty()),
        Ok((once, _)) => {
            let (twice, unknown) = decode_fields(&once).unwrap_or_else(|error| panic!("{error}: {once}"));
            assert_eq!((&twice, unknown), (&once, Vec::new()));
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    match (json_body(bytes), serde_json::from_slice::<Value>(bytes)) {
        (Ok((value, duplicates)), Ok(plain)) => {
            assert_eq!(value, plain);
            assert!(duplicates.iter().all(|path| !path.is_empty()) || duplicates == [""]);
            decoded(&value);
        }
        (Err(message), Err(_)) => assert!(!message.is_empty()),
        (ours, theirs) => panic!("{ours:?} and {theirs:?}"),
    }
    match yaml_body(bytes) {
        Ok((value, _)) => decoded(&value),
        Err(message) => assert!(message.starts_with("yaml: "), "{message}"),
    }
});
