//! What a CustomResourceDefinition says of the objects of one version of its kind.

mod definition;
mod json_path;
mod printer_columns;
mod structural;
mod validation;

use serde_json::{Value, json};

use crate::api::status::FieldError;
use crate::store::object::{self, text};
pub(super) use definition::CUSTOM_RESOURCE_DEFINITION;
pub(crate) use definition::unsupported;
pub(crate) use printer_columns::PrinterColumn;

/// The resource of the definitions themselves.
pub(crate) const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// What holds a definition until its objects are gone.
pub(crate) const CLEANUP_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// The paths of `subresources.scale`.
#[derive(Debug)]
pub(crate) struct ScalePaths {
    pub(crate) spec_replicas: Vec<String>,
    pub(crate) status_replicas: Vec<String>,
    pub(crate) label_selector: Option<Vec<String>>,
}

/// One version of a defined kind.
#[derive(Debug)]
pub(crate) struct Definition {
    /// `openAPIV3Schema`.
    schema: Value,
    columns: Vec<PrinterColumn>,
    scale: Option<ScalePaths>,
    status: bool,
    terminating: bool,
}

impl Definition {
    /// Reads an item of `spec.versions` of `definition`.
    pub(crate) fn of(definition: &Value, version: &Value) -> Self {
        let path = |field: &str| -> Vec<String> {
            let said = text(version, &format!("/subresources/scale/{field}"));
            said.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
        };
        Self {
            schema: version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_else(|| json!({})),
            columns: printer_columns::of(version),
            scale: version.pointer("/subresources/scale").map(|_| ScalePaths {
                spec_replicas: path("specReplicasPath"),
                status_replicas: path("statusReplicasPath"),
                label_selector: Some(path("labelSelectorPath")).filter(|path| !path.is_empty()),
            }),
            status: version.pointer("/subresources/status").is_some(),
            terminating: object::is_terminating(definition),
        }
    }

    /// The columns after the name.
    pub(crate) fn columns(&self) -> &[PrinterColumn] {
        &self.columns
    }

    pub(crate) fn scale(&self) -> Option<&ScalePaths> {
        self.scale.as_ref()
    }

    /// Whether new objects are refused because their definition is going away.
    pub(crate) fn is_terminating(&self) -> bool {
        self.terminating
    }

    /// Drops fields that the schema does not specify. Gives their paths in order.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        structural::prune(object, &self.schema)
    }

    /// Fills in the defaults of the schema.
    pub(crate) fn complete(&self, object: &mut Value) {
        structural::complete(object, &self.schema);
    }

    /// What of an object breaks its schema.
    pub(crate) fn validate(&self, object: &Value, errors: &mut Vec<FieldError>) {
        validation::check(object, &self.schema, "", errors);
    }

    /// Whether a change counts in `metadata.generation`: of anything but the metadata, and the status
    /// where that is a subresource.
    pub(super) fn counts_change(&self, old: &Value, new: &Value) -> bool {
        let counted = |object: &Value| {
            let mut counted = object.clone();
            for field in ["metadata", "apiVersion"].into_iter().chain(self.status.then_some("status")) {
                object::remove(&mut counted, &[field]);
            }
            counted
        };
        counted(old) != counted(new)
    }
}
