//! Which objects of a kind a list, a watch or the deletion of a collection is about.

use serde_json::Value;

use super::field_selector::{self, FieldRequirement};
use super::label_selector::{self, Requirement};
use super::query::Query;
use super::status::ApiError;
use crate::kinds::Kind;

/// The label and field selectors of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    labels: Vec<Requirement>,
    fields: Vec<FieldRequirement>,
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    pub(super) fn of(query: &Query, kind: &Kind) -> Result<Self, ApiError> {
        let labels = label_selector::parse(query.get("labelSelector").unwrap_or_default());
        let fields = field_selector::parse(query.get("fieldSelector").unwrap_or_default(), kind);
        Ok(Self { labels: labels.map_err(ApiError::bad_request)?, fields: fields.map_err(ApiError::bad_request)? })
    }

    /// A selection of the object with this name.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.fields.push(FieldRequirement::name_is(name));
        self
    }

    /// The namespace when only objects of one are taken.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.fields.iter().find_map(FieldRequirement::namespace)
    }

    /// Whether it takes everything.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        self.labels.iter().all(|one| one.matches(object)) && self.fields.iter().all(|one| one.matches(object))
    }
}

/// The name when a field selector asks for that of one object.
pub(crate) fn name_of_field_selector(selector: &str) -> Option<String> {
    field_selector::name_asked_for(selector)
}
