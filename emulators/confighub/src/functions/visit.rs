//! Going through the places of data that a path leads to.

use serde_json::{Value as Json, json};

use super::FunctionError;
use crate::configuration::{Path, Resource, Scalar, Step, leaves, resolved_text, resources, set};

/// A place in data.
pub(super) struct Place {
    pub(super) resource: Resource,
    pub(super) steps: Vec<Step>,
}

impl Place {
    /// The scalar there, if there is one.
    pub(super) fn scalar(&self) -> Option<Scalar> {
        leaves(&self.resource.root).remove(&self.steps)
    }

    /// An entry of the executor's `AttributeValueList`.
    pub(super) fn attribute_value(&self, attribute: &str, value: &Scalar) -> Json {
        let data_type = match value {
            Scalar::Integer(_) => "int",
            Scalar::Boolean(_) => "bool",
            _ => "string",
        };
        json!({
            "ResourceName": self.resource.scoped_name(),
            "ResourceNameWithoutScope": self.resource.name(),
            "ResourceType": self.resource.resource_type(),
            "ResourceCategory": "Resource",
            "Path": resolved_text(&self.steps),
            "AttributeName": attribute,
            "DataType": data_type,
            "Value": value.json(),
        })
    }
}

/// Every place that the path of each resource leads to; `path` gives none for other resources.
pub(super) fn places(
    data: &str,
    create: bool,
    path: impl Fn(&Resource) -> Option<String>,
) -> Result<Vec<Place>, FunctionError> {
    let mut found = Vec::new();
    for resource in resources(data)? {
        let Some(path) = path(&resource) else { continue };
        for steps in Path::parse(&path)?.places(&resource.root, create) {
            found.push(Place { resource: resource.clone(), steps });
        }
    }
    Ok(found)
}

/// The data with a new value at each place, as `change` gives it from the present one.
pub(super) fn change(
    data: &str,
    places: &[Place],
    change: impl Fn(Option<&Scalar>) -> Option<Scalar>,
) -> Result<String, FunctionError> {
    let mut changed = data.to_owned();
    for place in places {
        let present = place.scalar();
        if let Some(value) = change(present.as_ref()).filter(|value| present.as_ref() != Some(value)) {
            changed = set(&changed, place.resource.document, &place.steps, &value)?;
        }
    }
    Ok(changed)
}

/// What stands at each place, as an `AttributeValueList`.
pub(super) fn values(places: &[Place], attribute: &str) -> Json {
    let value = |place: &Place| Some(place.attribute_value(attribute, &place.scalar()?));
    places.iter().filter_map(value).collect()
}

/// A segment of a path that must be taken as it is.
pub(super) fn escaped(segment: &str) -> String {
    segment.replace('.', "~1")
}
