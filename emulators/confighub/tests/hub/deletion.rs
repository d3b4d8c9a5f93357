//! A deletion is whole or not at all: what may not go, wherever it stands in the order, keeps everything.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cast::{Cast, Place};
use crate::client::{Answer, Bench, base64, message, text};
use crate::stage::Stage;

const WHOLE: &str = "/space/{space_id}?recursive=true";

/// A unit of a place; gives its id.
async fn unit(bench: &Bench, place: &Place, slug: &str, more: Json) -> String {
    let mut body = json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": base64("kind: Namespace\n")});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    text(&bench.created(&format!("/space/{}/unit", place.space), body).await["UnitID"])
}

async fn link(bench: &Bench, from: &Place, (slug, unit): (&str, &str), to: &Place, to_unit: &str) -> String {
    let body = json!({"Slug": slug, "FromUnitID": unit, "ToUnitID": to_unit, "ToSpaceID": to.space});
    let link = bench.created(&format!("/space/{}/link", from.space), body).await;
    format!("/space/{}/link/{}", from.space, text(&link["LinkID"]))
}

/// A deletion that is refused, and changes nothing in dev and prod.
async fn refused(cast: &Cast, user: &str, path: &str) -> Answer {
    let before = [cast.dev.content(&cast.bench).await, cast.prod.content(&cast.bench).await];
    let answer = cast.send(user, Method::DELETE, path, Json::Null).await;
    assert_ne!(answer.0, 200, "{path}: {}", answer.1);
    assert_eq!(before, [cast.dev.content(&cast.bench).await, cast.prod.content(&cast.bench).await], "{path}");
    answer
}

#[tokio::test]
async fn a_link_with_a_gate_keeps_its_unit_and_the_other_links() {
    let cast = Cast::start().await;
    let (bench, dev) = (&cast.bench, &cast.dev);
    let middle = dev.id("unit_id").to_owned();
    let mut gated = String::new();
    for slug in ["first", "second", "third"] {
        let from = unit(bench, dev, slug, json!({})).await;
        let link = link(bench, dev, (slug, &from), dev, &middle).await;
        if slug == "second" {
            gated = link;
        }
    }
    bench.patch(&gated, json!({"DeleteGates": {"critical": true}})).await;
    let path = dev.path("/space/{space_id}/unit/{unit_id}");
    let answer = refused(&cast, "lead", &path).await;
    assert_eq!(message(&answer), "cannot delete Link second: delete gates: critical");
    bench.patch(&gated, json!({"DeleteGates": {"critical": false}})).await;
    assert_eq!(bench.delete(&path).await.0, 200);
    let slugs = cast.slugs("lead", &format!("/space/{}/link", dev.space), "Link").await;
    assert_eq!(slugs, Vec::<String>::new());
}

#[tokio::test]
async fn a_space_with_a_unit_that_another_space_links_to_stays_whole() {
    let cast = Cast::start().await;
    let (bench, dev, prod) = (&cast.bench, &cast.dev, &cast.prod);
    let mut third = String::new();
    for slug in ["third", "fourth"] {
        let id = unit(bench, dev, slug, json!({})).await;
        if slug == "third" {
            third = id;
        }
    }
    let from_prod = link(bench, prod, ("needs-dev", prod.id("unit_id")), dev, &third).await;
    let path = dev.path("/space/{space_id}?recursive=true");
    let answer = refused(&cast, "dev", &path).await;
    assert_eq!(answer.0, 403, "{}", answer.1);
    let told = "user dev@example.org may not DeleteSpace in space prod: that needs the permission `write`";
    assert_eq!(message(&answer), told);
    bench.patch(&from_prod, json!({"DeleteGates": {"critical": true}})).await;
    // A link goes with the unit that it leads to, so what keeps the link keeps the unit and its space.
    for path in [&path, &format!("/space/{}/unit/{third}", dev.space)] {
        let answer = refused(&cast, "lead", path).await;
        assert_eq!(message(&answer), "cannot delete Link needs-dev: delete gates: critical");
    }
    let bulk = "/_space?recursive=true&where=Slug%20%3D%20'dev'";
    let answer = refused(&cast, "lead", bulk).await;
    assert_eq!((answer.0, &answer.1[0]["Error"]["Status"]), (207, &json!(400)));
    bench.patch(&from_prod, json!({"DeleteGates": {"critical": false}})).await;
    assert_eq!(bench.delete(&path).await.0, 200);
    assert_eq!(bench.get(&from_prod).await.0, 404, "it went with the unit that it led to");
}

