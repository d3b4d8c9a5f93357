//! For any hub: what is loaded from its snapshot has the same snapshot.

use proptest::prelude::*;
use serde_json::json;
use stagegate_confighub::SnapshotSecrets;

use crate::client::{Bench, text};

/// Something done to a hub; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Deed {
    CreateSpace(String),
    CreateUnit(usize, String, String),
    Clone(usize, usize),
    Replace(usize, String),
    Label(usize, String, String),
    Link(usize, usize),
    DeleteUnit(usize),
    DeleteSpace(usize),
    Tag(usize),
    CreateOrganization(serde_json::Value),
    CreateMember(String),
    ReplaceOrganization(serde_json::Value),
}

fn slug() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9]([a-zA-Z0-9_-]{0,6}[a-zA-Z0-9])?"
}

/// Text of any kind, and YAML as people write it.
fn data() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,5}: [0-9]{1,3}\n",
        Just("# first\nkind: A\n---\nkind: B # last".to_owned()),
        Just("text: |\n  a\n\n  b\nlist:\n- 1\n-   2\r\n".to_owned()),
    ]
}

/// What clients send for labels; only the first is none that is refused.
fn labels() -> impl Strategy<Value = serde_json::Value> {
    prop::sample::select(vec![json!({"tier": "gold"}), json!(5), json!(["a"]), json!({"tier": 1})])
}

fn deed() -> impl Strategy<Value = Deed> {
    let any = any::<usize>;
    prop_oneof![
        3 => slug().prop_map(Deed::CreateSpace),
        6 => (any(), slug(), data()).prop_map(|(space, slug, data)| Deed::CreateUnit(space, slug, data)),
        2 => (any(), any()).prop_map(|(unit, space)| Deed::Clone(unit, space)),
        3 => (any(), data()).prop_map(|(unit, data)| Deed::Replace(unit, data)),
        2 => (any(), "[a-z]{1,4}", "\\PC{0,12}").prop_map(|(unit, key, value)| Deed::Label(unit, key, value)),
        2 => (any(), any()).prop_map(|(from, to)| Deed::Link(from, to)),
        1 => any().prop_map(Deed::DeleteUnit),
        1 => any().prop_map(Deed::DeleteSpace),
        1 => any().prop_map(Deed::Tag),
        1 => labels().prop_map(Deed::CreateOrganization),
        1 => "[^@:\\s\\p{Cc}]{0,8}@[a-zA-Z]{1,4}".prop_map(Deed::CreateMember),
        1 => labels().prop_map(Deed::ReplaceOrganization),
    ]
}

/// Does it, if there is anything to do it to; the hub may refuse.
async fn apply(bench: &Bench, deed: Deed) {
    let spaces = bench.get("/space").await.1;
    let units = bench.get("/unit").await.1;
    let pick = |list: &serde_json::Value, index: usize| {
        let list = list.as_array().unwrap();
        (!list.is_empty()).then(|| list[index % list.len()].clone())
    };
    let space = |index| pick(&spaces, index).map(|space| text(&space["Space"]["SpaceID"]));
    let unit = |index| pick(&units, index).map(|unit| unit["Unit"].clone());
    let path = |unit: &serde_json::Value| format!("/space/{}/unit/{}", text(&unit["SpaceID"]), text(&unit["UnitID"]));
    match deed {
        Deed::CreateSpace(slug) => drop(bench.post("/space", json!({"Slug": slug})).await),
        Deed::CreateUnit(index, slug, data) => {
            let Some(space) = space(index) else { return };
            let body = json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": crate::client::base64(&data)});
            bench.post(&format!("/space/{space}/unit"), body).await;
        }
        Deed::Clone(from, to) => {
            let (Some(from), Some(to)) = (unit(from), space(to)) else { return };
            let query =
                format!("upstream_space_id={}&upstream_unit_id={}", text(&from["SpaceID"]), text(&from["UnitID"]));
            let body = json!({"Slug": from["Slug"], "ToolchainType": "Kubernetes/YAML"});
            bench.post(&format!("/space/{to}/unit?{query}"), body).await;
        }
        Deed::Replace(index, data) => {
            let Some(unit) = unit(index) else { return };
            bench.patch(&path(&unit), json!({"Data": crate::client::base64(&data)})).await;
        }
        Deed::Label(index, key, value) => {
            let Some(unit) = unit(index) else { return };
            bench.patch(&path(&unit), json!({"Labels": {key: value}, "DisplayName": "- odd: 'name'\n#x"})).await;
        }
        Deed::Link(from, to) => {
            let (Some(from), Some(to)) = (unit(from), unit(to)) else { return };
            let body = json!({"Slug": "-", "FromUnitID": from["UnitID"], "ToUnitID": to["UnitID"], "ToSpaceID": to["SpaceID"]});
            bench.post(&format!("/space/{}/link", text(&from["SpaceID"])), body).await;
        }
        Deed::CreateOrganization(labels) => {
            drop(bench.post("/organization", json!({"DisplayName": "another", "Labels": labels})).await);
        }
        Deed::CreateMember(email) => {
            let own = text(&bench.get("/me").await.1["OrganizationID"]);
            bench.post(&format!("/organization/{own}/organization_member"), json!({"Username": email})).await;
        }
        Deed::ReplaceOrganization(labels) => {
            let own = bench.get("/organization").await.1[0].clone();
            let path = format!("/organization/{}", text(&own["OrganizationID"]));
            bench.put(&path, &json!({"DisplayName": "Own", "Version": own["Version"], "Labels": labels})).await;
        }
        Deed::DeleteUnit(index) => {
            let Some(unit) = unit(index) else { return };
            bench.delete(&path(&unit)).await;
        }
        Deed::DeleteSpace(index) => {
            let Some(space) = space(index) else { return };
            bench.delete(&format!("/space/{space}?recursive=true")).await;
        }
        Deed::Tag(index) => {
            let Some(space) = space(index) else { return };
            let (_, tag) = bench.post(&format!("/space/{space}/tag"), json!({"Slug": "t"})).await;
            bench.post(&format!("/unit/tag?where=SpaceID%20%3D%20'{space}'"), json!({"TagID": tag["TagID"]})).await;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn saving_loading_and_saving_again_is_saving(deeds in prop::collection::vec(deed(), 0..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::start().await;
            for deed in deeds {
                apply(&bench, deed).await;
            }
            let saved = bench.hub.snapshot(SnapshotSecrets::Kept);
            let loaded = Bench::load(&saved).await.expect("it loads");
            let again = loaded.hub.snapshot(SnapshotSecrets::Kept);
            let texts = |snapshot: &stagegate_confighub::Snapshot| -> Vec<(String, String)> {
                let text = |(path, content): (&str, &[u8])| (path.to_owned(), String::from_utf8_lossy(content).into_owned());
                snapshot.files().map(text).collect()
            };
            assert_eq!(texts(&saved), texts(&again));
            assert_eq!(bench.get("/unit?include=HeadRevisionNum,UpstreamUnitID").await, loaded.get("/unit?include=HeadRevisionNum,UpstreamUnitID").await);
        });
    }
}
