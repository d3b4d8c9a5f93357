//! Links: what they fill in, when, and in what order units are applied.

use base64::Engine;
use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message, text};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: prod-us\n";
const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: confighubplaceholder  # by link\n";

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

async fn data(bench: &Bench, unit: &str) -> String {
    let (_, unit) = bench.get(unit).await;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text(&unit["Unit"]["Data"])).unwrap()).unwrap()
}

async fn link(bench: &Bench, from: &str, to: &str) -> Json {
    let space = from.split("/unit").next().unwrap();
    let to_space = to.split('/').nth(2).unwrap();
    let body = json!({"Slug": "-", "FromUnitID": id(from), "ToUnitID": id(to), "ToSpaceID": to_space});
    bench.created(&format!("{space}/link"), body).await
}

#[tokio::test]
async fn a_link_fills_in_the_namespace_and_keeps_it_filled_in() {
    let bench = Bench::start().await;
    let (base, infra) = (bench.space("base").await, bench.space("infra").await);
    let web = bench.unit(&base, "web", SERVICE).await;
    let namespace = bench.unit(&infra, "ns", NAMESPACE).await;
    bench.changes();
    let created = link(&bench, &web, &namespace).await;
    assert_eq!(created["Slug"], "web-ns");
    assert_eq!(data(&bench, &web).await, SERVICE.replace("confighubplaceholder", "prod-us"));
    assert_eq!(
        bench.changes(),
        [
            "Created Link base/web-ns: from base/web to infra/ns",
            "Updated Unit base/web: link web-ns resolved, data changed, revision 2"
        ]
    );
    let (_, mutations) = bench.get(&format!("{web}/mutation?include=LinkID")).await;
    assert_eq!(mutations[1]["Link"]["Slug"], "web-ns");
    assert_eq!(mutations[1]["Mutation"]["ProvidedResource"]["ResourceType"], "v1/Namespace");

    bench.patch(&namespace, json!({"Data": base64(&NAMESPACE.replace("prod-us", "prod-eu"))})).await;
    assert_eq!(
        data(&bench, &web).await,
        SERVICE.replace("confighubplaceholder", "prod-eu"),
        "the link follows its source"
    );

    bench.patch(&web, json!({"Data": base64(&SERVICE.replace("confighubplaceholder", "by-hand"))})).await;
    bench.patch(&namespace, json!({"Data": base64(NAMESPACE)})).await;
    assert_eq!(
        data(&bench, &web).await,
        SERVICE.replace("confighubplaceholder", "by-hand"),
        "a value set by hand stays"
    );
}

#[tokio::test]
async fn a_link_to_what_provides_nothing_changes_nothing() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    let web = bench.unit(&base, "web", SERVICE).await;
    let other = bench.unit(&base, "other", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n").await;
    link(&bench, &web, &other).await;
    link(&bench, &other, &web).await;
    assert_eq!(bench.get(&web).await.1["Unit"]["HeadRevisionNum"], 1);
    let body = json!({"Slug": "x", "FromUnitID": id(&web), "ToUnitID": "6f0d5d0e-0000-4000-8000-000000000000"});
    let refused = bench.post(&format!("/space/{base}/link"), body).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).starts_with("ToUnitID: no unit"));
}

