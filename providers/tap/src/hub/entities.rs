//! The hub's entities, as they were before a request and are after it.

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use serde_json::Value;
use stagegate_confighub::observation::{self, SYSTEM};
use stagegate_simulation::{Actor, Change, Origin, Simulation, Verb};
use tokio::sync::{Mutex, MutexGuard};
use tower::ServiceExt;

use crate::answer;
use crate::proxy::Next;
use crate::upstream::chain;

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
    known: Mutex<Known>,
}

/// The entities as they were last told.
pub(super) struct Known {
    next: Next,
    authorization: String,
    entities: HashMap<Key, Value>,
}

/// An entity's type and id.
type Key = (&'static str, String);

impl Entities {
    /// Reads all there is.
    pub(super) async fn read(next: Next, token: &str) -> Result<Self, String> {
        let mut known = Known { next, authorization: format!("Bearer {token}"), entities: HashMap::new() };
        let me = known.get("/api/me").await?;
        let user = me["Username"].as_str().unwrap_or_default().to_owned();
        known.entities = known.all().await?;
        Ok(Self { user, token: token.to_owned(), known: Mutex::new(known) })
    }

    /// The user of a token, where it is the tap's.
    pub(super) fn user_of(&self, token: &str) -> Option<String> {
        (token == self.token).then(|| self.user.clone())
    }

    /// Nobody else compares meanwhile.
    pub(super) async fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().await
    }
}

impl Known {
    /// The entities as they are now.
    async fn all(&self) -> Result<HashMap<Key, Value>, String> {
        let lists = LISTS.iter().map(|(kind, path)| self.list(kind, path));
        let lists = futures::future::try_join_all(lists).await?;
        let mut now = HashMap::new();
        for ((kind, _), entities) in LISTS.iter().zip(lists) {
            now.extend(entities.into_iter().map(|entity| ((*kind, id(kind, &entity)), entity)));
        }
        Ok(now)
    }

    /// Reads the entities again and tells what is different, which a request of `origin` has brought about.
    pub(super) async fn refresh(
        &mut self,
        simulation: &Simulation,
        operation: &str,
        origin: &Origin,
    ) -> Result<(), String> {
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
    async fn list(&self, kind: &'static str, path: &str) -> Result<Vec<Value>, String> {
        let listed = self.get(path).await?;
        let items = listed.as_array().ok_or_else(|| format!("GET {path}: no list but {listed}"))?;
        Ok(items.iter().map(|item| item.get(kind).unwrap_or(item).clone()).collect())
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        let fail = |reason: String| format!("GET {path}: {reason}");
        let request = Request::get(path).header(AUTHORIZATION, &self.authorization).body(Body::empty());
        let request = request.map_err(|error| fail(error.to_string()))?;
        let response = self.next.clone().oneshot(request).await.map_err(|error| fail(chain(&*error)))?;
        let response = response.map(Body::new);
        if response.status() != StatusCode::OK {
            let status = response.status();
            return Err(fail(format!("{status}: {}", answer::message_of(response).await.1)));
        }
        let body = to_bytes(response.into_body(), usize::MAX).await.map_err(|error| fail(chain(&error)))?;
        serde_json::from_slice(&body).map_err(|error| fail(error.to_string()))
    }
}

fn id(kind: &str, entity: &Value) -> String {
    text(entity, &format!("{kind}ID")).to_owned()
}

fn text<'a>(entity: &'a Value, field: &str) -> &'a str {
    entity[field].as_str().unwrap_or_default()
}
