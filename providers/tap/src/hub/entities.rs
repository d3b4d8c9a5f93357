//! The hub's entities, as they were before a request and are after it.

use std::collections::{BTreeMap, HashMap};

use http::StatusCode;
use serde_json::Value;
use stagegate_confighub::observation::{self, SYSTEM};
use stagegate_simulation::{Actor, Change, Origin, Simulation, UnitName, Verb};
use tokio::sync::{Mutex, MutexGuard};

use super::upstream::{HubRefusal, HubUpstream};

/// Entity types, and where all of an organization are listed. Sets are listed by space alone and not told.
const LISTS: [(&str, &str); 11] = [
    ("Space", "/api/space"),
    ("BridgeWorker", "/api/bridge_worker"),
    ("Target", "/api/target"),
    ("Unit", "/api/unit"),
    ("Link", "/api/link"),
    ("Filter", "/api/filter"),
    ("View", "/api/view"),
    ("Tag", "/api/tag"),
    ("ChangeSet", "/api/change_set"),
    ("Trigger", "/api/trigger"),
    ("Invocation", "/api/invocation"),
];

/// The entities that a token may see.
pub(super) struct Entities {
    user: String,
    token: String,
    unseen: BTreeMap<&'static str, String>,
    known: Mutex<Known>,
}

/// The entities as they were last told.
pub(super) struct Known {
    upstream: HubUpstream,
    /// What is listed, of [`LISTS`].
    listed: Vec<(&'static str, &'static str)>,
    entities: HashMap<Key, Value>,
}

/// How a hub answers that has no such list. Other refusals are troubles that may pass.
const NO_SUCH_LIST: [StatusCode; 3] =
    [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED];

/// An entity's type and id.
type Key = (&'static str, String);

impl Entities {
    /// Reads all there is. A type that the hub does not know, or not list, is not among it.
    pub(super) async fn read(upstream: HubUpstream) -> Result<Self, HubRefusal> {
        let token = upstream.token().to_owned();
        let mut known = Known { upstream, listed: LISTS.to_vec(), entities: HashMap::new() };
        let me = known.upstream.get("/api/me").await?;
        let user = me["Username"].as_str().unwrap_or_default().to_owned();
        let unseen = known.unlisted().await?;
        known.listed.retain(|(kind, _)| !unseen.contains_key(kind));
        known.entities = known.all().await?;
        Ok(Self { user, token, unseen, known: Mutex::new(known) })
    }

    /// The user of a token, where it is the tap's.
    pub(super) fn user_of(&self, token: &str) -> Option<String> {
        (token == self.token).then(|| self.user.clone())
    }

    /// The types that the hub does not list, and what it says instead.
    pub(super) fn unseen(&self) -> &BTreeMap<&'static str, String> {
        &self.unseen
    }

    /// Nobody else compares meanwhile.
    pub(super) async fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().await
    }
}

impl Known {
    /// The entities as they are now.
    async fn all(&self) -> Result<HashMap<Key, Value>, HubRefusal> {
        let lists = self.listed.iter().map(|(kind, path)| self.list(kind, path));
        let lists = futures::future::try_join_all(lists).await?;
        let mut now = HashMap::new();
        for ((kind, _), entities) in self.listed.iter().zip(lists) {
            now.extend(entities.into_iter().map(|entity| ((*kind, id(kind, &entity)), entity)));
        }
        Ok(now)
    }

