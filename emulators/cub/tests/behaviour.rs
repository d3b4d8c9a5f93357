//! What holds for every command, and what only the client of October 2025 does.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stagegate_cub::{Invocation, Streams};

const SPACE: &str = "9972e8a7-25ba-4f63-ae5d-7d2f99db5198";
const UNIT: &str = "02aa0a05-58f1-4129-a917-7d7fa21381f1";
const OPERATION: &str = "bd949298-c698-4fe5-ae14-202cb928096f";

/// What the server was asked: method and target, the command's number, the body.
type Asked = Arc<Mutex<Vec<(String, Option<String>, String)>>>;

struct World {
    url: String,
    asked: Asked,
    home: tempfile::TempDir,
}

struct Outcome {
    status: u8,
    stdout: String,
    stderr: String,
}

impl World {
    async fn start() -> Self {
        let asked = Asked::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&asked));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let world = Self { url, asked, home: tempfile::tempdir().unwrap() };
        world.log_in();
        world
    }

    /// Writes the files of the client of October 2025.
    fn log_in(&self) {
        let folder = self.home.path().join(".confighub");
        std::fs::create_dir_all(folder.join("tokens")).unwrap();
        let config = format!(
            "apiVersion: v1\nkind: Config\ncurrentContext: here\ncontexts:\n- name: here\n  coordinate:\n    serverURL: {}\n    \
             organizationID: o\n    user: u@x\n  settings:\n    defaultSpace: ''\n  metadata:\n    tokenFile: tokens/here.json\n",
            self.url
        );
        std::fs::write(folder.join("config.yaml"), config).unwrap();
        std::fs::write(folder.join("tokens/here.json"), r#"{"accessToken": "late-token", "refreshToken": "r"}"#)
            .unwrap();
    }

    async fn cub(&self, line: &str, env: &[(&str, &str)]) -> Outcome {
        run(self.home.path(), line, env).await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(asked, _, _)| asked.clone()).collect()
    }
}

async fn run(home: &Path, line: &str, env: &[(&str, &str)]) -> Outcome {
    let mut all = BTreeMap::from([("HOME".to_owned(), home.display().to_string())]);
    all.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let args = line.split_whitespace().map(str::to_owned).collect();
    let invocation = Invocation { args, env: all, cwd: home.to_owned() };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut stdin = std::io::empty();
    let streams = Streams { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr };
    let status = stagegate_cub::run(invocation, streams).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { status, stdout: text(stdout), stderr: text(stderr) }
}

/// A hub with one space and one unit, whose operations never end.
async fn answer(State(asked): State<Asked>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let command = headers.get("stagegate-command").map(|value| value.to_str().unwrap().to_owned());
    let body = String::from_utf8(body.to_vec()).unwrap();
    asked.lock().unwrap().push((format!("{method} {uri}"), command, body));
    if headers["authorization"] != "Bearer late-token" {
        let refusal = json!({"Code": "401", "Message": "invalid token"});
        return (StatusCode::UNAUTHORIZED, [("x-request-id", "req-1")], axum::Json(refusal)).into_response();
    }
    let space = json!({"Slug": "fluffy-bear-traderx", "SpaceID": SPACE});
    let unit = json!({"Slug": "u", "UnitID": UNIT, "SpaceID": SPACE});
    let operation = json!({"QueuedOperationID": OPERATION, "UnitID": UNIT, "SpaceID": SPACE, "Action": "Apply"});
    let event = json!({"QueuedOperationID": OPERATION, "Action": "Apply", "Status": "Progressing"});
    let path = uri.path().strip_prefix("/api").unwrap();
    let answer = match (method.as_str(), path) {
        ("GET", "/space") => json!([{"Space": space}]),
        ("POST", "/space") => space,
        ("POST", path) if path.ends_with("/apply") => operation,
        ("POST", path) if path.ends_with("/unit") => unit,
        ("GET", path) if path.ends_with("/unit_event") => json!([event]),
        ("GET", path) if path.ends_with("/unit") => json!([{"Unit": unit, "LatestUnitEvent": event}]),
        ("GET", path) if path.ends_with("/target") => json!([]),
        ("GET", path) if path.ends_with("/bridge_worker") => {
            json!([{"BridgeWorker": {"Slug": "w", "BridgeWorkerID": UNIT, "Secret": "ch_hush"}}])
        }
        ("PATCH", _) => unit,
        ("GET", path) if path.ends_with("/change_set") => {
            json!([{"ChangeSet": {"Slug": "c", "ChangeSetID": OPERATION}}])
        }
        ("DELETE", _) => json!({"Message": "deleted"}),
        _ => Value::Null,
    };
    axum::Json(answer).into_response()
}

