//! Spaces are deleted with all that is in them, or not at all.

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::cast::Cast;
use crate::client::message;

const WHOLE: &str = "/space/{space_id}?recursive=true";

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

/// A link of another space goes with the unit that it leads to, so what keeps the link keeps the space.
#[tokio::test]
async fn a_link_from_elsewhere_that_must_stay_keeps_the_space() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let link = json!({
        "Slug": "needs-dev", "FromUnitID": prod.id("unit_id"), "ToUnitID": dev.id("other_unit_id"), "ToSpaceID": dev.space,
    });
    let link = cast.bench.created(&prod.path("/space/{space_id}/link"), link).await;
    let path = format!("/space/{}/link/{}", prod.space, link["LinkID"].as_str().unwrap());
    cast.bench.patch(&path, json!({"DeleteGates": {"legal": true}})).await;
    let before = dev.content(&cast.bench).await;
    for whole in [WHOLE, "/space/{space_id}/unit/{other_unit_id}"] {
        let refused = cast.bench.delete(&dev.path(whole)).await;
        assert_eq!(message(&refused), "cannot delete Link needs-dev: delete gates: legal");
    }
    assert_eq!(dev.content(&cast.bench).await, before);
    cast.bench.patch(&path, json!({"DeleteGates": {"legal": false}})).await;
    let refused = cast.send("dev", Method::DELETE, &dev.path(WHOLE), Json::Null).await;
    assert_eq!(
        (refused.0, message(&refused).as_str()),
        (403, "user dev@example.org may not DeleteSpace in space prod: that needs the permission `write`")
    );
    assert_eq!(dev.content(&cast.bench).await, before);
    assert_eq!(cast.bench.delete(&dev.path(WHOLE)).await.0, 200);
    assert_eq!(cast.bench.get(&path).await.0, 404);
}

/// A target goes from the units that point at it, also from those that the caller may not change.
#[tokio::test]
async fn a_unit_elsewhere_that_must_not_be_changed_keeps_its_target() {
    let cast = Cast::start().await;
    let (dev, prod) = (&cast.dev, &cast.prod);
    let unit = prod.path("/space/{space_id}/unit/{unit_id}");
    assert_eq!(cast.bench.patch(&unit, json!({"TargetID": dev.id("target_id")})).await.0, 200);
    let before = (dev.content(&cast.bench).await, prod.content(&cast.bench).await);
    for path in [WHOLE, "/space/{space_id}/target/{target_id}"] {
        let refused = cast.send("dev", Method::DELETE, &dev.path(path), Json::Null).await;
        assert_eq!(refused.0, 403, "{}", refused.1);
    }
    assert_eq!((dev.content(&cast.bench).await, prod.content(&cast.bench).await), before);
}
