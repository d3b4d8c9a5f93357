//! The attributes of Kubernetes resources that functions know by name, and where they are.
//!
//! Names, paths and the functions that get and set each are those of the real executor's path listing
//! (2025-08); descriptions are ours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use stagegate_configuration::yaml::{escaped, segments};

use super::patterns::{HOSTNAME, IMAGE};

/// One argument of an invocation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BoundArgument {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) parameter_name: String,
    pub(super) value: Json,
}

/// A function with arguments, as attributes tell how they are got and set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Invocation {
    pub(super) function_name: String,
    /// `null` while there are none.
    pub(super) arguments: Option<Vec<BoundArgument>>,
}

/// What is known of an attribute (`AttributeDetails` of the description).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) getter_invocation: Option<Invocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) setter_invocations: Vec<Invocation>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) generation_template: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) description: &'static str,
}

/// Where an attribute is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attribute {
    /// With wildcards and matches, and a part of the value after `#`.
    pub(super) path: String,
    /// The only place that counts of those that `path` leads to.
    pub(super) resolved: Option<String>,
    pub(super) name: String,
    pub(super) details: Option<Details>,
    /// Whether types without a namespace are left out.
    pub(super) namespaced_only: bool,
    /// The pattern whose named group the part after `#` is.
    pub(super) pattern: Option<&'static str>,
}

/// Attributes by resource type (`*` for all) and normalized path.
pub(super) type Paths = BTreeMap<String, BTreeMap<String, Attribute>>;

pub(super) const ANY: &str = "*";
pub(super) const GENERAL: &str = "attribute-value";
pub(super) const NEEDED: &str = "needed-value";
pub(super) const PROVIDED: &str = "provided-value";
pub(super) const DETAIL: &str = "detail";
pub(super) const DEFAULT_NAME: &str = "default-name";
pub(super) const RESOURCE_NAME: &str = "resource-name";
pub(super) const NAMESPACE: &str = "namespace-name-reference";
pub(super) const CONTAINER_RESOURCES: &str = "container-resources";
pub(super) const CONTAINER_IMAGES: &str = "container-images";

/// Types with a Pod template, and where its spec is; a Pod is its own.
pub(super) const WORKLOADS: [(&str, &str); 7] = [
    ("apps/v1/Deployment", "spec.template.spec"),
    ("apps/v1/ReplicaSet", "spec.template.spec"),
    ("apps/v1/DaemonSet", "spec.template.spec"),
    ("apps/v1/StatefulSet", "spec.template.spec"),
    ("batch/v1/Job", "spec.template.spec"),
    ("batch/v1/CronJob", "spec.jobTemplate.spec.template.spec"),
    ("v1/Pod", "spec"),
];
/// The lists of containers in a Pod's spec.
pub(super) const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
/// Types with replicas.
pub(super) const SCALED: [&str; 3] = ["apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/StatefulSet"];
/// Types whose resources are in no namespace, as the executor knows them.
static CLUSTER_SCOPED: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| include_str!("cluster_scoped.txt").lines().filter(|line| !line.starts_with('#')).collect());

pub(super) fn is_cluster_scoped(resource_type: &str) -> bool {
    CLUSTER_SCOPED.contains(resource_type)
}

const TEMPLATE: &str = "{{.NormalizedUnitName}}-{{.NormalizedSpaceName}}";

static REGISTRY: LazyLock<BTreeMap<String, Paths>> = LazyLock::new(|| {
    let mut registry = Registry::default();
    registry.add_references();
    registry.add_namespaces();
    registry.add_metadata();
    registry.add_default_names();
    registry.add_containers();
    registry.add_replicas();
    registry.add_hostnames();
    registry.add_details();
    registry.0
});
static NOTHING: Paths = Paths::new();

/// The paths of an attribute; none for an unknown one.
pub(super) fn paths(attribute: &str) -> &'static Paths {
    REGISTRY.get(attribute).unwrap_or(&NOTHING)
}

/// The paths that name resources of a type.
pub(super) fn references_to(resource_type: &str) -> &'static Paths {
    paths(&format!("{RESOURCE_NAME}/{resource_type}"))
}

