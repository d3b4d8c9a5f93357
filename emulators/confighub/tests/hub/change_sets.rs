//! Change sets and tags: joining, the lock, leaving, rolling back and applying as one.

use serde_json::{Value as Json, json};
use stagegate_confighub::{Options, Quotas};

use crate::client::{Bench, base64, message, text};

const DATA: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: ClusterIP\n";

struct Release {
    bench: Bench,
    space: String,
    set: Json,
    units: [String; 2],
}

impl Release {
    async fn start() -> Self {
        let bench = Bench::start().await;
        let (home, space) = (bench.space("home").await, bench.space("shop").await);
        let set =
            bench.created(&format!("/space/{home}/change_set"), json!({"Slug": "v2", "Description": "two"})).await;
        let units = [bench.unit(&space, "a", DATA).await, bench.unit(&space, "b", DATA).await];
        Self { bench, space, set, units }
    }

    fn id(&self) -> String {
        text(&self.set["ChangeSetID"])
    }

    /// Puts both units into the change set.
    async fn open(&self) {
        let query = format!("change_set_id={}&where=SpaceID%20%3D%20'{}'", self.id(), self.space);
        let body = json!({"ChangeSetID": self.id(), "LastChangeDescription": "Starting v2"});
        let (status, items) = self.bench.patch(&format!("/unit?{query}"), body).await;
        assert_eq!(status, 200, "{items}");
    }

    /// Takes both out of it.
    async fn close(&self) {
        let path = format!("/unit?where=SpaceID%20%3D%20'{}'", self.space);
        let (status, items) = self.bench.patch(&path, json!({"ChangeSetID": null})).await;
        assert_eq!(status, 200, "{items}");
    }

    async fn change(&self, unit: &str, to: &str) -> (u16, Json) {
        let body = json!({"Data": base64(&DATA.replace("ClusterIP", to))});
        self.bench.patch(&format!("{unit}?change_set_id={}", self.id()), body).await
    }

    async fn revisions(&self, unit: &str) -> Vec<Json> {
        let (_, revisions) = self.bench.get(&format!("{unit}/revision")).await;
        revisions.as_array().unwrap().iter().map(|item| item["Revision"].clone()).collect()
    }
}

