//! Startup, readiness and liveness probes, judged by what the process listens on and answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use stagegate_simulation::Clock;

use super::container::ContainerRuntime;
use super::traffic::named_port;
use crate::command;
use crate::store::object::{integer, list, text};

/// Probes a running container until it must be killed; gives the probe that says so.
pub(super) async fn watch(container: &Arc<ContainerRuntime>, clock: &Clock) -> &'static str {
    let probe = |field: &str| container.spec.get(field).filter(|probe| probe.is_object());
    if let Some(startup) = probe("startupProbe") {
        container.probed(false, false);
        if !until_settled(container, clock, startup, "Startup", |_| ()).await {
            return "startup";
        }
    }
    let readiness = async {
        match probe("readinessProbe") {
            None => container.probed(true, true),
            Some(readiness) => {
                container.probed(true, false);
                loop {
                    until_settled(container, clock, readiness, "Readiness", |ready| container.probed(true, ready))
                        .await;
                    if container.is_ready() {
                        break;
                    }
                }
            }
        }
        std::future::pending::<()>().await;
    };
    let liveness = async {
        if let Some(liveness) = probe("livenessProbe")
            && !until_settled(container, clock, liveness, "Liveness", |_| ()).await
        {
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = readiness => "readiness",
        () = liveness => "liveness",
    }
}

/// Probes until the outcome can no longer change: `true` once it has succeeded often enough (what a
/// declared process answers stays the same until it ends; a command may answer otherwise the next
/// time, so it is asked for ever), `false` once it has failed too often.
async fn until_settled(
    container: &ContainerRuntime,
    clock: &Clock,
    probe: &Value,
    word: &str,
    changed: impl Fn(bool),
) -> bool {
    let number = |field: &str, default: i64| integer(probe, &format!("/{field}")).unwrap_or(default);
    let seconds = |field: &str, default: i64| Duration::from_secs(u64::try_from(number(field, default)).unwrap_or(0));
    clock.sleep(seconds("initialDelaySeconds", 0)).await;
    let asked_for_ever = word != "Startup" && probe["exec"].is_object();
    let (mut passed, mut failed) = (0, 0);
    loop {
        match check(container, clock, probe).await {
            Ok(()) => {
                (passed, failed) = (passed + 1, 0);
                if passed >= number("successThreshold", 1) {
                    changed(true);
                    if !asked_for_ever {
                        return true;
                    }
                }
            }
            // The kubelet throws away what it could not find out, and asks again.
            Err(Failure::Errored(detail)) => {
                unhealthy(container, &format!("{word} probe errored and resulted in unknown state: {detail}"));
            }
            Err(Failure::Failed(detail)) => {
                (passed, failed) = (0, failed + 1);
                unhealthy(container, &format!("{word} probe failed: {detail}"));
                if failed >= number("failureThreshold", 3) {
                    changed(false);
                    if word != "Readiness" {
                        return false;
                    }
                }
            }
        }
        clock.sleep(seconds("periodSeconds", 10)).await;
    }
}

fn unhealthy(container: &ContainerRuntime, message: &str) {
    if let Some(pod) = container.pod() {
        pod.event(&container.path(), "Warning", "Unhealthy", message);
    }
}

/// Why a probe did not succeed, in the kubelet's words (`pkg/kubelet/prober` of Kubernetes 1.34).
enum Failure {
    /// It counts against the threshold.
    Failed(String),
    /// The probe itself could not be made; it counts for nothing.
    Errored(String),
}

impl From<String> for Failure {
    fn from(detail: String) -> Self {
        Self::Failed(detail)
    }
}

impl From<&str> for Failure {
    fn from(detail: &str) -> Self {
        Self::Failed(detail.to_owned())
    }
}

/// One probe: what a kubelet would see.
async fn check(container: &ContainerRuntime, clock: &Clock, probe: &Value) -> Result<(), Failure> {
    let Some(pod) = container.pod() else { return Ok(()) };
    let timeout =
        Duration::from_secs(integer(probe, "/timeoutSeconds").and_then(|n| u64::try_from(n).ok()).unwrap_or(1));
    let of = |place: &str| named_port(&container.spec, &probe[place]["port"]);
    if probe["httpGet"].is_object() {
        let port = of("httpGet").ok_or("strconv.Atoi: parsing port: invalid syntax")?;
        let path = text(probe, "/httpGet/path");
        let target = format!("{}:{port}", pod.ip);
        let refused = format!("Get \"http://{target}{path}\": dial tcp {target}: connect: connection refused");
        let listener = container.listener(port).ok_or(refused)?;
        if listener.tcp {
            let broken = "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
            return Err(format!("Get \"http://{target}{path}\": {broken}").into());
        }
        let answer = listener.answer(path);
        if answer.delay > timeout {
            let late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
            return Err(format!("Get \"http://{target}{path}\": {late}").into());
        }
        if (200..400).contains(&answer.status) {
            Ok(())
        } else {
            Err(format!("HTTP probe failed with statuscode: {}", answer.status).into())
        }
    } else if probe["tcpSocket"].is_object() {
        let port = of("tcpSocket").ok_or("strconv.Atoi: parsing port: invalid syntax")?;
        let refused = format!("dial tcp {}:{port}: connect: connection refused", pod.ip);
        container.listener(port).map(|_| ()).ok_or(refused.into())
    } else if probe["exec"].is_object() {
        exec(container, clock, probe, timeout).await
    } else {
        Err("the stagegate node simulator does not support grpc probes".into())
    }
}

/// Runs the command of an `exec` probe; what it printed is why it failed.
async fn exec(container: &ContainerRuntime, clock: &Clock, probe: &Value, timeout: Duration) -> Result<(), Failure> {
    let words = list(probe, "/exec/command").iter().filter_map(|word| word.as_str().map(str::to_owned));
    let line: Vec<String> = words.collect();
    let Some(place) = container.place() else { return Ok(()) };
    let program = line.first().map_or("", String::as_str);
    if !place.has(program) {
        let why = command::not_started(&container.id(), program);
        return Err(Failure::Errored(format!("rpc error: code = Unknown desc = {why}")));
    }
    let printed = Mutex::new(String::new());
    let print = |_, text: &str| printed.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    let run = command::run(&place, &line, "", &print);
    match clock.timeout(timeout, run).await {
        Ok(0) => Ok(()),
        Ok(_) => Err(printed.into_inner().unwrap_or_else(PoisonError::into_inner).into()),
        Err(_) => {
            let late = format!("command timed out: \"{}\" timed out after {}s", line.join(" "), timeout.as_secs());
            Err(late.into())
        }
    }
}
