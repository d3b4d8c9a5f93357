//! The Kubernetes resources of configuration data, and who is who between two versions of it.

use super::error::ConfigurationError;
use super::tree::{Node, NodeKind, parse};

/// A resource: one document with a kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resource {
    /// The document's place in the data, from 0.
    pub(crate) document: usize,
    pub(crate) root: Node,
}

/// The resources of configuration data. Documents without a kind, such as empty ones, are none.
pub(crate) fn resources(text: &str) -> Result<Vec<Resource>, ConfigurationError> {
    let documents = parse(text)?.into_iter().enumerate();
    Ok(documents
        .filter(|(_, root)| matches!(root.kind, NodeKind::Mapping { .. }) && root.text(&["kind"]).is_some())
        .map(|(document, root)| Resource { document, root })
        .collect())
}

impl Resource {
    /// API version and kind, such as `apps/v1/Deployment` or `v1/Service`.
    pub(crate) fn resource_type(&self) -> String {
        let version = self.root.text(&["apiVersion"]).unwrap_or_default();
        format!("{version}/{}", self.kind())
    }

    pub(crate) fn kind(&self) -> &str {
        self.root.text(&["kind"]).unwrap_or_default()
    }

    /// Its name without its namespace.
    pub(crate) fn name(&self) -> &str {
        self.root.text(&["metadata", "name"]).unwrap_or_default()
    }

    pub(crate) fn namespace(&self) -> &str {
        self.root.text(&["metadata", "namespace"]).unwrap_or_default()
    }

    /// Namespace and name, such as `default/web`; a cluster-scoped one begins with the slash.
    pub(crate) fn scoped_name(&self) -> String {
        format!("{}/{}", self.namespace(), self.name())
    }
}
