//! A registry client walks from manifests to configurations and layers, as containerd does.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test says what it expects")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stagegate_images::{Outcome, Pull, Registry, RegistryError, STAND_IN_LABEL};
use stagegate_kubernetes::Catalogue;

const CATALOGUE: &str = r#"
images:
  - name: ghcr.io/acme/web
    pull: 300ms
    listen: [{ port: 8080, answers: [{ path: /, body: hello }] }]
  - { name: ghcr.io/acme/secret, private: true }
  - { name: ghcr.io/acme/pinned, pull: 0s, digests: ["sha256:00aa"] }
  - { name: ghcr.io/acme/local, loaded: true, tags: [v1] }
  - { name: busybox, pull: 0s, tags: ["*"], cmd: [sh], commands: [sh, nc, "true"] }
"#;

struct Bench {
    registry: Registry,
    url: String,
    client: Client,
    pulls: Arc<Mutex<Vec<Pull>>>,
}

impl Bench {
    async fn start() -> Self {
        let catalogue = Catalogue::parse(CATALOGUE).expect("a catalogue");
        let pulls = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&pulls);
        let address = ["127.0.0.1:0".parse().expect("an address")];
        let registry = Registry::start(catalogue, executable(), &address, move |pull| {
            told.lock().expect("no panic").push(pull);
        });
        let registry = registry.await.expect("a registry");
        let url = format!("http://{}", registry.addresses()[0]);
        Self { registry, url, client: Client::new(), pulls }
    }

    async fn ask(&self, method: Method, path: &str) -> Response {
        self.client.request(method, format!("{}{path}", self.url)).send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path).await
    }

    async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.expect("JSON")
    }

    fn outcomes(&self) -> Vec<(String, Outcome)> {
        self.pulls.lock().expect("no panic").drain(..).map(|pull| (pull.image, pull.outcome)).collect()
    }
}

/// This test: an executable like any other.
fn executable() -> PathBuf {
    std::env::current_exe().expect("a path")
}

fn digest(response: &Response) -> String {
    let header = response.headers().get("docker-content-digest").expect("a digest");
    header.to_str().expect("a text").to_owned()
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "there is no executable for Linux here")]
async fn an_image_is_walked_from_its_tag_to_its_layers() {
    let bench = Bench::start().await;
    let head = bench.ask(Method::HEAD, "/v2/acme/web/manifests/latest?ns=ghcr.io").await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["content-type"], "application/vnd.oci.image.manifest.v1+json");
    let manifest_digest = digest(&head);
    assert_eq!(bench.registry.digest("ghcr.io/acme/web:latest").as_deref(), Some(manifest_digest.as_str()));

    let body = bench.get(&format!("/v2/acme/web/manifests/{manifest_digest}?ns=ghcr.io")).await.bytes().await;
    let body = body.expect("the manifest");
    assert_eq!(head.headers()["content-length"], body.len().to_string());
    assert_eq!(format!("sha256:{:x}", Sha256::digest(&body)), manifest_digest);
    let manifest: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(manifest["annotations"][STAND_IN_LABEL], "true");

    let config_path = format!("/v2/acme/web/blobs/{}", manifest["config"]["digest"].as_str().expect("a digest"));
    let config = bench.json(&config_path).await;
    assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/stagegate", "workload"]));
    let entry = config["config"]["Env"][1].as_str().and_then(|env| env.strip_prefix("STAGEGATE_WORKLOAD="));
    let entry: stagegate_kubernetes::Image = serde_json::from_str(entry.expect("the entry")).expect("an entry");
    assert_eq!((entry.name.as_str(), entry.listen[0].port), ("ghcr.io/acme/web", 8080));

    let layers = manifest["layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 2);
    for (layer, diff_id) in layers.iter().zip(config["rootfs"]["diff_ids"].as_array().expect("diff ids")) {
        assert_eq!(&layer["digest"], diff_id);
        let path = format!("/v2/acme/web/blobs/{}", layer["digest"].as_str().expect("a digest"));
        let whole = bench.get(&path).await.bytes().await.expect("the layer");
        assert_eq!(format!("sha256:{:x}", Sha256::digest(&whole)), layer["digest"]);
        let part = bench.client.get(format!("{}{path}", bench.url)).header("range", "bytes=512-1023").send().await;
        let part = part.expect("an answer");
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.bytes().await.expect("a part"), whole[512..1024]);
    }
    let expected = [
        ("ghcr.io/acme/web:latest".to_owned(), Outcome::Resolved { digest: manifest_digest.clone() }),
        (format!("ghcr.io/acme/web@{manifest_digest}"), Outcome::Served { digest: manifest_digest }),
    ];
    assert_eq!(bench.outcomes(), expected);
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "there is no executable for Linux here")]
async fn what_the_catalogue_does_not_have_is_not_there() {
    let bench = Bench::start().await;
    for path in [
        "/v2/acme/web/manifests/v9?ns=ghcr.io",
        "/v2/acme/web/manifests/latest?ns=quay.io",
        "/v2/library/nginx/manifests/latest?ns=docker.io",
        "/v2/acme/pinned/manifests/sha256:00bb?ns=ghcr.io",
    ] {
        let answer = bench.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["errors"][0]["code"], "MANIFEST_UNKNOWN", "{path}");
    }
    assert!(bench.outcomes().iter().all(|(_, outcome)| *outcome == Outcome::NotFound));
    let blob = bench.json("/v2/acme/web/blobs/sha256:00").await;
    assert_eq!(blob["errors"][0]["code"], "BLOB_UNKNOWN");
    let push = bench.ask(Method::PUT, "/v2/acme/web/manifests/latest").await;
    assert_eq!(push.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(bench.get("/v2/").await.status(), StatusCode::OK);
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "there is no executable for Linux here")]
async fn a_private_image_wants_a_token_that_nobody_gets() {
    let bench = Bench::start().await;
    let answer = bench.get("/v2/acme/secret/manifests/latest?ns=ghcr.io").await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let expected =
        format!("Bearer realm=\"{}/token\",service=\"ghcr.io\",scope=\"repository:acme/secret:pull\"", bench.url);
    assert_eq!(answer.headers()["www-authenticate"], expected);
    assert_eq!(bench.get("/token?service=ghcr.io").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(bench.outcomes(), [("ghcr.io/acme/secret:latest".to_owned(), Outcome::Private)]);
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "there is no executable for Linux here")]
async fn only_the_manifest_itself_takes_the_time_of_a_pull() {
    let bench = Bench::start().await;
    let begun = Instant::now();
    let answer = bench.get("/v2/acme/web/manifests/latest?ns=ghcr.io").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(begun.elapsed() >= Duration::from_millis(300), "the pull time of the entry");
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "there is no executable for Linux here")]
async fn tools_have_their_own_command_lines_and_share_the_layer_of_the_executable() {
    let bench = Bench::start().await;
    let tool = bench.json("/v2/library/busybox/manifests/1.36?ns=docker.io").await;
    let web = bench.json("/v2/acme/web/manifests/latest?ns=ghcr.io").await;
    assert_eq!(tool["layers"][0], web["layers"][0]);
    assert_ne!(tool["layers"][1], web["layers"][1]);
    let path = format!("/v2/library/busybox/blobs/{}", tool["config"]["digest"].as_str().expect("a digest"));
    let config = bench.json(&path).await;
    assert_eq!(config["config"]["Cmd"], serde_json::json!(["sh"]));
    assert!(config["config"]["Entrypoint"].is_null());
}

