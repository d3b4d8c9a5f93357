//! Namespaces, labels and annotations.

use super::visit::{change, escaped, places, values};
use super::{Arguments, Done, FunctionError};
use crate::configuration::Resource;

/// Sets the namespace where one is given, and the name of `Namespace` resources stays as it is.
pub(super) fn set_namespace(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    let found = places(data, false, namespace)?;
    change(data, &found, |_| Some(arguments.value(0))).map(Done::Data)
}

/// Gets the namespace of each resource that has one.
pub(super) fn get_namespace(_arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    Ok(Done::Output(values(&places(data, false, namespace)?, "resource-name"), "AttributeValueList"))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that places() asks for")]
fn namespace(_resource: &Resource) -> Option<String> {
    Some("metadata.namespace".to_owned())
}

/// Sets a label of every resource, adding it where there is none.
pub(super) fn set_label(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    set_entry("labels", arguments, data)
}

/// Sets an annotation of every resource, adding it where there is none.
pub(super) fn set_annotation(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    set_entry("annotations", arguments, data)
}

fn set_entry(map: &str, arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    let key = escaped(&arguments.text(0));
    let found = places(data, true, |_| Some(format!("metadata.{map}.{key}")))?;
    change(data, &found, |_| Some(arguments.value(1))).map(Done::Data)
}
