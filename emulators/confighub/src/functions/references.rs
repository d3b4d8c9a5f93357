//! Which fields of Kubernetes resources name other resources, and which resources may be named: what links fill in.
//!
//! Read from the registry, so that `get-needed` and links know the same. A container's image and the domain of a host
//! name are needs too, but nothing in Kubernetes provides them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::registry::{ANY, Attribute, NEEDED, PROVIDED, RESOURCE_NAME, is_cluster_scoped, paths};

/// A field that names resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Where, such as `spec.template.spec.volumes.*.configMap.name`.
    pub(crate) path: &'static str,
    /// The types of resource that it may name, such as `v1/ConfigMap`; most name one.
    pub(crate) targets: Vec<&'static str>,
    /// Whether it is none in a resource that has no namespace.
    namespaced_only: bool,
}

/// By the type of resource that has them; `*` for all.
static REFERENCES: LazyLock<BTreeMap<&'static str, Vec<Reference>>> = LazyLock::new(|| {
    let references = |of_type: &'static BTreeMap<String, Attribute>| of_type.values().filter_map(reference).collect();
    paths(NEEDED).iter().map(|(resource_type, of_type)| (resource_type.as_str(), references(of_type))).collect()
});

fn reference(attribute: &'static Attribute) -> Option<Reference> {
    let setters = &attribute.details.as_ref()?.setter_invocations;
    let setters = setters.iter().filter(|setter| setter.function_name == "set-references-of-type");
    let targets: Vec<&str> = setters.filter_map(|setter| setter.arguments.as_ref()?.first()?.value.as_str()).collect();
    let namespaced_only = attribute.namespaced_only;
    (!targets.is_empty()).then_some(Reference { path: &attribute.path, targets, namespaced_only })
}

/// The fields of resources of a type that name other resources.
pub(crate) fn references(resource_type: &str) -> impl Iterator<Item = &'static Reference> {
    let of = |resource_type: &str| REFERENCES.get(resource_type).into_iter().flatten();
    let has_namespace = !is_cluster_scoped(resource_type);
    of(resource_type).chain(of(ANY).filter(move |reference| has_namespace || !reference.namespaced_only))
}

/// Whether resources of this type provide their names.
pub(crate) fn provides_its_name(resource_type: &str) -> bool {
    let attributes = paths(PROVIDED).get(resource_type);
    attributes.is_some_and(|attributes| attributes.values().any(|attribute| attribute.name == RESOURCE_NAME))
}
