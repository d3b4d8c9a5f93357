//! A hub with several people: who they are and what they may do is in `identity/directory.json`.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value as Json, json};
use stagegate_confighub::identity::Directory;
use stagegate_confighub::{Options, Quotas};

use crate::client::{Answer, Bench, base64, text};

/// A hub on which a lead has set up a dev and a prod space, each with a worker, a target, a unit that is
/// applied, and one of everything else.
pub(crate) struct Cast {
    pub(crate) bench: Bench,
    pub(crate) dev: Place,
    pub(crate) prod: Place,
}

/// A space, and the ids of what is in it by path parameter.
pub(crate) struct Place {
    pub(crate) space: String,
    pub(crate) ids: Vec<(&'static str, String)>,
}

pub(crate) const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: default
spec:
  replicas: 1
";

impl Cast {
    pub(crate) async fn start() -> Self {
        Self::start_with(Quotas::default()).await
    }

    pub(crate) async fn start_with(quotas: Quotas) -> Self {
        let directory: Directory = serde_json::from_str(include_str!("identity/directory.json")).unwrap();
        let bench = Bench::start_with(Options { directory, quotas, ..Options::default() }).await;
        let dev = Place::set_up(&bench, "dev").await;
        let prod = Place::set_up(&bench, "prod").await;
        Self { bench, dev, prod }
    }

    /// A request by one of the users, called by the first part of its address.
    pub(crate) fn request(&self, user: &str, method: Method, path: &str) -> RequestBuilder {
        let token = format!("token-of-{user}");
        self.bench.http.request(method, format!("{}/api{path}", self.bench.hub.url())).bearer_auth(token)
    }

    pub(crate) async fn get(&self, user: &str, path: &str) -> Answer {
        self.bench.send(self.request(user, Method::GET, path)).await
    }

    pub(crate) async fn send(&self, user: &str, method: Method, path: &str, body: Json) -> Answer {
        self.bench.send(self.request(user, method, path).json(&body)).await
    }

    /// The slugs that a list gives to a user.
    pub(crate) async fn slugs(&self, user: &str, path: &str, key: &str) -> Vec<String> {
        let (status, answer) = self.get(user, path).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer.as_array().unwrap().iter().map(|item| text(&item[key]["Slug"])).collect()
    }
}

impl Place {
    async fn set_up(bench: &Bench, environment: &str) -> Self {
        let space = json!({"Slug": environment, "Labels": {"environment": environment}});
        let space = text(&bench.created("/space", space).await["SpaceID"]);
        let under = format!("/space/{space}");
        let mut place = Self { space: space.clone(), ids: vec![("space_id", space)] };
        place.add(bench, &under, "bridge_worker", json!({})).await;
        let worker = place.id("bridge_worker_id").to_owned();
        let target =
            json!({"ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML", "BridgeWorkerID": worker});
        place.add(bench, &under, "target", target).await;
        let target = place.id("target_id").to_owned();
        let unit = json!({"ToolchainType": "Kubernetes/YAML", "Data": base64(DEPLOYMENT), "TargetID": target});
        place.add(bench, &under, "unit", unit).await;
        let unit = place.id("unit_id").to_owned();
        let other = json!({"Slug": "other", "ToolchainType": "Kubernetes/YAML", "Data": base64("kind: Namespace\n")});
        let other = text(&bench.created(&format!("{under}/unit"), other).await["UnitID"]);
        place.ids.push(("other_unit_id", other.clone()));
        place.add(bench, &under, "link", json!({"FromUnitID": unit, "ToUnitID": other})).await;
        place.add(bench, &under, "filter", json!({"From": "Unit"})).await;
        let filter = place.id("filter_id").to_owned();
        place.add(bench, &under, "view", json!({"FilterID": filter})).await;
        place.add(bench, &under, "set", json!({})).await;
        place.add(bench, &under, "tag", json!({})).await;
        place.add(bench, &under, "change_set", json!({})).await;
        let invocation = json!({"ToolchainType": "Kubernetes/YAML", "FunctionName": "set-replicas"});
        place.add(bench, &under, "invocation", invocation).await;
        let trigger = json!({
            "ToolchainType": "Kubernetes/YAML", "Event": "Mutation", "FunctionName": "is-approved", "Disabled": true,
        });
        place.add(bench, &under, "trigger", trigger).await;
        let applied = bench.post(&format!("{under}/unit/{unit}/apply"), Json::Null).await;
        assert_eq!(applied.0, 200, "{}", applied.1);
        place
    }

    async fn add(&mut self, bench: &Bench, under: &str, family: &'static str, mut body: Json) {
        if body.get("Slug").is_none() {
            body["Slug"] = json!("one");
        }
        let entity = bench.created(&format!("{under}/{family}"), body).await;
        let kind: String =
            family.split('_').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..])).collect();
        let parameter = match family {
            "bridge_worker" => "bridge_worker_id",
            "target" => "target_id",
            "unit" => "unit_id",
            "link" => "link_id",
            "filter" => "filter_id",
            "view" => "view_id",
            "set" => "set_id",
            "tag" => "tag_id",
            "change_set" => "change_set_id",
            "invocation" => "invocation_id",
            _ => "trigger_id",
        };
        self.ids.push((parameter, text(&entity[format!("{kind}ID")])));
    }

    pub(crate) fn id(&self, parameter: &str) -> &str {
        &self.ids.iter().find(|(name, _)| *name == parameter).unwrap().1
    }

    /// A path with this place's ids in it.
    pub(crate) fn path(&self, path: &str) -> String {
        let nowhere = "6f0d5d0e-0000-4000-8000-000000000000";
        let concrete =
            self.ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        concrete.split('/').map(|part| if part.starts_with('{') { nowhere } else { part }).collect::<Vec<_>>().join("/")
    }

    /// All that there is in the space, as the lead sees it.
    pub(crate) async fn content(&self, bench: &Bench) -> Json {
        let mut content = json!({});
        for family in [
            "",
            "/bridge_worker",
            "/change_set",
            "/filter",
            "/invocation",
            "/link",
            "/set",
            "/tag",
            "/target",
            "/trigger",
            "/unit",
            "/view",
        ] {
            content[family] = bench.get(&format!("/space/{}{family}", self.space)).await.1;
        }
        content["events"] = bench.get(&self.path("/space/{space_id}/unit/{unit_id}/unit_event")).await.1;
        content["revisions"] = bench.get(&self.path("/space/{space_id}/unit/{unit_id}/revision")).await.1;
        content
    }
}