/// The attribute that the registry knows at a path that somebody gave, if any.
fn known(resource_type: &str, path: &str) -> Option<&'static Attribute> {
    let general = paths(GENERAL);
    let path = normalized(path, false);
    [resource_type, ANY].iter().find_map(|of_type| general.get(*of_type)?.get(&path))
}

/// What to visit for a path that somebody gave: with what the registry knows about it, but only there.
pub(super) fn at_path(resource_type: &str, path: &str) -> Paths {
    let mut attribute = known(resource_type, path).cloned().unwrap_or_else(|| Attribute {
        path: path.to_owned(),
        resolved: None,
        name: GENERAL.to_owned(),
        details: None,
        namespaced_only: false,
        pattern: None,
    });
    if path.contains(['?', '*', '@', '|']) {
        path.clone_into(&mut attribute.path);
    } else {
        attribute.resolved = Some(path.to_owned());
    }
    Paths::from([(resource_type.to_owned(), BTreeMap::from([(path.to_owned(), attribute)]))])
}

/// A path with wildcards for all matches and indices; `bound` keeps the names of what they stand for.
fn normalized(path: &str, bound: bool) -> String {
    let segments = segments(path).into_iter().map(|segment| {
        let numeric = segment.chars().all(|character| character.is_ascii_digit());
        if !(segment.contains(['?', '*', '@', '%']) || numeric) {
            return segment;
        }
        if bound && segment.contains(['?', '@']) && segment.contains(':') {
            if segment.starts_with("*?") || segment.starts_with("*@:") {
                return segment;
            }
            if segment.starts_with('?') {
                return format!("*{}", segment.split('=').next().unwrap_or_default());
            }
        }
        "*".to_owned()
    });
    segments.collect::<Vec<_>>().join(".")
}

#[derive(Default)]
struct Registry(BTreeMap<String, Paths>);

fn attribute(path: impl Into<String>, name: &str, details: Option<Details>) -> Attribute {
    Attribute {
        path: path.into(),
        resolved: None,
        name: name.to_owned(),
        details,
        namespaced_only: false,
        pattern: None,
    }
}

fn invocation(function: &str, resource_type: Option<&str>) -> Invocation {
    let argument = |value: &str| BoundArgument { parameter_name: "resource-type".to_owned(), value: value.into() };
    Invocation { function_name: function.to_owned(), arguments: resource_type.map(|value| vec![argument(value)]) }
}

/// Got and set by functions of these names.
fn got_and_set(getter: &str, setter: &str) -> Details {
    Details {
        getter_invocation: (!getter.is_empty()).then(|| invocation(getter, None)),
        setter_invocations: if setter.is_empty() { Vec::new() } else { vec![invocation(setter, None)] },
        ..Details::default()
    }
}

fn described(description: &'static str) -> Details {
    Details { description, ..Details::default() }
}

impl Registry {
    /// Adds an attribute, under its normalized path if asked for. One that is there already only gets
    /// the new setters.
    fn add(&mut self, registry: &str, resource_type: &str, attribute: Attribute, normalize: bool) {
        let (key, attribute) = if normalize {
            let path = normalized(&attribute.path, true);
            (normalized(&attribute.path, false), Attribute { path, ..attribute })
        } else {
            (attribute.path.clone(), attribute)
        };
        let of_type = self.0.entry(registry.to_owned()).or_default().entry(resource_type.to_owned()).or_default();
        match of_type.get_mut(&key) {
            Some(known) => {
                let setters = attribute.details.map(|details| details.setter_invocations).unwrap_or_default();
                let known = known.details.get_or_insert_with(Details::default);
                for setter in setters {
                    if !known.setter_invocations.contains(&setter) {
                        known.setter_invocations.push(setter);
                    }
                }
            }
            None => {
                of_type.insert(key, attribute);
            }
        }
    }