#[tokio::test]
async fn a_new_prefix_is_free_and_the_same_for_the_same_seed() {
    let world = World::start().await;
    let first = world.cub("space new-prefix", &[("STAGEGATE_SEED", "7")]).await;
    let second = world.cub("space new-prefix", &[("STAGEGATE_SEED", "7")]).await;
    assert_eq!((first.status, &first.stdout), (0, &second.stdout));
    let later = world.cub("space new-prefix", &[("STAGEGATE_SEED", "7"), ("STAGEGATE_CALL", "1")]).await;
    assert_ne!(first.stdout, later.stdout, "each call makes another one");
    let words: Vec<&str> = first.stdout.trim_end().split('-').collect();
    assert_eq!(words.len(), 2, "{}", first.stdout);
    assert_ne!(first.stdout, "fluffy-bear\n");
    assert_eq!(world.asked(), ["GET /api/space"; 3]);
}

#[tokio::test]
async fn the_number_of_the_traced_command_goes_with_each_request() {
    let world = World::start().await;
    world.cub("unit list --space fluffy-bear-traderx", &[("STAGEGATE_COMMAND", "42")]).await;
    let asked = world.asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|(_, command, _)| command.as_deref() == Some("42")));
}

#[tokio::test]
async fn later_flags_become_query_parameters() {
    let world = World::start().await;
    let created = world.cub("space create fluffy-bear-traderx --allow-exists", &[]).await;
    assert_eq!(
        created.stdout,
        format!("Successfully created space fluffy-bear-traderx ({SPACE})\n"),
        "{}",
        created.stderr
    );
    let deleted = world.cub("space delete fluffy-bear-traderx --recursive", &[]).await;
    assert_eq!(deleted.status, 0, "{}", deleted.stderr);
    let applied = world.cub("unit apply u --space fluffy-bear-traderx --revision 3 --wait=false", &[]).await;
    assert_eq!(applied.status, 0, "{}", applied.stderr);
    let asked = world.asked();
    assert!(asked.contains(&"POST /api/space?allow_exists=true".to_owned()), "{asked:?}");
    assert!(asked.contains(&format!("DELETE /api/space/{SPACE}?recursive=true")), "{asked:?}");
    assert!(asked.contains(&format!("POST /api/space/{SPACE}/unit/{UNIT}/apply?revision=3")), "{asked:?}");
}

#[tokio::test]
async fn merges_and_change_sets_go_with_a_patch_of_the_unit() {
    let world = World::start().await;
    let merge = "unit update u --space fluffy-bear-traderx --patch --merge-source fluffy-bear-traderx/u --merge-base 2";
    let merged = world.cub(merge, &[]).await;
    assert_eq!(merged.status, 0, "{}", merged.stderr);
    let joined = world.cub("unit update u --space fluffy-bear-traderx --patch --changeset c", &[]).await;
    assert_eq!(joined.status, 0, "{}", joined.stderr);
    let left = world.cub("unit update u --space fluffy-bear-traderx --patch --changeset -", &[]).await;
    assert_eq!(left.status, 0, "{}", left.stderr);
    let asked = world.asked.lock().unwrap();
    let patches = asked.iter().filter(|(asked, ..)| asked.starts_with("PATCH"));
    let patches: Vec<(&str, &str)> = patches.map(|(asked, _, body)| (asked.as_str(), body.as_str())).collect();
    let unit = format!("PATCH /api/space/{SPACE}/unit/{UNIT}");
    assert_eq!(
        patches,
        [
            (format!("{unit}?merge_base=2&merge_source={UNIT}").as_str(), "null"),
            (
                format!("{unit}?change_set_id={OPERATION}").as_str(),
                format!("{{\"ChangeSetID\":\"{OPERATION}\"}}").as_str()
            ),
            (unit.as_str(), "{\"ChangeSetID\":null}"),
        ]
    );
}

#[tokio::test]
async fn a_wait_gives_up_after_its_timeout_of_environment_time() {
    let world = World::start().await;
    let fast = [("STAGEGATE_SPEED", "2000")];
    let outcome = world.cub("unit apply u --space fluffy-bear-traderx", &fast).await;
    assert_eq!(outcome.status, 1);
    assert_eq!(outcome.stderr, format!("Failed: Apply didn't complete on unit {UNIT}\n"));
    assert!(outcome.stdout.is_empty());
}

#[tokio::test]
async fn the_manifest_of_a_worker_names_the_port_of_the_hub() {
    let world = World::start().await;
    let outcome = world.cub("worker install w --space fluffy-bear-traderx --export", &[]).await;
    let port = world.url.rsplit(':').next().unwrap();
    let words = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let variable = format!("- name: CONFIGHUB_WORKER_PORT value: \"{port}\"");
    assert!(words.contains(&variable), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("ch_hush"), "the secret was not asked for");
}

