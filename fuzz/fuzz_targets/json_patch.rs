//! JSON patches: an object, then the patch. What a patch gives passes its own test, and the difference between
//! before and after is a patch that does the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stagegate_kubernetes::fuzzing::apply_json_patch;

fuzz_target!(|text: &str| {
    let Some((target, patch)) = text.split_once('\n') else { return };
    let Ok(target) = serde_json::from_str::<Value>(target) else { return };
    match apply_json_patch(&target, patch.as_bytes()) {
        Err(message) => assert!(!message.is_empty()),
        Ok(patched) => {
            let test = json!([{"op": "test", "path": "", "value": patched}]).to_string();
            assert_eq!(apply_json_patch(&patched, test.as_bytes()).as_ref(), Ok(&patched));
            let difference = json!(json_patch::diff(&target, &patched)).to_string();
            assert_eq!(apply_json_patch(&target, difference.as_bytes()), Ok(patched), "{difference}");
        }
    }
});
