//! Which command each queued operation goes back to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::origin::{Actor, Origin};

/// Which command each queued operation goes back to. Clones share one record.
///
/// A worker says on whose behalf it acts, but only the hub knows which command queued that.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    commands: Arc<Mutex<HashMap<String, u64>>>,
}

impl Operations {
    /// `command` has queued `operation`.
    pub fn queued(&self, operation: &str, command: u64) {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.insert(operation.to_owned(), command);
    }

    /// `origin` with the command behind a worker's operation, where that is known.
    pub fn resolve(&self, mut origin: Origin) -> Origin {
        if let (Actor::Worker { operation: Some(operation) }, None) = (&origin.actor, origin.command) {
            let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
            origin.command = commands.get(operation).copied();
        }
        origin
    }
}