#[tokio::test]
#[cfg_attr(not(target_os = "linux"), ignore = "there is no executable for Linux here")]
async fn what_no_pull_can_bring_has_to_be_imported() {
    let bench = Bench::start().await;
    let answer = bench.get("/v2/acme/pinned/manifests/sha256:00aa?ns=ghcr.io").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(bench.outcomes(), [("ghcr.io/acme/pinned@sha256:00aa".to_owned(), Outcome::RealDigest)]);
    // What has been imported is not fetched: it is only asked whether it is still there.
    let head = bench.ask(Method::HEAD, "/v2/acme/pinned/manifests/sha256:00aa?ns=ghcr.io").await;
    assert_eq!((head.status(), digest(&head)), (StatusCode::OK, "sha256:00aa".to_owned()));
    let other = bench.ask(Method::HEAD, "/v2/acme/pinned/manifests/sha256:00bb?ns=ghcr.io").await;
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    let imports = bench.registry.imports(bench.registry.addresses()[0]);
    let names: Vec<_> = imports.iter().map(|import| import.image.as_str()).collect();
    assert_eq!(names, ["ghcr.io/acme/pinned@sha256:00aa", "ghcr.io/acme/local:v1"]);
    let (path, manifest) = imports[0].file.as_ref().expect("a manifest");
    assert!(path.ends_with("/blobs/sha256/00aa"), "{path}");
    assert_eq!(head.headers()["content-length"], manifest.len().to_string().as_str());
    // Without a namespace, as `ctr` asks for it.
    let ours = bench.registry.digest("ghcr.io/acme/pinned").expect("a stand-in");
    let answer = bench.get(&format!("/v2/ghcr.io/acme/pinned/manifests/{ours}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_is_open_to_everybody_is_refused() {
    let catalogue = Catalogue::parse("images: []").expect("a catalogue");
    let open = ["0.0.0.0:0".parse().expect("an address")];
    let error = Registry::start(catalogue, executable(), &open, |_| {}).await.expect_err("open");
    assert!(matches!(error, RegistryError::Unspecified(_)), "{error}");
}