    fn add_references(&mut self) {
        let mut target = "";
        for line in include_str!("references.txt").lines().filter(|line| !line.starts_with('#')) {
            let Some(reference) = line.strip_prefix("  ") else {
                target = line;
                if !target.is_empty() {
                    self.add_provided(target);
                }
                continue;
            };
            let parts: Vec<&str> = reference.split(' ').collect();
            let [of_type, without @ .., path] = parts.as_slice() else { continue };
            let places = if *of_type == "workload" {
                let kept = |workload: &&(&str, &str)| !without.contains(&format!("-{}", workload.0).as_str());
                WORKLOADS.iter().filter(kept).map(|(name, spec)| (*name, format!("{spec}.{path}"))).collect()
            } else {
                vec![(*of_type, (*path).to_owned())]
            };
            for (of_type, path) in places {
                let details = Details {
                    setter_invocations: vec![invocation("set-references-of-type", Some(target))],
                    ..Details::default()
                };
                let reference = attribute(path, RESOURCE_NAME, Some(details));
                self.add(NEEDED, of_type, reference.clone(), false);
                self.add(&format!("{RESOURCE_NAME}/{target}"), of_type, reference, false);
            }
        }
    }

    fn add_provided(&mut self, resource_type: &str) {
        let getter_invocation = Some(invocation("get-resources-of-type", Some(resource_type)));
        let details = Details { getter_invocation, ..Details::default() };
        self.add(PROVIDED, resource_type, attribute("metadata.name", RESOURCE_NAME, Some(details)), false);
    }

    fn add_namespaces(&mut self) {
        self.add_provided("v1/Namespace");
        for (of_type, path) in [
            (ANY, "metadata.namespace"),
            ("rbac.authorization.k8s.io/v1/RoleBinding", "subjects.*.namespace"),
            ("rbac.authorization.k8s.io/v1/ClusterRoleBinding", "subjects.*.namespace"),
            (
                "apiextensions.k8s.io/v1/CustomResourceDefinition",
                "spec.conversion.webhook.clientConfig.service.namespace",
            ),
            ("apiregistration.k8s.io/v1/APIService", "spec.service.namespace"),
            ("kustomize.toolkit.fluxcd.io/v1/Kustomization", "spec.targetNamespace"),
            ("helm.toolkit.fluxcd.io/v2/HelmRelease", "spec.chartRef.namespace"),
        ] {
            let details = Details {
                setter_invocations: vec![invocation("set-references-of-type", Some("v1/Namespace"))],
                ..Details::default()
            };
            let namespaced_only = of_type == ANY;
            let reference = Attribute { namespaced_only, ..attribute(path, RESOURCE_NAME, Some(details)) };
            for registry in [NEEDED, NAMESPACE, RESOURCE_NAME] {
                self.add(registry, of_type, reference.clone(), false);
            }
            self.add(GENERAL, of_type, reference, true);
        }
    }

    fn add_metadata(&mut self) {
        for kind in ["annotation", "label"] {
            let path = format!("metadata.{kind}s.@%s:{kind}-key");
            let name = format!("{kind}-value");
            let details = got_and_set(&format!("get-{kind}"), &format!("set-{kind}"));
            self.add(&name, ANY, attribute(path, &name, Some(details)), false);
        }
    }

    fn add_default_names(&mut self) {
        const CONTROLLERS: [&str; 4] =
            ["apps/v1/Deployment", "apps/v1/ReplicaSet", "apps/v1/DaemonSet", "apps/v1/StatefulSet"];
        let details = || Some(Details { generation_template: TEMPLATE, ..got_and_set("", "set-default-names") });
        let mut places = vec![(ANY, "metadata.name".to_owned(), RESOURCE_NAME)];
        for label in ["app".to_owned(), escaped("app.kubernetes.io/name")] {
            for controller in CONTROLLERS {
                for prefix in ["metadata.labels", "spec.selector.matchLabels", "spec.template.metadata.labels"] {
                    places.push((controller, format!("{prefix}.{label}"), "app-label"));
                }
            }
            places.push(("v1/Pod", format!("metadata.labels.{label}"), "app-label"));
        }
        for (of_type, path, name) in places {
            self.add(DEFAULT_NAME, of_type, attribute(path.clone(), name, details()), false);
            self.add(GENERAL, of_type, attribute(path, name, details()), true);
        }
    }

