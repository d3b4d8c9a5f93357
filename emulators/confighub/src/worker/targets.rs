//! Targets that a worker brings with it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

use crate::api::{Call, change_with, place};
use crate::entity::{BridgeWorker, Target};
use crate::error::ApiError;
use crate::hub::HubState;
use crate::store::Store;

/// Registers the targets of a worker that connected with `call` some environment time later, unless its
/// stream has ended by then.
pub(super) fn register_after(hub: Arc<HubState>, call: &Call<'_>, delay: Duration, serial: u64, info: Json) {
    let Ok(id) = call.id("bridge_worker_id") else { return };
    let (tenant, call) = (call.tenant.clone(), call.for_later());
    let clock = hub.simulation.clock.clone();
    tokio::spawn(async move {
        clock.sleep(delay).await;
        let mut store = tenant.store();
        let worker = store.bridge_workers.get(id).filter(|_| hub.connections.is_current(id, serial)).cloned();
        let Some(worker) = worker else { return };
        if let Err(refusal) = register(&mut store, &call(&hub), &worker, &info) {
            store.bridge_workers.update(id, |worker| worker.last_message = refusal.message);
        }
    });
}

/// Creates a target for each `AvailableTargets` entry of a worker's information, in the worker's space;
/// one that is there already takes over what the worker says of it.
pub(super) fn register(store: &mut Store, call: &Call<'_>, worker: &BridgeWorker, info: &Json) -> Result<(), ApiError> {
    let types = info.pointer("/BridgeWorkerInfo/SupportedConfigTypes").and_then(Json::as_array);
    for config_type in types.into_iter().flatten() {
        let available = config_type["AvailableTargets"].as_array();
        for target in available.into_iter().flatten() {
            let target = announced(worker, config_type, target);
            let space = worker.metadata.space_id;
            let Some(before) = store.targets.by_slug(space, &target.metadata.slug).cloned() else {
                place(store, call, space, target, format!("registered by worker {}", worker.metadata.slug))?;
                continue;
            };
            let mut after = before.clone();
            after.bridge_worker_id = target.bridge_worker_id;
            after.provider_type = target.provider_type;
            after.toolchain_type = target.toolchain_type;
            after.parameters = target.parameters;
            let same = before.bridge_worker_id == after.bridge_worker_id
                && before.provider_type == after.provider_type
                && before.toolchain_type == after.toolchain_type
                && before.parameters == after.parameters;
            if !same {
                change_with(store, call, &before, after, format!("registered by worker {}", worker.metadata.slug))?;
            }
        }
    }
    Ok(())
}

fn announced(worker: &BridgeWorker, config_type: &Json, announced: &Json) -> Target {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let mut target = Target {
        bridge_worker_id: worker.bridge_worker_id,
        provider_type: text(&config_type["ProviderType"]),
        toolchain_type: text(&config_type["ToolchainType"]),
        parameters: announced.get("Params").map(Json::to_string).unwrap_or_default(),
        ..Target::default()
    };
    target.metadata.slug = text(&announced["Name"]);
    target.metadata.display_name.clone_from(&target.metadata.slug);
    target
}
