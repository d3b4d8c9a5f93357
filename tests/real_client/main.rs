//! What a person does with the real `cub`, against the embedded hub, cluster and worker.
//!
//! Each file in `sessions/` is a list of command lines. They run one after the other with the client
//! that `STAGEGATE_REAL_CUB` names, and what they print and how they end is compared with the
//! transcript beside them. Transcripts were made by the client of August 2025 (`a4a979a`). Without a
//! client nothing is checked, and the test says so.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test says what it expects")]

mod environment;
mod transcript;

use std::path::PathBuf;

use environment::Environment;

#[test]
fn the_real_client_is_served_as_in_the_transcripts() {
    let Some(client) = std::env::var_os("STAGEGATE_REAL_CUB").map(PathBuf::from) else {
        eprintln!("not run: the_real_client_is_served_as_in_the_transcripts: STAGEGATE_REAL_CUB names no client");
        return;
    };
    assert!(client.is_file(), "STAGEGATE_REAL_CUB: {} is no file", client.display());
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::glob!("sessions/*.session", |path| {
            let environment = Environment::start(&client);
            let text = std::fs::read_to_string(path).unwrap();
            insta::assert_snapshot!(transcript::of_session(&text, &environment));
        });
    });
}
