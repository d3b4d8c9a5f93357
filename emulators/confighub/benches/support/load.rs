//! Many clients at once on one hub: reads, writes under optimistic locking, and applies that workers carry out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value as Json, json};
use stagegate_confighub::Hub;
use tokio::task::JoinSet;

/// The spaces, each with a worker, its target, and shared units.
const SPACES: usize = 4;
/// The units of each space that all clients count in.
const SHARED: usize = 3;
/// How often an apply is looked at before it counts as lost.
const LOOKS: usize = 100_000;

/// When clients are done.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the benchmark goes by time, the test by rounds")]
pub(crate) enum Until {
    Rounds(usize),
    Elapsed(Duration),
}

/// What clients did, counted by all of them.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) requests: AtomicU64,
    pub(crate) reads: AtomicU64,
    /// Counts that went up in shared units.
    pub(crate) increments: AtomicU64,
    /// Writes refused because somebody else's came first.
    pub(crate) conflicts: AtomicU64,
    pub(crate) revisions: AtomicU64,
    pub(crate) applies: AtomicU64,
    /// The slowest request, in microseconds.
    pub(crate) slowest: AtomicU64,
}

fn one(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed)
}

/// A hub under load.
pub(crate) struct Load {
    api: Api,
    spaces: Vec<Space>,
    workers: JoinSet<()>,
    pub(crate) counts: Arc<Counts>,
}

#[derive(Clone)]
struct Api {
    url: String,
    token: String,
    http: Client,
    counts: Arc<Counts>,
}

#[derive(Clone)]
struct Space {
    id: String,
    target: String,
    /// Paths of the shared units.
    shared: Vec<String>,
}

impl Load {
    /// Puts spaces, workers and shared units into a hub.
    pub(crate) async fn prepare(hub: &Hub) -> Self {
        let counts = Arc::new(Counts::default());
        let api = Api {
            url: format!("{}/api", hub.url()),
            token: hub.token().to_owned(),
            http: Client::new(),
            counts: Arc::clone(&counts),
        };
        let (mut spaces, mut workers) = (Vec::new(), JoinSet::new());
        for number in 0..SPACES {
            let space = api.ok(Method::POST, "/space", Some(json!({"Slug": format!("space-{number}")}))).await;
            let id = text(&space["SpaceID"]);
            let worker = api.ok(Method::POST, &format!("/space/{id}/bridge_worker"), Some(json!({"Slug": "w"}))).await;
            let stream = Stream::open(&api, &worker).await;
            workers.spawn(stream.serve());
            let targets = api.ok(Method::GET, &format!("/space/{id}/target"), None).await;
            let target = text(&targets[0]["Target"]["TargetID"]);
            let mut shared = Vec::new();
            for number in 0..SHARED {
                shared.push(api.unit(&id, &format!("shared-{number}")).await);
            }
            spaces.push(Space { id, target, shared });
        }
        Self { api, spaces, workers, counts }
    }

    /// Runs clients side by side, each with a unit of its own. `only_reads` leaves the writes out.
    pub(crate) async fn run(&mut self, clients: usize, until: Until, only_reads: bool) {
        let mut running = JoinSet::new();
        let began = Instant::now();
        for number in 0..clients {
            let space = self.spaces[number % SPACES].clone();
            let spaces = self.spaces.clone();
            // A connection of its own, as another process would have.
            let api = Api { http: Client::new(), ..self.api.clone() };
            running.spawn(async move {
                let mut user = User::start(api, space, spaces, number).await;
                let mut round = 0;
                while match until {
                    Until::Rounds(rounds) => round < rounds,
                    Until::Elapsed(limit) => began.elapsed() < limit,
                } {
                    user.act(round, only_reads).await;
                    round += 1;
                }
                user.check().await;
            });
        }
        loop {
            tokio::select! {
                ended = running.join_next() => match ended {
                    Some(ended) => ended.expect("no client fails"),
                    None => break,
                },
                // Without it clients would look for the end of what they applied for ever.
                Some(ended) = self.workers.join_next() => panic!("a worker's stream ended: {ended:?}"),
            }
        }
    }

