//! What a person does with the real `cub`, against the embedded hub, cluster and worker.
//!
//! Each file `sessions/NAME.session` is a list of command lines; `NAME.users.yaml` beside it says who there is. They run one after the other with the client
//! that `STAGEGATE_REAL_CUB` names, and what they print and how they end is compared with the
//! transcript beside them. Transcripts were made by the client of August 2025 (`a4a979a`). Without a
//! client nothing is checked, and the test says so.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test says what it expects")]

mod environment;
mod stand_in;
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
            let users = path.with_extension("users.yaml");
            let environment = Environment::start(&client, Some(users.as_path()).filter(|users| users.is_file()));
            let text = std::fs::read_to_string(path).unwrap();
            insta::assert_snapshot!(transcript::of_session(&text, &environment));
        });
    });
}

/// Sessions that are not run with the stand-in.
const NOT_COMPARED: [&str; 4] = ["logins", "restoring", "roles", "selections"];

/// The transcripts are what the real client said. The stand-in says the same, but for the commands that
/// `stand_in_differences.txt` lists with their reasons; those must differ.
#[test]
fn the_stand_in_says_what_the_real_client_said() {
    let place = tempfile::tempdir().unwrap();
    let client = stand_in::executable(place.path());
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_client"));
    let listed = std::fs::read_to_string(folder.join("stand_in_differences.txt")).unwrap();
    let mut listed = stand_in::listed(&listed);
    let mut unlisted = String::new();
    let mut sessions: Vec<PathBuf> =
        std::fs::read_dir(folder.join("sessions")).unwrap().map(|entry| entry.unwrap().path()).collect();
    sessions.retain(|session| session.extension().is_some_and(|extension| extension == "session"));
    // Held to the real client only: what the stand-in says there has not been gone through yet.
    sessions.retain(|session| !NOT_COMPARED.map(Some).contains(&session.file_stem().and_then(|stem| stem.to_str())));
    sessions.sort();
    let run = &|session: &PathBuf| {
        let name = session.file_name().unwrap().to_string_lossy().into_owned();
        let recorded = format!("the_real_client_is_served_as_in_the_transcripts@{name}.snap");
        let recorded = std::fs::read_to_string(folder.join("snapshots").join(recorded)).unwrap();
        let environment = Environment::start(
            &client,
            Some(session.with_extension("users.yaml").as_path()).filter(|users| users.is_file()),
        );
        let said = transcript::of_session(&std::fs::read_to_string(session).unwrap(), &environment);
        (name, stand_in::differences(&recorded, &said))
    };
    // Each session has a hub of its own, and mostly waits for processes.
    let all: Vec<(String, Vec<(String, String)>)> = std::thread::scope(|scope| {
        let started: Vec<_> = sessions.iter().map(|session| scope.spawn(move || run(session))).collect();
        started.into_iter().map(|session| session.join().unwrap()).collect()
    });
    for (name, differences) in all {
        for (command, difference) in differences {
            if !listed.remove(&(name.clone(), command)) {
                unlisted.push_str(&format!("# {name}\n{difference}\n"));
            }
        }
    }
    assert!(unlisted.is_empty(), "the real client (-) and the stand-in (+) differ:\n{unlisted}");
    assert!(listed.is_empty(), "listed, but the same: {listed:#?}");
}
