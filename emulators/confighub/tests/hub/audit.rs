//! The audit trail: one entry for each entity that a request changed, one for each refusal.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value as Json, json};
use stagegate_confighub::audit::{ActorKind, AuditEntry, AuditOutcome};
use stagegate_confighub::{OperationAccess, Options, operations};

use crate::cast::Cast;
use crate::client::{Bench, text};
use crate::identity::operations::selecting;

type State = BTreeMap<(String, String), Json>;

/// Every entity of the lead's organization by type and id; a unit's history is part of the unit.
async fn state(cast: &Cast) -> State {
    let mut state = BTreeMap::new();
    let sets = [&cast.dev, &cast.prod].map(|place| format!("/space/{}/set", place.space));
    let lists = [
        "/space",
        "/bridge_worker",
        "/change_set",
        "/filter",
        "/invocation",
        "/link",
        "/tag",
        "/target",
        "/trigger",
        "/unit",
        "/view",
        &sets[0],
        &sets[1],
        "/organization",
    ];
    for path in lists {
        let (_, items) = cast.get("lead", path).await;
        for item in items.as_array().into_iter().flatten() {
            let envelope = item.as_object().unwrap();
            let mut entity = envelope.values().find(|part| part.get("EntityType").is_some()).unwrap_or(item).clone();
            let kind = text(&entity["EntityType"]);
            let id = text(&entity[format!("{kind}ID")]);
            if kind == "Unit" {
                let unit = format!("/space/{}/unit/{id}", text(&entity["SpaceID"]));
                for part in ["revision", "mutation", "unit_event"] {
                    entity[part] = cast.get("lead", &format!("{unit}/{part}")).await.1;
                }
            }
            state.insert((kind, id), entity);
        }
    }
    let own = text(&cast.get("lead", "/me").await.1["OrganizationID"]);
    let members = cast.get("lead", &format!("/organization/{own}/organization_member")).await.1;
    for member in members.as_array().unwrap() {
        state.insert(("OrganizationMember".to_owned(), text(&member["UserID"])), member.clone());
    }
    state
}

/// A request of the lead that does what the operation is for, as far as one body can.
async fn request(cast: &Cast, operation: &OperationAccess) -> reqwest::RequestBuilder {
    let me = cast.get("lead", "/me").await.1;
    let reader = cast.get("lead", "/user?where=Slug = 'reader'").await.1;
    let path = cast.dev.path(
        &operation
            .path
            .replace("{organization_id}", me["OrganizationID"].as_str().unwrap())
            .replace("{organization_member_id}", reader[0]["UserID"].as_str().unwrap_or_default()),
    );
    let mut body = crate::identity::operations::body(&cast.dev);
    if operation.id.starts_with("Bulk") {
        body = json!({"Labels": {operation.id: "yes"}, "TagID": cast.dev.id("tag_id")});
    }
    body["Slug"] = json!(operation.id);
    if operation.id.starts_with("Invoke") {
        body = json!({"FunctionInvocations": [{"FunctionName": "set-replicas", "Arguments": [{"Value": operation.id.len()}]}]});
    }
    if operation.id.starts_with("Bulk") || operation.id.ends_with("Trigger") {
        body.as_object_mut().unwrap().remove(if operation.id.starts_with("Bulk") { "Slug" } else { "BridgeWorkerID" });
    }
    if operation.method == "PUT" {
        let present = cast.get("lead", &path).await.1;
        let parts = present.as_object().unwrap();
        let version = parts.values().find_map(|part| part.get("Version")).unwrap_or(&present["Version"]).clone();
        body["Version"] = version;
    } else if operation.method == "PATCH" {
        body.as_object_mut().unwrap().remove("Version");
    }
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let request = cast.request("lead", method, &path).json(&body);
    if operation.path.contains("{space_id}") {
        return request;
    }
    let place = if operation.method == "DELETE" { &cast.prod } else { &cast.dev };
    let clause = format!("SpaceID = '{}'", place.space);
    request.query(&selecting(operation.id, &clause, "Slug = 'prod'"))
}

fn entities(entries: &[AuditEntry]) -> Vec<(String, String)> {
    let entity = |entry: &AuditEntry| {
        let entity = entry.entity.as_ref().unwrap();
        (entity.kind.to_string(), entity.id.map(|id| id.to_string()).unwrap_or_default())
    };
    entries.iter().map(entity).filter(|(kind, _)| kind != "User").collect()
}