#[tokio::test]
async fn a_space_with_a_target_that_another_space_uses_stays_whole() {
    let cast = Cast::start().await;
    let (bench, dev, prod) = (&cast.bench, &cast.dev, &cast.prod);
    let target = dev.id("target_id");
    unit(bench, prod, "at-dev", json!({"TargetID": target})).await;
    let answer = refused(&cast, "dev", &dev.path(WHOLE)).await;
    assert_eq!(answer.0, 403, "{}", answer.1);
}

#[tokio::test]
async fn a_target_that_a_unit_may_not_lose_stays_with_all_its_units() {
    let cast = Cast::start().await;
    let (bench, dev, prod) = (&cast.bench, &cast.dev, &cast.prod);
    let at_target = json!({"TargetID": dev.id("target_id")});
    unit(bench, dev, "before", at_target.clone()).await;
    unit(bench, prod, "middle", at_target.clone()).await;
    unit(bench, dev, "after", at_target).await;
    let path = dev.path("/space/{space_id}/target/{target_id}");
    let answer = refused(&cast, "dev", &path).await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (403, "user dev@example.org may not DeleteTarget in space prod: that needs the permission `write`")
    );
    assert_eq!(refused(&cast, "dev", "/target?where=Space.Slug%20%3D%20'dev'").await.0, 207);
    assert_eq!(bench.delete(&path).await.0, 200);
    let (_, units) = bench.list("/unit", "Slug IN ('before', 'middle', 'after')").await;
    let targets: Vec<&Json> = units.as_array().unwrap().iter().map(|unit| &unit["Unit"]["TargetID"]).collect();
    assert_eq!(targets, [&Json::Null; 3]);
}

#[tokio::test]
async fn a_gate_on_anything_in_a_space_keeps_all_of_it() {
    let cast = Cast::start().await;
    let families = [
        ("BridgeWorker", "bridge_worker"),
        ("ChangeSet", "change_set"),
        ("Filter", "filter"),
        ("Invocation", "invocation"),
        ("Link", "link"),
        ("Set", "set"),
        ("Tag", "tag"),
        ("Target", "target"),
        ("Trigger", "trigger"),
        ("Unit", "unit"),
        ("View", "view"),
    ];
    for (kind, family) in families {
        let one = cast.dev.path(&format!("/space/{{space_id}}/{family}/{{{family}_id}}"));
        // No client patches sets.
        if family == "set" {
            let mut set = cast.bench.get(&one).await.1["Set"].clone();
            set["DeleteGates"] = json!({"legal": true});
            assert_eq!(cast.bench.put(&one, &set).await.0, 200, "{set}");
        } else {
            assert_eq!(cast.bench.patch(&one, json!({"DeleteGates": {"legal": true}})).await.0, 200, "{family}");
        }
        let before = cast.dev.content(&cast.bench).await;
        let refused = cast.bench.delete(&cast.dev.path(WHOLE)).await;
        assert_eq!(
            (refused.0, message(&refused)),
            (400, format!("cannot delete {kind} one: delete gates: legal")),
            "{family}"
        );
        assert_eq!(cast.dev.content(&cast.bench).await, before, "{family}");
        if family == "set" {
            let mut set = cast.bench.get(&one).await.1["Set"].clone();
            set["DeleteGates"] = json!({});
            cast.bench.put(&one, &set).await;
        } else {
            cast.bench.patch(&one, json!({"DeleteGates": {"legal": null}})).await;
        }
    }
    assert_eq!(cast.bench.delete(&cast.dev.path(WHOLE)).await.0, 200);
    assert_eq!(cast.bench.get(&cast.dev.path("/space/{space_id}")).await.0, 404);
    // Sets cannot be listed across spaces.
    for (_, family) in families.into_iter().filter(|(_, family)| *family != "set") {
        let left = cast.bench.get(&format!("/{family}")).await.1;
        let here = |item: &&Json| item.to_string().contains(&format!("\"SpaceID\":\"{}\"", cast.dev.space));
        assert_eq!(left.as_array().map(|left| left.iter().filter(here).count()), Some(0), "{family}");
    }
}

