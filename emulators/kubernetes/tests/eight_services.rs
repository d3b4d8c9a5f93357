//! The eight services of TraderX, with the replicas of its plan, come up in the plan's order.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test says what it expects")]

mod cluster;

use cluster::Lab;

/// Name and replicas, in the order in which the services depend on each other.
const PLAN: [(&str, i64); 8] = [
    ("reference-data", 3),
    ("people-service", 2),
    ("account-service", 2),
    ("position-service", 2),
    ("trade-service", 3),
    ("trade-processor", 1),
    ("trade-feed", 2),
    ("web-gui", 1),
];

/// When each service first had a Pod ready, and that all are in the end.
#[tokio::test]
async fn sixteen_replicas_roll_out_in_dependency_order() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/traderx/eight-services.yaml");
    let manifest = std::fs::read_to_string(fixture).unwrap();
    let lab = Lab::new("images: []").await;
    lab.pass(1.0).await;
    // The last service first: the order must come from what they wait for.
    let documents: Vec<&str> = manifest.split("\n---\n").collect();
    for document in documents.iter().rev() {
        for reply in lab.apply(document).await {
            assert_eq!(reply.status, 201, "{}", reply.body);
        }
    }
    let mut order: Vec<&str> = Vec::new();
    for _ in 0..1800 {
        lab.pass(1.0).await;
        for (name, _) in PLAN {
            let deployment = lab.cluster.object("deployments.apps", "default", name).expect(name);
            if deployment["status"]["readyReplicas"].as_i64().is_some() && !order.contains(&name) {
                order.push(name);
            }
        }
        if order.len() == PLAN.len() {
            break;
        }
    }
    assert_eq!(order, PLAN.map(|(name, _)| name));
    // Those that still wait out a back-off.
    lab.pass(600.0).await;
    let mut pods = 0;
    for (name, replicas) in PLAN {
        let deployment = lab.cluster.object("deployments.apps", "default", name).expect(name);
        assert_eq!(deployment["status"]["availableReplicas"], replicas, "{name}: {}", deployment["status"]);
        pods += replicas;
    }
    assert_eq!(pods, 16);
    assert_eq!(lab.cluster.objects("pods", Some("default")).len(), 16);
}
