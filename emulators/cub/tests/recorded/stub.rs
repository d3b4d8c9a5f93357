//! What the recorder's server kept: just enough of a hub to complete the answers that were cut.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Value, json};

use super::recording::Run;

pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
}

const TIME: &str = "2025-12-01T00:00:00Z";
const ORGANIZATION: &str = "11111111-1111-4111-8111-111111111111";

pub(crate) struct Stub {
    spaces: Vec<Value>,
    /// Entities by path segment, in order of creation.
    entities: BTreeMap<String, Vec<Value>>,
    revisions: Vec<Value>,
    events: Vec<Value>,
    secret: String,
    functions: Value,
    /// Operations the recordings ask about, by unit, in order.
    operations: Vec<(String, String)>,
}

fn model(segment: &str) -> (&'static str, &'static str) {
    match segment {
        "unit" => ("Unit", "UnitID"),
        "bridge_worker" => ("BridgeWorker", "BridgeWorkerID"),
        "target" => ("Target", "TargetID"),
        "link" => ("Link", "LinkID"),
        "set" => ("Set", "SetID"),
        "change_set" => ("ChangeSet", "ChangeSetID"),
        "tag" => ("Tag", "TagID"),
        "trigger" => ("Trigger", "TriggerID"),
        "filter" => ("Filter", "FilterID"),
        other => panic!("no such kind: {other}"),
    }
}

/// The first group of a pattern in a text; empty when it does not match.
fn find(pattern: &str, text: &str) -> String {
    Regex::new(pattern).unwrap().captures(text).map_or_else(String::new, |found| found[1].to_owned())
}

fn merge(entity: &mut Value, patch: &Value) {
    for (key, value) in patch.as_object().into_iter().flatten() {
        if value.is_object() && entity[key].is_object() {
            merge(&mut entity[key], value);
        } else {
            entity[key] = value.clone();
        }
    }
}

impl Stub {
    pub(crate) fn new(runs: &[Run]) -> Self {
        let outs: String = runs.iter().map(|run| run.out.as_str()).collect();
        let mut operations = Vec::new();
        let mut functions = Value::Null;
        for exchange in runs.iter().flat_map(Run::exchanges) {
            let unit = find("/unit/([0-9a-f-]{36})/unit_event$", exchange.path);
            let operation = find("QueuedOperationID='([^']+)'", exchange.query["where"].as_str().unwrap_or_default());
            if !unit.is_empty() && !operation.is_empty() && !operations.contains(&(unit.clone(), operation.clone())) {
                operations.push((unit, operation));
            }
            if exchange.path.ends_with("/function") && functions.is_null() {
                functions = super::recording::functions();
            }
        }
        Self {
            spaces: Vec::new(),
            entities: BTreeMap::new(),
            revisions: Vec::new(),
            events: Vec::new(),
            secret: find("(ch_[0-9a-f]{32})", &outs),
            functions,
            operations,
        }
    }

