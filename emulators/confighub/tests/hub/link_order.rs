//! In a bulk apply units wait for those that they link to.

use serde_json::{Value as Json, json};

use crate::client::text;
use crate::stage::Stage;

/// Three units at the target of a connected worker: `u` links to `middle`, which links to `base`.
struct Chain {
    stage: Stage,
    units: [String; 3],
}

impl Chain {
    async fn set() -> Self {
        let stage = Stage::set().await;
        let space = stage.unit.split('/').nth(2).unwrap().to_owned();
        let middle = stage.bench.unit(&space, "middle", "b: 1\n").await;
        let base = stage.bench.unit(&space, "base", "c: 1\n").await;
        let (_, unit) = stage.bench.get(&stage.unit).await;
        stage.bench.patch("/unit?where=Slug%20!%3D%20'u'", json!({"TargetID": unit["Unit"]["TargetID"]})).await;
        let units = [stage.unit.clone(), middle, base];
        for pair in units.windows(2) {
            let id = |path: &String| path.rsplit('/').next().unwrap().to_owned();
            let body = json!({"Slug": "-", "FromUnitID": id(&pair[0]), "ToUnitID": id(&pair[1])});
            stage.bench.created(&format!("/space/{space}/link"), body).await;
        }
        Self { stage, units }
    }

    async fn apply_all(&self) -> Vec<String> {
        let (status, items) = self.stage.bench.post("/unit/apply?where=Slug%20!%3D%20''", Json::Null).await;
        assert_eq!(status, 200, "{items}");
        items.as_array().unwrap().iter().map(|item| text(&item["Action"]["Status"])).collect()
    }

    /// The unit that the worker is asked to apply next.
    async fn next(&mut self) -> (Json, String) {
        let event = self.stage.stream.next().await.unwrap();
        let slug = text(&event["Data"]["Payload"]["UnitSlug"]);
        (event, slug)
    }

    async fn messages(&self, unit: usize) -> Vec<String> {
        let (_, events) = self.stage.bench.get(&format!("{}/unit_event", self.units[unit])).await;
        let told = |event: &Json| format!("{} {}", text(&event["Status"]), text(&event["Message"]));
        events.as_array().unwrap().iter().map(told).collect()
    }
}

#[tokio::test]
async fn what_a_unit_links_to_is_applied_before_it_is_sent() {
    let mut chain = Chain::set().await;
    assert_eq!(chain.apply_all().await, ["Submitted", "Pending", "Pending"]);
    for expected in ["base", "middle", "u"] {
        let (event, slug) = chain.next().await;
        assert_eq!(slug, expected);
        chain.stage.waits(&event).await;
        chain.stage.report(&event, "Failed", "ApplyWaitFailed", json!({"Message": "timeout waiting"})).await;
        chain.stage.report(&event, "Completed", "ApplyCompleted", json!({})).await;
    }
    assert_eq!(chain.stage.live().await.0, 1);
}

#[tokio::test]
async fn what_waits_for_a_failed_apply_is_given_up() {
    let mut chain = Chain::set().await;
    chain.apply_all().await;
    let (event, slug) = chain.next().await;
    assert_eq!(slug, "base");
    chain.stage.report(&event, "Failed", "ApplyFailed", json!({"Message": "no"})).await;
    let middle = chain.messages(1).await;
    assert_eq!(middle, ["Pending ", "Canceled it waited for Apply of unit base, which is Failed"]);
    let last = chain.messages(0).await;
    assert_eq!(last, ["Pending ", "Canceled it waited for Apply of unit middle, which is Canceled"]);
    let (_, operation) = chain.stage.bench.post(&format!("{}/apply", chain.units[0]), Json::Null).await;
    assert_eq!(operation["Status"], "Submitted", "alone it waits for nothing");
}

#[tokio::test]
async fn links_in_a_circle_do_not_wait_for_each_other() {
    let mut chain = Chain::set().await;
    let space = chain.units[0].split('/').nth(2).unwrap().to_owned();
    let id = |place: usize| chain.units[place].rsplit('/').next().unwrap().to_owned();
    let body = json!({"Slug": "back", "FromUnitID": id(2), "ToUnitID": id(0)});
    chain.stage.bench.created(&format!("/space/{space}/link"), body).await;
    assert_eq!(chain.apply_all().await, ["Submitted", "Pending", "Pending"]);
    for _ in 0..3 {
        let (event, _) = chain.next().await;
        chain.stage.report(&event, "Completed", "ApplyCompleted", json!({})).await;
    }
}

