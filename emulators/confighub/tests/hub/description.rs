//! The operations of the OpenAPI description: each is served.

use reqwest::Method;

use crate::client::{Bench, message};
use crate::populated::{NOWHERE, Populated};
use crate::shared::data;

#[tokio::test]
async fn every_operation_is_served() {
    let Some(description) = data("every_operation_is_served", "confighub-openapi.json") else { return };
    let bench = Bench::start().await;
    let mut count = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            count += 1;
            let concrete = concrete(path);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = bench.send(bench.request(method.clone(), &concrete)).await;
            let text = match answer.0 {
                200 | 207 => continue,
                _ => message(&answer),
            };
            assert_ne!(answer.0, 405, "{id}: {method} {path}");
            assert!(!text.starts_with("no such path"), "{id}: {method} {path}");
            assert_ne!(answer.0, 501, "{id}: {text}");
        }
    }
    assert_eq!(count, 153);
}

fn concrete(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { NOWHERE } else { part }).collect::<Vec<_>>().join("/")
}

/// Something of each schema is among the answers, which are held against it as all answers are.
#[tokio::test]
async fn answers_of_each_schema_are_as_described() {
    let populated = Populated::start().await;
    for path in [
        "/me",
        "/info",
        "/user",
        "/organization",
        "/space?summary=true&include=OrganizationID",
        "/unit?include=UnitEventID,TargetID,UpstreamUnitID,SpaceID,HeadRevisionNum,HeadMutationNum,ApprovedBy",
        "/unit?select=Labels",
        "/space/{space_id}/unit/{unit_id}/extended",
        "/space/{space_id}/unit/{unit_id}/revision?include=UserID,UnitID",
        "/space/{space_id}/unit/{unit_id}/mutation?include=RevisionID,LinkID,TriggerID",
        "/space/{space_id}/unit/{unit_id}/unit_event",
        "/bridge_worker?include=SpaceID&summary=true",
        "/target?include=SpaceID,BridgeWorkerID&select=Slug",
        "/link?include=FromUnitID,ToUnitID,ToSpaceID",
        "/view?include=FilterID",
        "/trigger?include=BridgeWorkerID,InvocationID",
        "/change_set?include=FilterID,StartTagID,EndTagID",
        "/filter",
        "/invocation",
        "/tag",
        "/space/{space_id}/set",
    ] {
        let (status, answer) = populated.bench.get(&populated.path(path)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        assert!(answer.as_array().is_none_or(|items| !items.is_empty()), "{path}");
    }
}
