//! The store of one organization, shared by the requests on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Store;

/// The store of one organization. Each organization has its own, so that the entities of one are not
/// there for the others.
#[derive(Debug, Clone)]
pub(crate) struct Tenant(Arc<Mutex<Store>>);

impl Tenant {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// A handler that panicked leaves at worst its own change half done; all others go on.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
