//! A session: files, and commands and requests in order.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::normalise;
use crate::sides::{Reply, Side};

/// What of a real cluster a session needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Needs {
    /// API server, controllers, scheduler and kwok, which makes Pods Ready whatever their image is.
    #[default]
    ControlPlane,
    /// A kubelet that really runs containers.
    Kubelet,
}

impl Needs {
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_value(text.into()).expect("STAGEGATE_RECORD is control-plane or kubelet")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    /// What the session shows, in a sentence.
    shows: String,
    #[serde(default)]
    pub(crate) needs: Needs,
    /// More images (an image catalogue) for the emulator; the real side must have them.
    #[serde(default)]
    pub(crate) images: Vec<Value>,
    /// Environment seconds in a wall second on the emulator, where the usual number lets a state pass by
    /// while kubectl starts.
    #[serde(default = "speed")]
    pub(crate) speed: f64,
    /// The answers keep their `managedFields`.
    #[serde(default)]
    managed_fields: bool,
    /// Files in the folder where commands run.
    #[serde(default)]
    files: BTreeMap<String, String>,
    steps: Vec<Step>,
    /// Commands that remove what is outside of the session's namespace.
    #[serde(default)]
    cleanup: Vec<String>,
    #[serde(skip)]
    name: String,
}

/// One step: exactly one of `run`, `send` and `until`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// A line for bash; `$NS` is the session's namespace, which is also the current one.
    run: Option<String>,
    /// `METHOD path`, with `$NS`.
    send: Option<String>,
    /// A line for bash that is run again until what it prints matches `prints`.
    until: Option<String>,
    prints: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    accept: Option<String>,
    /// Another user (`Impersonate-User`).
    #[serde(default, rename = "as")]
    impersonate: Option<String>,
    /// More headers, in order.
    #[serde(default)]
    headers: Vec<BTreeMap<String, String>>,
    /// A line for bash that prints the token with which the request goes past the administrator's
    /// credentials, straight to the API; nothing printed makes it anonymous.
    bearer: Option<String>,
    /// A text is sent as it is, anything else as JSON.
    #[serde(default)]
    body: Option<Value>,
    /// JSON pointers of what is compared; everything without them.
    #[serde(default)]
    show: Vec<String>,
    /// What of the answer later requests use: `V: /metadata/resourceVersion` makes it `$V` there.
    #[serde(default)]
    keep: BTreeMap<String, String>,
    /// Only the exit status of a `run` is compared.
    #[serde(default)]
    quiet: bool,
}

/// What a request of a session is made of.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// kubectl's own waits are by the wall.
fn speed() -> f64 {
    20.0
}

/// How long a real cluster may take for what a step waits for.
const PATIENCE: Duration = Duration::from_secs(90);

