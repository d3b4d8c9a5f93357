//! Provisions: the resources of configuration data that others may name.

use crate::configuration::{ConfigurationError, resources};
use crate::entity::ProvidedResource;
use crate::functions::provides_its_name;

/// Where a resource has the value that it provides.
pub(crate) const PROVIDED_PATH: &str = "metadata.name";

/// A resource that others may name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Provision {
    pub(crate) resource_type: String,
    /// With its namespace.
    pub(crate) resource_name: String,
    /// Its name, which is what it provides.
    pub(crate) value: String,
}

impl Provision {
    /// As a mutation tells it.
    pub(crate) fn resource(&self) -> ProvidedResource {
        ProvidedResource { resource_name: self.resource_name.clone(), resource_type: self.resource_type.clone() }
    }
}

/// Every resource of Kubernetes YAML that others may name, in the executor's order: by type, then by
/// name.
pub(crate) fn provisions(data: &str) -> Result<Vec<Provision>, ConfigurationError> {
    let mut found: Vec<Provision> = resources(data)?
        .iter()
        .filter(|resource| provides_its_name(&resource.resource_type()))
        .filter(|resource| !resource.name().is_empty())
        .map(|resource| Provision {
            resource_type: resource.resource_type(),
            resource_name: resource.scoped_name(),
            value: resource.name().to_owned(),
        })
        .collect();
    found.sort();
    Ok(found)
}