    /// Checks that no count was lost and that nothing is left in the queues.
    pub(crate) async fn check(&self) {
        let mut counted = 0;
        for space in &self.spaces {
            for path in &space.shared {
                counted += count(&self.api.ok(Method::GET, path, None).await["Unit"]);
            }
        }
        assert_eq!(counted, self.counts.increments.load(Ordering::Relaxed), "counts were lost");
        let units = self.api.ok(Method::GET, "/unit?include=UnitEventID", None).await;
        for unit in units.as_array().expect("a list") {
            let status = unit["LatestUnitEvent"]["Status"].as_str().unwrap_or("Completed");
            assert_eq!(status, "Completed", "an operation was left behind: {}", unit["Unit"]["Slug"]);
        }
    }

    /// Ends the workers' streams and every connection.
    #[allow(dead_code, reason = "the benchmark looks at what is left afterwards")]
    pub(crate) async fn stop(mut self) {
        self.workers.shutdown().await;
    }
}

impl Api {
    async fn send(&self, method: Method, path: &str, body: Option<Json>) -> (u16, Json) {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let began = Instant::now();
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let answer = response.json().await.expect("JSON");
        one(&self.counts.requests);
        let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counts.slowest.fetch_max(took, Ordering::Relaxed);
        (status, answer)
    }