#[tokio::test]
async fn without_a_session_nothing_is_sent() {
    let world = World::start().await;
    let nobody = tempfile::tempdir().unwrap();
    for command in ["space list", "unit list --space s", "version", "auth get-token"] {
        let outcome = run(nobody.path(), command, &[("CONFIGHUB_URL", &world.url)]).await;
        assert_eq!(outcome.status, 1, "{command}");
        assert_eq!(outcome.stdout, "No session. Only unauthenticated commands will work\n", "{command}");
        let advice = "you must be authenticated to execute this command. Log in with the command: cub auth login";
        assert_eq!(outcome.stderr, format!("Failed: {advice}\n"), "{command}");
    }
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn refusals_of_the_hub_are_told_in_its_words() {
    let world = World::start().await;
    let token = world.home.path().join(".confighub/tokens/here.json");
    std::fs::write(token, r#"{"accessToken": "stale"}"#).unwrap();
    let outcome = world.cub("space list", &[]).await;
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, "Failed: HTTP 401 for req req-1: invalid token\n"));
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_named() {
    let world = World::start().await;
    let gone = [("CONFIGHUB_URL", "http://127.0.0.1:9")];
    let outcome = world.cub("space create s", &gone).await;
    let expected = "Failed: Post \"http://127.0.0.1:9/api/space\": dial tcp 127.0.0.1:9: connect: connection refused\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (1, expected));
}

#[tokio::test]
async fn what_cannot_be_done_here_says_so_and_why_with_its_own_status() {
    let world = World::start().await;
    for (command, named) in [
        ("completion bash", "completion bash"),
        ("unit update u --space fluffy-bear-traderx --allow-exists", "unit update --allow-exists"),
        ("helm install a b --space fluffy-bear-traderx", "helm install"),
        ("helm upgrade a b --space fluffy-bear-traderx", "helm upgrade"),
        ("upgrade", "upgrade"),
    ] {
        let outcome = world.cub(command, &[]).await;
        assert_eq!(outcome.status, 70, "{command}");
        let reason = outcome.stderr.strip_prefix(&format!("stagegate cub: \"cub {named}\" is not supported: "));
        assert!(reason.is_some_and(|reason| reason.len() > "because\n".len()), "{command}: {}", outcome.stderr);
    }
}

#[tokio::test]
async fn usage_errors_are_the_real_clients() {
    let home = tempfile::tempdir().unwrap();
    for (command, expected) in [
        ("nosuch", "unknown command \"nosuch\" for \"cub\""),
        ("space list --format json", "unknown flag: --format"),
        ("space list -o json", "unknown shorthand flag: 'o' in -o"),
        ("unit apply a --where", "flag needs an argument: --where"),
        (
            "unit apply a --wait=maybe",
            "invalid argument \"maybe\" for \"--wait\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
        ),
        ("unit apply a b", "accepts at most 1 arg(s), received 2"),
        ("unit get", "accepts 1 arg(s), received 0"),
        ("unit diff", "accepts between 1 and 3 arg(s), received 0"),
        ("function do", "requires at least 1 arg(s), only received 0"),
        ("space list --=x", "bad flag syntax: --=x"),
    ] {
        let outcome = run(home.path(), command, &[]).await;
        assert_eq!((outcome.status, outcome.stderr), (1, format!("Failed: {expected}\n")), "{command}");
        assert!(outcome.stdout.is_empty(), "{command}");
    }
}

#[tokio::test]
async fn an_unknown_command_of_a_group_prints_the_groups_help_and_succeeds() {
    let home = tempfile::tempdir().unwrap();
    for command in ["unit history u --space s", "changeset apply c", "auth status", "unit", "unit --help", "help unit"]
    {
        let outcome = run(home.path(), command, &[]).await;
        assert_eq!(outcome.status, 0, "{command}");
        assert!(
            outcome.stdout.contains("Usage:\n  cub ") && outcome.stdout.contains(" [command]\n"),
            "{}",
            outcome.stdout
        );
    }
    let help = run(home.path(), "unit apply --help", &[]).await.stdout;
    assert!(
        help.contains("      --timeout string    how long to wait, such as 10s or 2m (default \"2m\")\n"),
        "{help}"
    );
    assert!(help.contains("Global Flags:\n      --debug          "), "{help}");
}

#[tokio::test]
async fn the_contract_of_another_era_is_taken_when_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let august = [("STAGEGATE_CUB_CONTRACT", "2025-08")];
    let outcome = run(home.path(), "space new-prefix", &august).await;
    assert!(outcome.stdout.contains("Available Commands:") && !outcome.stdout.contains("new-prefix"));
    assert_eq!(run(home.path(), "space list", &[("STAGEGATE_CUB_CONTRACT", "1999-12")]).await.status, 1);
}
