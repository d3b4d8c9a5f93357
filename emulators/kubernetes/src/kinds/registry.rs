//! The table of kinds, and looking kinds up in it.

use std::cmp::Reverse;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::{
    Kind, Rules, Treatment, api_service, autoscaling, batch, certificate_requests, configuration, custom, devices,
    flow_control, inert, networking, pod_template, pods, policies, quota, rbac, replication_controller, runtime_class,
    services, storage, storage_drivers, system, webhooks, workloads,
};

/// The kinds a cluster serves: the built-in ones and those of its CustomResourceDefinitions.
#[derive(Clone)]
pub(crate) struct Registry {
    custom: Arc<RwLock<Vec<Arc<Kind>>>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self { custom: Arc::default() }
    }

    /// All kinds, built-in ones first.
    pub(crate) fn all(&self) -> Vec<Arc<Kind>> {
        let custom = self.custom.read().unwrap_or_else(PoisonError::into_inner);
        BUILT_IN.iter().chain(custom.iter()).cloned().collect()
    }

    /// The kind behind `/apis/GROUP/VERSION/…/PLURAL`.
    pub(crate) fn by_path(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        self.find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
    }

    /// The kind of an owner reference or a `kind:` line; the version does not matter.
    pub(crate) fn by_kind(&self, api_version: &str, name: &str) -> Option<Arc<Kind>> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        self.find(|kind| kind.group == group && kind.kind == name)
    }

    /// The kind of a group-qualified resource such as `deployments.apps`.
    pub(crate) fn by_resource(&self, resource: &str) -> Option<Arc<Kind>> {
        self.find(|kind| *kind.resource == *resource)
    }

    /// Adds or replaces the kinds of one CustomResourceDefinition.
    pub(crate) fn define(&self, group: &str, plural: &str, mut kinds: Vec<Kind>) {
        kinds.sort_by_key(|kind| Reverse(priority(&kind.version)));
        let mut custom = self.custom.write().unwrap_or_else(PoisonError::into_inner);
        custom.retain(|kind| kind.group != group || kind.plural != plural);
        custom.extend(kinds.into_iter().map(Arc::new));
    }

    fn find(&self, wanted: impl Fn(&Kind) -> bool) -> Option<Arc<Kind>> {
        if let Some(kind) = BUILT_IN.iter().find(|kind| wanted(kind)) {
            return Some(Arc::clone(kind));
        }
        let custom = self.custom.read().unwrap_or_else(PoisonError::into_inner);
        custom.iter().find(|kind| wanted(kind)).cloned()
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

/// Which version of a group is preferred: the stable ones, then beta, then alpha
/// (`k8s.io/apimachinery/pkg/version.CompareKubeAwareVersionStrings`).
fn priority(version: &str) -> (u8, u32, u32) {
    let numbers = |rest: &str, word: &str| {
        let (major, minor) = rest.split_once(word)?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let stable = rest.parse().ok().map(|major| (3, major, 0));
    let beta = || numbers(rest, "beta").map(|(major, minor)| (2, major, minor));
    let alpha = || numbers(rest, "alpha").map(|(major, minor)| (1, major, minor));
    stable.or_else(beta).or_else(alpha).unwrap_or((0, 0, 0))
}

/// A built-in kind that Kubernetes itself cannot do without.
///
/// Used by controllers for kinds they know to be in the table.
pub(crate) fn built_in(resource: &str) -> Option<&'static Arc<Kind>> {
    BUILT_IN.iter().find(|kind| *kind.resource == *resource)
}

/// Versions that a real API server still decodes but no longer serves.
const ONCE_SERVED: &[(&str, &[&str])] = &[
    ("apps", &["v1beta1", "v1beta2"]),
    ("autoscaling", &["v2beta1", "v2beta2"]),
    ("batch", &["v1beta1"]),
    ("extensions", &["v1beta1"]),
    ("policy", &["v1beta1"]),
    ("networking.k8s.io", &["v1beta1"]),
    ("rbac.authorization.k8s.io", &["v1alpha1", "v1beta1"]),
];

/// Whether a built-in kind is known under this version, served or not.
pub(crate) fn is_registered(api_version: &str, kind: &str) -> bool {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    BUILT_IN.iter().any(|one| {
        let once = ONCE_SERVED.iter().any(|(of, versions)| *of == group && versions.contains(&version));
        one.kind == kind && one.group == group && (one.version == version || once)
    })
}

/// The built-in kind that an object says it is of.
pub(crate) fn built_in_named(api_version: &str, kind: &str) -> Option<&'static Arc<Kind>> {
    BUILT_IN.iter().find(|one| one.kind == kind && one.api_version() == api_version)
}

