//! Server-side apply: one write a line, `apply`, `force` or `update`, a manager, and the object. Applied again, a
//! configuration changes nothing; who applies the same meets no conflict; with force there is none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stagegate_kubernetes::fuzzing::{blank, claimed_fields, content, server_side_apply as apply, update};

/// What has no lists with keys that come twice, which only updates can write.
fn applies(live: &Value, config: &Value, manager: &str, force: bool) -> Option<Value> {
    let new = match apply(live, config, manager, force) {
        Ok(new) => new,
        Err(message) => {
            assert!(!message.is_empty());
            assert!(!force || !message.starts_with("Apply failed"), "{message}");
            return None;
        }
    };
    let (fields, again) = claimed_fields(config).expect("it was applied");
    assert_eq!(fields, again);
    assert_eq!(apply(&new, config, manager, false).as_ref(), Ok(&new), "applied again");
    // Who applies the same: `kubectl` also keeps an annotation.
    if manager != "kubectl" {
        let other = apply(&new, config, "somebody else", false).expect("the same is no conflict");
        assert_eq!(content(&other), content(&new));
    }
    Some(new)
}

fuzz_target!(|text: &str| {
    let mut live: Option<Value> = None;
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(how), Some(manager), Some(object)) = (words.next(), words.next(), words.next()) else { return };
        let Ok(mut object) = serde_json::from_str::<Value>(object) else { return };
        // As the routes see to it.
        if !object.is_object() || object.pointer("/metadata/managedFields").is_some() {
            return;
        }
        if let Some(live) = &live {
            for field in ["apiVersion", "kind"] {
                object[field] = live[field].clone();
            }
        }
        let Ok(empty) = blank(&object) else { return };
        let before = live.clone().unwrap_or(empty);
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        let after = match how {
            "update" => update(&before, &object, manager).ok(),
            "apply" | "force" => applies(&before, &object, manager, how == "force"),
            _ => return,
        };
        live = Some(after.unwrap_or(before));
    }
});
