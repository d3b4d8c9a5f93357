//! JSON merge patches: an object, then the patch. Applied twice, one does what it does once; an object without
//! nulls is the patch that changes nothing of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stagegate_kubernetes::fuzzing::apply_merge_patch;

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

fuzz_target!(|text: &str| {
    let Some((target, patch)) = text.split_once('\n') else { return };
    let (Ok(target), Ok(patch)) = (serde_json::from_str::<Value>(target), serde_json::from_str::<Value>(patch)) else {
        return;
    };
    let once = apply_merge_patch(&target, &patch);
    assert_eq!(apply_merge_patch(&once, &patch), once);
    if target.is_object() {
        assert_eq!(apply_merge_patch(&target, &json!({})), target);
        if !has_null(&target) {
            assert_eq!(apply_merge_patch(&target, &target), target);
            assert!(!has_null(&once) || !patch.is_object(), "a null of the patch has come into the object");
        }
    }
});