#[derive(Clone, Copy)]
enum Scope {
    Cluster,
    Namespace,
}
use Scope::{Cluster, Namespace};

/// In the order in which discovery tells groups: that of the priorities that kube-apiserver gives them.
static BUILT_IN: LazyLock<Vec<Arc<Kind>>> = LazyLock::new(|| table().into_iter().map(Arc::new).collect());

#[rustfmt::skip]
fn table() -> Vec<Kind> {
    const STATUS: &str = "status";
    const WORKLOAD: &str = "status scale";
    let core = |names, scope, subresources, rules| row("", "v1", "core.v1", names, scope, subresources, rules);
    let apps = |names, subresources, rules| row("apps", "v1", "apps.v1", names, Namespace, subresources, rules);
    let batch = |names, subresources, rules| row("batch", "v1", "batch.v1", names, Namespace, subresources, rules);
    let network = |names, scope, subresources, rules| row("networking.k8s.io", "v1", "networking.v1", names, scope, subresources, rules);
    let access = |names, scope, rules| row("rbac.authorization.k8s.io", "v1", "rbac.v1", names, scope, "", rules);
    let storage = |names, scope, subresources, rules| row("storage.k8s.io", "v1", "storage.v1", names, scope, subresources, rules);
    let admission = |names, subresources, rules| row("admissionregistration.k8s.io", "v1", "admissionregistration.v1", names, Cluster, subresources, rules);
    let flow = |names, rules| row("flowcontrol.apiserver.k8s.io", "v1", "flowcontrol.v1", names, Cluster, STATUS, rules);
    let devices = |names, scope, subresources, rules| row("resource.k8s.io", "v1", "resource.v1", names, scope, subresources, rules);
    let review = |group, schema, names, scope| Kind { treatment: Treatment::Answered, ..row(group, "v1", schema, names, scope, "", &Rules::PLAIN) };
    vec![
        core("Namespace namespaces ns", Cluster, "status finalize", &system::NAMESPACE),
        core("Node nodes no", Cluster, "status proxy", &system::NODE),
        core("Pod pods po all", Namespace, "status log proxy exec attach portforward eviction binding ephemeralcontainers resize", &pods::POD),
        core("Service services svc all", Namespace, "status proxy", &services::SERVICE),
        core("Endpoints endpoints ep", Namespace, "", &services::ENDPOINTS),
        core("Event events ev", Namespace, "", &system::EVENT),
        core("ConfigMap configmaps cm", Namespace, "", &configuration::CONFIG_MAP),
        core("Secret secrets", Namespace, "", &configuration::SECRET),
        core("ServiceAccount serviceaccounts sa", Namespace, "token", &configuration::SERVICE_ACCOUNT),
        core("PersistentVolume persistentvolumes pv", Cluster, STATUS, &storage::PERSISTENT_VOLUME),
        core("PersistentVolumeClaim persistentvolumeclaims pvc", Namespace, STATUS, &storage::PERSISTENT_VOLUME_CLAIM),
        core("ResourceQuota resourcequotas quota", Namespace, STATUS, &quota::RESOURCE_QUOTA),
        core("LimitRange limitranges limits", Namespace, "", &quota::LIMIT_RANGE),
        core("PodTemplate podtemplates", Namespace, "", &pod_template::POD_TEMPLATE),
        core("ReplicationController replicationcontrollers rc all", Namespace, WORKLOAD, &replication_controller::REPLICATION_CONTROLLER),
        row("apiregistration.k8s.io", "v1", "apiregistration.v1", "APIService apiservices api-extensions", Cluster, STATUS, &api_service::API_SERVICE),
        apps("Deployment deployments deploy all", WORKLOAD, &workloads::DEPLOYMENT),
        apps("ReplicaSet replicasets rs all", WORKLOAD, &workloads::REPLICA_SET),
        apps("StatefulSet statefulsets sts all", WORKLOAD, &workloads::STATEFUL_SET),
        apps("DaemonSet daemonsets ds all", STATUS, &workloads::DAEMON_SET),
        apps("ControllerRevision controllerrevisions", "", &workloads::CONTROLLER_REVISION),
        row("events.k8s.io", "v1", "events.v1", "Event events ev", Namespace, "", &system::EVENT),
        review("authentication.k8s.io", "authentication.v1", "TokenReview tokenreviews", Cluster),
        review("authentication.k8s.io", "authentication.v1", "SelfSubjectReview selfsubjectreviews", Cluster),
        review("authorization.k8s.io", "authorization.v1", "SelfSubjectAccessReview selfsubjectaccessreviews", Cluster),
        review("authorization.k8s.io", "authorization.v1", "SelfSubjectRulesReview selfsubjectrulesreviews", Cluster),
        review("authorization.k8s.io", "authorization.v1", "SubjectAccessReview subjectaccessreviews", Cluster),
        review("authorization.k8s.io", "authorization.v1", "LocalSubjectAccessReview localsubjectaccessreviews", Namespace),
        row("autoscaling", "v2", "autoscaling.v2", "HorizontalPodAutoscaler horizontalpodautoscalers hpa all", Namespace, STATUS, &autoscaling::HORIZONTAL_POD_AUTOSCALER),
        row("autoscaling", "v1", "autoscaling.v1", "HorizontalPodAutoscaler horizontalpodautoscalers hpa all", Namespace, STATUS, &Rules::PLAIN),
        batch("Job jobs all", STATUS, &batch::JOB),
        batch("CronJob cronjobs cj all", STATUS, &batch::CRON_JOB),
        row("certificates.k8s.io", "v1", "certificates.v1", "CertificateSigningRequest certificatesigningrequests csr", Cluster, "status approval", &certificate_requests::CERTIFICATE_SIGNING_REQUEST),
        network("Ingress ingresses ing", Namespace, STATUS, &networking::INGRESS),
        network("IngressClass ingressclasses", Cluster, "", &networking::INGRESS_CLASS),
        network("NetworkPolicy networkpolicies netpol", Namespace, "", &networking::NETWORK_POLICY),
        row("policy", "v1", "policy.v1", "PodDisruptionBudget poddisruptionbudgets pdb", Namespace, STATUS, &autoscaling::POD_DISRUPTION_BUDGET),
        access("Role roles", Namespace, &rbac::ROLE),
        access("ClusterRole clusterroles", Cluster, &rbac::ROLE),
        access("RoleBinding rolebindings", Namespace, &rbac::BINDING),
        access("ClusterRoleBinding clusterrolebindings", Cluster, &rbac::BINDING),
        storage("StorageClass storageclasses sc", Cluster, "", &storage::STORAGE_CLASS),
        storage("CSIDriver csidrivers", Cluster, "", &storage_drivers::CSI_DRIVER),
        storage("CSINode csinodes", Cluster, "", &storage_drivers::CSI_NODE),
        storage("CSIStorageCapacity csistoragecapacities", Namespace, "", &Rules::PLAIN),
        storage("VolumeAttachment volumeattachments", Cluster, STATUS, &storage_drivers::VOLUME_ATTACHMENT),
        storage("VolumeAttributesClass volumeattributesclasses vac", Cluster, "", &storage_drivers::VOLUME_ATTRIBUTES_CLASS),
        admission("ValidatingWebhookConfiguration validatingwebhookconfigurations api-extensions", "", &webhooks::VALIDATING_WEBHOOK_CONFIGURATION),
        admission("MutatingWebhookConfiguration mutatingwebhookconfigurations api-extensions", "", &webhooks::MUTATING_WEBHOOK_CONFIGURATION),
        admission("ValidatingAdmissionPolicy validatingadmissionpolicies api-extensions", STATUS, &policies::VALIDATING_ADMISSION_POLICY),
        admission("ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings api-extensions", "", &policies::VALIDATING_ADMISSION_POLICY_BINDING),
        row("apiextensions.k8s.io", "v1", "apiextensions.v1", "CustomResourceDefinition customresourcedefinitions crd,crds api-extensions", Cluster, STATUS, &custom::CUSTOM_RESOURCE_DEFINITION),
        row("scheduling.k8s.io", "v1", "scheduling.v1", "PriorityClass priorityclasses pc", Cluster, "", &system::PRIORITY_CLASS),
        row("coordination.k8s.io", "v1", "coordination.v1", "Lease leases", Namespace, "", &system::LEASE),
        row("node.k8s.io", "v1", "node.v1", "RuntimeClass runtimeclasses", Cluster, "", &runtime_class::RUNTIME_CLASS),
        row("discovery.k8s.io", "v1", "discovery.v1", "EndpointSlice endpointslices", Namespace, "", &services::ENDPOINT_SLICE),
        devices("DeviceClass deviceclasses", Cluster, "", &devices::DEVICE_CLASS),
        devices("ResourceClaim resourceclaims", Namespace, STATUS, &devices::RESOURCE_CLAIM),
        devices("ResourceClaimTemplate resourceclaimtemplates", Namespace, "", &devices::RESOURCE_CLAIM_TEMPLATE),
        devices("ResourceSlice resourceslices", Cluster, "", &devices::RESOURCE_SLICE),
        flow("FlowSchema flowschemas", &flow_control::FLOW_SCHEMA),
        flow("PriorityLevelConfiguration prioritylevelconfigurations", &flow_control::PRIORITY_LEVEL_CONFIGURATION),
    ]
}

