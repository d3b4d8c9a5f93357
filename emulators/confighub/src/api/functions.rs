//! The functions that the hub can invoke on configuration data.

use serde_json::{Value as Json, json};

use super::{Call, Reply, crud};
use crate::entity::BridgeWorker;
use crate::error::ApiError;
use crate::store::Store;

/// Signatures by toolchain and name. None can be invoked yet, so none is listed: a client then
/// says that it does not know them, rather than sending what would be refused.
#[expect(clippy::unnecessary_wraps, reason = "a handler")]
pub(super) fn list(_store: &mut Store, _call: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Json(json!({"Kubernetes/YAML": {}})))
}

/// The signatures that a worker brought with it when it last connected.
pub(super) fn of_worker(store: &mut Store, call: &Call<'_>) -> Result<Reply, ApiError> {
    let worker = crud::find::<BridgeWorker>(store, call)?;
    let functions = worker
        .provided_info
        .as_ref()
        .and_then(|info| info.pointer("/FunctionWorkerInfo/SupportedFunctions"))
        .filter(|functions| functions.is_object());
    Ok(Reply::Json(functions.cloned().unwrap_or_else(|| Json::Object(serde_json::Map::new()))))
}
