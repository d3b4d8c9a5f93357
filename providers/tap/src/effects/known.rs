//! What is known of a cluster's objects, and what led to their present state.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use stagegate_simulation::{Actor, NamedObject, Operations, Origin, Verb};

use super::answers::Place;
use super::object::{self, list, text};
use super::teller::DEFINITIONS;
use super::writer::{self, End, MANAGER};

/// An object as it was last told.
pub(super) struct Known {
    pub(super) object: Arc<Value>,
    pub(super) version: u64,
    /// The request at the beginning of the chain that led to its present content.
    cause: Origin,
    /// The one that led to its being there.
    made: Origin,
}

/// The objects of a cluster.
pub(super) struct Objects {
    operations: Operations,
    by_uid: HashMap<String, Known>,
    by_place: HashMap<Place, String>,
}

/// A change that is about to be told.
pub(super) struct Step<'a> {
    /// Group-qualified.
    pub(super) resource: &'a str,
    pub(super) kind: &'a str,
    pub(super) verb: Verb,
    pub(super) new: &'a Value,
}

impl Objects {
    /// None yet. What workers that come through no tap make is told by `operations`.
    pub(super) fn new(operations: Operations) -> Self {
        operations.follow_objects();
        Self { operations, by_uid: HashMap::new(), by_place: HashMap::new() }
    }

    pub(super) fn get(&self, uid: &str) -> Option<&Known> {
        self.by_uid.get(uid)
    }

    /// The uid of the object that is at a place.
    pub(super) fn at(&self, place: &Place) -> Option<&str> {
        self.by_place.get(place).map(String::as_str)
    }

    /// The uids of a resource's objects that are not newer than a version.
    pub(super) fn of_resource(&self, resource: &str, up_to: u64) -> Vec<String> {
        let known = |uid: &String| self.by_uid.get(uid).is_some_and(|known| known.version <= up_to);
        let of = self.by_place.iter().filter(|((of, _, _), uid)| of == resource && known(uid));
        of.map(|(_, uid)| uid.clone()).collect()
    }

    /// Keeps an object with the cause of its present content.
    pub(super) fn put(&mut self, place: Place, object: Arc<Value>, cause: Origin) {
        let (uid, version) = (object::uid(&object).to_owned(), object::version(&object));
        self.by_place.insert(place, uid.clone());
        let made = self.by_uid.get(&uid).map_or_else(|| cause.clone(), |known| known.made.clone());
        self.by_uid.insert(uid, Known { object, version, cause, made });
    }

    pub(super) fn remove(&mut self, place: &Place, uid: &str) {
        self.by_uid.remove(uid);
        if self.at(place) == Some(uid) {
            self.by_place.remove(place);
        }
    }

    /// Who made a change that no tapped request did, and because of which request.
    pub(super) fn origin(&self, step: &Step<'_>) -> (Origin, Origin) {
        let old = self.get(object::uid(step.new));
        let end = self.end(step, old);
        // Neither says of itself who did it; what a worker was sent does.
        let by_worker = match (end, step.verb) {
            (Some(End::Own), _) => self.operations.worker_on(&named_object(step), true),
            (None, Verb::Created) if writer::is_unsigned(step.new) => {
                self.operations.worker_on(&named_object(step), false)
            }
            _ => None,
        };
        if let Some(worker) = by_worker {
            return (worker.clone(), worker);
        }
        let actor = match step.kind {
            "Event" if end.is_none() => writer::of_event(step.new),
            kind => writer::of((kind, step.verb), old.map(|old| &*old.object), step.new, end),
        };
        match actor {
            Actor::Controller { name } => {
                let cause = self.cause(step, (old, end), &name).cloned().unwrap_or_else(nobody);
                (Origin::controller(&name, Some(&cause)), cause)
            }
            // Somebody at work on the cluster past the tap.
            actor => {
                let is_worker = matches!(actor, Actor::Worker { .. });
                let sent = is_worker.then(|| self.operations.worker_on(&named_object(step), false)).flatten();
                let origin = sent.unwrap_or(Origin { actor, command: None });
                (origin.clone(), origin)
            }
        }
    }

