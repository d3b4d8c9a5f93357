//! Where paths lead.

use crate::configuration::{Path, resolved_text, resources};

const DATA: &str = "\
kind: Deployment
metadata:
  labels:
    app.kubernetes.io/name: web
spec:
  containers:
  - name: main
    image: a
  - name: side
    image: b
";

fn places(path: &str, create: bool) -> Vec<String> {
    let resources = resources(DATA).unwrap();
    Path::parse(path).unwrap().places(&resources[0].root, create).iter().map(|steps| resolved_text(steps)).collect()
}

#[test]
fn paths_lead_to_places() {
    assert_eq!(places("spec.containers.0.image", false), ["spec.containers.0.image"]);
    assert_eq!(places("spec.containers.*.image", false), ["spec.containers.0.image", "spec.containers.1.image"]);
    assert_eq!(places("spec.containers.?name=side.image", false), ["spec.containers.1.image"]);
    assert_eq!(places("spec.containers.?name:container-name=side.image", false), ["spec.containers.1.image"]);
    assert_eq!(places("metadata.labels.app~1kubernetes~1io/name", false), ["metadata.labels.app~1kubernetes~1io/name"]);
    assert_eq!(places("spec.replicas", false), Vec::<String>::new());
    assert_eq!(places("spec.replicas", true), ["spec.replicas"]);
    assert_eq!(places("spec.strategy.type", true), ["spec.strategy.type"]);
    assert_eq!(places("spec.containers.?name=nosuch.image", true), Vec::<String>::new());
    assert_eq!(places("spec.containers.*.ports", true), ["spec.containers.0.ports", "spec.containers.1.ports"]);
}
