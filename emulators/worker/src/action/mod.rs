//! Operations: one file an action; each a sequence of reports with work between them.

mod apply;
mod destroy;
mod finalize;
mod import;
mod import_filters;
mod refresh;
mod wait;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use stagegate_simulation::{Clock, Receiver, Seed};

use crate::hub::{Hub, HubError};
use crate::kubernetes::Client;
use crate::live_state;
use crate::manifest;
use crate::protocol::{ActionResult, BridgeEvent, Payload, TargetParams};
use crate::session::Log;
use crate::tasks::Tasks;
use crate::wait_slots::WaitSlots;

/// Waits without a readable timeout of their own last this long (recorded runs 7d, 7e).
const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// What operations work with.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) clock: Clock,
    pub(crate) seed: Seed,
    pub(crate) hub: Hub,
    pub(crate) kubernetes: Client,
    /// The kubeconfig context that exists; `None` inside a cluster.
    pub(crate) kube_context: Option<String>,
    pub(crate) slots: WaitSlots,
    pub(crate) tasks: Tasks,
    pub(crate) log: Log,
}

/// Works through one unit's events, one step at a time; waits go on aside.
pub(crate) async fn work_through(work: Work, mut queue: Receiver<BridgeEvent>) {
    loop {
        let event = tokio::select! {
            biased;
            () = work.tasks.closing() => return,
            event = queue.recv() => event,
        };
        let Some(event) = event else { return };
        let action = event.action.clone();
        if let Err(error) = carry_out(&work, event).await {
            (work.log)(&format!("[ERROR] Bridge command processing failed, Action={action}: {error}"));
        }
    }
}

async fn carry_out(work: &Work, event: BridgeEvent) -> Result<(), HubError> {
    let operation = Operation::new(work.clone(), event);
    match operation.action.as_str() {
        "Apply" => apply::apply(operation).await,
        "Destroy" => destroy::destroy(operation).await,
        "Refresh" => refresh::refresh(&operation).await,
        "Import" => import::import(&operation).await,
        "Finalize" => finalize::finalize(&operation).await,
        unknown => {
            // The real worker answers without ids, so no hub can match it (recorded runs 18k, 18n).
            let message = format!("unknown operation name: {unknown}");
            work.hub.report(&ActionResult::unattached(unknown, "None", message, operation.started_at)).await
        }
    }
}

/// One operation under way.
pub(crate) struct Operation {
    work: Work,
    kubernetes: Client,
    action: String,
    payload: Payload,
    /// When the worker took the event from its queue; the same in all its reports.
    started_at: Timestamp,
}

/// The end of an operation, as reported.
struct Outcome {
    status: &'static str,
    result: &'static str,
    message: String,
    terminated: bool,
    data: Vec<u8>,
    live_state: Vec<u8>,
}

impl Outcome {
    fn completed(result: &'static str, message: String) -> Self {
        Self { status: "Completed", result, message, terminated: true, data: Vec::new(), live_state: Vec::new() }
    }

    fn failed(result: &'static str, message: String) -> Self {
        Self { status: "Failed", ..Self::completed(result, message) }
    }
}

impl Operation {
    fn new(work: Work, event: BridgeEvent) -> Self {
        let started_at = work.clock.now();
        let kubernetes = work.kubernetes.for_operation(event.payload.queued_operation_id.to_string());
        Self { work, kubernetes, action: event.action, payload: event.payload, started_at }
    }

    /// Reports that something is under way. The operation goes on only once the hub has answered 200.
    async fn progress(&self, message: &str) -> Result<(), HubError> {
        let outcome = Outcome::completed("None", message.to_owned());
        self.report(Outcome { status: "Progressing", terminated: false, ..outcome }).await
    }

    async fn report(&self, outcome: Outcome) -> Result<(), HubError> {
        let result = ActionResult {
            unit_id: self.payload.unit_id,
            space_id: self.payload.space_id,
            queued_operation_id: self.payload.queued_operation_id,
            revision_num: self.payload.revision_num,
            action: self.action.clone(),
            result: outcome.result,
            status: outcome.status,
            message: outcome.message,
            started_at: self.started_at,
            terminated_at: outcome.terminated.then(|| self.work.clock.now()),
            data: outcome.data,
            live_state: outcome.live_state,
        };
        self.work.hub.report(&result).await
    }

    /// The target's parameters, or what is wrong with them in the real worker's words.
    fn target_params(&self) -> Result<TargetParams, String> {
        let raw = &self.payload.target_params;
        if raw.is_empty() {
            return Ok(TargetParams::default());
        }
        serde_json::from_slice::<TargetParams>(raw)
            .map_err(|error| format!("failed to parse target params: {error} ({})", String::from_utf8_lossy(raw)))
    }

    /// Checks that the target names a context there is (recorded run 18d).
    fn check_context(&self, params: &TargetParams) -> Result<(), String> {
        let asked = params.kube_context.as_str();
        if asked.is_empty() || self.work.kube_context.as_deref() == Some(asked) {
            return Ok(());
        }
        Err(format!("failed to get Kubernetes config: context \"{asked}\" does not exist"))
    }

    fn wait_timeout(&self) -> Duration {
        let params = self.target_params().unwrap_or_default();
        let parsed = params.wait_timeout.parse::<jiff::SignedDuration>().ok();
        parsed.and_then(|timeout| Duration::try_from(timeout).ok()).unwrap_or(DEFAULT_WAIT)
    }

    /// The unit's objects, each with the namespace it will live in.
    async fn objects(&self) -> Result<Vec<Value>, String> {
        self.check_context(&self.target_params()?)?;
        let objects = manifest::objects(&self.payload.data).map_err(|error| error.to_string())?;
        Ok(self.with_default_namespace(objects).await)
    }

    /// Objects of namespaced kinds that name no namespace go to `default` (recorded run 18a).
    async fn with_default_namespace(&self, mut objects: Vec<Value>) -> Vec<Value> {
        for object in &mut objects {
            let named = object["metadata"]["namespace"].as_str().is_some_and(|namespace| !namespace.is_empty());
            if !named && self.kubernetes.resource(object).await.is_ok_and(|resource| resource.namespaced) {
                object["metadata"]["namespace"] = "default".into();
            }
        }
        objects
    }

    /// The live objects, cleaned.
    async fn live(&self, objects: &[Value]) -> Result<Vec<Value>, crate::kubernetes::Error> {
        let mut live = Vec::with_capacity(objects.len());
        for object in objects {
            live.push(live_state::clean(self.kubernetes.get(object).await?));
        }
        Ok(live)
    }

    /// The time as messages show it: UTC, whole seconds.
    fn now_in_words(&self) -> String {
        self.work.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }
}
