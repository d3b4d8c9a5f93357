//! One run of a container's process: a program of ours, or what the catalogue declares.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use stagegate_simulation::Clock;
use tokio_util::sync::CancellationToken;

use super::catalogue::Image;
use super::container::{ContainerRuntime, Exit};
use super::log::LogSink;
use super::pod::PodRuntime;
use super::{environment, probes};
use crate::api::subject_of;
use crate::command::{self, Place};
use crate::kinds::quantity;
use crate::program::Container;
use crate::store::object::{self, list, text};

/// The kubelet's exit code of a process that never started.
const START_ERROR_EXIT: i32 = 128;
const SIGTERM_EXIT: i32 = 143;
const SIGKILL_EXIT: i32 = 137;

/// Creates and starts the container, and waits until its process has ended.
pub(super) async fn run(
    container: &Arc<ContainerRuntime>,
    pod: &Arc<PodRuntime>,
    image: &Image,
    env: BTreeMap<String, String>,
) -> Exit {
    let Some(node) = pod.node.upgrade() else { return Exit::new(SIGKILL_EXIT, "Error") };
    let clock = node.store.simulation.clock.clone();
    let seed = &node.store.simulation.seed;
    let series = format!("container/{}", object::uid(&pod.object()));
    let id = format!("containerd://{}{}", seed.uuid(&series).simple(), seed.uuid(&series).simple());
    let name = container.name().to_owned();
    pod.event(&container.path(), "Normal", "Created", &format!("Created container: {name}"));
    if let Some(message) = not_startable(container, pod, image, &env) {
        container.never_began(id);
        pod.event(&container.path(), "Warning", "Failed", &format!("Error: {message}"));
        return Exit { message, ..Exit::new(START_ERROR_EXIT, "StartError") };
    }
    let log = container.begin(&clock, id, image, &env);
    pod.event(&container.path(), "Normal", "Started", &format!("Started container {name}"));
    let stop = CancellationToken::new();
    let process: BoxFuture<'static, Exit> = match &image.program {
        Some(program) => {
            if let Some(program) = node.programs.get(program) {
                let context = context(container, pod, &node, env.clone(), log, stop.clone());
                program.run(context).map(of_code).boxed()
            } else {
                log.write_line(&format!("exec {name}: no such program in this cluster"));
                async { Exit::new(127, "Error") }.boxed()
            }
        }
        None => {
            if let Some((place, line)) = command(container, image, &env) {
                ran(place, line, log).boxed()
            } else if image.interpreter && environment::command_line(&container.spec, image, &env).is_empty() {
                async { of_code(0) }.boxed()
            } else {
                let own = environment::without_links(&node.store, &pod.object(), &container.spec, &env);
                declared(Arc::clone(container), image.clone(), own, log, clock.clone(), stop.clone()).boxed()
            }
        }
    };
    drop(node);
    supervise(container, pod, &clock, process, &stop).await
}

