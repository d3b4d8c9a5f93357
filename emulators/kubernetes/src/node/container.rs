//! One container: pulling its image, starting it, restarting it with growing pauses.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde_json::{Value, json};
use stagegate_simulation::{Clock, go_duration};

use super::catalogue::{Image, Listener};
use super::log::LogSink;
use super::pod::PodRuntime;
use super::usage::Usage;
use super::{environment, process};
use crate::command::Place;
use crate::store::object::{self, text};

/// A container of a Pod, over all its runs.
pub(crate) struct ContainerRuntime {
    pod: Weak<PodRuntime>,
    pub(super) spec: Value,
    pub(super) init: bool,
    /// An init container that keeps running beside the others (`restartPolicy: Always`).
    pub(super) sidecar: bool,
    /// It was added to the running Pod, and never runs again.
    pub(super) ephemeral: bool,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// Reason and message while it waits.
    pub(super) waiting: (String, String),
    /// When its present run began.
    pub(super) running: Option<String>,
    pub(super) terminated: Option<Value>,
    pub(super) last: Option<Value>,
    pub(super) restarts: u32,
    pub(super) ready: bool,
    pub(super) started: bool,
    /// It will not run again.
    pub(super) ended: bool,
    pub(super) container_id: String,
    /// The image and the variables of the present run.
    running_image: Option<Image>,
    env: BTreeMap<String, String>,
    log: Option<LogSink>,
    previous: Option<LogSink>,
    listening: Vec<(u16, Listener)>,
}

/// How a run ended.
pub(super) struct Exit {
    pub(super) code: i32,
    /// `Completed`, `Error`, `OOMKilled`, `StartError`.
    pub(super) reason: &'static str,
    /// Why it did not start; empty when it did.
    pub(super) message: String,
    /// The kubelet stopped it, for a probe that failed.
    pub(super) by_kubelet: bool,
}

impl Exit {
    pub(super) fn new(code: i32, reason: &'static str) -> Self {
        Self { code, reason, message: String::new(), by_kubelet: false }
    }
}

/// Pauses between failed pulls and restarts: doubled up to this.
pub(super) const BACK_OFF_LIMIT: Duration = Duration::from_secs(300);
pub(super) const BACK_OFF: Duration = Duration::from_secs(10);

/// A container that ran this long starts with the first pause again.
const BACK_OFF_RESET: Duration = Duration::from_secs(600);

/// How soon the kubelet sees that a container has ended.
const LOOK: Duration = Duration::from_secs(1);

/// Of a container that ran for less than this the kubelet sees start and end as two things, and so looks twice, as it does
/// when it has stopped the container itself. Else it looks again after `SYNC_PERIOD` (seen on Kubernetes 1.34: 12 and 15 s).
const LONG_ENOUGH: Duration = Duration::from_secs(2);

/// How often the kubelet looks at a Pod that waits for something.
pub(super) const SYNC_PERIOD: Duration = Duration::from_secs(12);

impl ContainerRuntime {
    pub(super) fn new(pod: &Arc<PodRuntime>, spec: Value, init: bool) -> Arc<Self> {
        let has_init = !object::list(&pod.object(), "/spec/initContainers").is_empty();
        let reason = if has_init && !init { "PodInitializing" } else { "ContainerCreating" };
        let state = State { waiting: (reason.to_owned(), String::new()), ..State::default() };
        let sidecar = init && text(&spec, "/restartPolicy") == "Always";
        let (pod, state) = (Arc::downgrade(pod), Mutex::new(state));
        Arc::new(Self { pod, spec, init, sidecar, ephemeral: false, state })
    }

    /// One that is added to a Pod that runs.
    pub(super) fn added(pod: &Arc<PodRuntime>, spec: Value) -> Arc<Self> {
        let waiting = ("ContainerCreating".to_owned(), String::new());
        let (pod, state) = (Arc::downgrade(pod), Mutex::new(State { waiting, ..State::default() }));
        Arc::new(Self { pod, spec, init: false, sidecar: false, ephemeral: true, state })
    }

    pub(super) fn name(&self) -> &str {
        text(&self.spec, "/name")
    }

    pub(super) fn pod(&self) -> Option<Arc<PodRuntime>> {
        self.pod.upgrade()
    }