#[tokio::test]
async fn units_are_applied_after_what_they_link_to() {
    let bench = Bench::start().await;
    let base = bench.space("base").await;
    let web = bench.unit(&base, "web", SERVICE).await;
    let namespace = bench.unit(&base, "ns", NAMESPACE).await;
    link(&bench, &web, &namespace).await;
    let worker = bench.created(&format!("/space/{base}/bridge_worker"), json!({"Slug": "w"})).await;
    let target = json!({"Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
    let target = bench.created(&format!("/space/{base}/target"), target).await;
    bench.patch("/unit?where=Slug%20!%3D%20''", json!({"TargetID": target["TargetID"]})).await;
    let (status, items) = bench.post("/unit/apply?where=Slug%20!%3D%20''", Json::Null).await;
    assert_eq!(status, 200);
    let order: Vec<&str> =
        items.as_array().unwrap().iter().map(|item| item["Action"]["UnitID"].as_str().unwrap()).collect();
    assert_eq!(order, [id(&namespace), id(&web)]);
}

const OTHER: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: prod-asia\n";

/// A service `shop/web` that a link fills in from `infra/ns`; the path of the link too.
async fn linked() -> (Bench, String, String, String) {
    let bench = Bench::start().await;
    let (shop, infra) = (bench.space("shop").await, bench.space("infra").await);
    let web = bench.unit(&shop, "web", SERVICE).await;
    let namespace = bench.unit(&infra, "ns", NAMESPACE).await;
    let created = link(&bench, &web, &namespace).await;
    let path = format!("/space/{shop}/link/{}", text(&created["LinkID"]));
    (bench, web, namespace, path)
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_fills_in_from_there() {
    let (bench, web, namespace, path) = linked().await;
    let infra = namespace.split('/').nth(2).unwrap();
    let other = bench.unit(infra, "other", OTHER).await;
    let (status, _) = bench.patch(&path, json!({"ToUnitID": id(&other)})).await;
    assert_eq!(status, 200);
    assert_eq!(data(&bench, &web).await, SERVICE.replace("confighubplaceholder", "prod-asia"));
    let all = "/link?where=Slug%20%3D%20'web-ns'";
    let (_, items) = bench.patch(all, json!({"ToUnitID": id(&namespace)})).await;
    assert_eq!(items[0]["Link"]["ToUnitID"], id(&namespace));
    assert_eq!(data(&bench, &web).await, SERVICE.replace("confighubplaceholder", "prod-us"));
    let (_, present) = bench.get(&path).await;
    let mut whole = present["Link"].clone();
    whole["ToUnitID"] = json!(id(&other));
    assert_eq!(bench.put(&path, &whole).await.0, 200);
    assert_eq!(data(&bench, &web).await, SERVICE.replace("confighubplaceholder", "prod-asia"));
}

#[tokio::test]
async fn what_a_link_filled_in_stays_when_the_link_goes() {
    let (bench, web, namespace, path) = linked().await;
    assert_eq!(bench.delete(&path).await.0, 200);
    bench.patch(&namespace, json!({"Data": base64(OTHER)})).await;
    assert_eq!(data(&bench, &web).await, SERVICE.replace("confighubplaceholder", "prod-us"));
    link(&bench, &web, &namespace).await;
    assert_eq!(
        data(&bench, &web).await,
        SERVICE.replace("confighubplaceholder", "prod-us"),
        "a new link finds no need"
    );
    assert_eq!(bench.delete(&namespace).await.0, 200);
    let (_, links) = bench.get("/link").await;
    assert_eq!(links, json!([]), "links go with the unit that they lead to");
    assert_eq!(data(&bench, &web).await, SERVICE.replace("confighubplaceholder", "prod-us"));
}

#[tokio::test]
async fn a_placeholder_that_comes_back_is_filled_in_again() {
    let (bench, web, ..) = linked().await;
    bench.patch(&web, json!({"Data": base64(&SERVICE.replace("name: web", "name: site"))})).await;
    let expected = SERVICE.replace("name: web", "name: site").replace("confighubplaceholder", "prod-us");
    assert_eq!(data(&bench, &web).await, expected);
}

#[tokio::test]
async fn a_link_makes_one_revision_and_a_mutation_for_each_resource() {
    let bench = Bench::start().await;
    let shop = bench.space("shop").await;
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  serviceAccountName: confighubplaceholder\n  imagePullSecrets:\n    - name: confighubplaceholder\n";
    let given = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pull\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: runner\n";
    let pod = bench.unit(&shop, "pod", pod).await;
    let given = bench.unit(&shop, "given", given).await;
    let created = link(&bench, &pod, &given).await;
    let (_, unit) = bench.get(&pod).await;
    assert_eq!((&unit["Unit"]["HeadRevisionNum"], &unit["Unit"]["HeadMutationNum"]), (&json!(2), &json!(3)));
    let (_, mutations) = bench.get(&format!("{pod}/mutation")).await;
    let told: Vec<Json> = mutations.as_array().unwrap()[1..]
        .iter()
        .map(|item| {
            let mutation = &item["Mutation"];
            assert_eq!(mutation["LinkID"], created["LinkID"]);
            json!([mutation["ProvidedResource"]["ResourceType"], mutation["ProvidedPath"], mutation["RevisionNum"]])
        })
        .collect();
    assert_eq!(told, [json!(["v1/Secret", "metadata.name", 2]), json!(["v1/ServiceAccount", "metadata.name", 2])]);
    let (_, revisions) = bench.get(&format!("{pod}/revision")).await;
    let automatic = &revisions[1]["Revision"];
    assert_eq!(automatic["UserID"], "00000000-0000-0000-0000-000000000000");
    assert_eq!(automatic["Description"], "Resolved link pod-given");
    let renamed = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pull\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: walker\n";
    bench.patch(&given, json!({"Data": base64(renamed)})).await;
    assert!(data(&bench, &pod).await.contains("serviceAccountName: walker"), "each value follows its own resource");
    assert!(data(&bench, &pod).await.contains("- name: pull"));
}

#[tokio::test]
async fn a_unit_cannot_be_linked_to_itself() {
    let bench = Bench::start().await;
    let shop = bench.space("shop").await;
    let web = bench.unit(&shop, "web", SERVICE).await;
    let body = json!({"Slug": "loop", "FromUnitID": id(&web), "ToUnitID": id(&web)});
    let refused = bench.post(&format!("/space/{shop}/link"), body).await;
    assert_eq!((refused.0, message(&refused).as_str()), (400, "ToUnitID: a unit cannot be linked to itself"));
}

#[tokio::test]
async fn a_link_fills_in_every_place_of_a_large_unit_and_follows_its_source() {
    const PLACES: usize = 500;
    let bench = Bench::start().await;
    let (base, infra) = (bench.space("base").await, bench.space("infra").await);
    let services: String =
        (0..PLACES).map(|n| SERVICE.replace("name: web", &format!("name: web-{n}")) + "---\n").collect();
    let web = bench.unit(&base, "web", &services).await;
    let namespace = bench.unit(&infra, "ns", NAMESPACE).await;
    link(&bench, &web, &namespace).await;
    assert_eq!(data(&bench, &web).await, services.replace("confighubplaceholder", "prod-us"));
    bench.patch(&namespace, json!({"Data": base64(&NAMESPACE.replace("prod-us", "prod-eu"))})).await;
    assert_eq!(data(&bench, &web).await, services.replace("confighubplaceholder", "prod-eu"));
}
