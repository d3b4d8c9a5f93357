//! The kinds of the metrics API, which metrics-server adds to a cluster that has it installed.

use super::{Kind, Registry, Rules, Treatment};

/// Its group.
pub(crate) const GROUP: &str = "metrics.k8s.io";

/// Its version as an APIService and a catalogue name it.
pub(crate) const API: &str = "metrics.k8s.io/v1beta1";

/// Serves the metrics API no more.
pub(crate) fn remove(registry: &Registry) {
    for plural in ["nodes", "pods"] {
        registry.define(GROUP, plural, Vec::new());
    }
}

/// Serves the metrics API.
pub(crate) fn install(registry: &Registry) {
    for (name, plural, namespaced) in [("NodeMetrics", "nodes", false), ("PodMetrics", "pods", true)] {
        let kind = Kind {
            group: GROUP.to_owned(),
            version: "v1beta1".to_owned(),
            kind: name.to_owned(),
            plural: plural.to_owned(),
            singular: String::new(),
            resource: format!("{plural}.{GROUP}").into(),
            short_names: Vec::new(),
            categories: Vec::new(),
            namespaced,
            treatment: Treatment::Measured,
            subresources: Vec::new(),
            schema: String::new(),
            custom: None,
            counts_generations: false,
            rules: &Rules::PLAIN,
        };
        registry.define(GROUP, plural, vec![kind]);
    }
}
