//! A stand-in image, taken from its registry layer by layer, and its process in it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use stagegate_images::Registry;
use stagegate_kubernetes::Catalogue;

const CATALOGUE: &str = "
images:
  - { name: acme/web, pull: 0s, crash: { after: 0s, exit-code: 3, log: about to fail } }
  - { name: busybox, pull: 0s, cmd: [sh], commands: [sh, ls, cat, echo] }
";

/// Lays an image's layers into `folder`; gives its configuration.
async fn unpack(url: &str, name: &str, folder: &Path) -> Value {
    let get = async |path: String| reqwest::get(format!("{url}/v2/{name}/{path}")).await.expect("an answer");
    let manifest: Value = get("manifests/latest".to_owned()).await.json().await.expect("a manifest");
    for layer in manifest["layers"].as_array().expect("layers") {
        let blob = get(format!("blobs/{}", layer["digest"].as_str().expect("a digest"))).await;
        let bytes = blob.bytes().await.expect("a layer");
        tar::Archive::new(bytes.as_ref()).unpack(folder).expect("an archive");
    }
    let config = get(format!("blobs/{}", manifest["config"]["digest"].as_str().expect("a digest"))).await;
    config.json().await.expect("a configuration")
}

/// Runs a command line with the folder as its root.
fn run_in(root: &Path, config: &Value, line: &[&str]) -> Output {
    let mut command = Command::new("unshare");
    command.arg("--user").arg("--map-root-user").arg("--root").arg(root).args(line).env_clear();
    for variable in config["config"]["Env"].as_array().expect("variables") {
        let (name, value) = variable.as_str().and_then(|text| text.split_once('=')).expect("NAME=VALUE");
        command.env(name, value);
    }
    command.output().expect("unshare")
}

#[tokio::test]
async fn an_image_is_all_that_its_process_needs() {
    let possible = Command::new("unshare").args(["--user", "--map-root-user", "--root", "/", "true"]).status();
    if !possible.is_ok_and(|status| status.success()) {
        println!("not run: an_image_is_all_that_its_process_needs (this user may not change the root folder)");
        return;
    }
    let (catalogue, executable) = (Catalogue::parse(CATALOGUE).expect("a catalogue"), env!("CARGO_BIN_EXE_stagegate"));
    let address = ["127.0.0.1:0".parse().expect("an address")];
    let registry = Registry::start(catalogue, executable.into(), &address, |_| {}).await.expect("a registry");
    let url = format!("http://{}", registry.addresses()[0]);

    let root = tempfile::tempdir().expect("a folder");
    let config = unpack(&url, "acme/web", root.path()).await;
    let entrypoint: Vec<String> = serde_json::from_value(config["config"]["Entrypoint"].clone()).expect("words");
    let line: Vec<&str> = entrypoint.iter().map(String::as_str).collect();
    let output = run_in(root.path(), &config, &line);
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()),
        (Some(3), "about to fail\n"),
        "{output:?}"
    );

    let root = tempfile::tempdir().expect("a folder");
    let config = unpack(&url, "library/busybox", root.path()).await;
    let output = run_in(root.path(), &config, &["sh", "-c", "ls /bin && cat /etc/group && nslookup web"]);
    let expected = "cat\necho\nls\nsh\nroot:x:0:\nnogroup:x:65534:\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{output:?}");
    assert_eq!(output.status.code(), Some(127), "{output:?}");
}
