//! Protobuf bodies: an object with its kind, or a message. The envelope is put around what lacks it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate_kubernetes::fuzzing::{decode_fields, protobuf_body};

fuzz_target!(|bytes: &[u8]| {
    let enveloped = [b"k8s\0", bytes].concat();
    let bytes = if bytes.starts_with(b"k8s\0") { bytes } else { &enveloped };
    match protobuf_body(bytes) {
        Err(message) => assert!(!message.is_empty()),
        Ok(object) => {
            assert!(object["apiVersion"].is_string() && object["kind"].is_string(), "{object}");
            // Only what the schema declares is decoded.
            if let Ok((_, unknown)) = decode_fields(&object) {
                assert_eq!(unknown, Vec::<String>::new(), "{object}");
            }
        }
    }
});
