//! Apply: server-side apply in two stages, then a wait until everything is current.

use std::time::Duration;

use serde_json::Value;
use stagegate_simulation::Busy;

use super::wait::{self, Round};
use super::{Operation, Outcome};
use crate::hub::HubError;
use crate::kubernetes::{ApplyError, apply_all};
use crate::live_state;
use crate::manifest::is_definition;

/// The wait between the two stages (recorded run 16c: about 2 s for a custom resource definition).
const DEFINITION_POLL: Duration = Duration::from_secs(2);
const DEFINITION_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) async fn apply(operation: Operation) -> Result<(), HubError> {
    let failed = |message| Outcome::failed("ApplyFailed", message);
    let objects = match operation.objects().await {
        Ok(objects) => objects,
        Err(message) => return operation.report(failed(message)).await,
    };
    operation.progress("Starting to apply resources...").await?;
    if let Err(error) = apply_in_stages(&operation, &objects).await {
        return operation.report(failed(format!("Failed to apply resources: {error}"))).await;
    }
    operation.progress("Applying resources...").await?;
    let (tasks, busy) = (operation.work.tasks.clone(), operation.work.clock.busy());
    tasks.spawn_wait(wait::in_rounds(operation, busy, async move |operation: &Operation, busy| {
        wait_once(operation, &objects, busy).await
    }));
    Ok(())
}

/// Namespaces and custom resource definitions first, whatever the order in the manifest.
async fn apply_in_stages(operation: &Operation, objects: &[Value]) -> Result<(), ApplyError> {
    let (definitions, others): (Vec<&Value>, Vec<&Value>) = objects.iter().partition(|object| is_definition(object));
    if !definitions.is_empty() {
        apply_all(&operation.kubernetes, &definitions).await?;
        let definitions: Vec<Value> = definitions.into_iter().cloned().collect();
        let busy = operation.work.clock.busy();
        let (ready, _busy) =
            wait::until_current(operation, &definitions, DEFINITION_POLL, DEFINITION_TIMEOUT, busy).await;
        ready.map_err(ApplyError::NotReady)?;
    }
    apply_all(&operation.kubernetes, &others).await
}

async fn wait_once(operation: &Operation, objects: &[Value], busy: Busy) -> (Round, Busy) {
    if let Err(error) = operation.progress("Waiting for the applied resources...").await {
        return (error.into(), busy);
    }
    let (ready, busy) = wait::until_ready(operation, objects, busy).await;
    let failed = |message| Outcome { terminated: false, ..Outcome::failed("ApplyWaitFailed", message) };
    if let Err(error) = ready {
        // Whether the hub takes this or not, the wait goes on.
        let _taken = operation.report(failed(format!("Failed to wait for resources: {error}"))).await;
        return (Round::Again, busy);
    }
    let live = match operation.live(objects).await {
        Ok(live) => live,
        Err(error) => {
            let _taken = operation.report(failed(format!("Failed to get Live Objects: {error}"))).await;
            return (Round::Again, busy);
        }
    };
    let message = format!("Applied {} resources successfully at {}", live.len(), operation.now_in_words());
    let mut outcome = Outcome::completed("ApplyCompleted", message);
    match live_state::yaml(&live) {
        Ok(yaml) => outcome.live_state = yaml.into_bytes(),
        Err(error) => outcome = failed(format!("Failed to convert objects to YAML: {error}")),
    }
    // A completion the hub does not take is lost for good (recorded run 17d).
    let _taken = operation.report(outcome).await;
    (Round::Over, busy)
}
