//! Nothing changes without a change that is reported, nothing is reported that did not change, and each
//! change leads back to the command that sent the request.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value as Json, json};
use stagegate_confighub::{Snapshot, SnapshotSecrets};
use stagegate_simulation::{Actor, COMMAND_HEADER};

use crate::client::{Bench, base64, text};
use crate::shared::data;
use crate::snapshot::furnished;
use crate::worker::Worker;

const COMMAND: u64 = 7;

/// What can change: every file of a snapshot but the audit trail, and but for when a worker was last heard.
fn state(bench: &Bench) -> BTreeMap<String, String> {
    let saved = bench.hub.snapshot(SnapshotSecrets::LeftOut);
    let files = saved.files().filter(|(path, _)| *path != "audit.ndjson");
    let text = |content: &[u8]| -> String {
        let text = String::from_utf8_lossy(content);
        text.lines().filter(|line| !line.starts_with("LastSeenAt")).map(|line| format!("{line}\n")).collect()
    };
    files.map(|(path, content)| (path.to_owned(), text(content))).collect()
}

/// The entities that path parameters and bodies name.
struct World {
    space: String,
    ids: BTreeMap<String, String>,
}

impl World {
    async fn of(bench: &Bench) -> Self {
        let mut ids = BTreeMap::new();
        let spaces = bench.list("/space", "Slug = 'base'").await.1;
        let space = text(&spaces[0]["Space"]["SpaceID"]);
        for (family, kind) in [
            ("unit", "Unit"),
            ("link", "Link"),
            ("target", "Target"),
            ("bridge_worker", "BridgeWorker"),
            ("filter", "Filter"),
            ("view", "View"),
            ("set", "Set"),
            ("tag", "Tag"),
            ("change_set", "ChangeSet"),
            ("trigger", "Trigger"),
            ("invocation", "Invocation"),
        ] {
            let all = bench.get(&format!("/space/{space}/{family}")).await.1;
            let first = &all[0][kind][format!("{kind}ID")];
            ids.insert(format!("{family}_id"), text(first));
        }
        let me = bench.get("/me").await.1;
        ids.insert("space_id".to_owned(), space.clone());
        ids.insert("organization_id".to_owned(), text(&me["OrganizationID"]));
        ids.insert("organization_member_id".to_owned(), text(&me["UserID"]));
        ids.insert("user_id".to_owned(), text(&me["UserID"]));
        Self { space, ids }
    }

