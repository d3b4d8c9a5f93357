//! Which fields of Kubernetes resources name other resources, and which resources may be named.
//!
//! These are the fields that the real executor registers as needed values, and the types whose names
//! it registers as provided ones: what `get-needed` and `get-provided` list. Where a path of its table
//! never leads anywhere (`spec.tls` taken for a mapping, annotations with a slash in their key) nothing
//! is listed here. A container's image and the domain of a host name are needs too, but nothing in
//! Kubernetes provides them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::configuration::Resource;

/// A field that names resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Where, such as `spec.template.spec.volumes.*.configMap.name`.
    pub(crate) path: String,
    /// The types of resource that it may name, such as `v1/ConfigMap`; most name one.
    pub(crate) targets: Vec<&'static str>,
}

const NAMESPACE: &str = "v1/Namespace";
const CONFIG_MAP: &str = "v1/ConfigMap";
const SECRET: &str = "v1/Secret";
const SERVICE: &str = "v1/Service";
const SERVICE_ACCOUNT: &str = "v1/ServiceAccount";
const CLAIM: &str = "v1/PersistentVolumeClaim";
const VOLUME: &str = "v1/PersistentVolume";
const REPLICATION_CONTROLLER: &str = "v1/ReplicationController";
const DEPLOYMENT: &str = "apps/v1/Deployment";
const REPLICA_SET: &str = "apps/v1/ReplicaSet";
const STATEFUL_SET: &str = "apps/v1/StatefulSet";
const ROLE: &str = "rbac.authorization.k8s.io/v1/Role";
const CLUSTER_ROLE: &str = "rbac.authorization.k8s.io/v1/ClusterRole";
const ROLE_BINDING: &str = "rbac.authorization.k8s.io/v1/RoleBinding";
const CLUSTER_ROLE_BINDING: &str = "rbac.authorization.k8s.io/v1/ClusterRoleBinding";
const STORAGE_CLASS: &str = "storage.k8s.io/v1/StorageClass";
const PRIORITY_CLASS: &str = "scheduling.k8s.io/v1/PriorityClass";
const ADMISSION_POLICY: &str = "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy";
const INGRESS: &str = "networking.k8s.io/v1/Ingress";
/// The executor has the version twice, so that nothing provides one.
const INGRESS_CLASS: &str = "networking.k8s.io/v1/v1/IngressClass";

/// The types whose names are provided.
const PROVIDED: &[&str] = &[
    ADMISSION_POLICY,
    CLAIM,
    CLUSTER_ROLE,
    CONFIG_MAP,
    DEPLOYMENT,
    INGRESS_CLASS,
    NAMESPACE,
    PRIORITY_CLASS,
    REPLICATION_CONTROLLER,
    REPLICA_SET,
    ROLE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
    STORAGE_CLASS,
    VOLUME,
];

/// Types with a Pod template that may mount configuration, and where its spec is.
const CONFIGURED: &[(&str, &str)] = &[
    ("v1/Pod", "spec"),
    ("v1/PodTemplate", "template.spec"),
    (DEPLOYMENT, "spec.template.spec"),
    (REPLICA_SET, "spec.template.spec"),
    ("apps/v1/DaemonSet", "spec.template.spec"),
    (STATEFUL_SET, "spec.template.spec"),
    ("batch/v1/Job", "spec.template.spec"),
    ("batch/v1/CronJob", "spec.jobTemplate.spec.template.spec"),
];

/// Types with a Pod template that may name accounts, claims and priorities, and where its spec is.
const ACCOUNTED: &[(&str, &str)] = &[
    ("v1/Pod", "spec"),
    (STATEFUL_SET, "spec.template.spec"),
    (DEPLOYMENT, "spec.template.spec"),
    (REPLICATION_CONTROLLER, "spec.template.spec"),
    ("batch/v1/CronJob", "spec.jobTemplate.spec.template.spec"),
    ("batch/v1/Job", "spec.template.spec"),
    ("apps/v1/DaemonSet", "spec.template.spec"),
];

