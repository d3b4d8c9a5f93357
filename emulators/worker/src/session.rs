//! A worker's life: connect, announce, work through events, end with the stream.

use std::collections::HashMap;
use std::sync::Arc;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use stagegate_simulation::{Sender, Simulation, StreamLedger};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::action::{self, Work};
use crate::config::Config;
use crate::event_stream::{Lines, data_of};
use crate::hub::{Hub, HubError};
use crate::kubernetes::Client;
use crate::protocol::{
    ActionResult, AvailableTarget, BridgeEvent, BridgeWorkerInfo, ConfigType, Event, FunctionEvent, FunctionWorkerInfo,
    TargetParams, WorkerEvent, WorkerInfo,
};
use crate::tasks::Tasks;
use crate::wait_slots::WaitSlots;

/// How many waits one worker has at a time (recorded run 13d).
const WAITS: usize = 10;

/// How a worker ended.
#[derive(Debug)]
pub enum Exit {
    /// It was told to stop, as by SIGTERM: it dies at once and reports nothing.
    Terminated,
    /// The hub ended the stream or the connection broke.
    StreamEnded,
    /// It could not connect, or the hub refused it.
    NotConnected(HubError),
}

impl Exit {
    /// The exit status of the process: 0 for every end that is not a signal, start failures included
    /// (recorded runs 1f-1k, 14a-14k).
    pub fn code(&self) -> u8 {
        match self {
            Self::Terminated => 143,
            Self::StreamEnded | Self::NotConnected(_) => 0,
        }
    }
}

/// Where log lines go.
pub(crate) type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Runs a worker until its stream ends or `stop` is cancelled. `log` takes what its pod would log.
///
/// Dropping the future ends everything the worker has going on.
pub async fn run(
    simulation: Simulation,
    config: Config,
    log: impl Fn(&str) + Send + Sync + 'static,
    stop: CancellationToken,
) -> Exit {
    let log: Log = Arc::new(log);
    let session = async {
        match connect_and_work(&simulation, &config, &log).await {
            Ok(()) => Exit::StreamEnded,
            Err(error) => {
                log(&format!("ERROR\tfailed to start worker\t{{\"error\": \"{error}\"}}"));
                Exit::NotConnected(error)
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => Exit::Terminated,
        exit = session => exit,
    }
}

async fn connect_and_work(simulation: &Simulation, config: &Config, log: &Log) -> Result<(), HubError> {
    if config.secret.len() < 8 {
        return Err(HubError::Secret);
    }
    simulation.clock.sleep(config.registration_delay).await;
    let busy = simulation.clock.busy();
    log(&format!("Starting worker with ID: {}", config.worker_id));
    let (tasks, _gone_when_dropped) = Tasks::new();
    let (hub, connection) = Hub::connect(config).await?;
    tasks.spawn(connection);
    let slug = hub
        .myself()
        .await
        .inspect_err(|error| log(&format!("[ERROR] Failed to get bridge worker slug: {error}")))?
        .slug;
    let ledger = simulation.clock.open_stream();
    let body = hub.stream(&info(config, &slug), ledger.id()).await?;
    log("[INFO] Successfully connected to event stream, status: 200 200 OK");
    drop(busy);
    let work = Work {
        clock: simulation.clock.clone(),
        seed: simulation.seed.child(&config.worker_id),
        hub,
        kubernetes: Client::new(
            &config.kubernetes_url,
            &config.kubernetes_token,
            config.kubernetes_authorities.as_ref(),
        ),
        kube_context: config.kube_context().map(str::to_owned),
        slots: WaitSlots::new(simulation.clock.clone(), WAITS),
        tasks,
        log: Arc::clone(log),
    };
    let mut session = Session { work, units: HashMap::new() };
    session.read(body, &ledger).await;
    log("[INFO] Event stream closed");
    session.work.tasks.finish_steps().await;
    Ok(())
}

fn info(config: &Config, slug: &str) -> WorkerInfo {
    let params = TargetParams {
        kube_context: config.kube_context().unwrap_or_default().to_owned(),
        wait_timeout: "2m0s".to_owned(),
    };
    let target = AvailableTarget { name: config.target(slug), params };
    let kubernetes =
        ConfigType { toolchain_type: "Kubernetes/YAML", provider_type: "Kubernetes", available_targets: vec![target] };
    WorkerInfo {
        bridge_worker_info: BridgeWorkerInfo { supported_config_types: vec![kubernetes] },
        function_worker_info: FunctionWorkerInfo { supported_functions: serde_json::Map::new() },
    }
}

struct Session {
    work: Work,
    /// One queue a unit: its steps run one after the other, those of different units side by side.
    units: HashMap<Uuid, Sender<BridgeEvent>>,
}

impl Session {
    async fn read(&mut self, mut body: Incoming, ledger: &StreamLedger) {
        let mut lines = Lines::default();
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(chunk) = frame.into_data() else { continue };
            lines.push(&chunk);
            while let Some(line) = lines.next_line() {
                self.take_line(&line);
                if !line.is_empty() {
                    ledger.received(1);
                }
            }
        }
    }

    /// Lines that are no event are logged and skipped; the stream stays up (recorded runs 12, 12b).
    fn take_line(&mut self, line: &[u8]) {
        let Some(data) = data_of(line) else { return };
        match serde_json::from_slice(data) {
            Ok(Event::Worker(event)) => self.take_worker_event(&event),
            Ok(Event::Bridge(event)) => self.take_bridge_event(event),
            Ok(Event::Function(event)) => self.take_function_event(&event),
            Err(error) => (self.work.log)(&format!("[ERROR] Failed to parse event: {error}")),
        }
    }

    fn take_worker_event(&self, event: &WorkerEvent) {
        if event.action == "Heartbeat" {
            let now = self.work.clock.now();
            let mut answer = ActionResult::unattached("Heartbeat", "Completed", String::new(), now);
            answer.terminated_at = Some(now);
            self.report_aside(answer);
        }
    }

    fn take_bridge_event(&mut self, event: BridgeEvent) {
        let unit = event.payload.unit_id;
        (self.work.log)(&format!("[INFO] Queueing bridge worker event: Unit={unit}, Action={}", event.action));
        let work = &self.work;
        let queue = self.units.entry(unit).or_insert_with(|| {
            let (sender, receiver) = work.clock.channel();
            work.tasks.spawn_steps(action::work_through(work.clone(), receiver));
            sender
        });
        queue.send(event);
    }

    fn take_function_event(&self, event: &FunctionEvent) {
        let mut answer = ActionResult::unattached(
            &event.action,
            "Failed",
            "this worker runs no functions".to_owned(),
            self.work.clock.now(),
        );
        answer.result = "FunctionInvocationFailed";
        answer.queued_operation_id = event.payload.queued_operation_id;
        answer.unit_id = event.payload.invocation_request.unit_id;
        answer.revision_num = event.payload.invocation_request.revision_num;
        self.report_aside(answer);
    }

    /// Reports at once, whatever else is going on.
    fn report_aside(&self, result: ActionResult) {
        let (hub, log, busy) = (self.work.hub.clone(), Arc::clone(&self.work.log), self.work.clock.busy());
        self.work.tasks.spawn(async move {
            if let Err(error) = hub.report(&result).await {
                log(&format!("[ERROR] Failed to send result of {}: {error}", result.action));
            }
            drop(busy);
        });
    }
}