/// Sends a request and compares what it changed with what the trail says of it; gives whether it
/// changed anything.
async fn check(cast: &Cast, operation: &OperationAccess, before: &State) -> (bool, State) {
    let request = request(cast, operation).await.header("user-agent", "auditor/1");
    let written = cast.bench.hub.audit().len();
    let (status, answer) = cast.bench.send(request).await;
    let entries = cast.bench.hub.audit().split_off(written);
    let after = state(cast).await;
    let mut changed: Vec<(String, String)> = before
        .iter()
        .filter(|(key, entity)| after.get(*key) != Some(*entity))
        .map(|(key, _)| key.clone())
        .chain(after.keys().filter(|key| !before.contains_key(*key)).cloned())
        .collect();
    if operation.id.contains("Tag") && operation.method == "DELETE" {
        // The marks that it left on revisions go with it.
        changed.retain(|(kind, _)| kind != "Unit");
    }
    let mut told = entities(&entries);
    changed.sort();
    told.sort();
    assert_eq!(told, changed, "{} answered {status} {answer}", operation.id);
    for entry in entries {
        assert_eq!((entry.operation.as_ref(), entry.user_agent.as_str()), (operation.id, "auditor/1"));
        assert_eq!((entry.actor.kind, entry.actor.name.as_str()), (ActorKind::User, "lead@example.org"));
        assert_ne!(entry.outcome, AuditOutcome::Denied);
        assert_eq!(entry.request_id.len(), 32);
    }
    (!changed.is_empty(), after)
}

#[tokio::test]
async fn each_change_leaves_one_entry_for_each_entity() {
    let mut without_effect = Vec::new();
    let cast = Cast::start().await;
    let mut present = state(&cast).await;
    let needs = ["write", "apply", "invoke", "administrator", "owner"];
    let mut changing: Vec<OperationAccess> = operations()
        .filter(|one| one.needs.is_some_and(|asked| needs.contains(&asked)) || one.id == "CreateOrganization")
        .collect();
    // What is deleted cannot be changed afterwards, least of all spaces.
    changing.sort_by_key(|one| (one.method == "DELETE", one.id.contains("Space")));
    for operation in changing {
        let (effect, after) = check(&cast, &operation, &present).await;
        if !effect {
            without_effect.push(operation.id);
        }
        present = after;
    }
    assert!(without_effect.len() < 16, "nothing was changed by {without_effect:?}");
}

#[tokio::test]
async fn reading_leaves_no_entry() {
    let cast = Cast::start().await;
    let written = cast.bench.hub.audit().len();
    for operation in operations().filter(|one| one.method == "GET" && one.needs != Some("worker")) {
        cast.get("lead", &cast.dev.path(operation.path)).await;
    }
    assert_eq!(cast.bench.hub.audit().len(), written);
}

