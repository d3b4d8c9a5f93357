//! Custom resources: an item of `spec.versions` of a CustomResourceDefinition, then an object. One that was pruned
//! and completed stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use stagegate_kubernetes::fuzzing::custom_resource;

fuzz_target!(|text: &str| {
    let Some((version, object)) = text.split_once('\n') else { return };
    let (Ok(version), Ok(object)) = (serde_json::from_str::<Value>(version), serde_json::from_str::<Value>(object))
    else {
        return;
    };
    if !version.is_object() || !object.is_object() {
        return;
    }
    match custom_resource(&version, &object) {
        Err(message) => assert!(!message.is_empty()),
        Ok(once) => {
            assert!(once.error.as_ref().is_none_or(|error| !error.is_empty()));
            let twice = custom_resource(&version, &once.object).expect("the version is the same");
            assert_eq!(twice.object, once.object);
            assert_eq!((twice.error, twice.cells), (once.error, once.cells));
        }
    }
});
