//! One Pod on the node: its containers, its status, its end.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};
use stagegate_simulation::{Busy, Origin, Receiver, Sender};
use tokio_util::sync::CancellationToken;

use super::container::ContainerRuntime;
use super::events::Source;
use super::{ADDRESS, NAME, Node, environment};
use crate::api::status::ApiError;
use crate::kinds::built_in;
use crate::store::object::{self, integer, list, text};
use crate::store::{Key, Writer};

/// What the kubelet tells a Pod's worker.
pub(super) enum Message {
    Changed(Arc<Value>),
    Removed,
}

/// A Pod and its containers.
pub(crate) struct PodRuntime {
    pub(crate) node: Weak<Node>,
    pub(super) pod: Mutex<Arc<Value>>,
    pub(super) cause: Origin,
    pub(crate) ip: String,
    started: String,
    messages: Sender<Message>,
    containers: OnceLock<Vec<Arc<ContainerRuntime>>>,
    /// Those that were added since (`kubectl debug`).
    added: Mutex<Vec<Arc<ContainerRuntime>>>,
    /// SIGTERM to all containers.
    pub(super) stop: CancellationToken,
}

const KUBELET: Source = Source { component: "kubelet", host: NAME };

impl PodRuntime {
    pub(super) fn new(node: &Arc<Node>, pod: &Arc<Value>, cause: &Origin) -> (Arc<Self>, Receiver<Message>) {
        let clock = &node.store.simulation.clock;
        let (messages, receiver) = clock.channel();
        let runtime = Arc::new(Self {
            node: Arc::downgrade(node),
            pod: Mutex::new(Arc::clone(pod)),
            cause: cause.clone(),
            ip: node.addresses.next(),
            started: object::time(clock.now()),
            messages,
            containers: OnceLock::new(),
            added: Mutex::default(),
            stop: CancellationToken::new(),
        });
        let of = |field: &str, init: bool| {
            let specs = list(pod, field).to_vec();
            specs.into_iter().map(|spec| ContainerRuntime::new(&runtime, spec, init)).collect::<Vec<_>>()
        };
        let mut containers = of("/spec/initContainers", true);
        containers.extend(of("/spec/containers", false));
        let _set_once = runtime.containers.set(containers);
        (runtime, receiver)
    }

    pub(super) fn send(&self, message: Message) {
        self.messages.send(message);
    }

    pub(super) fn container(&self, name: &str) -> Option<Arc<ContainerRuntime>> {
        let added = self.added();
        self.containers().iter().chain(&added).find(|one| one.name() == name).cloned()
    }

    fn added(&self) -> Vec<Arc<ContainerRuntime>> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The ephemeral containers that the Pod has got since it was last looked at.
    fn take_up_added(self: &Arc<Self>) -> Vec<Arc<ContainerRuntime>> {
        let pod = self.object();
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        let known = added.len();
        for spec in list(&pod, "/spec/ephemeralContainers") {
            if !added.iter().any(|one| one.name() == text(spec, "/name")) {
                added.push(ContainerRuntime::added(self, spec.clone()));
            }
        }
        added[known..].to_vec()
    }

    pub(super) fn containers(&self) -> &[Arc<ContainerRuntime>] {
        self.containers.get().map_or(&[], Vec::as_slice)
    }