    /// The request behind what a controller did, as the emulator's controllers pass it on: what belongs to an owner
    /// is made, changed and ended because of it, and what is only seen of an object is because of itself.
    fn cause<'a>(
        &'a self,
        step: &Step<'_>,
        (old, end): (Option<&'a Known>, Option<End>),
        who: &str,
    ) -> Option<&'a Origin> {
        let own = old.map(|old| &old.cause);
        match (end, step.kind, step.verb) {
            (Some(End::Namespace), ..) => self.namespace(step.new).map(|namespace| &namespace.cause),
            (Some(End::Definition), ..) => self.definition(step.resource).map(|definition| &definition.cause),
            (Some(End::Owner), ..) => self.cause_of_owner(step.new),
            (None, "Pod", _) if who == "kubelet" => old.map(|old| &old.made),
            (None, "Event", _) => self.cause_of(text(step.new, "/involvedObject/uid")).or(own),
            (None, "Endpoints" | "EndpointSlice", Verb::Updated) => self.cause_of_endpoints(step.new).or(own),
            (None, "Endpoints", Verb::Created) => self.service(step.new).map(|service| &service.cause),
            (None, _, Verb::Created) => {
                let namespace = || self.namespace(step.new).map(|namespace| &namespace.cause);
                self.cause_of_owner(step.new).or_else(namespace)
            }
            (None, _, Verb::Updated) if respecified(old, step.new) => self.cause_of_owner(step.new).or(own),
            (Some(End::Garbage | End::Own) | None, ..) => own,
        }
    }

    /// What ends an object that goes, or begins to, where it is not a request.
    fn end(&self, step: &Step<'_>, old: Option<&Known>) -> Option<End> {
        let ending = |known: Option<&Known>| known.is_some_and(|known| object::is_ending(&known.object));
        if ending(old) || !(step.verb == Verb::Deleted || object::is_ending(step.new)) {
            return None;
        }
        let owner = object::owner(step.new);
        Some(match owner.map(|owner| self.get(owner)) {
            _ if ending(self.namespace(step.new)) => End::Namespace,
            _ if ending(self.definition(step.resource)) => End::Definition,
            // An owner that goes leaves its objects to the garbage collector.
            Some(owner) if owner.is_none() || ending(owner) => End::Garbage,
            Some(_) => End::Owner,
            None => End::Own,
        })
    }

    fn cause_of(&self, uid: &str) -> Option<&Origin> {
        self.by_uid.get(uid).map(|known| &known.cause)
    }

    fn cause_of_owner(&self, object: &Value) -> Option<&Origin> {
        self.cause_of(object::owner(object)?)
    }

    fn named(&self, resource: &str, namespace: &str, name: &str) -> Option<&Known> {
        self.get(self.at(&(resource.to_owned(), namespace.to_owned(), name.to_owned()))?)
    }

    /// The namespace that an object is in.
    fn namespace(&self, object: &Value) -> Option<&Known> {
        self.named("namespaces", "", object::namespace(object))
    }

    fn definition(&self, resource: &str) -> Option<&Known> {
        self.named(DEFINITIONS, "", resource)
    }

    /// The Service of Endpoints, which have its name, or of an `EndpointSlice`, which says it.
    fn service(&self, object: &Value) -> Option<&Known> {
        let said = text(object, "/metadata/labels/kubernetes.io~1service-name");
        let name = if said.is_empty() { object::name(object) } else { said };
        self.named("services", object::namespace(object), name)
    }

    /// What made a Pod ready also made its Service answer: the cause of the last Pod by name, else of the Service.
    fn cause_of_endpoints(&self, object: &Value) -> Option<&Origin> {
        let service = self.service(object)?;
        let selector = service.object.pointer("/spec/selector").and_then(Value::as_object)?;
        let within = |place: &Place| place.0 == "pods" && place.1 == object::namespace(object);
        let pods = self.by_place.iter().filter(|(place, _)| within(place));
        let serving = pods.filter_map(|(place, uid)| Some((&place.2, self.get(uid)?))).filter(|(_, pod)| {
            let labels = &pod.object["metadata"]["labels"];
            let ended = ["Succeeded", "Failed"].contains(&text(&pod.object, "/status/phase"));
            let selected = selector.iter().all(|(key, value)| labels.get(key) == Some(value));
            selected && !ended && !list(&pod.object, "/status/podIPs").is_empty()
        });
        let last = serving.max_by_key(|(name, _)| *name);
        Some(last.map_or(&service.cause, |(_, pod)| &pod.cause))
    }
}

fn named_object(step: &Step<'_>) -> NamedObject {
    NamedObject {
        kind: step.kind.to_owned(),
        namespace: object::namespace(step.new).to_owned(),
        name: object::name(step.new).to_owned(),
    }
}

/// Nobody known: it was so before the tap, or it is the cluster's own business.
pub(super) fn nobody() -> Origin {
    Origin::controller(MANAGER, None)
}

/// Whether what is wanted of the object has changed.
fn respecified(old: Option<&Known>, new: &Value) -> bool {
    let generation = |object: &Value| object.pointer("/metadata/generation").cloned();
    old.is_some_and(|old| generation(&old.object) != generation(new))
}