#[tokio::test]
async fn what_a_worker_reports_is_the_workers_doing() {
    let cast = Cast::start().await;
    let path = cast.dev.path("/space/{space_id}/unit/{unit_id}");
    let operation = cast.send("dev", Method::POST, &format!("{path}/apply"), Json::Null).await.1;
    let worker = cast.dev.path("/space/{space_id}/bridge_worker/{bridge_worker_id}");
    let secret = text(&cast.get("lead", &worker).await.1["BridgeWorker"]["Secret"]);
    let written = cast.bench.hub.audit().len();
    let url = format!("{}/api/bridge_worker/{}", cast.bench.hub.url(), cast.dev.id("bridge_worker_id"));
    for (status, result) in [("Progressing", "None"), ("Completed", "ApplyCompleted")] {
        let mut report = operation.clone();
        report["Status"] = json!(status);
        report["Result"] = json!(result);
        let sent = cast.bench.http.post(format!("{url}/action_result")).bearer_auth(&secret).json(&report);
        assert_eq!(cast.bench.send(sent).await, (200, json!("ok")));
    }
    let entries = cast.bench.hub.audit().split_off(written);
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!((entry.actor.kind, entry.actor.name.as_str()), (ActorKind::Worker, "one"));
    assert_eq!(entry.summary, "Apply Completed, live revision 1");
    assert_eq!(entry.entity.as_ref().unwrap().revision, Some(1));

    let info = json!({"BridgeWorkerInfo": {"SupportedConfigTypes": [{
        "ToolchainType": "Kubernetes/YAML", "ProviderType": "Kubernetes", "AvailableTargets": [{"Name": "k8s-one"}],
    }]}});
    let stream = cast.bench.http.post(format!("{url}/stream")).bearer_auth(&secret).json(&info).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let entries = cast.bench.hub.audit().split_off(written + 1);
    let told: Vec<String> = entries
        .iter()
        .map(|entry| {
            let entity = entry.entity.as_ref().unwrap();
            format!("{} {} {}: {}", entry.actor.name, entity.kind, entity.slug, entry.summary)
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    // The first apply was never sent; the one after it is what is in the cluster.
    assert!(told.iter().any(|line| line.starts_with("one Unit one: Apply of revision 1 Aborted: ")), "{told:?}");
    assert!(told.contains(&"one BridgeWorker one: condition Disconnected → Ready".to_owned()), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("one Target k8s-one: ")), "{told:?}");
}

#[tokio::test]
async fn refusals_say_who_tried_what_where() {
    let cast = Cast::start().await;
    let written = cast.bench.hub.audit().len();
    let apply = cast.prod.path("/space/{space_id}/unit/{unit_id}/apply");
    let sent = cast.request("dev", Method::POST, &apply).header("user-agent", "cub").send().await.unwrap();
    assert_eq!(sent.status(), 403);
    let unknown = cast.bench.http.get(format!("{}/api/space", cast.bench.hub.url())).bearer_auth("nonsense");
    assert_eq!(cast.bench.send(unknown).await.0, 401);
    let all = cast.request("dev", Method::POST, "/unit/approve").query(&[("where", "Slug = 'one'")]);
    assert_eq!(cast.bench.send(all).await.0, 207);
    let entries = cast.bench.hub.audit().split_off(written);
    let [denied, unknown, approved, refused] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(denied.request_id, sent.headers()["x-request-id"].to_str().unwrap());
    assert_eq!(
        (denied.outcome, denied.actor.name.as_str(), denied.user_agent.as_str()),
        (AuditOutcome::Denied, "dev@example.org", "cub")
    );
    let entity = denied.entity.as_ref().unwrap();
    assert_eq!((entity.kind.as_ref(), entity.slug.as_str(), entity.space.as_deref()), ("Unit", "one", Some("prod")));
    assert_eq!(denied.at, "2025-10-05T09:00:00Z".parse().unwrap());
    assert_eq!(
        (unknown.actor.kind, unknown.summary.as_str(), unknown.organization),
        (ActorKind::Unknown, "invalid token", None)
    );
    assert_eq!(
        (approved.outcome, approved.entity.as_ref().unwrap().space.as_deref()),
        (AuditOutcome::Updated, Some("dev"))
    );
    assert_eq!(
        (refused.outcome, refused.entity.as_ref().unwrap().space.as_deref()),
        (AuditOutcome::Denied, Some("prod"))
    );
}

#[tokio::test]
async fn administrators_read_it_over_http_as_lines_of_json() {
    let cast = Cast::start().await;
    let read = |user: &str, query: &str| {
        let url = format!("{}/stagegate/audit?{query}", cast.bench.hub.url());
        cast.bench.http.get(url).bearer_auth(format!("token-of-{user}"))
    };
    let lines = |(status, answer): (u16, Json)| -> Vec<AuditEntry> {
        assert_eq!(status, 200, "{answer}");
        let text = match answer {
            Json::String(text) => text,
            one => one.to_string(),
        };
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = lines(cast.bench.send(read("lead", "")).await);
    assert_eq!(all, cast.bench.hub.audit());
    let units = lines(cast.bench.send(read("lead", "kind=Unit&space=dev&outcome=created")).await);
    assert_eq!(units.len(), 2);
    let last = lines(cast.bench.send(read("lead", "limit=1")).await);
    assert_eq!(last, all[all.len() - 1..]);
    let later = lines(cast.bench.send(read("lead", &format!("after={}", all.len() - 2))).await);
    assert_eq!(later.len(), 2);
    assert!(lines(cast.bench.send(read("lead", "since=2030-01-01T00:00:00Z")).await).is_empty());
    assert!(lines(cast.bench.send(read("stranger", "")).await).is_empty(), "each organization has its own");
    assert_eq!(cast.bench.send(read("dev", "")).await.0, 403);
    assert_eq!(cast.bench.send(read("nobody", "")).await.0, 401);
    let odd = cast.bench.send(read("lead", "colour=red")).await;
    assert_eq!((odd.0, &odd.1["Message"]), (400, &json!("colour: unknown parameter")));
    let odd = cast.bench.send(read("lead", "limit=many")).await;
    assert_eq!((odd.0, &odd.1["Message"]), (400, &json!("limit: cannot read `many`")));
}

#[tokio::test]
async fn the_oldest_entries_make_room_and_a_trail_can_be_taken_over() {
    let bench = Bench::start_with(Options { audit_entries: Some(3), ..Options::default() }).await;
    for slug in ["a", "b", "c", "d", "e"] {
        bench.space(slug).await;
    }
    let kept = bench.hub.audit();
    let slugs: Vec<&str> = kept.iter().map(|entry| entry.entity.as_ref().unwrap().slug.as_str()).collect();
    assert_eq!(slugs, ["c", "d", "e"]);
    assert_eq!(kept.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [3, 4, 5]);
    let written = serde_json::to_string(&kept).unwrap();
    let other = Bench::start().await;
    other.hub.restore_audit(serde_json::from_str(&written).unwrap());
    assert_eq!(other.hub.audit(), kept);
    other.space("f").await;
    assert_eq!(other.hub.audit().last().unwrap().sequence, 6);
}
