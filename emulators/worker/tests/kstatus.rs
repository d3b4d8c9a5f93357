//! A corpus of objects with the status each must have; one file a kind in `kstatus/`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Example {
    /// What is special about the object.
    case: String,
    status: String,
    object: Value,
}

#[test]
fn every_object_of_the_corpus_has_its_status() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kstatus");
    let mut checked = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let examples: Vec<Example> =
            serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for example in examples {
            let status = stagegate_worker::kstatus::status(&example.object);
            assert_eq!(status.to_string(), example.status, "{}: {}", path.display(), example.case);
            checked += 1;
        }
    }
    assert!(checked >= 40, "only {checked} cases");
}