impl Session {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a session");
        let mut session: Self =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!session.shows.is_empty(), "{} does not say what it shows", path.display());
        path.file_stem().unwrap().to_str().unwrap().clone_into(&mut session.name);
        session
    }

    /// Plays the session in a namespace of its own, and gives the normalised text of what came.
    pub(crate) async fn play(&self, side: &dyn Side) -> String {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("kubeconfig"), side.kubeconfig(&self.name)).unwrap();
        for (name, content) in &self.files {
            std::fs::write(home.path().join(name), content.replace("$NS", &self.name)).unwrap();
        }
        self.begin(side, home.path()).await;
        let mut text = String::new();
        let mut kept = BTreeMap::from([("NS".to_owned(), self.name.clone())]);
        for step in &self.steps {
            self.step(step, side, home.path(), &mut kept, &mut text).await;
        }
        if side.is_fresh() {
            return text;
        }
        for line in self.cleanup.iter().map(String::as_str).chain(["kubectl delete namespace $NS --wait=false"]) {
            let (status, output) = self.bash(home.path(), side, line);
            assert_eq!(status, 0, "`{line}` of the clean-up failed: {output}");
        }
        text
    }

    /// Makes the session's namespace. A fresh cluster is asked without kubectl, which takes longer to start than most
    /// steps take.
    async fn begin(&self, side: &dyn Side, home: &Path) {
        if side.is_fresh() {
            let json = || vec![("content-type".to_owned(), "application/json".to_owned())];
            let body = serde_json::json!({"metadata": {"name": self.name}}).to_string().into_bytes();
            let namespace = Request { method: "POST", path: "/api/v1/namespaces", headers: json(), body };
            assert_eq!(side.send(namespace).await.status, 201, "the namespace of the session was not made");
            let path = format!("/api/v1/namespaces/{}/serviceaccounts/default", self.name);
            let account = || Request { method: "GET", path: &path, headers: Vec::new(), body: Vec::new() };
            while side.send(account()).await.status != 200 {
                tokio::task::yield_now().await;
            }
            return;
        }
        // A namespace left by a recording that was broken off is in the way.
        let begin = "kubectl delete namespace $NS --ignore-not-found --wait && kubectl create namespace $NS && \
                     until kubectl get serviceaccount default; do sleep 0.1; done";
        let (status, output) = self.bash(home, side, begin);
        assert_eq!(status, 0, "the namespace of the session was not made: {output}");
    }

    async fn step(
        &self,
        step: &Step,
        side: &dyn Side,
        home: &Path,
        kept: &mut BTreeMap<String, String>,
        text: &mut String,
    ) {
        if let Some(line) = &step.run {
            let (status, output) = self.bash(home, side, line);
            write!(text, "$ {line}\n{}", normalise::text(if step.quiet { "" } else { &output })).unwrap();
            if status != 0 {
                writeln!(text, "exit status {status}").unwrap();
            }
        } else if let Some(line) = &step.until {
            let prints = Regex::new(step.prints.as_deref().expect("`prints` beside `until`")).expect("a pattern");
            let output = self.repeat(home, side, line, &prints);
            write!(text, "$ {line}\n{}", normalise::text(&output)).unwrap();
        } else if let Some(send) = &step.send {
            writeln!(text, "> {send}").unwrap();
            self.send(step, side, send, home, kept, text).await;
        } else {
            panic!("a step needs one of run, send and until");
        }
        text.push('\n');
    }

    fn repeat(&self, home: &Path, side: &dyn Side, line: &str, prints: &Regex) -> String {
        let begin = Instant::now();
        loop {
            let (_, output) = self.bash(home, side, line);
            if prints.is_match(output.trim_end()) {
                return output;
            }
            assert!(begin.elapsed() < PATIENCE, "`{line}` never printed {prints}: {output}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Runs a line where the session's files lie. What it prints on both streams is one text.
    fn bash(&self, home: &Path, side: &dyn Side, line: &str) -> (i32, String) {
        let output = Command::new("bash")
            .args(["-c", &format!("exec 2>&1\n{line}")])
            .current_dir(home)
            .env("HOME", home)
            .env("KUBECONFIG", home.join("kubeconfig"))
            .env("NS", &self.name)
            .env("API", side.url())
            .env("SERVER", side.server())
            // kubectl ends before it needs either.
            .envs([("GOGC", "off"), ("GOMAXPROCS", "1")])
            .output()
            .expect("bash");
        let status = output.status.code().expect("an exit status");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_ne!(status, 127, "kubectl is needed on PATH: {text}");
        (status, text)
    }

    /// Sends a request with the token that `line` prints, as no client does that has a certificate.
    fn send_past(&self, line: &str, home: &Path, side: &dyn Side, request: &Request<'_>) -> Reply {
        let (status, token) = self.bash(home, side, line);
        assert_eq!(status, 0, "`{line}` gave no token: {token}");
        let mut curl = Command::new("curl");
        curl.args(["-sk", "-w", "\n%{http_code}", "-X", request.method]);
        if !request.body.is_empty() {
            curl.args(["--data-binary", "@-"]);
        }
        if !token.trim().is_empty() {
            curl.arg("-H").arg(format!("Authorization: Bearer {}", token.trim()));
        }
        for (name, value) in &request.headers {
            curl.arg("-H").arg(format!("{name}: {value}"));
        }
        let mut child = curl
            .arg(format!("{}{}", side.server(), request.path))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("curl");
        child.stdin.take().unwrap().write_all(&request.body).unwrap();
        let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        let (body, status) = output.rsplit_once('\n').expect("a status");
        Reply { status: status.parse().unwrap(), warnings: Vec::new(), body: body.to_owned() }
    }

    async fn send(
        &self,
        step: &Step,
        side: &dyn Side,
        send: &str,
        home: &Path,
        kept: &mut BTreeMap<String, String>,
        text: &mut String,
    ) {
        let filled = |text: &str| {
            // The longest name first: `$V` is not the beginning of `$VERSION`.
            kept.iter().rev().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
        };
        let send = filled(send);
        let (method, path) = send.split_once(' ').expect("METHOD path");
        let body = match &step.body {
            None => Vec::new(),
            Some(Value::String(raw)) => filled(raw).into_bytes(),
            Some(body) => filled(&body.to_string()).into_bytes(),
        };
        let mut headers = Vec::new();
        if step.body.is_some() || step.content_type.is_some() {
            let content_type = step.content_type.as_deref().unwrap_or("application/json");
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        headers.extend(step.accept.iter().map(|accept| ("accept".to_owned(), accept.clone())));
        let user = step.impersonate.iter().map(|user| ("impersonate-user".to_owned(), user.clone()));
        let more = step.headers.iter().flatten().map(|(name, value)| (name.clone(), value.clone()));
        headers.extend(user.chain(more).map(|(name, value)| (name, filled(&value))));
        let request = Request { method, path, headers, body };
        let reply = match &step.bearer {
            Some(line) => self.send_past(line, home, side, &request),
            None => side.send(request).await,
        };
        writeln!(text, "< {}", reply.status).unwrap();
        for warning in &reply.warnings {
            text.push_str(&normalise::text(&format!("warning: {warning}")));
        }
        for value in documents(&reply.body) {
            for (name, pointer) in &step.keep {
                let found = value.as_ref().ok().and_then(|value| value.pointer(pointer));
                let found = found.and_then(Value::as_str).expect("what is kept is a text in the answer");
                kept.insert(name.clone(), found.to_owned());
            }
            match value {
                Ok(value) if step.show.is_empty() || value["kind"] == "Status" => {
                    text.push_str(&normalise::json(value, self.managed_fields));
                }
                Ok(value) => {
                    for pointer in &step.show {
                        let part = value.pointer(pointer).cloned().unwrap_or_default();
                        write!(text, "{pointer}: {}", normalise::json(part, self.managed_fields)).unwrap();
                    }
                }
                Err(raw) => text.push_str(&normalise::text(raw)),
            }
        }
    }
}

/// The JSON documents of a body, one behind the other as in a watch; or its text.
fn documents(body: &str) -> Vec<Result<Value, &str>> {
    let all: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(body).into_iter().collect();
    match all {
        Ok(values) => values.into_iter().map(Ok).collect(),
        Err(_) => vec![Err(body)],
    }
}