/// References from a Pod's spec to configuration.
const CONFIGURATION: &[(&str, &str)] = &[
    (CONFIG_MAP, "volumes.*.configMap.name"),
    (CONFIG_MAP, "containers.*.env.*.valueFrom.configMapKeyRef.name"),
    (CONFIG_MAP, "initContainers.*.env.*.valueFrom.configMapKeyRef.name"),
    (CONFIG_MAP, "containers.*.envFrom.*.configMapRef.name"),
    (CONFIG_MAP, "initContainers.*.envFrom.*.configMapRef.name"),
    (CONFIG_MAP, "volumes.*.projected.sources.*.configMap.name"),
    (SECRET, "volumes.*.secret.secretName"),
    (SECRET, "containers.*.env.*.valueFrom.secretKeyRef.name"),
    (SECRET, "initContainers.*.env.*.valueFrom.secretKeyRef.name"),
    (SECRET, "containers.*.envFrom.*.secretRef.name"),
    (SECRET, "initContainers.*.envFrom.*.secretRef.name"),
    (SECRET, "imagePullSecrets.*.name"),
    (SECRET, "volumes.*.projected.sources.*.secret.name"),
];

/// References from a Pod's spec to what it runs with.
const ACCOUNTS: &[(&str, &str)] = &[
    (SERVICE_ACCOUNT, "serviceAccountName"),
    (CLAIM, "volumes.*.persistentVolumeClaim.claimName"),
    (PRIORITY_CLASS, "priorityClassName"),
];

/// All others: from, to, where.
const OTHERS: &[(&str, &str, &str)] = &[
    ("autoscaling/v2/HorizontalPodAutoscaler", DEPLOYMENT, "spec.scaleTargetRef.name"),
    ("autoscaling/v2/HorizontalPodAutoscaler", REPLICATION_CONTROLLER, "spec.scaleTargetRef.name"),
    ("autoscaling/v2/HorizontalPodAutoscaler", REPLICA_SET, "spec.scaleTargetRef.name"),
    ("autoscaling/v2/HorizontalPodAutoscaler", STATEFUL_SET, "spec.scaleTargetRef.name"),
    ("v1/Node", CONFIG_MAP, "spec.configSource.configMap"),
    (ROLE, CONFIG_MAP, "rules.*.resourceNames.*"),
    (CLUSTER_ROLE, CONFIG_MAP, "rules.*.resourceNames.*"),
    (SERVICE_ACCOUNT, SECRET, "imagePullSecrets.*.name"),
    (ROLE, SECRET, "rules.*.resourceNames.*"),
    (CLUSTER_ROLE, SECRET, "rules.*.resourceNames.*"),
    ("serving.knative.dev/v1/Service", SECRET, "spec.template.spec.containers.*.env.*.valueFrom.secretKeyRef.name"),
    (VOLUME, SECRET, "spec.azureFile.secretName"),
    (STATEFUL_SET, SERVICE, "spec.serviceName"),
    (INGRESS, SERVICE, "spec.rules.*.http.paths.*.backend.serviceName"),
    (INGRESS, SERVICE, "spec.backend.serviceName"),
    (INGRESS, SERVICE, "spec.rules.*.http.paths.*.backend.service.name"),
    (INGRESS, SERVICE, "spec.defaultBackend.service.name"),
    (INGRESS, INGRESS_CLASS, "spec.ingressClassName"),
    ("apiregistration.k8s.io/v1/APIService", SERVICE, "spec.service.name"),
    ("admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration", SERVICE, "webhooks.*.clientConfig.service.name"),
    ("admissionregistration.k8s.io/v1/MutatingWebhookConfiguration", SERVICE, "webhooks.*.clientConfig.service.name"),
    (ROLE_BINDING, ROLE, "roleRef.name"),
    (ROLE_BINDING, CLUSTER_ROLE, "roleRef.name"),
    (CLUSTER_ROLE_BINDING, CLUSTER_ROLE, "roleRef.name"),
    (ROLE_BINDING, SERVICE_ACCOUNT, "subjects.*.name"),
    (CLUSTER_ROLE_BINDING, SERVICE_ACCOUNT, "subjects.*.name"),
    (CLAIM, VOLUME, "spec.volumeName"),
    (CLUSTER_ROLE, VOLUME, "rules.*.resourceNames.*"),
    (VOLUME, STORAGE_CLASS, "spec.storageClassName"),
    (CLAIM, STORAGE_CLASS, "spec.storageClassName"),
    ("admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding", ADMISSION_POLICY, "spec.policyName"),
    (ANY, NAMESPACE, "metadata.namespace"),
    (ROLE_BINDING, NAMESPACE, "subjects.*.namespace"),
    (CLUSTER_ROLE_BINDING, NAMESPACE, "subjects.*.namespace"),
    (
        "apiextensions.k8s.io/v1/CustomResourceDefinition",
        NAMESPACE,
        "spec.conversion.webhook.clientConfig.service.namespace",
    ),
    ("apiregistration.k8s.io/v1/APIService", NAMESPACE, "spec.service.namespace"),
    ("kustomize.toolkit.fluxcd.io/v1/Kustomization", NAMESPACE, "spec.targetNamespace"),
    ("helm.toolkit.fluxcd.io/v2/HelmRelease", NAMESPACE, "spec.chartRef.namespace"),
];

