//! Listing every object of a cluster.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::discovery::{ApiCapabilities, ApiGroup, Discovery, verbs};

/// How many kinds are listed at once.
const LISTS_AT_ONCE: usize = 8;

/// Every object of the kinds that can be listed and that `counts` wants.
///
/// # Errors
///
/// When the API server does not say which kinds there are, or a list is refused.
pub async fn objects(
    client: &Client,
    counts: impl Fn(&ApiResource, &ApiCapabilities) -> bool,
) -> Result<Vec<(ApiResource, DynamicObject)>, kube::Error> {
    let discovery = Discovery::new(client.clone()).run_aggregated().await?;
    let wanted: Vec<ApiResource> = discovery
        .groups()
        .flat_map(ApiGroup::recommended_resources)
        .filter(|(resource, capabilities)| {
            capabilities.supports_operation(verbs::LIST) && counts(resource, capabilities)
        })
        .map(|(resource, _)| resource)
        .collect();
    let lists = wanted.into_iter().map(|resource| list(client, resource));
    let lists: Vec<Vec<_>> = stream::iter(lists).buffer_unordered(LISTS_AT_ONCE).try_collect().await?;
    Ok(lists.into_iter().flatten().collect())
}

async fn list(client: &Client, resource: ApiResource) -> Result<Vec<(ApiResource, DynamicObject)>, kube::Error> {
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
    match api.list(&ListParams::default()).await {
        Ok(objects) => Ok(objects.into_iter().map(|object| (resource.clone(), object)).collect()),
        // The definition of a custom resource went away between discovery and this.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
