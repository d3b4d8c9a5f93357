//! Tokens of lists in pages: a line of the token, then a namespace or nothing. A token that is written for the place
//! where one goes on leads behind that place, in the same namespace.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate_kubernetes::fuzzing::continue_token;

fuzz_target!(|text: &str| {
    let (token, namespace) = text.split_once('\n').unwrap_or((text, ""));
    // What a path can name.
    let letters =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let namespace = Some(namespace).filter(|namespace| letters(namespace));
    match continue_token(token, namespace) {
        Err(message) => assert!(!message.is_empty()),
        Ok((key, revision, again)) => {
            assert!(namespace.is_none_or(|namespace| key.starts_with(&format!("{namespace}/"))));
            assert!(revision.is_none_or(|revision| revision >= 2));
            let (next, of, _) = continue_token(&again, namespace).unwrap_or_else(|error| panic!("{error}: {again}"));
            assert_eq!(next, format!("{key}\0"));
            assert_eq!(of, Some(revision.unwrap_or(2)));
        }
    }
});