/// In the table: resources of every type.
const ANY: &str = "*";

/// The types that have no namespace, as the executor knows them; a namespace given to one is no need.
const CLUSTER_SCOPED: &[&str] = &[
    NAMESPACE,
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    STORAGE_CLASS,
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1/CustomResourceDefinition",
    "apiregistration.k8s.io/v1/APIService",
    "cert-manager.io/v1/ClusterIssuer",
    "external-secrets.io/v1/ClusterExternalSecret",
    "external-secrets.io/v1/ClusterPushSecret",
    "external-secrets.io/v1/ClusterSecretStore",
    "external-secrets.io/v1alpha1/ClusterExternalSecret",
    "external-secrets.io/v1alpha1/ClusterPushSecret",
    "external-secrets.io/v1alpha1/ClusterSecretStore",
    "external-secrets.io/v1beta1/ClusterExternalSecret",
    "external-secrets.io/v1beta1/ClusterPushSecret",
    "external-secrets.io/v1beta1/ClusterSecretStore",
    "gateway.networking.k8s.io/v1/GatewayClass",
    "gateway.networking.k8s.io/v1alpha1/GatewayClass",
    "gateway.networking.k8s.io/v1beta1/GatewayClass",
    "generators.external-secrets.io/v1/ClusterGenerator",
    "generators.external-secrets.io/v1alpha1/ClusterGenerator",
    "generators.external-secrets.io/v1beta1/ClusterGenerator",
    "hub.traefik.io/v1/AccessControlPolicy",
    "hub.traefik.io/v1alpha1/AccessControlPolicy",
    "hub.traefik.io/v1beta1/AccessControlPolicy",
    "networking.k8s.io/v1/IngressClass",
    "storage.k8s.io/v1/CSIDriver",
    "trident.netapp.io/v1/TridentConfigurator",
];

static REFERENCES: LazyLock<BTreeMap<&'static str, Vec<Reference>>> = LazyLock::new(|| {
    let mut all: BTreeMap<&'static str, Vec<Reference>> = BTreeMap::new();
    let mut add = |from: &'static str, target: &'static str, path: String| {
        let of_type = all.entry(from).or_default();
        match of_type.iter_mut().find(|reference| reference.path == path) {
            Some(reference) => reference.targets.push(target),
            None => of_type.push(Reference { path, targets: vec![target] }),
        }
    };
    for (from, spec) in CONFIGURED.iter().copied() {
        for (target, path) in CONFIGURATION {
            add(from, target, format!("{spec}.{path}"));
        }
    }
    for (from, spec) in ACCOUNTED.iter().copied() {
        for (target, path) in ACCOUNTS {
            add(from, target, format!("{spec}.{path}"));
        }
    }
    for (from, target, path) in OTHERS.iter().copied() {
        add(from, target, path.to_owned());
    }
    all
});

/// The fields of a resource that name other resources.
pub(crate) fn references(resource: &Resource) -> impl Iterator<Item = &'static Reference> {
    let resource_type = resource.resource_type();
    let of_any = (!CLUSTER_SCOPED.contains(&resource_type.as_str())).then_some(ANY);
    let own = REFERENCES.get(resource_type.as_str()).into_iter().flatten();
    own.chain(of_any.and_then(|any| REFERENCES.get(any)).into_iter().flatten())
}

/// Whether resources of this type provide their names.
pub(crate) fn provides_its_name(resource_type: &str) -> bool {
    PROVIDED.contains(&resource_type)
}
