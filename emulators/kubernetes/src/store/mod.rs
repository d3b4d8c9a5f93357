//! The objects of a cluster, their versions, and who is told about changes.

mod history;
pub(crate) mod object;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use stagegate_simulation::{Change, Origin, Receiver, Simulation, Verb};

use crate::api::SYSTEM;
use crate::api::status::ApiError;
use crate::kinds::Kind;
use crate::observation;
pub(crate) use history::{Event, EventKind};
use history::{History, Interest};

/// Where an object is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// The group-qualified resource, such as `deployments.apps` or `pods`.
    pub(crate) resource: Arc<str>,
    /// Empty for cluster-scoped resources.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(resource: &str, namespace: &str, name: &str) -> Self {
        Self { resource: resource.into(), namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// An object with what led to its present state.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) object: Arc<Value>,
    /// The API request at the beginning of the chain that led to the object's present content.
    pub(crate) cause: Origin,
}

/// Who writes, and because of which API request.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) origin: Origin,
    pub(crate) cause: Origin,
}

impl Writer {
    /// A client of the API.
    pub(crate) fn client(origin: &Origin) -> Self {
        Self { origin: origin.clone(), cause: origin.clone() }
    }

    /// A controller that acts because of the request `cause`.
    pub(crate) fn controller(name: &str, cause: &Origin) -> Self {
        Self { origin: Origin::controller(name, Some(cause)), cause: cause.clone() }
    }
}

type Objects = BTreeMap<Place, Stored>;

/// Where an object is among those of its resource, in the order of the keys `NAMESPACE/NAME` in etcd: there a dash comes
/// before the slash.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The namespace with its slash.
    prefix: String,
    name: String,
}

impl Place {
    fn new(namespace: &str, name: &str) -> Self {
        Self { prefix: format!("{namespace}/"), name: name.to_owned() }
    }

    fn of(key: &Key) -> Self {
        Self::new(&key.namespace, &key.name)
    }
}

struct State {
    revision: u64,
    objects: HashMap<Arc<str>, Objects>,
    /// By the uid of an owner, the objects that name it.
    owned: HashMap<String, BTreeSet<Key>>,
    /// The objects without a controller, which one may adopt.
    unclaimed: BTreeSet<Key>,
    history: History,
}

impl State {
    fn entry(&self, key: &Key) -> Option<(Key, Stored)> {
        let stored = self.objects.get(&key.resource)?.get(&Place::of(key))?;
        Some((key.clone(), stored.clone()))
    }
}

/// The object store. Clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    state: Arc<Mutex<State>>,
    pub(crate) simulation: Simulation,
}