    /// Does what the request asks and gives the answer. `recorded` is the (cut) answer and `out` what
    /// the client printed: new ids are found there.
    pub(crate) fn handle(&mut self, request: &Request, recorded: &str, out: &str) -> Value {
        let path = request.path.strip_prefix("/api/").unwrap_or(&request.path).to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["space"]) => self.list_spaces(request),
            ("POST", ["space"]) => self.create_space(request, recorded, out),
            ("GET", ["space", id]) => json!({"Space": self.space(id)}),
            ("PUT", ["space", id]) => self.change_space(id, &request.body),
            ("DELETE", ["space", _]) => json!({"Message": "deleted"}),
            ("GET", ["space", _, "function"]) => self.functions.clone(),
            ("POST", ["space", _, "function", "invoke"] | ["function", "invoke"]) => self.invoke(request, &parts),
            ("GET", ["unit"]) => self.list("unit", "", request),
            ("PATCH", [segment]) => self.change_several(segment, request),
            ("POST", ["unit", "apply"]) => self.apply_several(request, recorded),
            ("GET", ["space", space, segment]) => self.list(segment, space, request),
            ("POST", ["space", space, segment]) => self.create(segment, space, request, recorded, out),
            ("GET", ["space", _, segment, id]) => self.extended(segment, &self.entity(segment, id)),
            ("PATCH" | "PUT", ["space", _, segment, id]) => self.change(segment, id, &request.body),
            ("DELETE", ["space", _, segment, id]) => self.delete(segment, id),
            ("POST", ["space", _, "unit", id, action @ ("apply" | "destroy" | "refresh")]) => {
                self.operate(id, action, recorded)
            }
            ("GET", ["space", _, "unit", id, "unit_event"]) => self.list_events(id, request),
            ("GET", ["space", _, "unit", id, "revision"]) => self.list_revisions(id, request, recorded),
            _ => Value::Null,
        }
    }

    fn space(&self, id: &str) -> Value {
        self.spaces.iter().find(|space| space["SpaceID"] == id).cloned().unwrap_or_default()
    }

    fn list_spaces(&self, request: &Request) -> Value {
        let slug = find("Slug = '([^']*)'", request.query.get("where").map_or("", String::as_str));
        let wanted = self.spaces.iter().filter(|space| slug.is_empty() || space["Slug"] == *slug);
        wanted.map(|space| json!({"Space": space})).collect()
    }

    fn create_space(&mut self, request: &Request, recorded: &str, out: &str) -> Value {
        let space = new_entity(&request.body, "Space", "SpaceID", recorded, out);
        self.spaces.push(space.clone());
        space
    }

    fn change_space(&mut self, id: &str, body: &Value) -> Value {
        let space = self.spaces.iter_mut().find(|space| space["SpaceID"] == id).unwrap();
        merge(space, body);
        space["Version"] = json!(space["Version"].as_i64().unwrap_or(0) + 1);
        space.clone()
    }

    fn create(&mut self, segment: &str, space: &str, request: &Request, recorded: &str, out: &str) -> Value {
        let (model, id) = model(segment);
        let mut entity = new_entity(&request.body, model, id, recorded, out);
        entity["SpaceID"] = json!(space);
        if segment == "bridge_worker" {
            merge(&mut entity, &json!({"Secret": self.secret, "Condition": "Disconnected", "LastSeenAt": TIME}));
        }
        if segment == "unit" {
            entity["HeadRevisionNum"] = json!(0);
            if let Some(upstream) = request.query.get("upstream_unit_id") {
                entity["Data"] = self.entity("unit", upstream)["Data"].clone();
            }
        }
        self.entities.entry(segment.to_owned()).or_default().push(entity.clone());
        if segment == "unit" { self.revise(entity["UnitID"].as_str().unwrap(), "") } else { entity }
    }

    /// A new revision of the unit.
    fn revise(&mut self, id: &str, description: &str) -> Value {
        let unit = self.entities.get_mut("unit").unwrap().iter_mut().find(|unit| unit["UnitID"] == id).unwrap();
        let number = unit["HeadRevisionNum"].as_i64().unwrap_or(0) + 1;
        unit["HeadRevisionNum"] = json!(number);
        let own = unit["LastChangeDescription"].as_str().unwrap_or_default();
        let description = if description.is_empty() { own } else { description };
        self.revisions.push(json!({
            "RevisionID": format!("00000000-0000-4000-8000-{:012}", self.revisions.len()), "RevisionNum": number,
            "UnitID": id, "SpaceID": unit["SpaceID"], "OrganizationID": ORGANIZATION, "CreatedAt": TIME,
            "Data": unit["Data"], "Description": description,
        }));
        unit.clone()
    }

    fn entity(&self, segment: &str, id: &str) -> Value {
        let (_, field) = model(segment);
        self.entities[segment].iter().find(|entity| entity[field] == id).cloned().unwrap_or_default()
    }

    fn extended(&self, segment: &str, entity: &Value) -> Value {
        let (model, _) = model(segment);
        let text = |field: &str| entity[field].as_str().unwrap_or_default();
        let mut extended = json!({model: entity, "Space": self.space(text("SpaceID"))});
        match segment {
            "unit" => {
                if let Some(event) = self.events.iter().rfind(|event| event["UnitID"] == text("UnitID")) {
                    extended["LatestUnitEvent"] = event.clone();
                }
            }
            "target" => extended["BridgeWorker"] = self.entity("bridge_worker", text("BridgeWorkerID")),
            "link" => {
                extended["FromUnit"] = self.entity("unit", text("FromUnitID"));
                extended["ToUnit"] = self.entity("unit", text("ToUnitID"));
            }
            _ => {}
        }
        extended
    }

    /// The entities a condition selects, as far as the recordings use conditions.
    fn selected(&self, segment: &str, space: &str, condition: &str) -> Vec<Value> {
        let slug = find("Slug = '([^']*)'", condition);
        let slugs = find(r"Slug IN \(([^)]*)\)", condition);
        let unit = find("UnitID ?= ?'([^']*)'", condition);
        let label = find(r"Labels\.layer = '([^']*)'", condition);
        let inside = find("SpaceID = '([^']*)'", condition);
        let all = self.entities.get(segment).into_iter().flatten();
        let matches = |entity: &&Value| {
            let is = |field: &str, wanted: &str| wanted.is_empty() || entity[field] == wanted;
            let listed = format!("'{}'", entity["Slug"].as_str().unwrap_or_default());
            is("Slug", &slug)
                && is("SpaceID", space)
                && is("SpaceID", &inside)
                && is("UnitID", &unit)
                && (slugs.is_empty() || slugs.contains(&listed))
                && (label.is_empty() || entity["Labels"]["layer"] == *label)
        };
        all.filter(matches).cloned().collect()
    }

    fn list(&self, segment: &str, space: &str, request: &Request) -> Value {
        let found = self.selected(segment, space, request.query.get("where").map_or("", String::as_str));
        found.iter().map(|entity| self.extended(segment, entity)).collect()
    }

    fn change(&mut self, segment: &str, id: &str, body: &Value) -> Value {
        let (_, field) = model(segment);
        let all = self.entities.get_mut(segment).unwrap();
        let entity = all.iter_mut().find(|entity| entity[field] == id).unwrap();
        merge(entity, body);
        entity["Version"] = json!(entity["Version"].as_i64().unwrap_or(0) + 1);
        let entity = entity.clone();
        if segment == "unit" { self.revise(id, "") } else { entity }
    }

    fn change_several(&mut self, segment: &str, request: &Request) -> Value {
        let (model, field) = model(segment);
        let chosen = self.selected(segment, "", &request.query["where"]);
        let all = self.entities.get_mut(segment).unwrap();
        let changed = all.iter_mut().filter(|entity| chosen.iter().any(|other| other[field] == entity[field]));
        changed
            .map(|entity| {
                merge(entity, &request.body);
                json!({model: entity})
            })
            .collect()
    }

    fn delete(&mut self, segment: &str, id: &str) -> Value {
        let (_, field) = model(segment);
        self.entities.get_mut(segment).unwrap().retain(|entity| entity[field] != id);
        json!({"Message": "deleted"})
    }

    fn invoke(&mut self, request: &Request, parts: &[&str]) -> Value {
        let space = if parts[0] == "space" { parts[1] } else { "" };
        let description = request.body["ChangeDescription"].as_str().unwrap_or_default();
        let units = self.selected("unit", space, request.query.get("where").map_or("", String::as_str));
        let answers = units.iter().map(|unit| {
            self.revise(unit["UnitID"].as_str().unwrap(), description);
            json!({
                "OrganizationID": ORGANIZATION, "SpaceID": unit["SpaceID"], "UnitID": unit["UnitID"], "Success": true,
                "ConfigData": unit["Data"], "Mutators": [0], "Mutations": null,
            })
        });
        answers.collect()
    }

    fn operate(&mut self, id: &str, action: &str, recorded: &str) -> Value {
        let action = format!("{}{}", action[..1].to_uppercase(), &action[1..]);
        let given = find(r#""QueuedOperationID": "([^"]*)", "UnitID": "_""#.replace('_', id).as_str(), recorded);
        let known =
            self.operations.iter().position(|(unit, known)| unit == id && (given.is_empty() || *known == given));
        let operation = known.map_or(given, |position| self.operations.remove(position).1);
        let unit = self.entities.get_mut("unit").unwrap().iter_mut().find(|unit| unit["UnitID"] == id).unwrap();
        let head = unit["HeadRevisionNum"].clone();
        merge(unit, &json!({"LiveRevisionNum": head, "LastAppliedRevisionNum": head}));
        let common = json!({
            "QueuedOperationID": operation, "UnitID": id, "SpaceID": unit["SpaceID"],
            "OrganizationID": ORGANIZATION, "Action": action, "RevisionNum": head, "CreatedAt": TIME,
        });
        let mut event = json!({
            "Result": format!("{action}Completed"), "Status": "Completed", "Message": "done", "StartedAt": TIME,
            "TerminatedAt": TIME,
        });
        merge(&mut event, &common);
        self.events.push(event);
        let mut queued = json!({"Status": "Pending"});
        merge(&mut queued, &common);
        queued
    }

    fn apply_several(&mut self, request: &Request, recorded: &str) -> Value {
        let units = self.selected("unit", "", &request.query["where"]);
        units
            .iter()
            .map(|unit| json!({"Action": self.operate(unit["UnitID"].as_str().unwrap(), "apply", recorded)}))
            .collect()
    }

    fn list_events(&self, unit: &str, request: &Request) -> Value {
        let operation = find("QueuedOperationID='([^']*)'", request.query.get("where").map_or("", String::as_str));
        let of_unit = self.events.iter().filter(|event| event["UnitID"] == unit);
        of_unit.filter(|event| operation.is_empty() || event["QueuedOperationID"] == *operation).cloned().collect()
    }

    fn list_revisions(&mut self, unit: &str, request: &Request, recorded: &str) -> Value {
        let id = find(r#""RevisionID": "([^"]*)""#, recorded);
        let of = find(r#""RevisionNum": ([0-9]+)"#, recorded).parse::<i64>().ok();
        let named = self.revisions.iter_mut().find(|own| own["UnitID"] == unit && own["RevisionNum"].as_i64() == of);
        if let Some(revision) = named {
            revision["RevisionID"] = json!(id);
        }
        let number = find("RevisionNum = (-?[0-9]+)", request.query.get("where").map_or("", String::as_str));
        let of_unit = self.revisions.iter().filter(|revision| revision["UnitID"] == unit);
        let wanted =
            of_unit.filter(|revision| number.is_empty() || revision["RevisionNum"].as_i64() == number.parse().ok());
        wanted.map(|revision| json!({"Revision": revision})).collect()
    }
}

fn new_entity(body: &Value, model: &str, id: &str, recorded: &str, out: &str) -> Value {
    let mut entity = body.clone();
    let known = [recorded, out].map(|text| find(&format!(r#""{id}": ?"([0-9a-f-]{{36}})""#), text));
    let printed = find(r"\(([0-9a-f-]{36})\)", out);
    let given = known.into_iter().chain([printed]).find(|found| !found.is_empty()).unwrap_or_default();
    merge(
        &mut entity,
        &json!({
            id: given, "CreatedAt": TIME, "UpdatedAt": TIME, "OrganizationID": ORGANIZATION, "Version": 1,
            "EntityType": model,
        }),
    );
    entity
}