    /// The types that this hub has no lists of, by what it says instead.
    async fn unlisted(&self) -> Result<BTreeMap<&'static str, String>, HubRefusal> {
        let mut unlisted = BTreeMap::new();
        for (kind, path) in &self.listed {
            match self.upstream.get(path).await {
                Ok(_) => {}
                Err(refusal) if refusal.status().is_some_and(|status| NO_SUCH_LIST.contains(&status)) => {
                    unlisted.insert(*kind, refusal.to_string());
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(unlisted)
    }

    /// How many spaces there were when the entities were last read.
    pub(super) fn spaces(&self) -> u64 {
        self.entities.keys().map(|(kind, _)| u64::from(*kind == "Space")).sum()
    }

    /// Whether a space was there when the entities were last read.
    pub(super) fn has_space(&self, id: &str) -> bool {
        self.entities.contains_key(&("Space", id.to_owned()))
    }

    /// The same by its slug.
    pub(super) fn has_space_called(&self, slug: &str) -> bool {
        self.entities.iter().any(|((kind, _), entity)| *kind == "Space" && text(entity, "Slug") == slug)
    }

    /// Reads the entities again without telling what is different.
    pub(super) async fn learn(&mut self) -> Result<(), HubRefusal> {
        self.entities = self.all().await?;
        Ok(())
    }

    /// Reads the entities again and tells what is different, which a request of `origin` has brought about.
    pub(super) async fn refresh(
        &mut self,
        simulation: &Simulation,
        operation: &str,
        origin: &Origin,
    ) -> Result<(), HubRefusal> {
        let now = self.all().await?;
        // A space comes before what is in it and goes after that, which is told with its slug.
        let mut gone: Vec<Key> = self.entities.keys().filter(|key| !now.contains_key(*key)).cloned().collect();
        gone.sort_by_key(|(kind, _)| *kind == "Space");
        for key in gone {
            self.gone(simulation, &key, origin);
        }
        let mut now: Vec<(Key, Value)> = now.into_iter().collect();
        now.sort_by_key(|((kind, _), _)| *kind != "Space");
        for (key, entity) in now {
            if self.entities.contains_key(&key) {
                self.changed(simulation, key, entity, origin);
            } else {
                self.made(simulation, key, entity, operation, origin);
            }
        }
        Ok(())
    }

    fn made(&mut self, simulation: &Simulation, (kind, id): Key, entity: Value, operation: &str, origin: &Origin) {
        // Workers bring their targets when they connect, which is nobody's request.
        let by_worker = kind == "Target" && !operation.contains("Target") && !operation.contains("Space");
        let worker = Origin { actor: Actor::Worker { operation: None }, command: None };
        let origin = if by_worker { &worker } else { origin };
        let summary = match kind {
            "Unit" => self.of_new_unit(&entity),
            "Link" => format!("from {} to {}", self.unit(&entity["FromUnitID"]), self.unit(&entity["ToUnitID"])),
            _ => observation::summary(kind, None, &entity),
        };
        self.tell(simulation, Verb::Created, kind, &entity, (origin, summary));
        self.entities.insert((kind, id), entity);
    }

    fn changed(&mut self, simulation: &Simulation, key: Key, entity: Value, origin: &Origin) {
        let kind = key.0;
        let Some(before) = self.entities.get(&key) else { return };
        if before["Version"] != entity["Version"] {
            let mut parts = vec![observation::summary(kind, Some(before), &entity)];
            let (old, new) = (&before["HeadRevisionNum"], &entity["HeadRevisionNum"]);
            if old != new {
                let data = before["ContentHash"] != entity["ContentHash"];
                parts.push(format!("{}revision {new}", if data { "data changed, " } else { "" }));
            }
            parts.retain(|part| !part.is_empty());
            self.tell(simulation, Verb::Updated, kind, &entity, (origin, parts.join(", ")));
        }
        self.entities.insert(key, entity);
    }

    fn gone(&mut self, simulation: &Simulation, key: &Key, origin: &Origin) {
        if let Some(last) = self.entities.remove(key) {
            self.tell(simulation, Verb::Deleted, key.0, &last, (origin, String::new()));
        }
    }

    /// An operation was queued for a worker.
    pub(super) fn tell_queued(&self, simulation: &Simulation, order: &Value, origin: &Origin) {
        let Some(unit) = self.named("Unit", &order["UnitID"]) else { return };
        let target = self.named("Target", &order["TargetID"]).map_or("", |target| text(target, "Slug"));
        let (action, revision) = (text(order, "Action"), &order["RevisionNum"]);
        let summary = format!("{action} of revision {revision} queued for target {target}");
        self.tell(simulation, Verb::Updated, "Unit", unit, (origin, summary));
    }

    /// The unit that a queued operation is of.
    pub(super) fn unit_of(&self, order: &Value) -> Option<UnitName> {
        let unit = self.named("Unit", &order["UnitID"])?;
        let space = self.named("Space", &unit["SpaceID"])?;
        Some(UnitName { space: text(space, "Slug").to_owned(), unit: text(unit, "Slug").to_owned() })
    }

    /// A worker has reported on an operation.
    pub(super) fn tell_report(&self, simulation: &Simulation, report: &Value, origin: &Origin) {
        let Some(unit) = self.named("Unit", &report["UnitID"]) else { return };
        let (action, status, message) = (text(report, "Action"), text(report, "Status"), text(report, "Message"));
        let summary = format!("{action} {status}: {message}");
        self.tell(simulation, Verb::Created, "UnitEvent", unit, (origin, summary));
    }

    fn tell(
        &self,
        simulation: &Simulation,
        verb: Verb,
        kind: &str,
        entity: &Value,
        (origin, summary): (&Origin, String),
    ) {
        let space = self.named("Space", &entity["SpaceID"]).map(|space| text(space, "Slug").to_owned());
        simulation.observer.change(Change {
            system: SYSTEM.to_owned(),
            origin: origin.clone(),
            at: simulation.clock.now(),
            verb,
            kind: kind.to_owned(),
            scope: space.filter(|_| kind != "Space"),
            name: text(entity, "Slug").to_owned(),
            summary,
        });
    }

    fn of_new_unit(&self, unit: &Value) -> String {
        if self.named("Unit", &unit["UpstreamUnitID"]).is_none() {
            return "revision 1".to_owned();
        }
        let (upstream, revision) = (self.unit(&unit["UpstreamUnitID"]), &unit["UpstreamRevisionNum"]);
        format!("revision 1, cloned from {upstream} at revision {revision}")
    }

    /// `SPACE/SLUG` of a unit.
    fn unit(&self, id: &Value) -> String {
        let Some(unit) = self.named("Unit", id) else { return String::new() };
        let space = self.named("Space", &unit["SpaceID"]).map_or("", |space| text(space, "Slug"));
        format!("{space}/{}", text(unit, "Slug"))
    }

    fn named(&self, kind: &'static str, id: &Value) -> Option<&Value> {
        self.entities.get(&(kind, id.as_str()?.to_owned()))
    }

    /// All entities of a type, without what is around them in the answer.
    async fn list(&self, kind: &'static str, path: &str) -> Result<Vec<Value>, HubRefusal> {
        let listed = self.upstream.get(path).await?;
        let no_list = || HubRefusal::Unreadable { asked: format!("GET {path}"), reason: "it is no list".to_owned() };
        let items = listed.as_array().ok_or_else(no_list)?;
        Ok(items.iter().map(|item| item.get(kind).unwrap_or(item).clone()).collect())
    }
}

fn id(kind: &str, entity: &Value) -> String {
    text(entity, &format!("{kind}ID")).to_owned()
}

fn text<'a>(entity: &'a Value, field: &str) -> &'a str {
    entity[field].as_str().unwrap_or_default()
}
