//! Strategic merge patches: a type, an object, the patch, a line each. A patch of nothing changes nothing, an object
//! patched with itself stays, and a patch without directives does the second time what it did the first.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stagegate_kubernetes::fuzzing::{apply_strategic_merge_patch as apply, is_plain};

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (Some(of), Some(target), Some(patch)) = (lines.next(), lines.next(), lines.next()) else { return };
    let (Ok(target), Ok(patch)) = (serde_json::from_str::<Value>(target), serde_json::from_str::<Value>(patch)) else {
        return;
    };
    if !target.is_object() || !patch.is_object() {
        return;
    }
    assert_eq!(apply(of, &target, &json!({})).as_ref(), Ok(&target));
    if is_plain(of, &target) {
        assert_eq!(apply(of, &target, &target).as_ref(), Ok(&target));
    }
    match apply(of, &target, &patch) {
        Err(message) => assert!(!message.is_empty()),
        Ok(once) if is_plain(of, &target) && is_plain(of, &patch) => {
            assert_eq!(apply(of, &once, &patch).as_ref(), Ok(&once));
        }
        Ok(_) => {}
    }
});