    pub(crate) fn log(&self, previous: bool) -> Option<LogSink> {
        let state = self.state();
        if previous { state.previous.clone() } else { state.log.clone() }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.state().ready
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().ended
    }

    pub(super) fn was_started(&self) -> bool {
        let state = self.state();
        state.running.is_some() || state.terminated.is_some() || state.last.is_some()
    }

    /// Whether an init container no longer holds the others back.
    pub(super) fn is_initialized(&self) -> bool {
        if self.sidecar { self.state().started } else { self.exit_code() == Some(0) }
    }

    /// The exit code of a container that will not run again.
    pub(super) fn exit_code(&self) -> Option<i64> {
        let state = self.state();
        if !state.ended {
            return None;
        }
        state.terminated.as_ref().and_then(|one| object::integer(one, "/exitCode"))
    }

    /// Where a command in the running container runs; `None` while it does not run.
    pub(crate) fn place(&self) -> Option<Place> {
        let pod = self.pod()?;
        let state = self.state();
        let image = state.running_image.as_ref()?;
        Some(Place { pod, container: self.spec.clone(), env: state.env.clone(), commands: image.commands.clone() })
    }

    /// What it uses while it runs.
    pub(super) fn usage(&self) -> Option<Usage> {
        let state = self.state();
        let image = state.running_image.as_ref()?;
        Some(Usage { container: self.name().to_owned(), cpu: image.cpu, memory: image.memory })
    }

    /// The containerd id of its present run, without the scheme.
    pub(crate) fn id(&self) -> String {
        self.state().container_id.trim_start_matches("containerd://").to_owned()
    }

    /// What its process listens on at this moment.
    pub(super) fn listener(&self, port: u16) -> Option<Listener> {
        self.state().listening.iter().find(|(one, _)| *one == port).map(|(_, listener)| listener.clone())
    }

    pub(super) fn listen(&self, listeners: Vec<(u16, Listener)>) {
        self.state().listening = listeners;
    }

    /// Sets readiness and whether start-up is over; the Pod's status follows.
    pub(super) fn probed(&self, started: bool, ready: bool) {
        {
            let mut state = self.state();
            if (state.started, state.ready) == (started, ready) {
                return;
            }
            (state.started, state.ready) = (started, ready);
        }
        self.sync();
    }

    /// Runs the container until it will not run again; gives its last exit code.
    pub(super) async fn live(self: &Arc<Self>) -> Option<i32> {
        let pod = self.pod()?;
        let clock = pod.node.upgrade()?.store.simulation.clock.clone();
        let mut pause = BACK_OFF;
        let mut crashed_before = false;
        loop {
            let prepared = tokio::select! {
                biased;
                () = pod.stop.cancelled() => None,
                prepared = self.prepare(&clock) => prepared,
            };
            let Some((image, env)) = prepared else {
                self.end();
                return None;
            };
            let since = clock.now();
            let exit = process::run(self, &pod, &image, env).await;
            let again = !pod.stop.is_cancelled() && self.restarts_after(exit.code);
            self.terminate(&clock, &exit, !again);
            if !again {
                return Some(exit.code);
            }
            if clock.since(since) >= BACK_OFF_RESET {
                (pause, crashed_before) = (BACK_OFF, false);
            }
            let wait = if crashed_before { pause } else { Duration::from_secs(1) };
            let noticed = if exit.by_kubelet || clock.since(since) < LONG_ENOUGH { LOOK } else { SYNC_PERIOD };
            tokio::select! {
                biased;
                () = pod.stop.cancelled() => {
                    self.end();
                    return Some(exit.code);
                }
                () = self.back_off(&clock, wait, noticed, crashed_before) => {}
            }
            if crashed_before {
                pause = (pause * 2).min(BACK_OFF_LIMIT);
            }
            crashed_before = true;
            self.state().restarts += 1;
        }
    }

    fn restarts_after(&self, code: i32) -> bool {
        let policy = self.pod().map(|pod| text(&pod.object(), "/spec/restartPolicy").to_owned());
        match policy.as_deref() {
            _ if self.sidecar => true,
            _ if self.ephemeral => false,
            Some("Never") => false,
            Some("OnFailure") => code != 0,
            _ if self.init => code != 0,
            _ => true,
        }
    }