    async fn ok(&self, method: Method, path: &str, body: Option<Json>) -> Json {
        let (status, answer) = self.send(method, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A new unit; gives its path.
    async fn unit(&self, space: &str, slug: &str) -> String {
        let body = json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": data(slug, 0)});
        let unit = self.ok(Method::POST, &format!("/space/{space}/unit"), Some(body)).await;
        format!("/space/{space}/unit/{}", text(&unit["UnitID"]))
    }
}

/// One client.
struct User {
    api: Api,
    spaces: Vec<Space>,
    slug: String,
    own: String,
    space: Space,
    number: usize,
    writes: i64,
    applied: i64,
}

impl User {
    async fn start(api: Api, space: Space, spaces: Vec<Space>, number: usize) -> Self {
        let slug = format!("own-{number}");
        let found = api.ok(Method::GET, &format!("/space/{}/unit?where=Slug%3D'{slug}'", space.id), None).await;
        let (own, head) = match found[0]["Unit"]["UnitID"].as_str() {
            Some(id) => (format!("/space/{}/unit/{id}", space.id), number_of(&found[0]["Unit"]["HeadRevisionNum"])),
            None => (api.unit(&space.id, &slug).await, 1),
        };
        let applied = number_of(&found[0]["Unit"]["LiveRevisionNum"]);
        api.ok(Method::PATCH, &own, Some(json!({"TargetID": space.target}))).await;
        Self { api, spaces, slug, own, space, number, writes: head - 1, applied }
    }

    /// Half of all that is done are reads.
    async fn act(&mut self, round: usize, only_reads: bool) {
        match (self.number * 7 + round) % 10 {
            _ if only_reads => self.read(round).await,
            0..=4 => self.read(round).await,
            5..=7 => self.increment(round).await,
            8 => self.write().await,
            _ => self.apply().await,
        }
    }

    async fn read(&self, round: usize) {
        let space = &self.spaces[(self.number + round) % self.spaces.len()];
        let path = match round % 3 {
            0 => format!("/space/{}/unit?where=Slug%20LIKE%20'shared%25'&include=SpaceID,TargetID", space.id),
            1 => format!("/unit?where=Slug%20%3D%20'{}'&include=UnitEventID,SpaceID", self.slug),
            _ => space.shared[round % SHARED].clone(),
        };
        self.api.ok(Method::GET, &path, None).await;
        one(&self.api.counts.reads);
    }

    /// Reads a shared unit, counts, and writes it back, until nobody else was faster.
    async fn increment(&self, round: usize) {
        let space = &self.spaces[(self.number + round) % self.spaces.len()];
        let path = &space.shared[round % SHARED];
        loop {
            let mut unit = self.api.ok(Method::GET, path, None).await["Unit"].take();
            unit["Annotations"] = json!({"count": (count(&unit) + 1).to_string()});
            match self.api.send(Method::PUT, path, Some(unit)).await {
                (200, _) => break,
                (409, _) => one(&self.api.counts.conflicts),
                (status, answer) => panic!("{status}: {answer}"),
            };
        }
        one(&self.api.counts.increments);
    }

    async fn write(&mut self) {
        self.writes += 1;
        self.api.ok(Method::PATCH, &self.own, Some(json!({"Data": data(&self.slug, self.writes)}))).await;
        one(&self.api.counts.revisions);
    }

    /// Applies the head revision and looks until its worker is done with it.
    async fn apply(&mut self) {
        let queued = self.api.ok(Method::POST, &format!("{}/apply", self.own), Some(Json::Null)).await;
        let id = text(&queued["QueuedOperationID"]);
        let path = format!("{}/unit_event?where=QueuedOperationID%3D'{id}'%20AND%20Status%3D'Completed'", self.own);
        for _ in 0..LOOKS {
            if self.api.ok(Method::GET, &path, None).await.as_array().is_some_and(|events| !events.is_empty()) {
                self.applied = self.writes + 1;
                one(&self.api.counts.applies);
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("operation {id} on {} of space {} was lost", self.slug, self.space.id);
    }

    /// Every write of its own is a revision, and what was applied last is live.
    async fn check(&self) {
        let unit = &self.api.ok(Method::GET, &self.own, None).await["Unit"];
        assert_eq!(number_of(&unit["HeadRevisionNum"]), self.writes + 1, "{}", self.slug);
        assert_eq!(number_of(&unit["LiveRevisionNum"]), self.applied, "{}", self.slug);
    }
}

/// A worker's stream; everything it is told to do succeeds at once.
struct Stream {
    url: String,
    secret: String,
    http: Client,
    response: reqwest::Response,
}

impl Stream {
    async fn open(api: &Api, worker: &Json) -> Self {
        let url = format!("{}/bridge_worker/{}", api.url, text(&worker["BridgeWorkerID"]));
        let secret = text(&worker["Secret"]);
        let http = Client::builder().http2_prior_knowledge().build().expect("a client");
        let info = json!({"BridgeWorkerInfo": {"SupportedConfigTypes": [{
            "ToolchainType": "Kubernetes/YAML",
            "ProviderType": "Kubernetes",
            "AvailableTargets": [{"Name": "cluster", "Params": {}}],
        }]}});
        let request = http.post(format!("{url}/stream")).bearer_auth(&secret).json(&info);
        let response = request.send().await.expect("a stream");
        assert_eq!(response.status(), 200);
        Self { url, secret, http, response }
    }

    async fn serve(mut self) {
        let mut rest = String::new();
        while let Ok(Some(chunk)) = self.response.chunk().await {
            rest.push_str(&String::from_utf8_lossy(&chunk));
            while let Some(end) = rest.find('\n') {
                let line: String = rest.drain(..=end).collect();
                let event = line.strip_prefix("data: ").and_then(|line| serde_json::from_str::<Json>(line).ok());
                if let Some(event) = event {
                    self.report(&event["Data"]).await;
                }
            }
        }
    }

    async fn report(&self, data: &Json) {
        let payload = &data["Payload"];
        let steps: &[(&str, &str)] = match data["Action"].as_str() {
            Some("Apply") => &[("Progressing", "None"), ("Completed", "ApplyCompleted")],
            Some("Heartbeat") => &[("Completed", "None")],
            other => panic!("no {other:?} was asked for"),
        };
        for (status, result) in steps {
            let mut body = json!({
                "UnitID": payload["UnitID"],
                "SpaceID": payload["SpaceID"],
                "QueuedOperationID": payload["QueuedOperationID"],
                "RevisionNum": payload["RevisionNum"],
                "Action": data["Action"],
                "Status": status,
                "Result": result,
                "Message": "",
                "LiveState": "",
            });
            // Heartbeats are about no unit.
            body.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
            let url = format!("{}/action_result", self.url);
            let answer = self.http.post(url).bearer_auth(&self.secret).json(&body).send().await.expect("an answer");
            assert_eq!(answer.status(), 200, "{body}");
        }
    }
}

fn text(value: &Json) -> String {
    value.as_str().expect("text").to_owned()
}

fn number_of(value: &Json) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn count(unit: &Json) -> u64 {
    unit["Annotations"]["count"].as_str().map_or(0, |count| count.parse().expect("a number"))
}

fn data(name: &str, replicas: i64) -> String {
    STANDARD.encode(format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: {replicas}\n"
    ))
}
