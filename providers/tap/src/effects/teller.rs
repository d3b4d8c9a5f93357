//! Telling changes: the difference between what was known and what is seen, with who is behind it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use stagegate_kubernetes::observation::{self, SYSTEM};
use stagegate_simulation::{Actor, Change, Origin, Simulation, Verb};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::answers::{Answers, Place};
use super::known::{Objects, Step, nobody};
use super::object;
use super::queue::{self, Queue, Seen};
use super::quiet::is_heartbeat;
use super::resource::Resource;
use super::watch::{self as one_watch, Told, What};
use crate::made::{Made, OnMade};

/// Watches a cluster and tells what changes in it.
pub(super) struct Teller {
    pub(super) simulation: Simulation,
    pub(super) client: kube::Client,
    pub(super) answers: Answers,
    pub(super) sender: mpsc::UnboundedSender<Told>,
    made: Option<OnMade>,
    pub(super) stop: CancellationToken,
    objects: Objects,
    queue: Queue,
    /// By resource, what ends its watch.
    watched: HashMap<Arc<str>, CancellationToken>,
    /// The highest version that was seen.
    latest: u64,
}

impl Teller {
    pub(super) fn new(
        simulation: Simulation,
        client: kube::Client,
        answers: Answers,
        sender: mpsc::UnboundedSender<Told>,
        (made, stop): (Option<OnMade>, CancellationToken),
    ) -> Self {
        let objects = Objects::new(simulation.operations.clone());
        Self {
            simulation,
            client,
            answers,
            sender,
            made,
            stop,
            objects,
            queue: Queue::default(),
            watched: HashMap::new(),
            latest: 0,
        }
    }

    /// Begins to watch a resource that is not yet watched.
    pub(super) fn watch(&mut self, resource: Resource) {
        if self.watched.contains_key(&resource.name) {
            return;
        }
        let stop = self.stop.child_token();
        self.watched.insert(Arc::clone(&resource.name), stop.clone());
        let to = (self.simulation.clock.clone(), self.sender.clone());
        tokio::spawn(one_watch::run(self.client.clone(), resource, to, stop));
    }

    /// What was there before the tap: it is known, and no change.
    pub(super) fn know(&mut self, resource: &Resource, objects: Vec<Value>) {
        for object in objects {
            self.tell_secrets(resource, &object);
            self.latest = self.latest.max(object::version(&object));
            let place = place_of(resource, &object);
            self.answers.told(
                &place,
                object::uid(&object),
                object::version(&object),
                (object::is_ending(&object), false),
            );
            self.objects.put(place, Arc::new(object), nobody());
        }
        self.answers.seen(&resource.name);
    }

