//! The files that log clients in.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;

use crate::client::Bench;

#[tokio::test]
async fn the_files_hold_what_each_era_of_client_reads_and_only_its_owner_may_read_them() {
    let bench = Bench::start().await;
    let home = tempfile::tempdir().unwrap();
    bench.hub.session().write(home.path()).unwrap();
    let read = |name: &str| std::fs::read_to_string(home.path().join(".confighub").join(name)).unwrap();
    let json = |name: &str| serde_json::from_str::<Json>(&read(name)).unwrap();

    let session = json("session.json");
    assert_eq!(
        (session["access_token"].as_str(), session["auth_type"].as_str()),
        (Some(bench.hub.token()), Some("Bearer"))
    );
    assert_eq!(json("context.json")["confighub_url"], bench.hub.url());
    assert_eq!(json("functions.json")["builtin"], bench.get("/function").await.1);

    let config = read("config.yaml");
    let token_file = config.lines().find_map(|line| line.trim().strip_prefix("tokenFile: ")).unwrap();
    let tokens: Json = serde_json::from_str(&std::fs::read_to_string(token_file).unwrap()).unwrap();
    assert_eq!(tokens["accessToken"], bench.hub.token());
    assert!(config.contains(&format!("serverURL: {}", bench.hub.url())));

    for name in ["", "session.json", "tokens/stagegate.json"] {
        let mode = std::fs::metadata(home.path().join(".confighub").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}
