//! Destroy: background deletes, then a wait until the objects are gone one after the other.

use serde_json::Value;
use stagegate_simulation::Busy;

use super::wait::{self, Round};
use super::{Operation, Outcome};
use crate::hub::HubError;
use crate::kubernetes::delete_all;

pub(super) async fn destroy(operation: Operation) -> Result<(), HubError> {
    let failed = |message| Outcome::failed("DestroyFailed", message);
    let objects = match operation.objects().await {
        Ok(objects) => objects,
        Err(message) => return operation.report(failed(message)).await,
    };
    operation.progress("Starting to destroy resources...").await?;
    if let Err(error) = delete_all(&operation.kubernetes, &objects).await {
        return operation.report(failed(format!("Failed to delete resources: {error}"))).await;
    }
    let (tasks, busy) = (operation.work.tasks.clone(), operation.work.clock.busy());
    tasks.spawn_wait(wait::in_rounds(operation, busy, async move |operation: &Operation, busy| {
        wait_once(operation, &objects, busy).await
    }));
    Ok(())
}

async fn wait_once(operation: &Operation, objects: &[Value], mut busy: Busy) -> (Round, Busy) {
    if let Err(error) = operation.progress("Waiting for resources to be terminated...").await {
        return (error.into(), busy);
    }
    for object in objects {
        let (gone, still_busy) = wait::until_gone(operation, object, busy).await;
        busy = still_busy;
        if let Err(error) = gone {
            let message = format!("Failed to wait for resource termination: {error}");
            let _taken = operation.report(Outcome::failed("DestroyWaitFailed", message)).await;
            return (Round::Again, busy);
        }
    }
    let message = format!("Destroyed resources successfully at {}", operation.now_in_words());
    match operation.report(Outcome::completed("DestroyCompleted", message)).await {
        Ok(()) => (Round::Over, busy),
        Err(error) => (error.into(), busy),
    }
}
