//! The files that log clients in.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value as Json, json};
use stagegate_confighub::Options;
use stagegate_confighub::identity::Directory;

use crate::cast::Cast;
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

#[tokio::test]
async fn whatever_things_are_called_the_configuration_can_be_read() {
    let name = "Acme: the #1 {shop} - 'x' \"y\"\n%";
    let directory: Directory = serde_json::from_value(json!({
        "users": [{"email": "{ab}@example.org"}],
        "organizations": [{"slug": "acme", "name": name, "members": [{"user": "{ab}@example.org", "role": "owner"}]}],
    }))
    .unwrap();
    let bench = Bench::start_with(Options { directory, ..Options::default() }).await;
    let above = tempfile::tempdir().unwrap();
    let home = above.path().join("a: b #c");
    bench.hub.session().write(&home).unwrap();
    let read: Json =
        serde_saphyr::from_str(&std::fs::read_to_string(home.join(".confighub/config.yaml")).unwrap()).unwrap();
    let context = &read["contexts"][0];
    assert_eq!((&read["kind"], &read["currentContext"]), (&json!("Config"), &context["name"]));
    assert_eq!(context["coordinate"]["user"], "{ab}@example.org");
    assert_eq!(context["coordinate"]["serverURL"], bench.hub.url());
    assert_eq!(context["settings"]["defaultSpace"], "");
    assert_eq!(context["metadata"]["organizationName"], name);
    assert_eq!(context["metadata"]["created"], "2025-10-05T09:00:00Z");
    let token_file = context["metadata"]["tokenFile"].as_str().unwrap();
    assert_eq!(token_file, home.join(".confighub/tokens/stagegate.json").to_str().unwrap());
    let tokens: Json = serde_json::from_str(&std::fs::read_to_string(token_file).unwrap()).unwrap();
    assert_eq!(tokens["accessToken"], bench.hub.token());
}

#[tokio::test]
async fn the_configuration_is_plain_to_readers_of_every_kind() {
    let bench = Bench::start().await;
    let config = bench.hub.session().files.into_iter().find(|file| file.path.ends_with("config.yaml")).unwrap();
    let (url, port) = (bench.hub.url(), bench.hub.port().to_string());
    insta::with_settings!({filters => vec![(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID"), (port.as_str(), "PORT")]}, {
        insta::assert_snapshot!(config.text);
    });
    assert!(config.text.contains(&url));
}

#[tokio::test]
async fn a_users_files_hold_no_password_but_its_own() {
    let cast = Cast::start().await;
    let session = cast.bench.hub.session_of("dev@example.org").unwrap();
    let users = session.files.iter().find(|file| file.path.ends_with("/testusers.csv")).unwrap();
    assert_eq!(users.text, "\"dev@example.org\",\"password-of-dev\"\n");
    let whole: String = session.files.iter().map(|file| file.text.as_str()).collect();
    for other in ["lead", "reader", "guest", "stranger"] {
        let password = cast.bench.hub.password(&format!("{other}@example.org")).unwrap();
        assert!(!whole.contains(&password), "{other}");
    }
    // The environment's own user can become anybody, which is what the file is for.
    let own = cast.bench.hub.session();
    let users = own.files.iter().find(|file| file.path.ends_with("/testusers.csv")).unwrap();
    assert_eq!(users.text.lines().count(), 5);
}

#[tokio::test]
async fn files_that_others_could_read_are_closed_to_them() {
    let bench = Bench::start().await;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".confighub/session.json");
    std::fs::create_dir(home.path().join(".confighub")).unwrap();
    std::fs::write(&path, "former").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    bench.hub.session().write(home.path()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