#[tokio::test]
async fn a_set_goes_from_its_units_or_stays() {
    let cast = Cast::start().await;
    let (bench, dev, prod) = (&cast.bench, &cast.dev, &cast.prod);
    let in_set = json!({"SetID": dev.id("set_id")});
    let here = unit(bench, dev, "here", in_set.clone()).await;
    let there = unit(bench, prod, "there", in_set).await;
    let path = dev.path("/space/{space_id}/set/{set_id}");
    for path in [&path, &dev.path(WHOLE)] {
        assert_eq!(refused(&cast, "dev", path).await.0, 403, "a unit in prod is in it");
    }
    assert_eq!(bench.delete(&path).await.0, 200);
    for (place, unit) in [(dev, here), (prod, there)] {
        let (_, unit) = bench.get(&format!("/space/{}/unit/{unit}", place.space)).await;
        assert_eq!((&unit["Unit"]["SetID"], &unit["Unit"]["Version"]), (&Json::Null, &json!(2)));
    }
    let applied = bench.post(&dev.path("/space/{space_id}/unit/{unit_id}/apply"), Json::Null).await;
    assert_eq!(applied.0, 200, "other units are as they were");
}

/// The name of what a caller may not read is not told where it stands in the way.
#[tokio::test]
async fn what_is_in_use_by_what_one_may_not_read_says_no_more_than_that() {
    let cast = Cast::start().await;
    let (bench, dev, prod) = (&cast.bench, &cast.dev, &cast.prod);
    let filter = dev.path("/space/{space_id}/filter/{filter_id}");
    let view = json!({"Slug": "secret-view", "FilterID": dev.id("filter_id")});
    bench.created(&prod.path("/space/{space_id}/view"), view).await;
    let named = refused(&cast, "guest", &filter).await;
    assert_eq!(message(&named), "Filter one is in use by View one", "of several, the one that may be read");
    assert_eq!(bench.delete(&dev.path("/space/{space_id}/view/{view_id}")).await.0, 200);
    let hidden = "something in a space that you may not read";
    assert_eq!(message(&refused(&cast, "guest", &filter).await), format!("Filter one is in use by {hidden}"));
    assert_eq!(message(&refused(&cast, "lead", &filter).await), "Filter one is in use by View secret-view");
    let whole = dev.path(WHOLE);
    let told = |user: &str| format!("cannot delete space dev: Filter one is in use by {user}");
    assert_eq!(message(&refused(&cast, "guest", &whole).await), told(hidden));
    assert_eq!(message(&refused(&cast, "lead", &whole).await), told("View secret-view of another space"));
}

#[tokio::test]
async fn what_has_a_gate_keeps_its_operations() {
    let mut stage = Stage::set().await;
    let space = stage.unit.split('/').nth(2).unwrap().to_owned();
    let target = text(&stage.bench.get("/target").await.1[0]["Target"]["TargetID"]);
    stage.act("apply").await;
    let worker = format!("/space/{space}/bridge_worker/{}", stage.worker.id);
    for (path, refusal) in [
        (worker, "cannot delete BridgeWorker w1: delete gates: critical"),
        (format!("/space/{space}/target/{target}"), "cannot delete Target k8s-w1: delete gates: critical"),
    ] {
        assert_eq!(stage.bench.patch(&path, json!({"DeleteGates": {"critical": true}})).await.0, 200);
        stage.bench.changes();
        assert_eq!(message(&stage.bench.delete(&path).await), refusal);
        assert_eq!(stage.states().await, ["Apply Delivered"]);
        let (_, unit) = stage.bench.get(&stage.unit).await;
        assert_eq!(unit["Unit"]["TargetID"], json!(target));
        assert_eq!(stage.bench.changes(), Vec::<String>::new());
    }
}

/// The revision comes before the change of the other fields, one of which may be refused.
#[tokio::test]
async fn a_refused_change_leaves_no_revision() {
    let bench = Bench::start().await;
    let space = bench.space("p").await;
    bench.unit(&space, "taken", "a: 1\n").await;
    let unit = bench.unit(&space, "u", "a: 1\n").await;
    let answer = bench.patch(&unit, json!({"Slug": "taken", "Data": base64("a: 2\n")})).await;
    assert_eq!(message(&answer), "Unit with slug taken already exists");
    let (_, revisions) = bench.get(&format!("{unit}/revision")).await;
    assert_eq!(revisions.as_array().unwrap().len(), 1, "{revisions}");
}