    fn path(&self, template: &str) -> Option<String> {
        let mut path = String::new();
        for part in template.split('/').skip(1) {
            path.push('/');
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some(name) => path.push_str(self.ids.get(name)?),
                None => path.push_str(part),
            }
        }
        Some(path)
    }

    /// What creates an entity of this family in the space.
    fn draft(&self, family: &str) -> Json {
        let id = |name: &str| json!(self.ids[name]);
        let mut body = match family {
            "unit" => json!({"ToolchainType": "Kubernetes/YAML", "Data": base64("a: 1\n")}),
            "link" => json!({"FromUnitID": id("unit_id"), "ToUnitID": id("unit_id"), "ToSpaceID": self.space}),
            "target" => {
                json!({"ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes", "BridgeWorkerID": id("bridge_worker_id")})
            }
            "filter" => json!({"From": "Unit", "Where": "Slug = 'x'"}),
            "view" => json!({"FilterID": id("filter_id")}),
            "trigger" => {
                json!({"Event": "Mutation", "ToolchainType": "Kubernetes/YAML", "FunctionName": "is-approved", "Validating": true})
            }
            "invocation" => {
                json!({"ToolchainType": "Kubernetes/YAML", "FunctionName": "set-replicas", "Arguments": []})
            }
            _ => json!({}),
        };
        body["Slug"] = json!("fresh");
        body
    }

    /// Query and body of a request that ought to change something.
    async fn request(&self, bench: &Bench, id: &str, method: &Method, path: &str) -> (String, Json) {
        let family = path.rsplit('/').next().unwrap_or_default();
        let here = format!("SpaceID = '{}'", self.space);
        let replicas = json!({"FunctionInvocations": [
            {"FunctionName": "set-replicas", "Arguments": [{"ParameterName": "replicas", "Value": 9}]}
        ]});
        match id {
            "InvokeFunctions" | "InvokeFunctionsOnOrg" => return ("where=Slug = 'api'".to_owned(), replicas),
            "BulkTagUnits" => return (format!("where={here}"), json!({"TagID": self.ids["tag_id"]})),
            "BulkApplyUnits" => return (format!("where={here} AND Slug = 'ns'"), Json::Null),
            "BulkApproveUnits" => return (format!("where={here}"), Json::Null),
            "BulkDeleteSpaces" => return ("where=Slug = 'prod'&recursive=true".to_owned(), Json::Null),
            "DeleteSpace" => return ("recursive=true".to_owned(), Json::Null),
            "BulkPatchSpaces" => return ("where=Slug = 'prod'".to_owned(), json!({"DisplayName": "changed"})),
            "BulkCreateSpaces" => return ("where=Slug = 'prod'&name_prefixes=new-".to_owned(), json!({})),
            _ if id.starts_with("BulkCreate") => {
                let query = format!("where={here}&where_space=Slug = 'prod'&name_prefixes=new-");
                return (query, json!({}));
            }
            _ => {}
        }
        let bulk = id.starts_with("Bulk");
        match *method {
            Method::POST => (String::new(), self.draft(family)),
            Method::PUT => {
                let present = bench.get(path).await.1;
                let mut entity = present
                    .as_object()
                    .and_then(|fields| fields.values().find(|value| value["Version"].is_i64()))
                    .cloned()
                    .unwrap_or(present);
                entity["DisplayName"] = json!("changed");
                (String::new(), entity)
            }
            Method::PATCH if bulk => (format!("where={here}"), json!({"DisplayName": "changed"})),
            Method::PATCH => (String::new(), json!({"DisplayName": "changed"})),
            _ if bulk => (format!("where={here}"), Json::Null),
            _ => (String::new(), Json::Null),
        }
    }
}

/// A hub in which every family has an entity in the space `base`, and the unit there a target.
async fn world() -> Snapshot {
    let bench = furnished().await;
    let world = bench.list("/space", "Slug = 'base'").await.1;
    let space = text(&world[0]["Space"]["SpaceID"]);
    let mut filter = String::new();
    for (family, body) in [
        ("filter", json!({"Slug": "f", "From": "Unit", "Where": "Slug = 'api'"})),
        ("set", json!({"Slug": "s"})),
        ("tag", json!({"Slug": "t"})),
        ("change_set", json!({"Slug": "c"})),
        ("invocation", json!({"Slug": "i", "ToolchainType": "Kubernetes/YAML", "FunctionName": "set-replicas"})),
        (
            "trigger",
            json!({"Slug": "g", "Event": "Mutation", "ToolchainType": "Kubernetes/YAML", "FunctionName": "is-approved", "Validating": true, "Disabled": true}),
        ),
        ("view", json!({"Slug": "v"})),
    ] {
        let mut body = body;
        if family == "view" {
            body["FilterID"] = json!(filter);
        }
        let made = bench.created(&format!("/space/{space}/{family}"), body).await;
        if family == "filter" {
            filter = text(&made["FilterID"]);
        }
    }
    let target = bench.get("/target").await.1[0]["Target"]["TargetID"].clone();
    for unit in bench.get(&format!("/space/{space}/unit")).await.1.as_array().unwrap() {
        bench
            .patch(&format!("/space/{space}/unit/{}", text(&unit["Unit"]["UnitID"])), json!({"TargetID": target}))
            .await;
    }
    bench.hub.snapshot(SnapshotSecrets::Kept)
}

