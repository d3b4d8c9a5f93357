//! What upgrades and merges take over, and what they keep.

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, message, text};

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: base # replaced in each clone
  labels:
    app: web
    tier: back
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: web:1 # moving
        env:
        - name: MODE
          value: slow
";

/// A unit and what is known of it.
struct Unit {
    path: String,
    id: String,
}

impl Unit {
    fn new(path: String) -> Self {
        Self { id: path.rsplit('/').next().unwrap().to_owned(), path }
    }

    async fn create(bench: &Bench, space: &str, slug: &str, data: &str) -> Self {
        Self::new(bench.unit(space, slug, data).await)
    }

    async fn cloned(&self, bench: &Bench, space: &str, slug: &str) -> Self {
        let from = self.path.split('/').nth(2).unwrap();
        let path = format!("/space/{space}/unit?upstream_space_id={from}&upstream_unit_id={}", self.id);
        let clone = bench.created(&path, json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML"})).await;
        Self::new(format!("/space/{space}/unit/{}", text(&clone["UnitID"])))
    }

    async fn get(&self, bench: &Bench) -> Json {
        bench.get(&self.path).await.1["Unit"].clone()
    }

    async fn data(&self, bench: &Bench) -> String {
        decoded(&self.get(bench).await["Data"])
    }

    /// Replaces parts of its data, each of which must be there.
    async fn edit(&self, bench: &Bench, changes: &[(&str, &str)]) {
        let mut data = self.data(bench).await;
        for (from, to) in changes {
            assert!(data.contains(from), "{from} in\n{data}");
            data = data.replacen(from, to, 1);
        }
        let (status, answer) = bench.patch(&self.path, json!({"Data": base64(&data)})).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn upgrade(&self, bench: &Bench) -> Json {
        let (status, answer) = bench.patch(&format!("{}?upgrade=true", self.path), Json::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

fn decoded(value: &Json) -> String {
    use base64::Engine;
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text(value)).unwrap()).unwrap()
}

async fn line(bench: &Bench) -> (Unit, Unit) {
    let (base, prod) = (bench.space("base").await, bench.space("prod").await);
    let upstream = Unit::create(bench, &base, "web", WEB).await;
    let clone = upstream.cloned(bench, &prod, "web").await;
    (upstream, clone)
}

#[tokio::test]
async fn own_changes_outlive_every_upgrade() {
    let bench = Bench::start().await;
    let (upstream, clone) = line(&bench).await;
    clone.edit(&bench, &[("replicas: 1", "replicas: 5"), ("    tier: back\n", "")]).await;
    // Back to what the base has: it is the clone's decision all the same.
    clone.edit(&bench, &[("value: slow", "value: fast")]).await;
    clone.edit(&bench, &[("value: fast", "value: slow")]).await;
    clone.edit(&bench, &[("name: web\n  namespace: base", "name: web-prod\n  namespace: prod")]).await;
    for version in 2..4 {
        let (former, new) = (format!("web:{}", version - 1), format!("web:{version}"));
        upstream
            .edit(&bench, &[(&former, &new), (&format!("replicas: {}", version - 1), &format!("replicas: {version}"))])
            .await;
        if version == 2 {
            upstream.edit(&bench, &[("value: slow", "value: quick"), ("tier: back", "tier: front")]).await;
        }
        bench.changes();
        clone.upgrade(&bench).await;
        insta::assert_snapshot!(format!("upgrade_{version}"), clone.data(&bench).await);
        insta::assert_debug_snapshot!(format!("upgrade_{version}_told"), bench.changes());
    }
    let unit = clone.get(&bench).await;
    let upstream = upstream.get(&bench).await;
    assert_eq!(unit["UpstreamRevisionNum"], upstream["HeadRevisionNum"]);
    insta::assert_json_snapshot!(unit["MutationSources"]);
    let (_, mutations) = bench.get(&format!("{}/mutation", clone.path)).await;
    let from: Vec<&Json> = mutations
        .as_array()
        .unwrap()
        .iter()
        .map(|mutation| &mutation["Mutation"]["UpgradedFromUpstreamRevisionNum"])
        .collect();
    assert_eq!(json!(from), json!([0, 0, 0, 0, 0, 1, 3]));
}

#[tokio::test]
async fn both_sides_may_add_to_the_same_list_and_new_resources_come() {
    let bench = Bench::start().await;
    let (upstream, clone) = line(&bench).await;
    clone.edit(&bench, &[("value: slow\n", "value: slow\n        - name: OWN\n          value: x\n")]).await;
    let sidecar = "      - name: proxy # first\n        image: proxy:1\n      - name: web\n";
    upstream
        .edit(
            &bench,
            &[
                ("value: slow\n", "value: slow\n        - name: THEIRS\n          value: y\n"),
                ("      - name: web\n", sidecar),
            ],
        )
        .await;
    let service = "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n";
    let data = upstream.data(&bench).await + service;
    bench.patch(&upstream.path, json!({"Data": base64(&data)})).await;
    clone.upgrade(&bench).await;
    insta::assert_snapshot!(clone.data(&bench).await);
    upstream.edit(&bench, &[("value: y", "value: z"), ("image: proxy:1", "image: proxy:2")]).await;
    clone.upgrade(&bench).await;
    let data = clone.data(&bench).await;
    assert!(
        data.contains("name: THEIRS\n          value: z") && data.contains("name: OWN\n          value: x"),
        "{data}"
    );
}

#[tokio::test]
async fn one_request_brings_a_change_down_a_chain() {
    let bench = Bench::start().await;
    let (upstream, clone) = line(&bench).await;
    let space = bench.space("canary").await;
    let last = clone.cloned(&bench, &space, "web").await;
    let own = last.cloned(&bench, &space, "web-own").await;
    clone.edit(&bench, &[("replicas: 1", "replicas: 5")]).await;
    own.edit(&bench, &[("value: slow", "value: fast")]).await;
    upstream.edit(&bench, &[("web:1", "web:2")]).await;
    let path = "/unit?upgrade=true&where=UpstreamRevisionNum%20%3E%200";
    let rehearsal = bench.patch(&format!("{path}&dry_run=true"), Json::Null).await;
    let (status, items) = bench.patch(path, Json::Null).await;
    assert_eq!((rehearsal.0, status), (200, 200));
    assert_eq!(rehearsal.1, items, "a dry run answers what the request then does");
    for unit in [&clone, &last, &own] {
        let data = unit.data(&bench).await;
        assert!(data.contains("image: web:2 # moving") && data.contains("replicas: 5"), "{data}");
    }
    assert!(own.data(&bench).await.contains("value: fast"));
    let (_, left) = bench.list("/unit", "UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum").await;
    assert_eq!(left, json!([]));
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let bench = Bench::start().await;
    let (upstream, clone) = line(&bench).await;
    clone.edit(&bench, &[("replicas: 1", "replicas: 5")]).await;
    upstream.edit(&bench, &[("web:1", "web:2"), ("replicas: 1", "replicas: 2")]).await;
    let before = clone.get(&bench).await;
    bench.changes();
    let mut whole = before.clone();
    whole["Data"] = json!(base64("kind: ConfigMap\n"));
    for (query, patch) in [
        ("upgrade=true", json!(null)),
        ("restore=1", json!({"Labels": {"a": "b"}})),
        ("", json!({"Data": base64("kind: ConfigMap\n"), "LastChangeDescription": "why"})),
    ] {
        let (status, told) = bench.patch(&format!("{}?{query}&dry_run=true", clone.path), patch.clone()).await;
        assert_eq!((status, &told["HeadRevisionNum"]), (200, &json!(3)), "{told}");
        assert_eq!(clone.get(&bench).await, before, "{query}");
    }
    let (status, told) = bench.put(&format!("{}?dry_run=true", clone.path), &whole).await;
    assert_eq!((status, &told["HeadRevisionNum"]), (200, &json!(3)));
    assert_eq!(clone.get(&bench).await, before);
    let (_, revisions) = bench.get(&format!("{}/revision", clone.path)).await;
    assert_eq!(revisions.as_array().unwrap().len(), 2);
    assert_eq!(bench.changes(), Vec::<String>::new());
    let rehearsal = bench.patch(&format!("{}?upgrade=true&dry_run=true", clone.path), Json::Null).await;
    assert_eq!(clone.upgrade(&bench).await, rehearsal.1);
}

#[tokio::test]
async fn a_restored_revision_is_a_change_of_ones_own() {
    let bench = Bench::start().await;
    let (upstream, clone) = line(&bench).await;
    upstream.edit(&bench, &[("web:1", "web:2")]).await;
    clone.upgrade(&bench).await;
    bench.changes();
    bench.patch(&format!("{}?restore=1", clone.path), Json::Null).await;
    assert_eq!(clone.data(&bench).await, WEB);
    upstream.edit(&bench, &[("web:2", "web:3"), ("replicas: 1", "replicas: 2")]).await;
    clone.upgrade(&bench).await;
    assert_eq!(clone.data(&bench).await, WEB.replace("replicas: 1", "replicas: 2"), "rolled back on purpose");
    bench.patch(&format!("{}?restore=Before:HeadRevisionNum", clone.path), Json::Null).await;
    bench.patch(&format!("{}?restore=2", clone.path), Json::Null).await;
    assert_eq!(clone.data(&bench).await, WEB.replace("web:1", "web:2"));
    let (_, mutations) = bench.get(&format!("{}/mutation", clone.path)).await;
    let restored: Vec<&Json> =
        mutations.as_array().unwrap().iter().map(|one| &one["Mutation"]["RestoredRevisionNum"]).collect();
    assert_eq!(json!(restored), json!([0, 0, 1, 0, 3, 2]));
}

#[tokio::test]
async fn a_clone_whose_upstream_is_gone_is_told_so_and_others_go_on() {
    let bench = Bench::start().await;
    let (upstream, clone) = line(&bench).await;
    let base = bench.space("other").await;
    let second = Unit::create(&bench, &base, "second", WEB).await;
    let other = second.cloned(&bench, &base, "other").await;
    second.edit(&bench, &[("web:1", "web:2")]).await;
    assert_eq!(bench.delete(&upstream.path).await.0, 200);
    let refused = bench.patch(&format!("{}?upgrade=true", clone.path), Json::Null).await;
    assert_eq!(refused.0, 400);
    assert!(message(&refused).ends_with("of unit web is gone"), "{}", refused.1);
    let (status, items) = bench.patch("/unit?upgrade=true&where=UpstreamRevisionNum%20%3E%200", Json::Null).await;
    assert_eq!(status, 207, "{items}");
    assert!(other.data(&bench).await.contains("web:2"));
}

#[tokio::test]
async fn a_merge_takes_over_what_changed_between_two_revisions() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let source = Unit::create(&bench, &space, "source", WEB).await;
    source.edit(&bench, &[("web:1", "web:2")]).await;
    source.edit(&bench, &[("replicas: 1", "replicas: 3"), ("value: slow", "value: fast")]).await;
    let own = WEB.replace("replicas: 1", "replicas: 9").replace("    tier: back\n", "    tier: own\n");
    let target = Unit::create(&bench, &space, "target", &own).await;
    target.edit(&bench, &[("value: slow", "value: mine")]).await;
    let merge =
        |more: &str| format!("{}?merge_source={}&merge_base=2&merge_end=HeadRevisionNum{more}", target.path, source.id);
    // Mutation 2 set the mode, which is then not to be touched.
    let (status, told) = bench.patch(&merge("&where_mutation=MutationNum%20%3D%201&dry_run=true"), Json::Null).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(decoded(&told["Data"]), own.replace("replicas: 9", "replicas: 3").replace("value: slow", "value: mine"));
    bench.changes();
    bench.patch(&merge(""), Json::Null).await;
    assert_eq!(
        target.data(&bench).await,
        own.replace("replicas: 9", "replicas: 3").replace("value: slow", "value: fast")
    );
    assert_eq!(bench.changes(), ["Updated Unit p/target: data changed, revision 3"]);
    // What revision 2 changed, once more.
    let again = format!("{}?merge_source=Self&merge_base=1&merge_end=2", target.path);
    bench.patch(&again, Json::Null).await;
    assert!(target.data(&bench).await.contains("value: mine"));
    for (query, expected) in [
        ("merge_base=1", "merge_base: only with merge_source"),
        ("merge_source=Self&merge_base=1", "merge_end: is required with merge_source"),
        ("merge_source=Self&merge_base=1&merge_end=7", "merge_end: no revision 7"),
        (
            "merge_source=Self&merge_base=1&merge_end=2&restore=1",
            "only one of restore, upgrade and merge_source can be given",
        ),
    ] {
        let refused = bench.patch(&format!("{}?{query}", target.path), Json::Null).await;
        assert_eq!((refused.0, message(&refused).as_str()), (400, expected));
    }
}