    fn add_containers(&mut self) {
        for (of_type, spec) in WORKLOADS {
            for list in CONTAINERS {
                let list = format!("{spec}.{list}");
                let name =
                    attribute(format!("{list}.*.name"), "container-name", Some(got_and_set("get-container-name", "")));
                self.add("container-name", of_type, name.clone(), true);
                self.add(GENERAL, of_type, name, true);
                self.add_images(of_type, &list);
                let env = format!("{list}.?name:container-name=%s.env.?name:env-var=%s.value");
                let env = attribute(env, "env-value", Some(got_and_set("get-env-var", "set-env-var")));
                self.add("env-value", of_type, env, false);
                let resources = format!("{list}.?name:container-name=%s.resources");
                self.add(CONTAINER_RESOURCES, of_type, attribute(resources, CONTAINER_RESOURCES, None), false);
            }
        }
    }

    fn add_images(&mut self, of_type: &str, list: &str) {
        const URI: &str = "The image's repository";
        let all = format!("{list}.*?name:container-name.image");
        self.add(CONTAINER_IMAGES, of_type, attribute(all.clone(), "container-image", None), true);
        for (part, name, function) in [
            ("", "container-image", "image"),
            ("#uri", "container-repository-uri", "image-uri"),
            ("#reference", "container-image-reference", "image-reference"),
        ] {
            let details = got_and_set(&format!("get-{function}"), &format!("set-{function}"));
            let pattern = (!part.is_empty()).then_some(IMAGE);
            let image = |path: String, details| Attribute { pattern, ..attribute(path, name, Some(details)) };
            let one = format!("{list}.?name:container-name=%s.image{part}");
            self.add(name, of_type, image(one, details.clone()), false);
            self.add(GENERAL, of_type, image(format!("{all}{part}"), details), true);
        }
        let needed = Details { description: URI, ..got_and_set("", "set-image-uri") };
        let uri = |details| Attribute {
            pattern: Some(IMAGE),
            ..attribute(format!("{all}#uri"), "container-repository-uri", Some(details))
        };
        self.add(NEEDED, of_type, uri(needed.clone()), false);
        self.add(DETAIL, of_type, uri(needed), true);
        let reference = Attribute {
            pattern: Some(IMAGE),
            ..attribute(
                format!("{all}#reference"),
                "container-image-reference",
                Some(described("The image's tag or digest")),
            )
        };
        self.add(DETAIL, of_type, reference, true);
    }

    fn add_replicas(&mut self) {
        for of_type in SCALED {
            let description = "How many Pods are wanted";
            let details = Details { description, ..got_and_set("get-replicas", "set-replicas") };
            for registry in ["replicas", GENERAL, DETAIL] {
                self.add(registry, of_type, attribute("spec.replicas", "replicas", Some(details.clone())), false);
            }
        }
    }

    fn add_hostnames(&mut self) {
        let annotation = format!("metadata.annotations.{}", escaped("external-dns.alpha.kubernetes.io/hostname"));
        for (of_type, path) in
            [("networking.k8s.io/v1/Ingress", "spec.rules.*.host".to_owned()), ("v1/Service", annotation)]
        {
            for (part, name, function) in [
                ("", "hostname", "hostname"),
                ("#subdomain", "subdomain", "hostname-subdomain"),
                ("#domain", "domain", "hostname-domain"),
            ] {
                let details = got_and_set(&format!("get-{function}"), &format!("set-{function}"));
                let pattern = (!part.is_empty()).then_some(HOSTNAME);
                let host = Attribute { pattern, ..attribute(format!("{path}{part}"), name, Some(details)) };
                self.add(name, of_type, host.clone(), false);
                self.add(GENERAL, of_type, host.clone(), true);
                if name == "domain" {
                    self.add(NEEDED, of_type, host, false);
                }
            }
        }
        self.add(GENERAL, "v1/Service", attribute("spec.type", "service-type", None), true);
    }

    fn add_details(&mut self) {
        for line in include_str!("details.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.splitn(4, ' ');
            let (Some(of_type), Some(path), Some(name)) = (parts.next(), parts.next(), parts.next()) else { continue };
            let details = parts.next().map(described);
            self.add(DETAIL, of_type, attribute(path, name, details), false);
        }
    }
}
