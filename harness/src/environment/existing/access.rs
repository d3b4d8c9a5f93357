//! What a run must be allowed to do on an existing cluster, asked before it begins.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::Client;
use kube::api::{Api, PostParams};

/// How many questions are asked at once.
const AT_ONCE: usize = 8;

/// Group, resource with subresource, and verbs: what features make, look at and remove, and what the worker does, which
/// they give to its service account and so must have themselves.
const NEEDED: [(&str, &str, &[&str]); 17] = [
    ("", "namespaces", MANAGED),
    ("", "nodes", &["get", "list", "watch"]),
    ("", "events", &["list", "watch"]),
    ("", "pods", &["get", "list", "watch", "delete"]),
    ("", "pods/log", &["get"]),
    ("", "services", MANAGED),
    ("", "endpoints", &["get", "list", "watch"]),
    ("", "configmaps", MANAGED),
    ("", "secrets", MANAGED),
    ("", "serviceaccounts", MANAGED),
    ("apps", "deployments", MANAGED),
    ("apps", "deployments/scale", &["get", "patch"]),
    ("apps", "replicasets", &["get", "list", "watch"]),
    ("apps", "statefulsets", MANAGED),
    ("rbac.authorization.k8s.io", "clusterroles", &["bind", "get", "list"]),
    ("rbac.authorization.k8s.io", "clusterrolebindings", MANAGED),
    ("discovery.k8s.io", "endpointslices", &["get", "list", "watch"]),
];

const MANAGED: &[&str] = &["get", "list", "watch", "create", "patch", "delete"];

/// What the user of `client` may not do of that, as `VERB RESOURCE[.GROUP]`.
pub(super) async fn missing(client: &Client) -> Result<Vec<String>, kube::Error> {
    // Whoever may do everything need not be asked for each.
    if may(client, ("*", "*", "*")).await? {
        return Ok(Vec::new());
    }
    let each =
        NEEDED.iter().flat_map(|(group, resource, verbs)| verbs.iter().map(move |verb| (*group, *resource, *verb)));
    let asked = each.map(|one| async move { Ok::<_, kube::Error>((one, may(client, one).await?)) });
    let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(answers.into_iter().filter(|(_, may)| !may).map(|(one, _)| name(one)).collect())
}

fn name((group, resource, verb): (&str, &str, &str)) -> String {
    if group.is_empty() { format!("{verb} {resource}") } else { format!("{verb} {resource}.{group}") }
}

async fn may(client: &Client, (group, resource, verb): (&str, &str, &str)) -> Result<bool, kube::Error> {
    let (resource, subresource) = resource.split_once('/').map_or((resource, None), |(of, sub)| (of, Some(sub)));
    let attributes = ResourceAttributes {
        group: Some(group.to_owned()),
        resource: Some(resource.to_owned()),
        subresource: subresource.map(str::to_owned),
        verb: Some(verb.to_owned()),
        ..ResourceAttributes::default()
    };
    let spec =
        SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..SelfSubjectAccessReviewSpec::default() };
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let answered = Api::all(client.clone()).create(&PostParams::default(), &review).await?;
    Ok(answered
        .status
        .is_some_and(|status: k8s_openapi::api::authorization::v1::SubjectAccessReviewStatus| status.allowed))
}
