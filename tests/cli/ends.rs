//! A hub and a cluster in processes of their own, as ends that others use, too.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::command::{Place, bare};

/// One of the two.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Hub,
    Cluster,
}

/// A process that is ended with the test.
pub(crate) struct Serving(Child);

impl Serving {
    /// Starts a sub-command and waits until it says that it is ready.
    pub(crate) fn start(place: &Place, line: &str, ready: &str) -> Self {
        let mut command = bare(&place.path(""));
        command.args(line.split_whitespace()).env("HOME", place.path(""));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let found = lines.any(|line| line.expect("text").contains(ready));
        assert!(found, "`{line}` never said {ready}");
        // What it says later is read away, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Politely: it removes its files.
        let pid = self.0.id().to_string();
        let _gone = Command::new("kill").args(["-s", "TERM", &pid]).status();
        let _gone = self.0.wait();
    }
}

/// A hub and a cluster that others use, too.
pub(crate) struct Ends {
    pub(crate) place: Place,
    pub(crate) url: String,
    pub(crate) token: String,
    /// The hub, then the cluster.
    serving: [Serving; 2],
}

pub(crate) const KUBECONFIG: &str = "kubeconfig.yaml";

impl Ends {
    pub(crate) fn new() -> Self {
        Self::with_speed(20)
    }

    /// `speed` is how many of the cluster's seconds are one of ours.
    pub(crate) fn with_speed(speed: u32) -> Self {
        Self::with(speed, "[]")
    }

    /// `faults` are rules that the hub follows.
    pub(crate) fn with(speed: u32, faults: &str) -> Self {
        let place = Place::new();
        place.write("faults.yaml", faults);
        let hub = Serving::start(&place, "hub --home login --faults faults.yaml", "Ctrl-C ends the hub");
        let line = format!("cluster --speed {speed} --kubeconfig {KUBECONFIG}");
        let cluster = Serving::start(&place, &line, "Ctrl-C ends the cluster.");
        let session = place.json("login/.confighub/session.json");
        let context = place.json("login/.confighub/context.json");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let token = text(&session["access_token"]);
        place.write("token", &token);
        Self { url: text(&context["confighub_url"]), token, place, serving: [hub, cluster] }
    }

    /// The words with which a run uses both.
    pub(crate) fn words(&self) -> String {
        format!("--cluster kubeconfig={KUBECONFIG} --hub-address 127.0.0.1 --hub {} --hub-token-file token", self.url)
    }

    pub(crate) fn call(&self, line: &str) -> assert_cmd::assert::Assert {
        self.place.command(line).env("HOME", self.place.path("")).assert()
    }

    pub(crate) fn kubectl(&self, line: &str) -> String {
        let kubeconfig = self.place.path(KUBECONFIG);
        let output = Command::new("kubectl").env("KUBECONFIG", kubeconfig).args(line.split_whitespace()).output();
        let output = output.expect("kubectl is needed on PATH");
        assert!(output.status.success(), "kubectl {line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Whether the API server takes no such token.
    pub(crate) fn is_refused(&self, token: &str) -> bool {
        let kubeconfig = self.place.path(KUBECONFIG);
        let mut asked = Command::new("kubectl");
        asked.env("KUBECONFIG", kubeconfig).args(["auth", "whoami", "--token", token]);
        !asked.output().expect("kubectl is needed on PATH").status.success()
    }

    /// The process id of the hub.
    pub(crate) fn hub_process(&self) -> u32 {
        self.serving[End::Hub as usize].0.id()
    }

    /// Ends the hub or the cluster at once, as a crash would.
    pub(crate) fn kill(&mut self, which: End) {
        let process = &mut self.serving[which as usize].0;
        process.kill().expect("it was there");
        process.wait().expect("it ended");
    }

    /// What the hub answers.
    pub(crate) fn hub(&self, path: &str) -> Value {
        let url = format!("{}/api{path}", self.url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let asked = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await.expect("an answer");
            asked.json().await.expect("JSON")
        })
    }

    /// Spaces of the hub, and what the cluster has that a new one has not.
    pub(crate) fn held(&self) -> (usize, String) {
        let spaces = self.hub("/space").as_array().expect("a list").len();
        let kinds = "namespaces,deployments,clusterrolebindings,clusterroles";
        let listed = self.kubectl(&format!("get {kinds} -A -o name"));
        let own = |line: &&str| {
            !["kube-", "/default", "/system:", "/cluster-admin", "/admin", "/edit", "/view"]
                .iter()
                .any(|part| line.contains(part))
        };
        (spaces, listed.lines().filter(own).collect::<Vec<_>>().join(" "))
    }

    pub(crate) fn ledgers(&self) -> Vec<PathBuf> {
        let folder = self.place.path(".local/state/stagegate/runs");
        let entries = std::fs::read_dir(folder).map(|entries| entries.map(|entry| entry.expect("an entry").path()));
        entries.map(Iterator::collect).unwrap_or_default()
    }
}