impl Store {
    pub(crate) fn new(simulation: Simulation) -> Self {
        let state = State {
            revision: 1,
            objects: HashMap::new(),
            owned: HashMap::new(),
            unclaimed: BTreeSet::new(),
            history: History::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), simulation }
    }

    pub(crate) fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Stored> {
        self.lock().objects.get(resource)?.get(&Place::new(namespace, name)).cloned()
    }

    pub(crate) fn at(&self, key: &Key) -> Option<Stored> {
        self.get(&key.resource, &key.namespace, &key.name)
    }

    /// The objects of a resource by namespace and name, and the revision they are of.
    pub(crate) fn list(&self, resource: &str, namespace: Option<&str>) -> (Vec<Stored>, u64) {
        let state = self.lock();
        let objects = state.objects.get(resource);
        let found = match (objects, namespace) {
            (None, _) => Vec::new(),
            (Some(objects), None) => objects.values().cloned().collect(),
            (Some(objects), Some(namespace)) => {
                let first = Place::new(namespace, "");
                let within = |(place, _): &(&Place, &Stored)| place.prefix == first.prefix;
                objects.range(&first..).take_while(within).map(|(_, stored)| stored.clone()).collect()
            }
        };
        (found, state.revision)
    }

    /// The objects that name `uid` as an owner.
    pub(crate) fn owned_by(&self, uid: &str) -> Vec<(Key, Stored)> {
        let state = self.lock();
        state.owned.get(uid).into_iter().flatten().filter_map(|key| state.entry(key)).collect()
    }

    /// The objects of a resource in a namespace that have no controller.
    pub(crate) fn unclaimed(&self, resource: &str, namespace: &str) -> Vec<(Key, Stored)> {
        let state = self.lock();
        let first = Key::new(resource, namespace, "");
        let within = |key: &&Key| *key.resource == *resource && key.namespace == namespace;
        state.unclaimed.range(first..).take_while(within).filter_map(|key| state.entry(key)).collect()
    }

    /// The keys of everything in a namespace.
    pub(crate) fn keys_in(&self, namespace: &str) -> Vec<Key> {
        let state = self.lock();
        let Place { prefix, .. } = Place::new(namespace, "");
        let mut keys: Vec<Key> = state
            .objects
            .iter()
            .flat_map(|(resource, objects)| {
                objects
                    .keys()
                    .filter(|place| place.prefix == prefix)
                    .map(|place| Key::new(resource, namespace, &place.name))
            })
            .collect();
        keys.sort();
        keys
    }

    /// Adds an object that has its name, uid and creation time already.
    pub(crate) fn create(&self, kind: &Kind, mut object: Value, writer: &Writer) -> Result<Arc<Value>, ApiError> {
        let key = Key::new(&kind.resource, object::namespace(&object), object::name(&object));
        let mut state = self.lock();
        let taken = state.objects.get(&key.resource).is_some_and(|all| all.contains_key(&Place::of(&key)));
        if taken {
            return Err(ApiError::already_exists(kind, &key.name));
        }
        state.revision += 1;
        object::set(&mut object, &["metadata", "resourceVersion"], state.revision.to_string());
        let object = Arc::new(object);
        self.commit(&mut state, kind, key, EventKind::Added, Arc::clone(&object), writer);
        Ok(object)
    }

    /// Changes an object; `change` gives its new content, or `None` when nothing is to be written.
    ///
    /// An object that is being deleted and has lost its last finalizer is removed instead.
    pub(crate) fn update<E: From<ApiError>>(
        &self,
        kind: &Kind,
        key: &Key,
        writer: &Writer,
        change: impl FnOnce(&Value) -> Result<Option<Value>, E>,
    ) -> Result<Arc<Value>, E> {
        let mut state = self.lock();
        let stored = state.objects.get(&key.resource).and_then(|all| all.get(&Place::of(key)));
        let Some(old) = stored.map(|stored| Arc::clone(&stored.object)) else {
            return Err(ApiError::not_found(kind, &key.name).into());
        };
        let Some(mut new) = change(&old)? else { return Ok(old) };
        state.revision += 1;
        object::set(&mut new, &["metadata", "resourceVersion"], state.revision.to_string());
        let done = object::is_terminating(&new) && object::list(&new, "/metadata/finalizers").is_empty();
        let event = if done && may_go(kind, &new) { EventKind::Deleted } else { EventKind::Modified };
        let new = Arc::new(new);
        self.commit(&mut state, kind, key.clone(), event, Arc::clone(&new), writer);
        Ok(new)
    }

    /// Removes an object. Its last state has a version of its own.
    pub(crate) fn remove(&self, kind: &Kind, key: &Key, writer: &Writer) -> Result<Arc<Value>, ApiError> {
        let mut state = self.lock();
        let stored = state.objects.get(&key.resource).and_then(|all| all.get(&Place::of(key)));
        let Some(old) = stored.map(|stored| Arc::clone(&stored.object)) else {
            return Err(ApiError::not_found(kind, &key.name));
        };
        state.revision += 1;
        let mut last = (*old).clone();
        object::set(&mut last, &["metadata", "resourceVersion"], state.revision.to_string());
        self.commit(&mut state, kind, key.clone(), EventKind::Deleted, Arc::new(last), writer);
        Ok(old)
    }

    /// What was up to now cannot be watched any more, as from an API server that has just started.
    pub(crate) fn forget_history(&self) {
        let mut state = self.lock();
        let revision = state.revision;
        state.history.forget(revision);
    }

    /// The revision of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.lock().revision
    }

    /// The first revision of which lists in pages and watches can still tell.
    pub(crate) fn oldest_revision(&self) -> u64 {
        self.lock().history.forgotten()
    }

    /// Events from now on; with `since`, also those after that revision.
    ///
    /// `Err` when the history no longer goes back that far.
    pub(crate) fn watch(
        &self,
        resource: Option<&str>,
        namespace: Option<&str>,
        since: Option<u64>,
    ) -> Result<Receiver<Arc<Event>>, ApiError> {
        let mut state = self.lock();
        let (sender, receiver) = self.simulation.clock.channel();
        let interest = Interest::new(resource, namespace, sender);
        let since = since.unwrap_or(state.revision);
        state.history.subscribe(interest, since)?;
        Ok(receiver)
    }

    fn commit(&self, state: &mut State, kind: &Kind, key: Key, event: EventKind, object: Arc<Value>, writer: &Writer) {
        let objects = state.objects.entry(Arc::clone(&key.resource)).or_default();
        let old = if event == EventKind::Deleted {
            objects.remove(&Place::of(&key))
        } else {
            let stored = Stored { object: Arc::clone(&object), cause: writer.cause.clone() };
            objects.insert(Place::of(&key), stored)
        };
        let old = old.map(|stored| stored.object);
        let new = (event != EventKind::Deleted).then_some(&*object);
        reindex(&mut state.owned, &key, old.as_deref(), new);
        if new.is_some_and(|new| object::controller_of(new).is_none()) {
            state.unclaimed.insert(key.clone());
        } else {
            state.unclaimed.remove(&key);
        }
        self.report(kind, &key, event, old.as_deref(), &object, writer);
        let event = Event { revision: state.revision, kind: event, key, object, old, cause: writer.cause.clone() };
        state.history.push(event);
    }

    fn report(&self, kind: &Kind, key: &Key, event: EventKind, old: Option<&Value>, new: &Value, writer: &Writer) {
        let observer = &self.simulation.observer;
        if event != EventKind::Deleted {
            for value in observation::secrets_of(&kind.kind, new) {
                observer.secret(&value);
            }
        }
        let verb = match event {
            EventKind::Added => Verb::Created,
            EventKind::Modified => Verb::Updated,
            EventKind::Deleted => Verb::Deleted,
        };
        let scope = (!key.namespace.is_empty()).then(|| key.namespace.clone());
        let summary = observation::summary(&kind.kind, verb, old, new);
        observer.change(Change {
            system: SYSTEM.to_owned(),
            origin: writer.origin.clone(),
            at: self.simulation.clock.now(),
            verb,
            kind: kind.kind.clone(),
            scope,
            name: key.name.clone(),
            summary,
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section leaves the state whole, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing but finalizers holds an object that is being deleted.
fn may_go(kind: &Kind, object: &Value) -> bool {
    match &*kind.resource {
        "namespaces" => object::list(object, "/spec/finalizers").is_empty(),
        // Within its grace period the kubelet is still stopping it.
        "pods" => object::integer(object, "/metadata/deletionGracePeriodSeconds").unwrap_or(0) == 0,
        _ => true,
    }
}

fn reindex(owned: &mut HashMap<String, BTreeSet<Key>>, key: &Key, old: Option<&Value>, new: Option<&Value>) {
    for owner in old.map_or(&[][..], |old| object::list(old, "/metadata/ownerReferences")) {
        let uid = owner["uid"].as_str().unwrap_or_default();
        if let Some(keys) = owned.get_mut(uid) {
            keys.remove(key);
            if keys.is_empty() {
                owned.remove(uid);
            }
        }
    }
    for owner in new.map_or(&[][..], |new| object::list(new, "/metadata/ownerReferences")) {
        let uid = owner["uid"].as_str().unwrap_or_default().to_owned();
        owned.entry(uid).or_default().insert(key.clone());
    }
}