/// Kinds with a status whose registry never counts generations.
const UNCOUNTED: &[&str] = &[
    "Namespace",
    "Node",
    "Service",
    "HorizontalPodAutoscaler",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "APIService",
    "CertificateSigningRequest",
    "VolumeAttachment",
    "ResourceClaim",
];

/// Kinds without a status whose registry counts generations.
const COUNTED: &[&str] = &[
    "NetworkPolicy",
    "IngressClass",
    "PriorityClass",
    "EndpointSlice",
    "PodTemplate",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "ValidatingAdmissionPolicyBinding",
    "DeviceClass",
    "ResourceSlice",
];

/// `names` is `Kind plural [short,names] [category]`; a lone category is `all`.
fn row(
    group: &str,
    version: &str,
    schema: &str,
    names: &str,
    scope: Scope,
    subresources: &str,
    rules: &'static Rules,
) -> Kind {
    let mut words = names.split(' ');
    let kind = words.next().unwrap_or_default();
    let plural = words.next().unwrap_or_default();
    let mut short_names = Vec::new();
    let mut categories = Vec::new();
    for word in words {
        if word == "all" || word.contains('-') {
            categories.push(word.to_owned());
        } else {
            short_names.extend(word.split(',').map(str::to_owned));
        }
    }
    let resource = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
    let subresources: Vec<String> = subresources.split_whitespace().map(str::to_owned).collect();
    Kind {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        singular: kind.to_lowercase(),
        resource: resource.into(),
        short_names,
        categories,
        namespaced: matches!(scope, Namespace),
        treatment: inert::missing(group, kind).map_or(Treatment::Kept, Treatment::Inert),
        counts_generations: COUNTED.contains(&kind)
            || (subresources.iter().any(|one| one == "status") && !UNCOUNTED.contains(&kind)),
        subresources,
        schema: format!("{schema}.{kind}"),
        custom: None,
        rules,
    }
}
