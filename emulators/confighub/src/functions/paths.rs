//! Getting and setting any path of the resources of one type.

use super::visit::{Place, change, places, values};
use super::{Arguments, Done, FunctionError};

/// Sets a value, also where there is none yet.
pub(super) fn set_path(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    change(data, &found(arguments, data, true)?, |_| Some(arguments.value(2))).map(Done::Data)
}

/// Gets values.
pub(super) fn get_path(arguments: &Arguments, data: &str) -> Result<Done, FunctionError> {
    Ok(Done::Output(values(&found(arguments, data, false)?, "attribute-value"), "AttributeValueList"))
}

fn found(arguments: &Arguments, data: &str, create: bool) -> Result<Vec<Place>, FunctionError> {
    let (resource_type, path) = (arguments.text(0), arguments.text(1));
    places(data, create, |resource| {
        (resource_type == "*" || resource.resource_type() == resource_type).then(|| path.clone())
    })
}
