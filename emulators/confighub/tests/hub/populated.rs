//! A hub with one entity of each type in it, and the description's paths with their ids.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, text};

pub(crate) const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: d\nspec:\n  replicas: 1\n";

/// An id that nothing has.
pub(crate) const NOWHERE: &str = "6f0d5d0e-0000-4000-8000-000000000000";

/// An operation of the description.
#[derive(Clone)]
pub(crate) struct Described {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With parameters in braces.
    pub(crate) path: String,
    /// Its query parameters.
    pub(crate) parameters: Vec<String>,
    /// The schema of its body, resolved.
    pub(crate) body: Option<Json>,
}

/// The operations of a description, in its order.
pub(crate) fn operations(description: &Json) -> Vec<Described> {
    let mut found = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters.filter(|parameter| parameter["in"] == "query").map(|one| text(&one["name"]));
            let media = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
            found.push(Described {
                id: id.to_owned(),
                method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                path: path.clone(),
                parameters: parameters.collect(),
                body: media.map(|media| resolved(description, &media["schema"])),
            });
        }
    }
    found
}

pub(crate) fn resolved(description: &Json, schema: &Json) -> Json {
    match schema["$ref"].as_str() {
        Some(reference) => description.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => schema.clone(),
    }
}

/// A hub with something of everything, and the ids of it by path parameter.
pub(crate) struct Populated {
    pub(crate) bench: Bench,
    pub(crate) ids: BTreeMap<String, String>,
    /// The worker's secret.
    pub(crate) secret: String,
    /// The id of a second unit.
    pub(crate) other: String,
}

impl Populated {
    pub(crate) async fn start() -> Self {
        let bench = Bench::start().await;
        let mut ids = BTreeMap::new();
        let space = bench.space("p").await;
        let at = |family: &str| format!("/space/{space}/{family}");
        let worker = bench.created(&at("bridge_worker"), json!({"Slug": "w"})).await;
        let kubernetes = "Kubernetes/YAML";
        let bodies = [
            (
                "target",
                json!({"BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": kubernetes}),
            ),
            ("unit", json!({"ToolchainType": kubernetes, "Data": base64(MANIFEST)})),
            ("filter", json!({"From": "Unit"})),
            ("set", json!({})),
            ("tag", json!({})),
            ("change_set", json!({})),
            ("trigger", json!({"Event": "Mutation", "ToolchainType": kubernetes, "FunctionName": "no-placeholders"})),
            ("invocation", json!({"ToolchainType": kubernetes, "FunctionName": "get-replicas"})),
        ];
        for (family, mut body) in bodies {
            body["Slug"] = json!(family.replace('_', "-"));
            let made = bench.created(&at(family), body).await;
            let key = format!("{}ID", text(&made["EntityType"]));
            ids.insert(format!("{family}_id"), text(&made[&key]));
        }
        let view = bench.created(&at("view"), json!({"Slug": "view", "FilterID": ids["filter_id"]})).await;
        let other = bench.unit(&space, "other", MANIFEST).await;
        let other = other.rsplit('/').next().unwrap().to_owned();
        let link = json!({"Slug": "link", "FromUnitID": ids["unit_id"], "ToUnitID": other});
        let link = bench.created(&at("link"), link).await;
        let unit = format!("{}/{}", at("unit"), ids["unit_id"]);
        bench.patch(&unit, json!({"TargetID": ids["target_id"]})).await;
        bench.post(&format!("{unit}/apply"), Json::Null).await;
        let revisions = bench.get(&format!("{unit}/revision")).await.1;
        let mutations = bench.get(&format!("{unit}/mutation")).await.1;
        let events = bench.get(&format!("{unit}/unit_event")).await.1;
        let me = bench.get("/me").await.1;
        for (name, id) in [
            ("space_id", &json!(space)),
            ("bridge_worker_id", &worker["BridgeWorkerID"]),
            ("view_id", &view["ViewID"]),
            ("link_id", &link["LinkID"]),
            ("revision_id", &revisions[0]["Revision"]["RevisionID"]),
            ("mutation_id", &mutations[0]["Mutation"]["MutationID"]),
            ("unit_event_id", &events[0]["UnitEventID"]),
            ("organization_id", &me["OrganizationID"]),
            ("user_id", &me["UserID"]),
            ("organization_member_id", &me["UserID"]),
        ] {
            ids.insert(name.to_owned(), text(id));
        }
        Self { bench, ids, secret: text(&worker["Secret"]), other }
    }

    /// A path, perhaps with a query, with ids of what is there; [`NOWHERE`] for what has none.
    pub(crate) fn path(&self, path: &str) -> String {
        let id = |name: &str| self.ids.get(name).map_or(NOWHERE, String::as_str).to_owned();
        with_ids(path, id)
    }

    /// A request by whoever the operation is for.
    pub(crate) fn request(&self, operation: &Described, target: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api{target}", self.bench.hub.url());
        let of_worker = operation.path.starts_with("/bridge_worker/{");
        let token = if of_worker { &self.secret } else { self.bench.hub.token() };
        self.bench.http.request(operation.method.clone(), url).bearer_auth(token)
    }
}

/// A path with each of its parameters replaced.
pub(crate) fn with_ids(path: &str, id: impl Fn(&str) -> String) -> String {
    let (path, query) = path.split_once('?').map_or((path, String::new()), |(path, query)| (path, format!("?{query}")));
    let part = |part: &str| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => id(name),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/") + &query
}
