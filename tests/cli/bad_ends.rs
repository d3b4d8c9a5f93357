//! Hubs, clusters and machines that cannot be used: a file of `bad_ends/` for each, with the message that it gets.
//! Nothing may be left of such a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::command::{Place, bare, wait_until};
use crate::ends::{Ends, KUBECONFIG};

/// One situation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The words behind `stagegate run`.
    run: String,
    /// Of this the exit status tells, too.
    #[serde(default = "environment")]
    status: i32,
    /// The user of `kubeconfig`; without one that is not written.
    user: Option<Value>,
    /// The cluster of it; the one that serves when absent.
    cluster: Option<Value>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// A folder with stand-ins of kind and docker, which is all of PATH then.
    path: Option<PathBuf>,
    /// What these stand-ins find beside them.
    #[serde(default)]
    answers: BTreeMap<String, String>,
}

fn environment() -> i32 {
    3
}

/// What stands for what in the files of cases, and is shown instead of it.
struct World {
    ends: Ends,
    values: Vec<(&'static str, String)>,
}

impl World {
    fn new() -> Self {
        let ends = Ends::with_speed(200);
        let kubeconfig: Value = serde_saphyr::from_str(&ends.place.read(KUBECONFIG)).expect("a kubeconfig");
        let cluster = &kubeconfig["clusters"][0]["cluster"];
        let server = cluster["server"].as_str().expect("a server").to_owned();
        let authority = cluster["certificate-authority-data"].as_str().expect("an authority");
        let authority = base64::engine::general_purpose::STANDARD.decode(authority).expect("base64");
        ends.place.write("authority.pem", &String::from_utf8(authority).expect("PEM"));
        ends.kubectl("create serviceaccount weak -n default");
        ends.kubectl("create clusterrolebinding weak --clusterrole=view --serviceaccount=default:weak");
        let token = |words: &str| ends.kubectl(&format!("create token weak -n default {words}")).trim().to_owned();
        let (weak, expired) = (token("--duration 9000h"), token("--duration 10m"));
        wait_until("the token has expired", || ends.is_refused(&expired));
        let values = vec![
            ("{hub}", ends.url.clone()),
            ("{tls-hub}", ends.url.replace("http:", "https:")),
            ("{server}", server.clone()),
            ("{token}", ends.token.clone()),
            ("{weak-token}", weak),
            ("{expired-token}", expired),
            ("{folder}", ends.place.path("").display().to_string().trim_end_matches('/').to_owned()),
        ];
        Self { ends, values }
    }

    fn filled(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn shown(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(value, name))
    }
}

impl Case {
    fn kubeconfig(&self, world: &World) -> Option<String> {
        let usual = json!({"server": "{server}", "certificate-authority": "authority.pem"});
        let context = |name: &str, cluster: &str, user: &str| json!({"name": name, "context": {"cluster": cluster, "user": user}});
        let kubeconfig = json!({
            "clusters": [{"name": "c", "cluster": self.cluster.as_ref().unwrap_or(&usual)}],
            "users": [{"name": "u", "user": self.user.as_ref()?}],
            "contexts": [context("test", "c", "u"), context("nobody", "c", "gone"), context("nowhere", "gone", "u")],
            "current-context": "test",
        });
        Some(world.filled(&kubeconfig.to_string()))
    }

    /// The command, called in a folder of its own below that of the world, with a folder for temporary files in it.
    fn call(&self, world: &World, place: &Place) -> std::process::Output {
        for (name, text) in &self.files {
            place.write(name, &world.filled(text));
        }
        for file in ["token", "authority.pem"] {
            place.write(file, &world.ends.place.read(file));
        }
        if let Some(kubeconfig) = self.kubeconfig(world) {
            place.write("kubeconfig", &kubeconfig);
        }
        place.write("tmp/here", "").write("a.feature", "Feature: F\n  Scenario: S\n    Given I create space \"x\"\n");
        let mut command = bare(&place.path(""));
        command.args(["run", "a.feature", "-o", "out", "--hub-address", "127.0.0.1"]);
        command.args(world.filled(&self.run).split_whitespace());
        command.env("HOME", place.path("")).env("TMPDIR", place.path("tmp"));
        for (name, value) in &self.env {
            command.env(name, world.filled(value));
        }
        if let Some(path) = &self.path {
            command.env("PATH", self.stand_ins(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path), place));
        }
        command.output().expect("it starts")
    }

    /// A folder with the stand-ins and what they tell.
    fn stand_ins(&self, from: &Path, place: &Place) -> PathBuf {
        place.write("path/here", "");
        for entry in std::fs::read_dir(from).expect("stand-ins") {
            let entry = entry.expect("one");
            // A copy could not be run while another test's child still has it open for writing.
            std::os::unix::fs::symlink(entry.path(), place.path("path").join(entry.file_name())).expect("a link");
        }
        for (name, text) in &self.answers {
            place.write(&format!("path/{name}"), text);
        }
        place.path("path")
    }
}

/// The first diagnostic: from `error:` on, as far as lines belong to it.
fn diagnostic(output: &std::process::Output) -> String {
    let both = [&output.stderr, &output.stdout].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    let told = both.lines().skip_while(|line| !line.starts_with("error: "));
    let first = told.enumerate().take_while(|(number, line)| *number == 0 || line.starts_with(' '));
    first.map(|(_, line)| format!("{}\n", line.trim_end())).collect()
}

/// Files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn each_is_told_with_cause_and_fix_and_nothing_is_left() {
    let world = World::new();
    let before = world.ends.held();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::glob!("bad_ends/*.yaml", |path| {
            let text = std::fs::read_to_string(path).expect("a case");
            let case: Case = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let place = Place::new();
            let output = case.call(&world, &place);
            let run = place.read_if_there("out/journal.ndjson");
            let run_id = run.split("\"run_id\":\"").nth(1).map_or("-", |rest| &rest[..8]);
            let told = world.shown(&diagnostic(&output)).replace(&*place.path("").to_string_lossy(), "FOLDER/");
            let told = told.replace(&format!("stagegate-{run_id}"), "stagegate-RUN");
            let told = regex::Regex::new("stagegate-[0-9a-f]{8}").expect("a pattern").replace(&told, "stagegate-NEW");
            assert_eq!(output.status.code(), Some(case.status), "{}: {told}", path.display());
            assert_eq!(files(&place.path("tmp")), [place.path("tmp/here")], "{}", path.display());
            assert_eq!(files(&place.path(".local")), Vec::<PathBuf>::new(), "{}", path.display());
            assert!(!run.contains(&world.ends.token), "{}: a token is in the journal", path.display());
            insta::assert_snapshot!(told);
        });
    });
    assert_eq!(world.ends.held(), before);
}
