//! Event objects: what controllers and the kubelet tell people.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use stagegate_simulation::Origin;

use crate::kinds::{Kind, built_in};
use crate::store::object::{self, text};
use crate::store::{Key, Store, Writer};

/// Records Events; the same Event again only counts up.
#[derive(Clone)]
pub(crate) struct Recorder {
    store: Store,
    known: Arc<Mutex<HashMap<String, Key>>>,
    /// How many Events there are about an object, by its uid.
    made: Arc<Mutex<HashMap<String, u32>>>,
}

/// Who tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// Such as `kubelet` or `deployment-controller`.
    pub(crate) component: &'static str,
    pub(crate) host: &'static str,
}

impl Source {
    pub(crate) const fn controller(component: &'static str) -> Self {
        Self { component, host: "" }
    }
}

impl Recorder {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone(), known: Arc::default(), made: Arc::default() }
    }

    /// Records an Event about `object`; `part` is the `fieldPath`, empty for the whole.
    pub(crate) fn record(
        &self,
        source: Source,
        about: (&Value, &str),
        level: &'static str,
        reason: &str,
        message: &str,
        cause: &Origin,
    ) {
        let Some(kind) = built_in("events") else { return };
        let (object, part) = about;
        let writer = Writer::controller(source.component, cause);
        let id = [object::uid(object), part, source.component, level, reason, message].join("\u{1}");
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(key) = known
            && self.again(kind, &key, &writer)
        {
            return;
        }
        let event = self.event(source, about, level, reason, message);
        let key = Key::new(&kind.resource, object::namespace(&event), object::name(&event));
        if self.store.get("namespaces", "", &key.namespace).is_none() {
            return;
        }
        match self.store.create(kind, event, &writer) {
            Ok(_) => drop(self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id, key)),
            Err(error) => tracing::debug!(%error, "event not recorded"),
        }
    }

    fn again(&self, kind: &Kind, key: &Key, writer: &Writer) -> bool {
        let now = object::time(self.store.simulation.clock.now());
        let counted = self.store.update(kind, key, writer, |old| {
            let mut new = old.clone();
            new["count"] = json!(object::integer(old, "/count").unwrap_or(1) + 1);
            new["lastTimestamp"] = json!(now);
            Ok::<_, crate::api::status::ApiError>(Some(new))
        });
        counted.is_ok()
    }

    fn count(&self, uid: &str) -> u32 {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let count = made.entry(uid.to_owned()).or_default();
        *count += 1;
        *count
    }

    fn event(&self, source: Source, about: (&Value, &str), level: &str, reason: &str, message: &str) -> Value {
        let (object, part) = about;
        let simulation = &self.store.simulation;
        let now = object::time(simulation.clock.now());
        let namespace = match object::namespace(object) {
            "" => "default",
            namespace => namespace,
        };
        // client-go names Events by the time, so that they sort by it; the count keeps them apart.
        let suffix = simulation.clock.now().as_nanosecond() + i128::from(self.count(object::uid(object)));
        let mut involved = json!({
            "kind": object["kind"],
            "namespace": namespace,
            "name": object["metadata"]["name"],
            "uid": object["metadata"]["uid"],
            "apiVersion": object["apiVersion"],
            "resourceVersion": object["metadata"]["resourceVersion"],
        });
        if !part.is_empty() {
            involved["fieldPath"] = json!(part);
        }
        let mut from = json!({"component": source.component});
        if !source.host.is_empty() {
            from["host"] = json!(source.host);
        }
        json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": format!("{}.{suffix:x}", text(object, "/metadata/name")),
                "namespace": namespace,
                "uid": simulation.seed.uuid(&format!("event/{}", object::uid(object))).to_string(),
                "creationTimestamp": now,
            },
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": from,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": level,
            "eventTime": null,
            "reportingComponent": source.component,
            "reportingInstance": source.host,
        })
    }
}
