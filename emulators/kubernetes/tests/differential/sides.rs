//! The two sides that a session is played on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use futures::future::BoxFuture;
use serde_json::json;
use stagegate_kubernetes::{Catalogue, Cluster, Options};
use stagegate_simulation::{Change, Clock, Exchange, Injected, Observer, Pace, Seed, Simulation};

use crate::session::{Needs, Request, Session};

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) warnings: Vec<String>,
    pub(crate) body: String,
}

/// A cluster.
pub(crate) trait Side {
    /// A kubeconfig of the administrator whose current namespace is the given one.
    fn kubeconfig(&self, namespace: &str) -> String;
    /// Where its API is, without a trailing slash.
    fn url(&self) -> String;
    /// Where its API is for those who bring their own credentials.
    fn server(&self) -> String;
    /// Whether it was made for the session: nothing was left in it, and nothing stays.
    fn is_fresh(&self) -> bool;
    /// Sends a request as the administrator.
    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply>;
}

struct Unseen;

impl Observer for Unseen {
    fn exchange(&self, _: Exchange) {}
    fn change(&self, _: Change) {}
    fn injected(&self, _: Injected) {}
    fn secret(&self, _: &str) {}
}

/// Images that every session may use. kwok runs any image; here they are those that start at once.
const IMAGES: &str = "
- { name: acme/web, tags: ['1', latest], loaded: true, ignores-sigterm: true, listen: [{ port: 80, answers: [{ path: /, body: \"hello\\n\" }] }], log: [started] }
- { name: acme/job, tags: ['1', latest], loaded: true, ignores-sigterm: true, log: [working], crash: { after: 1s, exit-code: 0, log: done } }
- { name: acme/crash, tags: ['1', latest], loaded: true, ignores-sigterm: true, log: [about to fail], crash: { after: 1s, exit-code: 3 } }
- { name: acme/tool, tags: ['1', latest], loaded: true, ignores-sigterm: true, cmd: [sh] }
- { name: acme/oom, tags: ['1', latest], loaded: true, ignores-sigterm: true, memory: 1000000000 }
- { name: acme/slow, tags: ['1', latest], loaded: true, ignores-sigterm: true, start-up: 5s, listen: [{ port: 80, answers: [{ path: /, body: \"hello\\n\" }] }], log: [started] }
";

/// The same as kwok has them, which runs whatever tag and lets go of a Pod at once.
const IMAGES_OF_KWOK: &str = "
- { name: acme/web, tags: ['*'], loaded: true, listen: [{ port: 80, answers: [{ path: /, body: \"hello\\n\" }] }], log: [started] }
- { name: acme/job, tags: ['*'], loaded: true, crash: { after: 1s, exit-code: 0 } }
";

/// The emulator, one for each session.
pub(crate) struct Emulator {
    cluster: Cluster,
    client: reqwest::Client,
}

impl Emulator {
    pub(crate) async fn start(session: &Session) -> Self {
        let clock = Clock::start("2026-01-05T09:00:00Z".parse().unwrap(), Pace::Times(session.speed));
        let simulation = Simulation::new(clock, Seed::new(3), std::sync::Arc::new(Unseen));
        let mut images = Catalogue::parse(&format!("images: {IMAGES}")).expect("the images");
        if session.needs == Needs::ControlPlane {
            images = images.with(Catalogue::parse(&format!("images: {IMAGES_OF_KWOK}")).expect("the images"));
        }
        let more = Catalogue::parse(&json!({"images": session.images}).to_string()).expect("the session's images");
        let options = Options { catalogue: images.with(more), ..Options::default() };
        let cluster = Cluster::start(simulation, options).await.expect("a cluster");
        let emulator = Self { cluster, client: reqwest::Client::new() };
        // A control plane alone has no StorageClass; a Kind cluster has one.
        if session.needs == Needs::ControlPlane {
            let path = "/apis/storage.k8s.io/v1/storageclasses/standard";
            let request = Request { method: "DELETE", path, headers: Vec::new(), body: Vec::new() };
            assert_eq!(emulator.send(request).await.status, 200, "the StorageClass was not deleted");
        }
        emulator
    }
}

impl Side for Emulator {
    fn kubeconfig(&self, namespace: &str) -> String {
        let kubeconfig = self.cluster.kubeconfig(self.cluster.token());
        let context = "    user: stagegate\n";
        kubeconfig.replacen(context, &format!("{context}    namespace: {namespace}\n"), 1)
    }

    fn url(&self) -> String {
        self.cluster.url()
    }

    fn server(&self) -> String {
        self.cluster.url()
    }

    fn is_fresh(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply> {
        let token = Some(self.cluster.token());
        Box::pin(async move { send(&self.client, &self.cluster.url(), token, request).await })
    }
}

/// The real cluster of `KUBECONFIG`. Requests go through `kubectl proxy`, which has the credentials.
pub(crate) struct Real {
    proxy: Child,
    url: String,
    kubeconfig: String,
    client: reqwest::Client,
}

impl Real {
    pub(crate) fn of_environment() -> Self {
        let flattened = Command::new("kubectl").args(["config", "view", "--raw", "--flatten", "--minify"]).output();
        let kubeconfig = String::from_utf8(flattened.expect("kubectl").stdout).expect("a kubeconfig");
        let mut proxy = Command::new("kubectl")
            .args(["proxy", "--port=0", "--reject-paths=^$", "--reject-methods=^$"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("kubectl proxy");
        let mut line = String::new();
        BufReader::new(proxy.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit(' ').next().expect("an address").to_owned();
        Self { proxy, url: format!("http://{address}"), kubeconfig, client: reqwest::Client::new() }
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.proxy.kill().expect("the proxy ran");
        self.proxy.wait().expect("the proxy ended");
    }
}

impl Side for Real {
    fn kubeconfig(&self, namespace: &str) -> String {
        let mut kubeconfig: serde_json::Value = serde_saphyr::from_str(&self.kubeconfig).expect("a kubeconfig");
        kubeconfig["contexts"][0]["context"]["namespace"] = namespace.into();
        kubeconfig.to_string()
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    fn server(&self) -> String {
        let kubeconfig: serde_json::Value = serde_saphyr::from_str(&self.kubeconfig).expect("a kubeconfig");
        kubeconfig["clusters"][0]["cluster"]["server"].as_str().expect("a server").to_owned()
    }

    fn is_fresh(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Reply> {
        Box::pin(async move { send(&self.client, &self.url, None, request).await })
    }
}

async fn send(client: &reqwest::Client, url: &str, token: Option<&str>, request: Request<'_>) -> Reply {
    let mut sent = client.request(request.method.parse().unwrap(), format!("{url}{}", request.path));
    if let Some(token) = token {
        sent = sent.bearer_auth(token);
    }
    for (name, value) in request.headers {
        sent = sent.header(name, value);
    }
    let response = sent.body(request.body).send().await.expect("an answer");
    let status = response.status().as_u16();
    let warnings = response.headers().get_all("warning").iter().map(|one| one.to_str().unwrap().to_owned()).collect();
    let body = response.text().await.expect("a body");
    Reply { status, warnings, body }
}