    /// Tells changes until the tap is stopped. `backlog` gets how many wait to be told.
    pub(super) async fn run(mut self, mut told: mpsc::UnboundedReceiver<Told>, backlog: watch::Sender<usize>) {
        let (answers, stop) = (self.answers.clone(), self.stop.clone());
        loop {
            let due = self.queue.due();
            let timer = async {
                match due {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                one = told.recv() => match one {
                    Some(one) => self.take(one),
                    None => return,
                },
                () = answers.changed() => {}
                () = timer => {}
            }
            while let Some(seen) = self.queue.next(&self.answers) {
                self.tell(seen);
            }
            backlog.send_replace(self.queue.len());
        }
    }

    /// Takes up what a watch has told.
    pub(super) fn take(&mut self, told: Told) {
        let Told { resource, what, at } = told;
        match what {
            What::Now(object) => self.now(resource, object, at),
            What::Gone(object) => {
                let version = self.noted(&object);
                self.queue.add(version, Seen { resource, what: queue::Change::Gone(object), at }, &self.answers);
            }
            What::All(objects) => {
                self.answers.seen(&resource.name);
                let left = objects.iter().map(|object| object::uid(object).to_owned()).collect();
                for object in objects {
                    self.now(resource.clone(), object, at);
                }
                let what = queue::Change::Only(left, self.latest);
                self.queue.add(self.latest, Seen { resource, what, at }, &self.answers);
            }
            What::Blind(reason) => self.blind(&resource, &reason),
        }
    }

    fn now(&mut self, resource: Resource, object: Value, at: Timestamp) {
        let version = self.noted(&object);
        if &*resource.name == DEFINITIONS
            && let Some(defined) = Resource::defined_by(&object)
        {
            self.watch(defined);
        }
        self.queue.add(version, Seen { resource, what: queue::Change::Now(object), at }, &self.answers);
    }

    fn noted(&mut self, object: &Value) -> u64 {
        let version = object::version(object);
        self.latest = self.latest.max(version);
        version
    }

    /// A resource cannot be watched. That of a definition which is gone will not come back.
    fn blind(&mut self, resource: &Resource, reason: &str) {
        tracing::debug!(resource = &*resource.name, reason, "a watch was lost");
        let definition = (DEFINITIONS.to_owned(), String::new(), resource.name.to_string());
        let custom = resource.api.group.contains('.') && !resource.api.group.ends_with(".k8s.io");
        if custom && self.objects.at(&definition).is_none() {
            if let Some(stop) = self.watched.remove(&resource.name) {
                stop.cancel();
            }
        } else {
            self.answers.unseen(&resource.name, reason);
        }
    }

    fn tell(&mut self, Seen { resource, what, at }: Seen) {
        match what {
            queue::Change::Now(object) => self.changed(&resource, object, at),
            queue::Change::Gone(object) => self.gone(&resource, &object, at),
            queue::Change::Only(left, up_to) => {
                for uid in self.objects.of_resource(&resource.name, up_to) {
                    if let Some(lost) = self.objects.get(&uid).filter(|_| !left.contains(&uid)) {
                        let last = Arc::clone(&lost.object);
                        self.gone(&resource, &last, at);
                    }
                }
            }
        }
    }

    fn changed(&mut self, resource: &Resource, object: Value, at: Timestamp) {
        let place = place_of(resource, &object);
        let (uid, version) = (object::uid(&object).to_owned(), object::version(&object));
        // An object of the same name was replaced while nobody watched.
        if let Some(other) = self.objects.at(&place).filter(|known| *known != uid).and_then(|uid| self.objects.get(uid))
        {
            let last = Arc::clone(&other.object);
            self.gone(resource, &last, at);
        }
        let old = self.objects.get(&uid).map(|known| (Arc::clone(&known.object), known.version));
        if old.as_ref().is_some_and(|(_, known)| *known >= version) {
            return;
        }
        let old = old.map(|(object, _)| object);
        let verb = if old.is_some() { Verb::Updated } else { Verb::Created };
        let begins_to_end = object::is_ending(&object) && !old.as_deref().is_some_and(object::is_ending);
        let asked = self.answers.writer(&uid, version);
        let asked = asked.or_else(|| if begins_to_end { self.answers.ender(&uid) } else { None });
        let step = Step { resource: &resource.name, kind: &resource.kind, verb, new: &object };
        let (origin, cause) = asked.map_or_else(|| self.objects.origin(&step), |origin| (origin.clone(), origin));
        if !old.as_deref().is_some_and(|old| is_heartbeat(&resource.kind, old, &object)) {
            self.tell_secrets(resource, &object);
            let summary = observation::summary(&resource.kind, verb, old.as_deref(), &object);
            if verb == Verb::Created {
                self.tell_made(resource, &origin, &object);
            }
            self.report(resource, (origin, verb), &place, summary, at);
        }
        self.answers.told(&place, &uid, version, (object::is_ending(&object), false));
        self.objects.put(place, Arc::new(object), cause);
    }

    fn gone(&mut self, resource: &Resource, last: &Value, at: Timestamp) {
        let place = place_of(resource, last);
        let uid = object::uid(last);
        if self.objects.get(uid).is_none() {
            return;
        }
        let asked = self.answers.ender(uid).or_else(|| self.answers.writer(uid, object::version(last)));
        let step = Step { resource: &resource.name, kind: &resource.kind, verb: Verb::Deleted, new: last };
        let origin = asked.unwrap_or_else(|| self.objects.origin(&step).0);
        self.report(resource, (origin, Verb::Deleted), &place, String::new(), at);
        self.answers.told(&place, uid, object::version(last), (true, true));
        self.objects.remove(&place, uid);
    }

    fn report(
        &self,
        resource: &Resource,
        (origin, verb): (Origin, Verb),
        place: &Place,
        summary: String,
        at: Timestamp,
    ) {
        let (_, namespace, name) = place.clone();
        self.simulation.observer.change(Change {
            system: SYSTEM.to_owned(),
            origin,
            at,
            verb,
            kind: resource.kind.to_string(),
            scope: (!namespace.is_empty()).then_some(namespace),
            name,
            summary,
        });
    }

    /// What workers inside of the cluster make comes through no tap.
    fn tell_made(&self, resource: &Resource, origin: &Origin, object: &Value) {
        if let (Some(told), Actor::Worker { .. }) = (&self.made, &origin.actor) {
            let mut object = object.clone();
            object["apiVersion"] = resource.api.api_version.as_str().into();
            object["kind"] = resource.api.kind.as_str().into();
            if let Some(made) = Made::object(&resource.name, &object) {
                told.tell(made);
            }
        }
    }

    fn tell_secrets(&self, resource: &Resource, object: &Value) {
        for value in observation::secrets_of(&resource.kind, object) {
            self.simulation.observer.secret(&value);
        }
    }
}

pub(super) const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

fn place_of(resource: &Resource, object: &Value) -> Place {
    (resource.name.to_string(), object::namespace(object).to_owned(), object::name(object).to_owned())
}