fn context(
    container: &ContainerRuntime,
    pod: &PodRuntime,
    node: &super::Node,
    env: BTreeMap<String, String>,
    log: LogSink,
    stop: CancellationToken,
) -> Container {
    let object = pod.object();
    let namespace = object::namespace(&object).to_owned();
    let account = text(&object, "/spec/serviceAccountName").to_owned();
    let words = |field: &str| {
        list(&container.spec, field).iter().filter_map(|one| one.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let mut args = words("/command");
    args.extend(words("/args"));
    Container {
        env,
        args,
        // Without its account, which went after admission, its requests are anonymous.
        api_token: node.access.tokens.for_pod(object.clone()).unwrap_or_default(),
        namespace,
        pod: object::name(&object).to_owned(),
        service_account: account,
        log,
        stop,
        api_url: node.api_url.get().cloned().unwrap_or_default(),
    }
}

/// Probes the process, stops it when it must, and waits for its end.
async fn supervise(
    container: &Arc<ContainerRuntime>,
    pod: &Arc<PodRuntime>,
    clock: &Clock,
    process: BoxFuture<'static, Exit>,
    stop: &CancellationToken,
) -> Exit {
    container.sync();
    tokio::pin!(process);
    let killed = killed(container, pod);
    tokio::pin!(killed);
    let (grace, by_kubelet) = tokio::select! {
        biased;
        exit = &mut process => return exit,
        () = &mut killed => return Exit::new(SIGKILL_EXIT, "Error"),
        () = pod.stop.cancelled() => {
            let message = format!("Stopping container {}", container.name());
            pod.event(&container.path(), "Normal", "Killing", &message);
            (pod.grace(), false)
        }
        failed = probes::watch(container, clock) => {
            let message = format!("Container {} failed {failed} probe, will be restarted", container.name());
            pod.event(&container.path(), "Normal", "Killing", &message);
            (pod.grace(), true)
        }
    };
    stop.cancel();
    let exit = clock.timeout(grace, &mut process).await.unwrap_or_else(|_| Exit::new(SIGKILL_EXIT, "Error"));
    Exit { by_kubelet, ..exit }
}

/// Done when a rule for faults kills the process.
async fn killed(container: &Arc<ContainerRuntime>, pod: &Arc<PodRuntime>) {
    let Some(faults) = pod.node.upgrade().map(|node| node.store.simulation.faults.clone()) else { return };
    let operation = format!("run {}", container.name());
    let subject = subject_of(&pod.object(), "pods", &operation, &pod.cause);
    faults.killed(&subject).await;
}

/// The command that is the container's process, where it is one that the simulator has.
///
/// A container whose `command` starts something else, a JVM say, does what the catalogue declares of its image.
fn command(
    container: &ContainerRuntime,
    image: &Image,
    env: &BTreeMap<String, String>,
) -> Option<(Place, Vec<String>)> {
    let line = environment::command_line(&container.spec, image, env);
    let place = container.place()?;
    (!line.is_empty() && (image.is_tool() || command::runs(&place, &line))).then_some((place, line))
}

/// runc's words for a command line whose program an image of tools does not have.
fn not_startable(
    container: &ContainerRuntime,
    pod: &Arc<PodRuntime>,
    image: &Image,
    env: &BTreeMap<String, String>,
) -> Option<String> {
    let line = environment::command_line(&container.spec, image, env);
    let program = line.first().filter(|_| image.is_tool())?;
    let place =
        Place { pod: Arc::clone(pod), container: Value::Null, env: BTreeMap::new(), commands: image.commands.clone() };
    (!place.has(program)).then(|| {
        format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: {program:?}: executable file not found in $PATH: unknown"
        )
    })
}

/// The commands have no handlers, so SIGTERM does nothing to them (see `Image::ignores_sigterm`).
async fn ran(place: Place, line: Vec<String>, log: LogSink) -> Exit {
    let print = |_, text: &str| log.write(text);
    of_code(command::run(&place, &line, "", &print).await)
}

fn of_code(code: i32) -> Exit {
    Exit::new(code, if code == 0 { "Completed" } else { "Error" })
}

/// The behaviour that the catalogue declares.
async fn declared(
    container: Arc<ContainerRuntime>,
    image: Image,
    env: BTreeMap<String, String>,
    log: LogSink,
    clock: Clock,
    stop: CancellationToken,
) -> Exit {
    let life = async {
        clock.sleep(image.start_up).await;
        if exceeds_limit(image.memory, &container.spec) {
            return Exit::new(SIGKILL_EXIT, "OOMKilled");
        }
        let listening = image.listen.iter().map(|one| (port(one.port, one.env.as_deref(), &env), one.clone()));
        container.listen(listening.collect());
        image.log.iter().for_each(|line| log.write_line(line));
        let Some(crash) = &image.crash else { return std::future::pending().await };
        clock.sleep(crash.after).await;
        if !crash.log.is_empty() {
            log.write_line(&crash.log);
        }
        of_code(crash.exit_code)
    };
    tokio::select! {
        biased;
        exit = life => exit,
        () = stop.cancelled(), if !image.ignores_sigterm => {
            // Closing connections takes a moment.
            clock.sleep(Duration::from_millis(500)).await;
            of_code(SIGTERM_EXIT)
        }
    }
}

fn port(declared: u16, variable: Option<&str>, env: &BTreeMap<String, String>) -> u16 {
    variable.and_then(|name| env.get(name)).and_then(|value| value.parse().ok()).unwrap_or(declared)
}

#[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52")]
fn exceeds_limit(memory: u64, spec: &Value) -> bool {
    let limit = spec.pointer("/resources/limits/memory").and_then(quantity);
    limit.is_some_and(|limit| memory as f64 > limit)
}
