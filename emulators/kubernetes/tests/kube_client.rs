//! kube-rs against the cluster: discovery, server-side apply, wait conditions, watchers, logs.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use cluster::Lab;
use futures::TryStreamExt;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Event, Pod};
use kube::api::{Api, DeleteParams, ListParams, LogParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use kube::config::AuthInfo;
use kube::runtime::wait::{await_condition, conditions};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Config, Discovery};
use serde_json::json;

fn client(lab: &Lab) -> Client {
    let mut config = Config::new(lab.cluster.url().parse().unwrap());
    config.auth_info = AuthInfo { token: Some(lab.cluster.token().to_owned().into()), ..AuthInfo::default() };
    Client::try_from(config).expect("a client")
}

fn deployment(image: &str) -> Deployment {
    serde_json::from_value(json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    }))
    .unwrap()
}

fn settings(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name, "labels": {"app": "web"}}, "data": {"a": "b"}})).unwrap()
}

const IMAGE: &str = "ghcr.io/finos/traderx/reference-data";

#[tokio::test]
async fn discovery_lists_the_groups_both_ways() {
    let lab = Lab::new("images: []").await;
    for discovery in [
        Discovery::new(client(&lab)).run().await.expect("plain"),
        Discovery::new(client(&lab)).run_aggregated().await.expect("aggregated"),
    ] {
        let names: Vec<_> = discovery.groups().map(|group| group.name().to_owned()).collect();
        assert!(names.contains(&String::new()) && names.contains(&"apps".to_owned()), "{names:?}");
        let (resource, capabilities) =
            discovery.get("apps").and_then(|group| group.recommended_kind("Deployment")).expect("Deployment");
        assert_eq!(resource.plural, "deployments");
        assert!(capabilities.supports_operation("patch"));
    }
}

#[tokio::test]
async fn a_deployment_is_waited_for_until_it_is_available() {
    let lab = Lab::new("images: []").await;
    let deployments: Api<Deployment> = Api::default_namespaced(client(&lab));
    let waiting = await_condition(deployments.clone(), "web", |object: Option<&Deployment>| {
        let status = object.and_then(|object| object.status.as_ref());
        status.and_then(|status| status.available_replicas) == Some(1)
    });
    deployments.patch("web", &PatchParams::apply("test"), &Patch::Apply(deployment(IMAGE))).await.expect("applied");
    waiting.await.expect("available");
    assert!(lab.clock.elapsed().as_secs() >= 12, "the image is pulled first: {:?}", lab.clock.elapsed());
    let pods: Api<Pod> = Api::default_namespaced(client(&lab));
    let pod = pods.list(&ListParams::default().labels("app=web")).await.unwrap().items.remove(0);
    let name = pod.metadata.name.unwrap();
    await_condition(pods.clone(), &name, conditions::is_pod_running()).await.expect("running");
    lab.pass(5.0).await;
    let log = pods.logs(&name, &LogParams::default()).await.expect("a log");
    assert!(log.contains("Nest application successfully started"), "{log}");
}

#[tokio::test]
async fn deletion_reaches_the_pods() {
    let lab = Lab::new("images: []").await;
    let deployments: Api<Deployment> = Api::default_namespaced(client(&lab));
    let pods: Api<Pod> = Api::default_namespaced(client(&lab));
    deployments.create(&PostParams::default(), &deployment(IMAGE)).await.expect("created");
    lab.pass(20.0).await;
    let pod = pods.list(&ListParams::default()).await.unwrap().items.remove(0);
    let (name, uid) = (pod.metadata.name.unwrap(), pod.metadata.uid.unwrap());
    deployments.delete("web", &DeleteParams::background()).await.expect("deleted");
    await_condition(pods, &name, conditions::is_deleted(&uid)).await.expect("gone");
}

#[tokio::test]
async fn a_watcher_sees_what_is_and_what_comes() {
    let lab = Lab::new("images: []").await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&lab));
    maps.create(&PostParams::default(), &settings("first")).await.unwrap();
    for config in [watcher::Config::default(), watcher::Config::default().streaming_lists()] {
        let config = config.labels("app=web");
        let mut events = Box::pin(watcher(maps.clone(), config).applied_objects());
        let seen = events.try_next().await.expect("an event").expect("not the end");
        assert_eq!(seen.metadata.name.as_deref(), Some("first"));
        maps.create(&PostParams::default(), &settings("second")).await.unwrap();
        let seen = events.try_next().await.expect("an event").expect("not the end");
        assert_eq!(seen.metadata.name.as_deref(), Some("second"));
        maps.delete("second", &DeleteParams::default()).await.unwrap();
    }
}

#[tokio::test]
async fn an_object_that_leaves_the_selection_is_deleted_for_the_watch() {
    let lab = Lab::new("images: []").await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&lab));
    let made = maps.create(&PostParams::default(), &settings("a")).await.unwrap();
    let version = made.metadata.resource_version.unwrap();
    let mut events = Box::pin(maps.watch(&WatchParams::default().labels("app=web"), &version).await.unwrap());
    let relabelled = json!({"metadata": {"labels": {"app": "other"}}});
    maps.patch("a", &PatchParams::default(), &Patch::Merge(relabelled)).await.unwrap();
    let event = events.try_next().await.unwrap().unwrap();
    assert!(matches!(event, WatchEvent::Deleted(_)), "{event:?}");
}

#[tokio::test]
async fn a_watch_from_too_far_back_is_told_so() {
    let lab = Lab::new("images: []").await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&lab));
    maps.create(&PostParams::default(), &settings("a")).await.unwrap();
    for round in 0..5_100 {
        let path = "/api/v1/namespaces/default/configmaps/a";
        let body = json!({"data": {"round": round.to_string()}}).to_string().into_bytes();
        lab.send("PATCH", path, &[("content-type", "application/merge-patch+json")], body).await;
    }
    let mut events = Box::pin(maps.watch(&WatchParams::default(), "5").await.unwrap());
    match events.try_next().await.unwrap().unwrap() {
        WatchEvent::Error(status) => assert_eq!((status.code, status.reason.as_str()), (410, "Expired")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_conflict_names_the_manager_and_the_field() {
    let lab = Lab::new("images: []").await;
    let deployments: Api<Deployment> = Api::default_namespaced(client(&lab));
    let apply = |manager: &str, image: &str| {
        let (deployments, params, object) = (deployments.clone(), PatchParams::apply(manager), deployment(image));
        async move { deployments.patch("web", &params, &Patch::Apply(object)).await }
    };
    apply("one", IMAGE).await.expect("applied");
    match apply("two", "acme/other").await {
        Err(kube::Error::Api(error)) => {
            assert_eq!(error.code, 409);
            let expected = "Apply failed with 1 conflict: conflict with \"one\": .spec.template.spec.containers[name=\"main\"].image";
            assert_eq!(error.message, expected);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_without_a_valid_token_is_unauthorized() {
    let lab = Lab::new("images: []").await;
    let mut config = Config::new(lab.cluster.url().parse().unwrap());
    config.auth_info = AuthInfo { token: Some("guessed".to_owned().into()), ..AuthInfo::default() };
    let events: Api<Event> = Api::default_namespaced(Client::try_from(config).unwrap());
    match events.list(&ListParams::default()).await {
        Err(kube::Error::Api(error)) => assert_eq!(error.code, 401),
        other => panic!("{other:?}"),
    }
}
