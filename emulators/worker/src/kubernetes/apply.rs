//! Applying and deleting the objects of a unit.

use serde_json::Value;

use super::client::Client;
use super::error::{ApplyError, DeleteError, Error};
use super::order;
use crate::live_state;
use crate::manifest::display_name;

/// Applies objects: all of them as a dry run first, then those that would change.
///
/// One object that cannot be applied keeps all others from being written (recorded runs 5, 6c, 6j).
pub(crate) async fn apply_all(client: &Client, objects: &[&Value]) -> Result<(), ApplyError> {
    let mut objects = objects.to_vec();
    objects.sort_by_key(|object| order::key(object));
    let mut changed = Vec::new();
    for object in &objects {
        let dry_run = |cause| ApplyError::DryRun { object: display_name(object), cause };
        let existing = match client.get(object).await {
            Err(error) if error.is_not_found() => None,
            answer => Some(answer.map_err(dry_run)?),
        };
        let wanted = client.apply(object, true).await.map_err(dry_run)?;
        if existing.is_none_or(|existing| live_state::clean(existing) != live_state::clean(wanted)) {
            changed.push(*object);
        }
    }
    for object in changed {
        client.apply(object, false).await.map_err(|cause| ApplyError::Apply { object: display_name(object), cause })?;
    }
    Ok(())
}

/// Deletes objects in the reverse of the order in which they are applied; those that are gone already count as deleted.
pub(crate) async fn delete_all(client: &Client, objects: &[Value]) -> Result<(), DeleteError> {
    let mut objects: Vec<&Value> = objects.iter().collect();
    objects.sort_by_key(|object| order::key(object));
    let mut errors = Vec::new();
    for object in objects.into_iter().rev() {
        if let Err(text) = delete(client, object).await {
            errors.push(format!("{text};"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(DeleteError(errors.join(" "))) }
}

async fn delete(client: &Client, object: &Value) -> Result<(), String> {
    let gone = |error: &Error| error.is_not_found();
    match client.get(object).await {
        Err(error) if gone(&error) => return Ok(()),
        Err(error) => return Err(format!("{} query failed: {error}", display_name(object))),
        Ok(_) => {}
    }
    match client.delete(object).await {
        Err(error) if !gone(&error) => Err(format!("{} delete failed: {error}", display_name(object))),
        _ => Ok(()),
    }
}
