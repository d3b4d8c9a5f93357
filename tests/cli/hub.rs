//! `stagegate hub`: what it says, what it refuses, and that the session it prints works.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Cursor};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, ExitStatus, Stdio};

use predicates::str::contains;
use stagegate_cub::{Invocation, Streams};

use crate::command::{Place, bare, shown};

/// A hub that serves, and what it has printed so far.
struct Served {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    printed: String,
}

impl Served {
    fn start(place: &Place, line: &str) -> Self {
        let mut command = bare(&place.path(""));
        // What is shown first goes by what there is on PATH.
        command.env("PATH", place.path("bin"));
        let mut child =
            command.arg("hub").args(line.split_whitespace()).stdout(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        Self { child, lines, printed: String::new() }
    }

    /// Reads on until a line holds `text`; gives that line.
    fn until(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.next().unwrap_or_else(|| panic!("it never said {text}:\n{}", self.printed));
            let line = line.expect("text");
            self.printed.push_str(&format!("{line}\n"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The variables that it says to export.
    fn exports(&self) -> BTreeMap<String, String> {
        let exports = self.printed.lines().filter_map(|line| line.trim().strip_prefix("export ")?.split_once('='));
        exports.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn token(&self) -> String {
        let session = PathBuf::from(&self.exports()["HOME"]).join(".confighub/session.json");
        let session: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(session).expect("a session")).expect("JSON");
        session["access_token"].as_str().expect("a token").to_owned()
    }

    fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Sends a signal, reads to the end, and gives all that was printed.
    fn end(mut self, signal: &str) -> (String, ExitStatus) {
        self.signal(signal);
        for line in self.lines.by_ref() {
            self.printed.push_str(&format!("{}\n", line.expect("text")));
        }
        (std::mem::take(&mut self.printed), self.child.wait().expect("it ends"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone, unless an assertion failed.
        let _gone = self.child.kill();
    }
}

/// Calls the client with what the hub says to export; gives status and output.
fn cub(hub: &Served, line: &str) -> (u8, String) {
    let invocation = Invocation {
        args: line.split_whitespace().map(str::to_owned).collect(),
        env: hub.exports(),
        cwd: std::env::temp_dir(),
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let streams = Streams { stdin: &mut Cursor::new(Vec::new()), stdout: &mut stdout, stderr: &mut stderr };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let status = runtime.block_on(stagegate_cub::run(invocation, streams));
    stdout.extend(stderr);
    (status, String::from_utf8(stdout).expect("text"))
}

#[test]
fn the_help_names_every_option() {
    let place = Place::new();
    insta::assert_snapshot!(shown(&place.call("hub --help"), &place));
}

#[test]
fn the_printed_session_works_and_each_change_has_a_line() {
    let place = Place::new();
    let mut hub = Served::start(&place, "");
    hub.until("Ctrl-C");
    let (home, token) = (hub.exports()["HOME"].clone(), hub.token());
    assert_eq!(cub(&hub, "space create hello --label tier=a").0, 0);
    let line = hub.until("hello");
    assert!(line.contains("+ Space hello: label tier = a"), "{line}");
    let (status, listed) = cub(&hub, "space list");
    assert!(status == 0 && listed.contains("hello"), "{listed}");
    assert_ne!(cub(&hub, "space create hello").0, 0);
    assert!(hub.until("! 400").contains("Space with slug hello already exists"));
    let (printed, status) = hub.end("INT");
    assert_eq!(status.code(), Some(130));
    assert!(printed.ends_with("ended by SIGINT\n"), "{printed}");
    assert!(!printed.contains(&token) && !printed.contains('\u{1b}'), "{printed}");
    assert!(!PathBuf::from(home).exists(), "the fresh folder is left behind");
}

#[test]
fn without_a_cub_the_screen_begins_with_what_there_is() {
    let place = Place::new();
    let mut hub = Served::start(&place, "--home home");
    hub.until("Ctrl-C");
    let (printed, _) = hub.end("INT");
    assert!(printed.contains("curl --netrc-file ~/.confighub/netrc http://127.0.0.1:"), "{printed}");
    assert!(!printed.contains("  cub space"), "{printed}");
}

#[test]
fn the_screen_says_how_to_begin() {
    let place = Place::new();
    place.with_cub();
    place.write("faults.yaml", "- {label: slow, match: {first: 1}, effect: {latency: 1ms}}\n");
    let mut hub = Served::start(&place, "--home home --faults faults.yaml --seed 7");
    hub.until("Ctrl-C");
    let environment = place.read("home/hub.env");
    assert!(environment.contains("export CONFIGHUB_URL=http://127.0.0.1:"), "{environment}");
    assert_eq!(cub(&hub, "space list").0, 0);
    assert!(hub.until("* fault").contains("* fault 1 (slow): GET /api/space, latency 1ms"));
    let port = hub.exports()["CONFIGHUB_WORKER_PORT"].clone();
    let (printed, status) = hub.end("TERM");
    assert_eq!(status.code(), Some(143));
    let folder = place.path("").canonicalize().expect("a folder");
    let screen: String =
        printed.lines().take_while(|line| !line.contains("* fault")).map(|l| format!("{l}\n")).collect();
    insta::assert_snapshot!(screen.replace(&*folder.to_string_lossy(), "FOLDER").replace(&port, "PORT"));
    assert!(place.path("home/.confighub/session.json").is_file(), "a named home stays");
}

#[test]
fn what_was_saved_is_there_again() {
    let place = Place::new();
    let mut hub = Served::start(&place, "--save saved");
    hub.until("Ctrl-C");
    let token = hub.token();
    assert_eq!(cub(&hub, "space create hello").0, 0);
    hub.signal("USR1");
    hub.until("saved to saved");
    assert!(place.path("saved/organizations/stagegate/spaces/hello/space.yaml").is_file());
    assert_eq!(cub(&hub, "space create later").0, 0);
    assert_eq!(hub.end("INT").1.code(), Some(130));
    let mut again = Served::start(&place, "--load saved --quiet");
    again.until("Ctrl-C");
    assert_eq!(again.token(), token);
    let (_, listed) = cub(&again, "space list");
    assert!(listed.contains("hello") && listed.contains("later"), "{listed}");
    let (printed, _) = again.end("INT");
    assert!(!printed.contains("+ Space"), "{printed}");
}

#[test]
fn the_log_for_machines_is_one_object_a_line() {
    let place = Place::new();
    let mut hub = Served::start(&place, "--log ndjson --home home");
    let started: serde_json::Value = serde_json::from_str(&hub.until("started")).expect("JSON");
    let mut exports = BTreeMap::from([("HOME".to_owned(), place.path("home").display().to_string())]);
    exports.insert("CONFIGHUB_URL".to_owned(), started["hub"]["url"].as_str().expect("a URL").to_owned());
    hub.printed = exports.iter().map(|(name, value)| format!("export {name}={value}\n")).collect();
    assert_eq!(cub(&hub, "space create hello").0, 0);
    hub.printed.clear();
    let change: serde_json::Value = serde_json::from_str(&hub.until("\"change\"")).expect("JSON");
    assert_eq!((&change["event"], &change["change"]["kind"]), (&"change".into(), &"Space".into()));
    let (printed, _) = hub.end("INT");
    assert!(printed.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{printed}");
}

#[test]
fn quotas_and_users_are_taken_over() {
    let place = Place::new();
    place.write(
        "users.yaml",
        "users:\n- {email: lead@example.org}\norganizations:\n- slug: acme\n  members:\n  - {user: lead@example.org, role: owner}\n",
    );
    let mut hub = Served::start(&place, "--quota Space=1 --users users.yaml");
    hub.until("Ctrl-C");
    assert_eq!(cub(&hub, "space create one").0, 0);
    let (status, refused) = cub(&hub, "space create two");
    assert!(status == 1 && refused.contains("exceeded maximum quota for entity type Space"), "{refused}");
    hub.end("INT");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let place = Place::new();
    place
        .write("rules.yaml", "- effect:\n    latency: soon\n")
        .write("nth.yaml", "- match: {nth: 0}\n  effect: half-open\n")
        .write("operation.yaml", "- effect: half-open\n- match: {operation: CreatSpace}\n  effect: half-open\n")
        .write("status.yaml", "- effect: half-open\n- label: b\n  effect: {error: {status: 200}}\n")
        .write("query.yaml", "- match: {path: /api/space?where=a}\n  effect: half-open\n")
        .write("path.yaml", "- match: {path: space/*}\n  effect: half-open\n")
        .write("spaces.yaml", "- effect: {quota: {entity-type: Spaces, limit: 1}}\n")
        .write("foreign/notes.txt", "mine")
        .write("users.yaml", "users:\n- {email: nobody}\norganizations: []\n")
        .write("saved/snapshot.yaml", "Format: 99\n")
        .write("empty.toml", "")
        .write("stagegate.toml", "[standalone]\nquotas = []\n");
    let lines = [
        "--port 99999",
        "--quota Space",
        "--quota =3",
        "--quota Spaces=3",
        "--quota Space=1 --quota Unti=0",
        "--log xml",
        "--faults nosuch.yaml",
        "--faults rules.yaml",
        "--faults nth.yaml",
        "--faults operation.yaml",
        "--users users.yaml",
        "--load nosuch",
        "--load saved",
        "--load saved --users users.yaml",
        "--faults status.yaml",
        "--faults query.yaml",
        "--faults path.yaml",
        "--faults spaces.yaml",
        "--save .",
        "--save empty.toml",
        "--save foreign",
        "--save empty.toml/inside",
    ];
    let told: String = lines
        .iter()
        .map(|line| {
            let mut command = place.command(&format!("hub {line}"));
            command.env("STAGEGATE_CONFIG", "empty.toml");
            format!("$ hub {line}\n{}\n", shown(&command.assert(), &place))
        })
        .collect();
    insta::assert_snapshot!(told);
    place.call("hub").code(2).stderr(contains("unknown field `quotas`"));
}

#[test]
fn folders_for_saving_are_looked_at_first_and_left_alone() {
    let place = Place::new();
    place.write("saved/snapshot.yaml", "Format: 1\n").write("foreign/notes.txt", "mine");
    place.call("hub --save foreign").code(2);
    assert_eq!(place.read("foreign/notes.txt"), "mine");
    let mut hub = Served::start(&place, "--save saved");
    hub.until("Ctrl-C");
    assert_eq!(place.read("saved/snapshot.yaml"), "Format: 1\n");
    let mut other = Served::start(&place, "--save new/deep");
    other.until("Ctrl-C");
    assert!(!place.path("new/deep").exists());
    assert_eq!(other.end("INT").1.code(), Some(130));
    assert!(place.path("new/deep/snapshot.yaml").is_file());
}

#[test]
fn the_screen_says_who_one_is_and_how_to_be_another() {
    let place = Place::new();
    place.with_cub();
    place.write("none.yaml", "# nothing yet\n").write(
        "users.yaml",
        "users:\n- {email: lead@example.org}\n- {email: ann@example.org}\n- {email: bo@example.org}\n\
         organizations:\n- slug: acme\n  members:\n  - {user: lead@example.org, role: owner}\n\
         \x20 - {user: ann@example.org, role: viewer, grants: [{where: \"Labels.env = 'dev'\", actions: [write, apply]}]}\n\
         - slug: other\n  members:\n  - {user: bo@example.org, role: owner}\n",
    );
    let mut hub = Served::start(&place, "--users users.yaml --faults none.yaml --home home");
    hub.until("Ctrl-C");
    let port = hub.exports()["CONFIGHUB_WORKER_PORT"].clone();
    let passwords = place.read("home/.confighub/netrc");
    assert!(passwords.contains("machine 127.0.0.1 login ann@example.org password pw_"), "{passwords}");
    let (printed, _) = hub.end("INT");
    let folder = place.path("").canonicalize().expect("a folder");
    insta::assert_snapshot!(printed.replace(&*folder.to_string_lossy(), "FOLDER").replace(&port, "PORT"));
}

#[test]
fn what_did_nothing_has_a_line_too_and_ids_have_names() {
    let place = Place::new();
    place.write(
        "deployment.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  template:\n    spec:\n      containers:\n      \
         - name: api\n        image: api:v1\n",
    );
    let mut hub = Served::start(&place, "");
    hub.until("Ctrl-C");
    let file = place.path("deployment.yaml").display().to_string();
    for line in [
        "space create shop",
        &format!("unit create --space shop api {file}"),
        "worker create w1 --space shop",
        "target create t1 {} w1 --space shop",
        "unit set-target api t1 --space shop",
    ] {
        let (status, said) = cub(&hub, line);
        assert_eq!(status, 0, "{line}: {said}");
    }
    cub(&hub, "unit apply api --space shop --wait=false");
    let line = hub.until("queued");
    assert!(line.contains("queued for target t1; it waits for worker w1, which has never connected"), "{line}");
    cub(&hub, "function do --space shop --where Slug='api' set-replicas many");
    let line = hub.until("! 207");
    assert!(line.contains("POST /api/space/shop/function/invoke") && line.contains(": "), "{line}");
    cub(&hub, "unit update --patch --space shop --where Slug='nosuch' --label a=b");
    let line = hub.until("! 200");
    assert!(line.contains("PATCH /api/unit") && line.contains("nothing was selected"), "{line}");
    assert_ne!(cub(&hub, "target create t1 {} w1 --space shop").0, 0);
    let line = hub.until("! 400");
    assert!(line.contains("POST /api/space/shop/target: Target with slug t1 already exists"), "{line}");
    hub.end("INT");
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    place
        .call(&format!("hub --port {port}"))
        .code(3)
        .stderr(contains(format!("cannot listen on 127.0.0.1:{port}")))
        .stderr(contains("leave --port out for a free one"));
}
