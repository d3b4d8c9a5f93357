//! Finalize: nothing to do on a cluster.

use super::{Operation, Outcome};
use crate::hub::HubError;

pub(super) async fn finalize(operation: &Operation) -> Result<(), HubError> {
    operation.progress("Starting finalization...").await?;
    let done = Outcome::completed("None", "Finalization completed successfully".to_owned());
    operation.report(Outcome { terminated: false, ..done }).await
}
