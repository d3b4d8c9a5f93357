//! The counts of spaces with `summary=true`, one by one, and which units an upgrade waits for.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::client::{Bench, base64, text};
use crate::worker::Worker;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

/// The counts of a space.
async fn counts(bench: &Bench, space: &str) -> Json {
    let (status, mut counted) = bench.get(&format!("/space/{space}?summary=true")).await;
    assert_eq!(status, 200, "{counted}");
    let (_, listed) = bench.list("/space?summary=true", &format!("SpaceID = '{space}'")).await;
    assert_eq!(listed[0], counted, "a list counts as a reading does");
    counted.as_object_mut().unwrap().retain(|field, _| field.contains("Count"));
    counted
}

/// What is different from former counts.
fn difference(before: &Json, after: &Json) -> Json {
    let after = after.as_object().unwrap().iter().filter(|(field, value)| before[field.as_str()] != **value);
    after.map(|(field, value)| (field.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test]
async fn each_count_follows_what_it_counts() {
    let bench = Bench::start().await;
    let (base, space) = (bench.space("base").await, bench.space("p").await);
    let empty = counts(&bench, &space).await;
    let zero = json!({
        "TotalUnitCount": 0, "GatedUnitCount": 0, "UpgradableUnitCount": 0, "UnappliedUnitCount": 0,
        "UnapprovedUnitCount": 0, "UnlinkedUnitCount": 0, "IncompleteApplyUnitCount": 0, "RecentChangeUnitCount": 0,
        "TotalBridgeWorkerCount": 0, "TargetCountByToolchainType": {}, "TriggerCountByEventType": {},
    });
    assert_eq!(empty, zero);

    let worker = Worker::create(&bench, &space).await;
    let still = bench.clock.busy();
    let mut stream = worker.connect(&bench).await;
    let properties = json!({
        "Slug": "cm", "BridgeWorkerID": worker.id, "ProviderType": "ConfigMap", "ToolchainType": "AppConfig/Properties",
    });
    bench.created(&format!("/space/{space}/target"), properties).await;
    for (slug, event) in [("approval", "Mutation"), ("also", "PostClone"), ("both", "PostClone")] {
        let (function, arguments) = if event == "Mutation" {
            ("is-approved", json!([{"Value": 1}]))
        } else {
            ("set-label", json!([{"Value": "team"}, {"Value": slug}]))
        };
        let body = json!({
            "Slug": slug, "Event": event, "ToolchainType": "Kubernetes/YAML", "FunctionName": function,
            "Arguments": arguments,
        });
        bench.created(&format!("/space/{space}/trigger"), body).await;
    }
    let furnished = counts(&bench, &space).await;
    let expected = json!({
        "TotalBridgeWorkerCount": 1,
        "TargetCountByToolchainType": {"Kubernetes/YAML": 1, "AppConfig/Properties": 1},
        "TriggerCountByEventType": {"Mutation": 1, "PostClone": 2},
    });
    assert_eq!(difference(&empty, &furnished), expected);

    let unit = bench.unit(&space, "a", SERVICE).await;
    bench.unit(&space, "b", SERVICE).await;
    let two = counts(&bench, &space).await;
    let expected = json!({
        "TotalUnitCount": 2, "GatedUnitCount": 2, "UnappliedUnitCount": 2, "UnapprovedUnitCount": 2,
        "UnlinkedUnitCount": 2, "RecentChangeUnitCount": 2,
    });
    assert_eq!(difference(&furnished, &two), expected);

    bench.post(&format!("{unit}/approve"), Json::Null).await;
    let approved = counts(&bench, &space).await;
    assert_eq!(difference(&two, &approved), json!({"GatedUnitCount": 1, "UnapprovedUnitCount": 1}));

    let ids = bench.get(&format!("/space/{space}/unit")).await.1;
    let [from, to] = [0, 1].map(|place: usize| ids[place]["Unit"]["UnitID"].clone());
    bench.created(&format!("/space/{space}/link"), json!({"Slug": "l", "FromUnitID": from, "ToUnitID": to})).await;
    let linked = counts(&bench, &space).await;
    assert_eq!(difference(&approved, &linked), json!({"UnlinkedUnitCount": 1}), "the one that is led to leads nowhere");

    let target = bench.list("/target", "Slug = 'k8s-w1'").await.1[0]["Target"]["TargetID"].clone();
    bench.patch(&unit, json!({"TargetID": target})).await;
    assert_eq!(bench.post(&format!("{unit}/apply"), Json::Null).await.0, 200);
    let begun = counts(&bench, &space).await;
    assert_eq!(difference(&linked, &begun), json!({"IncompleteApplyUnitCount": 1}));
    let event = stream.next().await.unwrap();
    let done =
        worker.report(&bench, &event, "Completed", "ApplyCompleted", json!({"LiveState": base64("a: 1\n")})).await;
    assert_eq!(done.0, 200);
    let live = counts(&bench, &space).await;
    assert_eq!(difference(&begun, &live), json!({"UnappliedUnitCount": 1, "IncompleteApplyUnitCount": 0}));

    // The clock waits for events that nobody reads.
    drop((stream, still));
    bench.clock.sleep(Duration::from_secs(25 * 60 * 60)).await;
    let later = counts(&bench, &space).await;
    assert_eq!(difference(&live, &later), json!({"RecentChangeUnitCount": 0}));
    assert_eq!(counts(&bench, &base).await, zero, "nothing of it is another space's");
}

#[tokio::test]
async fn an_upgrade_is_needed_while_the_upstream_is_ahead() {
    let bench = Bench::start().await;
    let (base, prod) = (bench.space("base").await, bench.space("prod").await);
    let upstream = bench.unit(&base, "web", SERVICE).await;
    let query = format!("upstream_space_id={base}&upstream_unit_id={}", upstream.rsplit('/').next().unwrap());
    let body = json!({"Slug": "web", "ToolchainType": "Kubernetes/YAML"});
    let clone = bench.created(&format!("/space/{prod}/unit?{query}"), body).await;
    let clone = format!("/space/{prod}/unit/{}", text(&clone["UnitID"]));
    // As clients tell it: by the two numbers of a list with the upstream included.
    let needed = async || {
        let (_, units) = bench.get(&format!("/space/{prod}/unit?include=UpstreamUnitID")).await;
        let [own, head] =
            [&units[0]["Unit"]["UpstreamRevisionNum"], &units[0]["UpstreamUnit"]["HeadRevisionNum"]].map(Json::as_i64);
        let clause = "UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum";
        let selected = bench.list(&format!("/space/{prod}/unit"), clause).await.1 != json!([]);
        let counted = counts(&bench, &prod).await["UpgradableUnitCount"] == 1;
        assert_eq!((own < head, own < head), (selected, counted));
        selected
    };
    assert!(!needed().await);
    bench.patch(&upstream, json!({"DisplayName": "Web"})).await;
    assert!(!needed().await, "that was no revision");
    bench.patch(&upstream, json!({"Data": base64(&SERVICE.replace("web", "site"))})).await;
    assert!(needed().await);
    bench.patch(&clone, json!({"Data": base64(&format!("{SERVICE}spec:\n  type: NodePort\n"))})).await;
    assert!(needed().await, "an own change is no upgrade");
    assert_eq!(bench.patch(&format!("{clone}?upgrade=true"), Json::Null).await.0, 200);
    assert!(!needed().await);
    assert_eq!(bench.delete(&upstream).await.0, 200);
    assert_eq!(counts(&bench, &prod).await["UpgradableUnitCount"], 0, "nothing is left to upgrade to");
}
