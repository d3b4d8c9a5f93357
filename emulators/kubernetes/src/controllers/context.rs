//! What controllers work with.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;
use stagegate_kubernetes_schema::{canonical, schemas};
use stagegate_simulation::Origin;

use super::scheduler::Scheduler;
use crate::access::Tokens;
use crate::api::delete::{self, Options};
use crate::api::managed_fields::record_update;
use crate::api::status::ApiError;
use crate::api::{prepare, write};
use crate::kinds::{Kind, Registry};
use crate::node::Node;
use crate::node::events::{Recorder, Source};
use crate::store::object::{self, list};
use crate::store::{Key, Store, Stored, Writer};

/// What controllers work with.
pub(super) struct Context {
    pub(super) store: Store,
    pub(super) registry: Registry,
    pub(super) recorder: Recorder,
    /// The cluster's CA, PEM.
    pub(super) root_certificate: String,
    pub(super) tokens: Tokens,
    pub(super) node: Arc<Node>,
    /// What was recommended to each autoscaler of late.
    pub(super) recommended: Mutex<Recommendations>,
    pub(super) scheduler: Mutex<Scheduler>,
    /// The Ingresses that were given an address.
    pub(super) published: Mutex<HashSet<Key>>,
}

/// When which count was recommended, by autoscaler.
pub(super) type Recommendations = HashMap<Key, Vec<(Timestamp, i64)>>;

impl Context {
    pub(super) fn now(&self) -> Timestamp {
        self.store.simulation.clock.now()
    }

    pub(super) fn recommendations(&self) -> MutexGuard<'_, Recommendations> {
        self.recommended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn scheduler(&self) -> MutexGuard<'_, Scheduler> {
        self.scheduler.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn published(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn kind(&self, resource: &str) -> Result<Arc<Kind>, ApiError> {
        self.registry.by_resource(resource).ok_or_else(ApiError::no_such_path)
    }

    /// Makes an object, through defaulting, admission and validation.
    pub(super) fn create(
        &self,
        who: &str,
        resource: &str,
        object: Value,
        cause: &Origin,
    ) -> Result<Arc<Value>, ApiError> {
        let kind = self.kind(resource)?;
        let prepared = prepare::prepare(&self.store, &kind, object)?;
        write::store_new(&self.store, &kind, prepared, &Writer::controller(who, cause))
    }

    /// Changes an object; unchanged content is not written.
    pub(super) fn update(
        &self,
        who: &str,
        key: &Key,
        cause: &Origin,
        change: impl FnOnce(&mut Value),
    ) -> Result<Arc<Value>, ApiError> {
        let kind = self.kind(&key.resource)?;
        self.store.update(&kind, key, &Writer::controller(who, cause), |old| {
            let mut new = old.clone();
            change(&mut new);
            canonical(&mut new, &schemas().root(&kind.schema));
            // Objects that controllers alone write are not tracked: nobody applies over them.
            if new != *old && !list(old, "/metadata/managedFields").is_empty() && &*kind.resource != "pods" {
                record_update(&kind, old, &mut new, "kube-controller-manager", "status", self.now());
            }
            // The only change of a Pod's spec here is its binding, which is not counted.
            if &*kind.resource != "pods" && kind.counts_change(old, &new) {
                let generation = object::integer(old, "/metadata/generation").unwrap_or(0) + 1;
                object::set(&mut new, &["metadata", "generation"], generation);
            }
            Ok((new != *old).then_some(new))
        })
    }

    /// Deletes an object in the background; one that is gone already is fine.
    pub(super) fn delete(&self, who: &str, key: &Key, cause: &Origin) -> Result<(), ApiError> {
        self.delete_as(who, key, cause, &Options::background())
    }

    pub(super) fn delete_as(&self, who: &str, key: &Key, cause: &Origin, options: &Options) -> Result<(), ApiError> {
        let kind = self.kind(&key.resource)?;
        match delete::delete(&self.store, &kind, key, options, &Writer::controller(who, cause)) {
            Err(error) if error.code != 404 => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn event(&self, who: &'static str, about: &Stored, level: &'static str, reason: &str, message: &str) {
        self.recorder.record(Source::controller(who), (&about.object, ""), level, reason, message, &about.cause);
    }

    /// The objects of a resource that `owner` controls.
    pub(super) fn controlled(&self, owner: &Value, resource: &str) -> Vec<(Key, Stored)> {
        let mut all = self.store.owned_by(object::uid(owner));
        all.retain(|(key, stored)| &*key.resource == resource && object::is_controlled_by(&stored.object, owner));
        all
    }
}