    /// The Pod as last seen.
    pub(crate) fn object(&self) -> Arc<Value> {
        Arc::clone(&self.pod.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records an Event about the Pod, or one of its containers.
    pub(super) fn event(&self, part: &str, level: &'static str, reason: &str, message: &str) {
        if let Some(node) = self.node.upgrade() {
            node.recorder.record(KUBELET, (&self.object(), part), level, reason, message, &self.cause);
        }
    }

    /// `NAME_NAMESPACE(UID)`, as the kubelet writes Pods.
    pub(super) fn text(&self) -> String {
        let pod = self.object();
        format!("{}_{}({})", object::name(&pod), object::namespace(&pod), object::uid(&pod))
    }

    /// How long containers may take to stop.
    pub(super) fn grace(&self) -> Duration {
        let pod = self.object();
        let seconds = integer(&pod, "/metadata/deletionGracePeriodSeconds")
            .or_else(|| integer(&pod, "/spec/terminationGracePeriodSeconds"))
            .unwrap_or(30);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
    }

    /// Writes the Pod's status if it changed.
    pub(super) fn sync(&self) {
        let (Some(node), Some(kind)) = (self.node.upgrade(), built_in("pods")) else { return };
        if node.is_silent() {
            return;
        }
        let now = object::time(node.store.simulation.clock.now());
        let pod = self.object();
        let key = Key::new("pods", object::namespace(&pod), object::name(&pod));
        let writer = Writer::controller("kubelet", &self.cause);
        let written = node.store.update(kind, &key, &writer, |old| {
            if object::uid(old) != object::uid(&pod) {
                return Ok::<_, ApiError>(None);
            }
            let status = self.status(old, &now);
            if status == old["status"] {
                return Ok(None);
            }
            let mut new = old.clone();
            new["status"] = status;
            Ok(Some(new))
        });
        if let Err(error) = written {
            tracing::debug!(%error, pod = %key.name, "status not written");
        }
    }

    fn status(&self, old: &Value, now: &str) -> Value {
        let of = |init: bool| self.containers().iter().filter(move |one| one.init == init);
        let uninitialized = || of(true).filter(|one| !one.is_initialized());
        let initialized = uninitialized().next().is_none();
        let ready = of(false).all(|one| one.is_ready()) && !self.stop.is_cancelled();
        let phase = self.phase();
        let (succeeded, ended) = (phase == "Succeeded", ["Succeeded", "Failed"].contains(&phase));
        let mut status = old["status"].clone();
        let unready: Vec<_> = of(false).filter(|one| !one.is_ready()).map(|one| one.name().to_owned()).collect();
        let not_ready = format!("containers with unready status: [{}]", unready.join(" "));
        let readiness = match phase {
            "Succeeded" => ("False", "PodCompleted", String::new()),
            "Failed" => ("False", "PodFailed", String::new()),
            _ if ready => ("True", "", String::new()),
            _ => ("False", "ContainersNotReady", not_ready),
        };
        let incomplete: Vec<_> = uninitialized().map(|one| one.name().to_owned()).collect();
        let initialization = if initialized {
            ("True", if succeeded { "PodCompleted" } else { "" }, String::new())
        } else {
            let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
            ("False", "ContainersNotInitialized", message)
        };
        let before = list(old, "/status/conditions");
        let scheduled = before.iter().find(|one| one["type"] == "PodScheduled").cloned();
        let wanted = [
            ("PodReadyToStartContainers", (if ended { "False" } else { "True" }, "", String::new())),
            ("Initialized", initialization),
            ("Ready", readiness.clone()),
            ("ContainersReady", readiness),
        ];
        let mut conditions: Vec<Value> =
            wanted.into_iter().map(|(of, state)| condition(old, of, &state, now)).collect();
        conditions.extend(scheduled);
        // Since 1.34 the kubelet says which generation it has seen (`PodObservedGenerationTracking`).
        if let Some(generation) = integer(old, "/metadata/generation") {
            for condition in &mut conditions {
                condition["observedGeneration"] = json!(generation);
            }
            status["observedGeneration"] = json!(generation);
        }
        // Conditions of others stay, and come first.
        let others = before.iter().filter(|one| !OWN_CONDITIONS.contains(&text(one, "/type"))).cloned();
        let conditions: Vec<Value> = others.chain(conditions).collect();
        status["phase"] = json!(phase);
        status["conditions"] = json!(conditions);
        status["hostIP"] = json!(ADDRESS);
        status["hostIPs"] = json!([{"ip": ADDRESS}]);
        status["podIP"] = json!(self.ip);
        status["podIPs"] = json!([{"ip": self.ip}]);
        status["startTime"] = json!(self.started);
        status["containerStatuses"] = of(false).map(|one| one.status()).collect();
        if of(true).next().is_some() {
            status["initContainerStatuses"] = of(true).map(|one| one.status()).collect();
        }
        let added = self.added();
        if !added.is_empty() {
            status["ephemeralContainerStatuses"] = added.iter().map(|one| one.status()).collect();
        }
        status
    }

    fn phase(&self) -> &'static str {
        let main: Vec<_> = self.containers().iter().filter(|one| !one.init).collect();
        if self.containers().iter().any(|one| one.init && one.has_ended() && one.exit_code() != Some(0)) {
            return "Failed";
        }
        if main.iter().all(|one| one.has_ended()) {
            return if main.iter().all(|one| one.exit_code() == Some(0)) { "Succeeded" } else { "Failed" };
        }
        if main.iter().any(|one| one.was_started()) { "Running" } else { "Pending" }
    }
}

/// The conditions that the kubelet sets.
const OWN_CONDITIONS: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

fn condition(old: &Value, of: &str, state: &(&str, &str, String), now: &str) -> Value {
    let before = list(old, "/status/conditions").iter().find(|one| one["type"] == of);
    let since = before.filter(|one| one["status"] == state.0).map_or(now, |one| text(one, "/lastTransitionTime"));
    let mut condition = json!({"type": of, "status": state.0, "lastProbeTime": null, "lastTransitionTime": since});
    if !state.1.is_empty() {
        condition["reason"] = json!(state.1);
    }
    if !state.2.is_empty() {
        condition["message"] = json!(state.2);
    }
    condition
}

/// How often the kubelet tries again to mount a volume whose source is missing: doubled up to this.
const MOUNT_RETRY_LIMIT: Duration = Duration::from_secs(122);

/// Runs a Pod until it is removed.
pub(super) async fn run(runtime: Arc<PodRuntime>, mut messages: Receiver<Message>, starting: Busy) {
    runtime.sync();
    let life = live(&runtime, starting);
    tokio::pin!(life);
    let mut ended = false;
    let mut added = FuturesUnordered::new();
    loop {
        tokio::select! {
            biased;
            _code = added.next(), if !added.is_empty() => {}
            message = messages.recv() => match message {
                None | Some(Message::Removed) => return,
                Some(Message::Changed(pod)) => {
                    let terminating = object::is_terminating(&pod);
                    *runtime.pod.lock().unwrap_or_else(PoisonError::into_inner) = pod;
                    if terminating && !runtime.stop.is_cancelled() {
                        runtime.stop.cancel();
                        if ended {
                            remove(&runtime);
                        }
                    }
                    if !runtime.stop.is_cancelled() {
                        added.extend(runtime.take_up_added().into_iter().map(|one| async move { one.live().await }));
                    }
                }
            },
            () = &mut life, if !ended => {
                ended = true;
                runtime.sync();
                if runtime.stop.is_cancelled() {
                    remove(&runtime);
                }
            }
        }
    }
}

/// Mounts the volumes, runs the init containers one after the other, then the others side by side.
async fn live(runtime: &Arc<PodRuntime>, starting: Busy) {
    let Some(clock) = runtime.node.upgrade().map(|node| node.store.simulation.clock.clone()) else { return };
    let mut pause = Duration::from_millis(500);
    let mut starting = Some(starting);
    loop {
        let missing =
            runtime.node.upgrade().and_then(|node| environment::missing_volume(&node.store, &runtime.object()));
        let Some(missing) = missing else { break };
        runtime.event("", "Warning", "FailedMount", &missing);
        let wait = clock.sleep(pause);
        tokio::pin!(wait);
        // The sleep is registered by its first poll; only then may the clock move on.
        tokio::select! {
            biased;
            () = runtime.stop.cancelled() => return,
            () = &mut wait => {}
            () = async { drop(starting.take()); std::future::pending::<()>().await } => {}
        }
        pause = (pause * 2).min(MOUNT_RETRY_LIMIT);
    }
    let work = async {
        for init in runtime.containers().iter().filter(|one| one.init) {
            if !init.sidecar && init.live().await != Some(0) {
                return;
            }
        }
        let sidecars = join_all(runtime.containers().iter().filter(|one| one.sidecar).map(ContainerRuntime::live));
        let main = join_all(runtime.containers().iter().filter(|one| !one.init).map(ContainerRuntime::live));
        // Sidecars end with the Pod: they stop once nothing else runs.
        tokio::select! {
            biased;
            _ended = main => {}
            _never_before = sidecars, if runtime.containers().iter().any(|one| one.sidecar) => {}
        }
    };
    tokio::pin!(work);
    tokio::select! {
        biased;
        () = &mut work => {}
        () = async { drop(starting.take()); std::future::pending::<()>().await } => {}
    }
}

/// Deletes the Pod for good, as the kubelet does once everything has stopped.
fn remove(runtime: &PodRuntime) {
    let (Some(node), Some(kind)) = (runtime.node.upgrade(), built_in("pods")) else { return };
    let pod = runtime.object();
    let key = Key::new("pods", object::namespace(&pod), object::name(&pod));
    let writer = Writer::controller("kubelet", &runtime.cause);
    let removed = node.store.update(kind, &key, &writer, |old| {
        if object::uid(old) != object::uid(&pod) {
            return Ok::<_, ApiError>(None);
        }
        let mut new = old.clone();
        object::set(&mut new, &["metadata", "deletionGracePeriodSeconds"], 0);
        Ok(Some(new))
    });
    if let Err(error) = removed {
        tracing::debug!(%error, pod = %key.name, "not removed");
    }
}
