//! Which resource a document is.

use serde::{Deserialize, Serialize};

use crate::yaml::{Document, Value, value};

/// How the executor names a resource (`ResourceInfo` of the description).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceInfo {
    /// Namespace and name with a slash between, which is there without a namespace too.
    pub resource_name: String,
    /// The name alone.
    pub resource_name_without_scope: String,
    /// API version and kind, such as `apps/v1/Deployment`.
    pub resource_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    /// Always [`CATEGORY`].
    pub resource_category: String,
}

/// The category of all Kubernetes resources.
pub const CATEGORY: &str = "Resource";

impl ResourceInfo {
    /// The resource that a document is.
    ///
    /// # Errors
    ///
    /// The executor's text when it has no API version, kind or name, or one that is no string.
    pub fn of(document: &Document) -> Result<Self, String> {
        let api_version = text_at(document, &["apiVersion"])?.ok_or("apiVersion not found")?;
        let kind = text_at(document, &["kind"])?.ok_or("kind not found")?;
        let namespace = text_at(document, &["metadata", "namespace"])?.unwrap_or_default();
        let name = text_at(document, &["metadata", "name"])?.ok_or("metadata.name not found")?;
        Ok(Self {
            resource_name: format!("{namespace}/{name}"),
            resource_name_without_scope: name,
            resource_type: format!("{api_version}/{kind}"),
            resource_category: CATEGORY.to_owned(),
        })
    }

    /// Only the name of a resource, with its namespace.
    pub fn name_of(document: &Document) -> Result<String, String> {
        let namespace = text_at(document, &["metadata", "namespace"])?.unwrap_or_default();
        let name = text_at(document, &["metadata", "name"])?.ok_or("metadata.name not found")?;
        Ok(format!("{namespace}/{name}"))
    }

    /// Only the type of a resource, where its name does not matter.
    pub fn type_of(document: &Document) -> Option<String> {
        let api_version = text_at(document, &["apiVersion"]).ok()??;
        let kind = text_at(document, &["kind"]).ok()??;
        Some(format!("{api_version}/{kind}"))
    }

    /// Type and name, which is what identifies a resource from one version of data to the next.
    pub fn key(&self) -> String {
        let name = if self.resource_name_without_scope.is_empty() {
            without_scope(&self.resource_name)
        } else {
            &self.resource_name_without_scope
        };
        key(&self.resource_type, name)
    }
}

/// The same of a type and a name.
pub fn key(resource_type: &str, name: &str) -> String {
    format!("{resource_type}#{name}")
}

/// A resource's name without its namespace.
pub fn without_scope(name: &str) -> &str {
    name.split_once('/').map(|(_, name)| name).unwrap_or_default()
}

fn text_at(document: &Document, path: &[&str]) -> Result<Option<String>, String> {
    let Some(node) = document.root.get(path) else { return Ok(None) };
    match value(node, &document.root) {
        Some(Value::Text(text)) => Ok(Some(text)),
        other => {
            let text = other.map_or_else(|| "<nil>".to_owned(), |value| value.plain());
            Err(format!("value {text} cannot be converted to string"))
        }
    }
}
