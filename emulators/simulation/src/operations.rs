//! Which command each queued operation goes back to, and which unit it is of.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::origin::{Actor, Origin};

/// Which command each queued operation goes back to, and which unit it is of. Clones share one record.
///
/// A worker says on whose behalf it acts, but only the hub knows which command queued that. A worker whose requests nobody
/// here sees says nothing at all; what it makes is known by the objects that it was sent.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    commands: HashMap<String, u64>,
    units: HashMap<String, UnitName>,
    /// By object, the operation on it that was sent last; kept once somebody looks at objects.
    sent: Option<HashMap<NamedObject, Sent>>,
    /// How many were sent.
    count: u64,
    /// The operations of which it was told what they have applied.
    told: HashSet<String>,
}

#[derive(Debug)]
struct Sent {
    operation: String,
    /// It is to end the object.
    ends: bool,
    /// Which of all it was.
    order: u64,
}

/// A unit of a hub.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnitName {
    /// The slug of its space.
    pub space: String,
    /// Its own slug.
    pub unit: String,
}

/// An object as configuration data names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamedObject {
    /// Such as `Deployment`.
    pub kind: String,
    /// Empty where the data says none.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

impl Operations {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `operation` is queued for `unit`, by `command` where that is known.
    pub fn queued(&self, operation: &str, unit: UnitName, command: Option<u64>) {
        let mut record = self.record();
        record.commands.extend(command.map(|command| (operation.to_owned(), command)));
        record.units.insert(operation.to_owned(), unit);
    }

    /// The unit for which a worker acts, where that is known.
    pub fn unit_of(&self, origin: &Origin) -> Option<UnitName> {
        let Actor::Worker { operation: Some(operation) } = &origin.actor else { return None };
        self.record().units.get(operation).cloned()
    }

    /// `origin` with the command behind a worker's operation, where that is known.
    pub fn resolve(&self, mut origin: Origin) -> Origin {
        if let (Actor::Worker { operation: Some(operation) }, None) = (&origin.actor, origin.command) {
            origin.command = self.record().commands.get(operation).copied();
        }
        origin
    }

    /// From now on it is kept which objects operations are on.
    pub fn follow_objects(&self) {
        self.record().sent.get_or_insert_default();
    }

    /// Whether [`Operations::sent`] is worth calling.
    pub fn follows_objects(&self) -> bool {
        self.record().sent.is_some()
    }

    /// A worker has been sent `operation`, which is on these objects; `ends` when it is to delete them.
    pub fn sent(&self, operation: &str, ends: bool, objects: impl IntoIterator<Item = NamedObject>) {
        let mut record = self.record();
        record.count += 1;
        let order = record.count;
        let Some(sent) = &mut record.sent else { return };
        sent.extend(objects.into_iter().map(|object| (object, Sent { operation: operation.to_owned(), ends, order })));
    }

    /// Takes the telling of what `operation` has applied: true for the first who asks, where objects are followed.
    pub fn take_telling(&self, operation: &str) -> bool {
        let mut record = self.record();
        record.sent.is_some() && record.told.insert(operation.to_owned())
    }

    /// The worker that has written an object, or with `ends` deleted it, by the operation that it was sent for that.
    pub fn worker_on(&self, object: &NamedObject, ends: bool) -> Option<Origin> {
        let record = self.record();
        let sent = record.sent.as_ref()?;
        // What names no namespace is in `default`.
        let unplaced = || sent.get(&NamedObject { namespace: String::new(), ..object.clone() });
        let unplaced = (object.namespace == "default").then(unplaced).flatten();
        let latest = [sent.get(object), unplaced].into_iter().flatten().max_by_key(|sent| sent.order);
        let operation = latest.filter(|sent| sent.ends == ends)?.operation.clone();
        drop(record);
        Some(self.resolve(Origin { actor: Actor::Worker { operation: Some(operation) }, command: None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(namespace: &str) -> NamedObject {
        NamedObject { kind: "Deployment".into(), namespace: namespace.into(), name: "web".into() }
    }

    fn unit(slug: &str) -> UnitName {
        UnitName { space: "shop".into(), unit: slug.into() }
    }

    #[test]
    fn a_worker_acts_for_the_unit_whose_operation_it_carries_out() {
        let operations = Operations::default();
        operations.queued("one", unit("web"), None);
        let worker = |operation: Option<&str>| Origin {
            actor: Actor::Worker { operation: operation.map(str::to_owned) },
            command: None,
        };
        assert_eq!(operations.unit_of(&worker(Some("one"))), Some(unit("web")));
        assert_eq!([operations.unit_of(&worker(Some("two"))), operations.unit_of(&worker(None))], [None, None]);
        assert_eq!(operations.resolve(worker(Some("one"))).command, None);
    }

    #[test]
    fn what_a_worker_makes_goes_back_to_the_command_that_queued_it() {
        let operations = Operations::default();
        operations.queued("one", unit("web"), Some(7));
        operations.sent("one", false, [web("shop")]);
        assert_eq!(operations.worker_on(&web("shop"), false), None, "nobody looked at objects yet");
        operations.follow_objects();
        operations.sent("one", false, [web("shop"), web("")]);
        let command = |namespace, ends| operations.worker_on(&web(namespace), ends).map(|origin| origin.command);
        assert_eq!([command("shop", false), command("default", false)], [Some(Some(7)); 2]);
        assert_eq!([command("other", false), command("shop", true)], [None; 2]);
        operations.queued("two", unit("web"), Some(9));
        operations.sent("two", true, [web("shop")]);
        assert_eq!([command("shop", true), command("shop", false)], [Some(Some(9)), None]);
        for (operation, number, namespace) in [("three", 11, "default"), ("four", 13, ""), ("five", 15, "default")] {
            operations.queued(operation, unit(operation), Some(number));
            operations.sent(operation, false, [web(namespace)]);
            assert_eq!(command("default", false), Some(Some(number)), "the one that was sent last");
        }
    }
}