#[tokio::test]
async fn every_operation_reports_what_it_changes_and_nothing_else() {
    let case = "every_operation_reports_what_it_changes_and_nothing_else";
    let Some(description) = data(case, "confighub-openapi.json") else { return };
    let saved = world().await;
    let (mut changing, mut problems) = (Vec::new(), Vec::new());
    let mut bench = Bench::load(&saved).await.unwrap();
    let world = World::of(&bench).await;
    let mut before = state(&bench);
    for (template, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            if matches!(id, "StreamBridgeWorker" | "CreateActionResult" | "GetSelf") {
                continue;
            }
            let Some(path) = world.path(template) else { continue };
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let (query, body) = world.request(&bench, id, &method, &path).await;
            bench.recorder.changes.lock().unwrap().clear();
            let query = query.replace(' ', "%20").replace('\'', "%27");
            let mut request = bench.request(method.clone(), &format!("{path}?{query}")).header(COMMAND_HEADER, COMMAND);
            if method != Method::GET {
                request = request.json(&body);
            }
            let (status, answer) = bench.send(request).await;
            let reported = std::mem::take(&mut *bench.recorder.changes.lock().unwrap());
            let after = state(&bench);
            let changed: Vec<String> = differences(&before, &after);
            let told =
                format!("{id} {path}?{query} answered {status} {answer}\nchanged {changed:#?}\nreported {reported:#?}");
            let done = matches!(status, 200 | 207) && !refused_throughout(&answer);
            let ought_to_change = done && method != Method::GET;
            let attributed = reported.iter().all(|change| change.origin.command == Some(COMMAND));
            if reported.is_empty() != changed.is_empty() || changed.is_empty() == ought_to_change || !attributed {
                problems.push(told);
            } else if ought_to_change {
                changing.push(id.to_owned());
            }
            if !changed.is_empty() {
                // The next operation finds everything in its place again.
                bench = Bench::load(&saved).await.unwrap();
                before = state(&bench);
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert!(changing.len() >= 60, "only {} operations changed anything: {changing:?}", changing.len());
}

/// Whether a bulk operation did nothing to any of its items.
fn refused_throughout(answer: &Json) -> bool {
    let items = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    !items.is_empty() && items.iter().all(|item| item.get("Error").is_some())
}

fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let keys = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
    keys.filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

#[tokio::test]
async fn what_follows_by_itself_leads_back_to_the_command_too() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let needs = "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  namespace: confighubplaceholder\n";
    let from = bench.unit(&space, "from", needs).await;
    let to = bench.unit(&space, "to", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n").await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let by_command = async |path: &str, body: Json| {
        bench.recorder.changes.lock().unwrap().clear();
        let request = bench.request(Method::POST, path).header(COMMAND_HEADER, COMMAND).json(&body);
        assert_eq!(bench.send(request).await.0, 200, "{path}");
        std::mem::take(&mut *bench.recorder.changes.lock().unwrap())
    };
    let link = json!({"Slug": "-", "FromUnitID": id(&from), "ToUnitID": id(&to), "ToSpaceID": space});
    let changes = by_command(&format!("/space/{space}/link"), link).await;
    assert_eq!(changes.len(), 2, "{changes:#?}");
    assert!(changes.iter().all(|change| change.origin.command == Some(COMMAND)), "{changes:#?}");

    let worker = Worker::create(&bench, &space).await;
    let busy = bench.clock.busy();
    bench.recorder.changes.lock().unwrap().clear();
    let mut stream = worker.connect(&bench).await;
    let registered = std::mem::take(&mut *bench.recorder.changes.lock().unwrap());
    assert!(!registered.is_empty());
    assert!(registered.iter().all(|change| matches!(change.origin.actor, Actor::Worker { .. })), "{registered:#?}");
    let target = bench.get("/target").await.1[0]["Target"]["TargetID"].clone();
    bench.patch(&to, json!({"TargetID": target})).await;
    let queued = by_command(&format!("{to}/apply"), Json::Null).await;
    assert!(!queued.is_empty() && queued.iter().all(|change| change.origin.command == Some(COMMAND)), "{queued:#?}");
    let event = stream.next().await.unwrap();
    worker.report(&bench, &event, "Completed", "ApplyCompleted", json!({"LiveState": base64("a: 1\n")})).await;
    let results = std::mem::take(&mut *bench.recorder.changes.lock().unwrap());
    assert!(!results.is_empty());
    for change in results {
        assert_eq!(change.origin.command, Some(COMMAND), "{change:#?}");
        assert!(matches!(change.origin.actor, Actor::Worker { operation: Some(_) }), "{change:#?}");
    }
    bench.recorder.changes.lock().unwrap().clear();
    drop((stream, busy));
    while bench.recorder.changes.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let lost = bench.recorder.changes.lock().unwrap()[0].clone();
    assert!(matches!(lost.origin.actor, Actor::Worker { .. }), "{lost:#?}");
}