#[tokio::test]
async fn a_change_set_marks_where_it_starts_and_ends() {
    let release = Release::start().await;
    let (start, end) = (text(&release.set["StartTagID"]), text(&release.set["EndTagID"]));
    release.open().await;
    assert_eq!(release.change(&release.units[0], "NodePort").await.0, 200);
    assert_eq!(release.change(&release.units[0], "LoadBalancer").await.0, 200);
    release.close().await;
    let revisions = release.revisions(&release.units[0]).await;
    let told: Vec<Json> = revisions
        .iter()
        .map(|revision| json!([revision["Tags"], !revision["ChangeSetID"].is_null(), revision["Description"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([{}, false, ""]),
            json!([{start.clone(): ""}, true, "Starting v2"]),
            json!([{}, true, "Starting v2"]),
            json!([{end.clone(): ""}, true, "Starting v2"]),
        ]
    );
    let untouched = release.revisions(&release.units[1]).await;
    assert_eq!(untouched.len(), 2, "opening makes a revision of each unit");
    assert_eq!(untouched[1]["Tags"], json!({start: "", end: ""}));
    let (_, unit) = release.bench.get(&release.units[0]).await;
    assert_eq!(unit["Unit"]["ChangeSetID"], Json::Null);
    let clause = format!("ChangeSetID = '{}'", release.id());
    let (_, members) = release.bench.list(&format!("{}/revision", release.units[0]), &clause).await;
    assert_eq!(members.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_change_set_locks_the_data_of_its_units() {
    let release = Release::start().await;
    let [unit, other] = &release.units;
    release.open().await;
    let data = json!({"Data": base64(&DATA.replace("ClusterIP", "NodePort"))});
    let refused = release.bench.patch(unit, data).await;
    let lock = "unit a is in change set v2: changes have to name it with change_set_id";
    assert_eq!((refused.0, message(&refused).as_str()), (400, lock));
    assert_eq!(release.bench.patch(unit, json!({"Labels": {"tier": "web"}})).await.0, 200, "labels are no data");

    let body = json!({"FunctionInvocations": [{"FunctionName": "set-string-path", "Arguments": [
        {"Value": "v1/Service"}, {"Value": "spec.type"}, {"Value": "NodePort"},
    ]}]});
    let path = format!("/space/{}/function/invoke?where=Slug%20%3D%20'a'", release.space);
    let (status, items) = release.bench.post(&path, body.clone()).await;
    assert_eq!((status, &items[0]["Error"]["Message"], &items[0]["Success"]), (207, &json!(lock), &json!(false)));
    let (status, _) = release.bench.post(&format!("{path}&change_set_id={}", release.id()), body).await;
    assert_eq!(status, 200);

    let second = release.bench.created(&format!("/space/{}/change_set", release.space), json!({"Slug": "v3"})).await;
    let refused = release.bench.patch(unit, json!({"ChangeSetID": second["ChangeSetID"]})).await;
    assert_eq!(message(&refused), "unit a is in change set v2; close that first");
    let foreign = format!("{unit}?change_set_id={}", text(&second["ChangeSetID"]));
    let refused =
        release.bench.patch(&foreign, json!({"Data": base64(&DATA.replace("ClusterIP", "LoadBalancer"))})).await;
    assert_eq!(message(&refused), "change_set_id: unit a is in change set v2");

    let (_, present) = release.bench.get(other).await;
    let mut old_client = present["Unit"].clone();
    old_client.as_object_mut().unwrap().remove("ChangeSetID");
    old_client["Labels"] = json!({"by": "put"});
    assert_eq!(release.bench.put(other, &old_client).await.0, 200);
    assert_eq!(release.bench.get(other).await.1["Unit"]["ChangeSetID"], release.set["ChangeSetID"], "a PUT without it");

    release.close().await;
    assert_eq!(release.bench.patch(unit, json!({"Data": base64(DATA)})).await.0, 200);
    let refused = release.change(unit, "ExternalName").await;
    assert_eq!(message(&refused), "change_set_id: unit a is not in change set v2");
}

#[tokio::test]
async fn a_change_set_is_rolled_back_and_applied_as_one() {
    let release = Release::start().await;
    let bench = &release.bench;
    release.open().await;
    for unit in &release.units {
        release.change(unit, "NodePort").await;
    }
    release.close().await;
    bench.patch(&release.units[0], json!({"Data": base64(&DATA.replace("ClusterIP", "ExternalName"))})).await;

    let worker = bench.created(&format!("/space/{}/bridge_worker", release.space), json!({"Slug": "w"})).await;
    let target = json!({"Slug": "t", "BridgeWorkerID": worker["BridgeWorkerID"], "ProviderType": "Kubernetes", "ToolchainType": "Kubernetes/YAML"});
    let target = bench.created(&format!("/space/{}/target", release.space), target).await;
    let selected = format!("where=SpaceID%20%3D%20'{}'", release.space);
    bench.patch(&format!("/unit?{selected}"), json!({"TargetID": target["TargetID"]})).await;
    let (status, items) =
        bench.post(&format!("/unit/apply?{selected}&revision=ChangeSet:{}", release.id()), Json::Null).await;
    assert_eq!(status, 200, "{items}");
    let applied: Vec<&Json> = items.as_array().unwrap().iter().map(|item| &item["Action"]["RevisionNum"]).collect();
    assert_eq!(applied, [3, 3], "the last revisions of the change set, not the head of `a`");

    let tag = bench.created(&format!("/space/{}/tag", release.space), json!({"Slug": "rollback"})).await;
    let before = format!("restore=Before:ChangeSet:{}&tag={}", release.id(), text(&tag["TagID"]));
    let (status, items) = bench.patch(&format!("/unit?{selected}&{before}"), Json::Null).await;
    assert_eq!(status, 200, "{items}");
    for item in items.as_array().unwrap() {
        assert_eq!(item["Unit"]["Data"], base64(DATA));
    }
    let (_, mutations) = bench.get(&format!("{}/mutation", release.units[1])).await;
    let last = mutations.as_array().unwrap().last().unwrap();
    assert_eq!(last["Mutation"]["RestoredRevisionNum"], 1);
    let marked = release.revisions(&release.units[1]).await;
    assert_eq!(marked.last().unwrap()["Tags"], json!({text(&tag["TagID"]): ""}));
    let again = format!("{}?restore=Tag:{}", release.units[0], text(&release.set["EndTagID"]));
    let (_, unit) = bench.patch(&again, Json::Null).await;
    assert_eq!(unit["Data"], base64(&DATA.replace("ClusterIP", "NodePort")));
}

#[tokio::test]
async fn revisions_that_are_not_there_cannot_be_named() {
    let release = Release::start().await;
    let unit = &release.units[0];
    for (spec, text) in [
        ("restore=Before:1".to_owned(), "restore: no revision Before:1".to_owned()),
        (format!("restore=ChangeSet:{}", release.id()), "restore: no revision ChangeSet:v2".to_owned()),
        ("restore=Tag:x".to_owned(), "restore: `Tag:x` names no revision".to_owned()),
        ("restore=Before:Before:1".to_owned(), "restore: `Before:Before:1` names no revision".to_owned()),
        ("restore=Yesterday".to_owned(), "restore: `Yesterday` names no revision".to_owned()),
        (
            "tag=6f0d5d0e-0000-4000-8000-000000000000".to_owned(),
            "tag: no tag 6f0d5d0e-0000-4000-8000-000000000000".to_owned(),
        ),
    ] {
        let refused = release.bench.patch(&format!("{unit}?{spec}"), Json::Null).await;
        assert_eq!((refused.0, message(&refused)), (400, text));
    }
    let refused = release.bench.post(&format!("{unit}/apply?revision=Before:2"), Json::Null).await;
    assert_eq!(message(&refused), "revision: Before: is for restoring, not for applying");
}

#[tokio::test]
async fn what_is_in_use_cannot_be_deleted() {
    let release = Release::start().await;
    let bench = &release.bench;
    let home = text(&release.set["SpaceID"]);
    let set = format!("/space/{home}/change_set/{}", release.id());
    let start = format!("/space/{home}/tag/{}", text(&release.set["StartTagID"]));
    let refused = bench.delete(&start).await;
    assert_eq!(message(&refused), "Tag v2-start is in use by ChangeSet v2");
    release.open().await;
    let refused = bench.delete(&set).await;
    assert_eq!(message(&refused), "ChangeSet v2 is in use by Unit a");
    let refused = bench.delete(&format!("/space/{home}")).await;
    assert_eq!(message(&refused), "cannot delete space home: ChangeSet v2 is in use by Unit a of another space");
    release.close().await;
    assert_eq!(bench.delete(&set).await.0, 200);
    assert_eq!(bench.delete(&start).await.0, 200);
    let revisions = release.revisions(&release.units[0]).await;
    assert_eq!(revisions[1]["Tags"], json!({text(&release.set["EndTagID"]): ""}), "a deleted tag marks nothing");
    assert_eq!(bench.delete(&format!("/space/{home}")).await.0, 200);
}

#[tokio::test]
async fn a_change_set_comes_with_both_its_tags_or_not_at_all() {
    for limit in 0..3 {
        let quotas = Quotas::unlimited().with("Tag", limit).unwrap();
        let bench = Bench::start_with(Options { quotas, ..Options::default() }).await;
        let space = bench.space("p").await;
        let slug = format!("{}-", "x".repeat(126)) + "y";
        let made = bench.post(&format!("/space/{space}/change_set"), json!({"Slug": slug})).await;
        let (_, tags) = bench.get(&format!("/space/{space}/tag")).await;
        let (_, sets) = bench.get(&format!("/space/{space}/change_set")).await;
        let counts = [&tags, &sets].map(|list| list.as_array().unwrap().len());
        if limit == 2 {
            assert_eq!((made.0, counts), (200, [2, 1]), "{}", made.1);
            assert_eq!(made.1["StartTagID"], tags[0]["Tag"]["TagID"], "{tags}");
        } else {
            assert_eq!((made.0, message(&made).as_str()), (403, "exceeded maximum quota for entity type Tag"));
            assert_eq!(counts, [0, 0]);
        }
    }
}

#[tokio::test]
async fn filters_views_and_change_sets_refer_to_what_is_there() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    let nowhere = "6f0d5d0e-0000-4000-8000-000000000000";
    let post = async |family: &str, body: Json| bench.post(&format!("/space/{space}/{family}"), body).await;
    for (family, body, text) in [
        ("change_set", json!({"Slug": "c", "FilterID": nowhere}), format!("FilterID: there is no {nowhere}")),
        ("change_set", json!({"Slug": "c", "EndTagID": nowhere}), format!("EndTagID: there is no {nowhere}")),
        (
            "filter",
            json!({"Slug": "f", "From": "Unit", "FromSpaceID": nowhere}),
            format!("FromSpaceID: no space {nowhere}"),
        ),
        (
            "filter",
            json!({"Slug": "f", "From": "Space", "ResourceType": "v1/Service"}),
            "WhereData: Space entities have no configuration data".to_owned(),
        ),
        ("view", json!({"Slug": "v", "FilterID": nowhere}), format!("FilterID: no filter {nowhere}")),
    ] {
        let refused = post(family, body).await;
        assert_eq!((refused.0, message(&refused)), (400, text));
    }
    let (_, filter) = post("filter", json!({"Slug": "f", "From": "Unit", "Where": "Slug LIKE 'a%'"})).await;
    let view =
        json!({"Slug": "v", "FilterID": filter["FilterID"], "OrderByDirection": "DESC", "Columns": [{"Name": "Slug"}]});
    assert_eq!(message(&post("view", view.clone()).await), "OrderByDirection: there is no OrderBy");
    let mut sideways = view.clone();
    sideways["OrderByDirection"] = json!("UP");
    assert_eq!(message(&post("view", sideways).await), "OrderByDirection: `UP` is neither ASC nor DESC");
    let mut ordered = view;
    ordered["OrderBy"] = json!("Slug");
    assert_eq!(post("view", ordered).await.0, 200);
    let refused = bench.delete(&format!("/space/{space}/filter/{}", text(&filter["FilterID"]))).await;
    assert_eq!(message(&refused), "Filter f is in use by View v");
}
