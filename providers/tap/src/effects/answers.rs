//! What tapped requests changed, by what they were answered: so that a change seen by a watch leads back to its request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use stagegate_simulation::Origin;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::object::{self, text};

/// Where an object is: its group-qualified resource, namespace and name.
pub(crate) type Place = (String, String, String);

/// The number of a request, in the order in which they went on.
pub(crate) type Ticket = u64;

/// Requests that are under way, and what came of those that were answered. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Answers {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    next: Ticket,
    open: BTreeSet<Ticket>,
    /// By uid, the versions that requests wrote.
    written: HashMap<String, BTreeMap<u64, Origin>>,
    /// By uid, whose end was asked for.
    deleted: HashMap<String, Origin>,
    /// By uid, the latest version of an object that has been told, and whether it was being deleted.
    told: HashMap<String, (u64, bool)>,
    uids: HashMap<Place, String>,
    /// Resources that were watched, if not without a break.
    seen: BTreeSet<String>,
    /// Resources that never could be, and why.
    unseen: BTreeMap<String, String>,
}

/// A request under way. Changes that are seen meanwhile wait for its answer.
pub(crate) struct UnderWay {
    answers: Answers,
    ticket: Ticket,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.answers.lock().open.remove(&self.ticket);
        self.answers.changed.notify_waiters();
    }
}

impl Answers {
    /// A request that may change something goes on.
    pub(crate) fn begin(&self) -> UnderWay {
        let mut state = self.lock();
        let ticket = state.next;
        state.next += 1;
        state.open.insert(ticket);
        UnderWay { answers: self.clone(), ticket }
    }

    /// The number of the next request: those before it may have brought about what is seen now.
    pub(crate) fn next(&self) -> Ticket {
        self.lock().next
    }

    /// Whether all requests before `ticket` have been answered.
    pub(crate) fn all_answered(&self, ticket: Ticket) -> bool {
        self.lock().open.first().is_none_or(|first| *first >= ticket)
    }

    /// Waits until a request is answered or a change told.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// The object of a resource in the answer to a request of `origin`, as it was written.
    pub(crate) fn written(&self, resource: &str, answer: &Value, origin: &Origin) {
        let mut state = self.lock();
        if !state.unseen.contains_key(resource) {
            state.written(answer, origin);
        }
    }

    /// The answer to a deletion: the object, a list of them, or a `Status` that names it.
    pub(crate) fn deleted(&self, resource: &str, answer: &Value, origin: &Origin) {
        let mut state = self.lock();
        if state.unseen.contains_key(resource) {
            return;
        }
        match answer["items"].as_array() {
            Some(items) => items.iter().for_each(|item| state.deleted(item, origin)),
            None => state.deleted(answer, origin),
        }
    }

    /// Something was asked of the object at `place` whose answer does not say what became of it: its eviction.
    pub(crate) fn evicted(&self, place: &Place, origin: &Origin) {
        let mut state = self.lock();
        if let Some(uid) = state.uids.get(place).cloned()
            && state.told.get(&uid).is_some_and(|(_, ending)| !ending)
        {
            state.deleted.insert(uid, origin.clone());
        }
    }

    /// Whose request wrote this version of an object, or one since the last that was told.
    pub(crate) fn writer(&self, uid: &str, version: u64) -> Option<Origin> {
        let mut state = self.lock();
        let told = state.told.get(uid).map_or(0, |(told, _)| *told);
        let versions = state.written.get_mut(uid)?;
        let later = versions.split_off(&(version + 1));
        let found = versions.iter().next_back().filter(|(at, _)| **at > told).map(|(_, origin)| origin.clone());
        if later.is_empty() {
            state.written.remove(uid);
        } else {
            *versions = later;
        }
        found
    }

    /// Whose request ended an object.
    pub(crate) fn ender(&self, uid: &str) -> Option<Origin> {
        self.lock().deleted.remove(uid)
    }

    /// An object's state has been told, or its end where it is `gone`.
    pub(crate) fn told(&self, place: &Place, uid: &str, version: u64, (ending, gone): (bool, bool)) {
        let mut state = self.lock();
        if gone {
            state.told.remove(uid);
            state.written.remove(uid);
            state.deleted.remove(uid);
            if state.uids.get(place).is_some_and(|known| known == uid) {
                state.uids.remove(place);
            }
        } else {
            state.told.insert(uid.to_owned(), (version, ending));
            state.uids.insert(place.clone(), uid.to_owned());
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// A resource is watched.
    pub(crate) fn seen(&self, resource: &str) {
        let mut state = self.lock();
        state.unseen.remove(resource);
        state.seen.insert(resource.to_owned());
    }

    /// A resource cannot be watched at present. If it was before, what is answered meanwhile will be seen later.
    pub(crate) fn unseen(&self, resource: &str, reason: &str) {
        let mut state = self.lock();
        if !state.seen.contains(resource) {
            state.unseen.insert(resource.to_owned(), reason.to_owned());
        }
    }

    /// The resources that cannot be watched, and why.
    pub(crate) fn blind(&self) -> BTreeMap<String, String> {
        self.lock().unseen.clone()
    }

    /// How much was answered and has not been seen: requests under way, and objects by uid.
    pub(crate) fn outstanding(&self) -> (usize, Vec<String>) {
        let state = self.lock();
        let mut uids: Vec<String> = state.written.keys().chain(state.deleted.keys()).cloned().collect();
        uids.sort();
        uids.dedup();
        (state.open.len(), uids)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every critical section leaves the state whole, so a poisoned lock is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn written(&mut self, answer: &Value, origin: &Origin) {
        let (uid, version) = (object::uid(answer), object::version(answer));
        // A request that changed nothing is answered with what there was.
        let nothing_new = self.told.get(uid).is_some_and(|(told, _)| version <= *told);
        if !uid.is_empty() && version > 0 && !nothing_new {
            // Whoever is answered with a version that another request was answered with has written nothing.
            let versions = self.written.entry(uid.to_owned()).or_default();
            versions.entry(version).or_insert_with(|| origin.clone());
        }
    }

    fn deleted(&mut self, answer: &Value, origin: &Origin) {
        let named = text(answer, "/details/uid");
        let uid = if named.is_empty() { object::uid(answer) } else { named };
        let told = self.told.get(uid).copied();
        let newer = told.is_none_or(|(told, _)| object::version(answer) > told);
        if object::is_ending(answer) && newer {
            return self.written(answer, origin);
        }
        // One that was being deleted already, and still is, has not changed.
        let nothing_new = object::is_ending(answer) && told.is_some_and(|(_, ending)| ending);
        if !uid.is_empty() && !nothing_new {
            self.deleted.insert(uid.to_owned(), origin.clone());
        }
    }
}