    /// Waits before a restart. The first one comes at once, as the kubelet notices. Later it says why it waits when it looks
    /// again, `noticed` after the exit: until then the container is `Error` or `Completed`. It starts the container when it
    /// looks after the pause.
    async fn back_off(&self, clock: &Clock, wait: Duration, noticed: Duration, crashed_before: bool) {
        if !crashed_before {
            clock.sleep(wait).await;
            return;
        }
        let Some(pod) = self.pod() else { return };
        // The kubelet needs a moment to notice the exit.
        clock.sleep(LOOK).await;
        let text = pod.text();
        let name = self.name();
        let message = format!("back-off {} restarting failed container={name} pod={text}", go_duration::text(wait));
        let told = format!("Back-off restarting failed container {name} in pod {text}");
        let tell = || pod.event(&self.path(), "Warning", "BackOff", &told);
        tell();
        clock.sleep(noticed.saturating_sub(LOOK)).await;
        self.wait_for("CrashLoopBackOff", &message, true);
        let mut left = wait.saturating_sub(noticed);
        while !left.is_zero() {
            tell();
            clock.sleep(SYNC_PERIOD).await;
            left = left.saturating_sub(SYNC_PERIOD);
        }
    }

    /// Pulls the image and resolves the environment, trying again as the kubelet does.
    async fn prepare(&self, clock: &Clock) -> Option<(Image, BTreeMap<String, String>)> {
        let pod = self.pod()?;
        let image = self.image(clock).await?;
        loop {
            let node = pod.node.upgrade()?;
            match environment::resolve(&node.store, &pod.object(), &self.spec, &pod.ip) {
                Ok(env) => return Some((image, env)),
                Err(missing) => {
                    drop(node);
                    self.wait_for("CreateContainerConfigError", &missing, false);
                    pod.event(&self.path(), "Warning", "Failed", &format!("Error: {missing}"));
                }
            }
            clock.sleep(SYNC_PERIOD).await;
        }
    }

    /// The container now waits for something.
    pub(super) fn wait_for(&self, reason: &str, message: &str, after_run: bool) {
        {
            let mut state = self.state();
            if after_run {
                state.last = state.terminated.take();
            }
            state.waiting = (reason.to_owned(), message.to_owned());
        }
        self.sync();
    }

    /// A new run begins.
    pub(super) fn begin(
        &self,
        clock: &Clock,
        container_id: String,
        image: &Image,
        env: &BTreeMap<String, String>,
    ) -> LogSink {
        let log = LogSink::new(clock.clone());
        {
            let mut state = self.state();
            if let Some(terminated) = state.terminated.take() {
                state.last = Some(terminated);
            }
            state.previous = state.log.replace(log.clone());
            state.container_id = container_id;
            state.running_image = Some(image.clone());
            state.env.clone_from(env);
            state.running = Some(object::time(clock.now()));
        }
        log
    }

    /// A run that the runtime could not begin; the kubelet gives its start as that of all time.
    pub(super) fn never_began(&self, container_id: String) {
        let mut state = self.state();
        state.container_id = container_id;
        state.running = Some(object::time(jiff::Timestamp::UNIX_EPOCH));
    }

    fn terminate(&self, clock: &Clock, exit: &Exit, ended: bool) {
        {
            let mut state = self.state();
            state.listening.clear();
            (state.ready, state.started) = (false, false);
            let started = state.running.take().unwrap_or_default();
            state.running_image = None;
            state.terminated = Some(json!({
                "exitCode": exit.code,
                "reason": exit.reason,
                "startedAt": started,
                "finishedAt": object::time(clock.now()),
                "containerID": state.container_id,
            }));
            if let (Some(terminated), false) = (&mut state.terminated, exit.message.is_empty()) {
                terminated["message"] = json!(exit.message);
            }
            state.ended = ended;
            if let Some(log) = &state.log {
                log.close();
            }
        }
        self.sync();
    }

    /// It is not to run any more.
    fn end(&self) {
        self.state().ended = true;
        self.sync();
    }

    pub(super) fn sync(&self) {
        if let Some(pod) = self.pod() {
            pod.sync();
        }
    }

    /// `spec.containers{NAME}`, as Events name a container.
    pub(super) fn path(&self) -> String {
        let field = match (self.init, self.ephemeral) {
            (true, _) => "initContainers",
            (false, true) => "ephemeralContainers",
            (false, false) => "containers",
        };
        format!("spec.{field}{{{}}}", self.name())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