/// `base` failed for want of time, and `middle` waits for it.
async fn base_waits_on(chain: &mut Chain) -> Json {
    chain.apply_all().await;
    let (event, slug) = chain.next().await;
    assert_eq!(slug, "base");
    chain.stage.waits(&event).await;
    chain.stage.report(&event, "Failed", "ApplyWaitFailed", json!({"Message": "timeout waiting"})).await;
    assert_eq!(chain.messages(1).await, ["Pending "]);
    event
}

#[tokio::test]
async fn a_newer_apply_of_what_is_waited_for_does_as_well() {
    let mut chain = Chain::set().await;
    base_waits_on(&mut chain).await;
    chain.stage.bench.created(&format!("{}/apply", chain.units[2]), Json::Null).await;
    let (event, slug) = chain.next().await;
    assert_eq!(slug, "base");
    chain.stage.report(&event, "Completed", "ApplyCompleted", json!({})).await;
    for expected in ["middle", "u"] {
        let (event, slug) = chain.next().await;
        assert_eq!(slug, expected);
        chain.stage.report(&event, "Completed", "ApplyCompleted", json!({})).await;
    }
}

#[tokio::test]
async fn a_failed_apply_is_made_good_by_a_newer_one_that_is_on_its_way() {
    let mut chain = Chain::set().await;
    let first = base_waits_on(&mut chain).await;
    chain.stage.bench.created(&format!("{}/apply", chain.units[2]), Json::Null).await;
    let (second, _) = chain.next().await;
    chain.stage.report(&first, "Aborted", "None", json!({"Message": "overridden"})).await;
    assert_eq!(chain.messages(1).await, ["Pending "], "the newer one may still complete");
    chain.stage.report(&second, "Failed", "ApplyFailed", json!({"Message": "no"})).await;
    let middle = chain.messages(1).await;
    assert_eq!(middle[1], "Canceled it waited for Apply of unit base, which is Aborted");
}

#[tokio::test]
async fn what_waits_for_the_wait_of_a_former_process_is_given_up() {
    let mut chain = Chain::set().await;
    base_waits_on(&mut chain).await;
    chain.stage.reconnect().await;
    let given_up = "Canceled it waited for Apply of unit base, which is Failed";
    assert_eq!(chain.messages(1).await, ["Pending ", given_up]);
    assert_eq!(chain.messages(0).await[1], "Canceled it waited for Apply of unit middle, which is Canceled");
    for (unit, action) in [(1, "apply"), (0, "destroy")] {
        let (_, operation) = chain.stage.bench.post(&format!("{}/{action}", chain.units[unit]), Json::Null).await;
        assert_eq!(operation["Status"], "Submitted", "nothing holds it up");
    }
}

#[tokio::test]
async fn what_waits_longer_than_the_worker_tries_is_given_up() {
    let mut chain = Chain::set().await;
    base_waits_on(&mut chain).await;
    let begun = chain.stage.bench.clock.now();
    chain.stage.let_time_pass();
    while chain.messages(1).await.len() < 2 {
        chain.stage.stream.next().await.unwrap();
    }
    let waited = chain.stage.bench.clock.now().duration_since(begun).as_secs();
    assert!((900..1000).contains(&waited), "{waited} s");
    let audited = chain.stage.bench.hub.audit();
    assert!(audited.iter().any(|entry| entry.summary.contains("it waited for Apply of unit base")), "{audited:?}");
}

#[tokio::test]
async fn what_waits_for_a_deleted_unit_need_not_wait() {
    let mut chain = Chain::set().await;
    base_waits_on(&mut chain).await;
    assert_eq!(chain.stage.bench.delete(&chain.units[2]).await.0, 200);
    let (_, slug) = chain.next().await;
    assert_eq!(slug, "middle");
}

#[tokio::test]
async fn what_waits_for_a_destroyed_unit_is_given_up() {
    let mut chain = Chain::set().await;
    base_waits_on(&mut chain).await;
    chain.stage.bench.created(&format!("{}/destroy", chain.units[2]), Json::Null).await;
    let (event, _) = chain.next().await;
    chain.stage.report(&event, "Completed", "DestroyCompleted", json!({})).await;
    let middle = chain.messages(1).await;
    assert_eq!(middle[1], "Canceled it waited for Apply of unit base, which was destroyed");
}
